import { expect, it } from "vitest";
import { complete, showRanges, totalsOf } from "./ledger";

it("adds up what each outbox says", () => {
  const outbox = { station: "a", outbox: "x", durable_up_to: 9, gaps: [], dropped: [] };
  const items = [
    { ...outbox, received: 90, missing_total: 5, dropped_total: 5 },
    { ...outbox, received: 100, missing_total: 0, dropped_total: 0 },
  ];
  const totals = totalsOf(items);
  expect(totals).toEqual({ outboxes: 2, received: 190, missing: 5, dropped: 5 });
  expect(complete(totals)).toBeCloseTo(0.95);
  expect(complete(totalsOf([]))).toBeNull();
});

it("shows ranges by their ends", () => {
  expect(
    showRanges(
      [
        [1, 1],
        [5, 9],
        [20, 30],
      ],
      2,
    ),
  ).toBe("1, 5–9");
});
