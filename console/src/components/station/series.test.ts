import { describe, expect, it } from "vitest";
import type { CabinetReading } from "../../api/schema";
import { chartOf, readyOver, summarise, type Step } from "./series";

const MINUTE = 60_000;

function step(minute: number, device: string, value: number): Step {
  const of = { people: value };
  return { ts: minute * MINUTE, device, mean: of, min: { people: value - 1 }, max: { people: value + 1 } };
}

describe("charts", () => {
  const span = { from: 10 * MINUTE + 1, to: 14 * MINUTE, step: MINUTE };

  it("leaves a gap where nothing was heard", () => {
    const chart = chartOf(
      [step(10, "a", 3), step(12, "a", 5), step(12, "b", 1), step(99, "a", 7)],
      "people",
      span,
    );
    expect(chart.at).toEqual([600, 660, 720, 780]);
    expect(chart.lines.map(({ name, mean }) => [name, mean])).toEqual([
      ["a", [3, null, 5, null]],
      ["b", [null, null, 1, null]],
    ]);
    expect(summarise(chart)).toEqual({ min: 0, mean: 3, max: 6 });
    expect(summarise(chartOf([], "people", span))).toBeNull();
  });

  it("plays slots from snapshots and changes", () => {
    const read = (minute: number, slots: CabinetReading["slots"], snapshot?: true): CabinetReading => ({
      ts: minute * MINUTE,
      device: "c",
      ...(slots ? { slots } : {}),
      ...(snapshot ? { snapshot } : {}),
    });
    const chart = readyOver(
      [
        // Before the first snapshot nobody knows how many there are.
        read(10.1, [{ slot: 1, class: "48V", state: "ready" }]),
        read(
          11.1,
          [
            { slot: 1, class: "48V", state: "ready" },
            { slot: 2, class: "60V", state: "charging" },
          ],
          true,
        ),
        read(12.1, [
          { slot: 2, class: "60V", state: "ready" },
          { slot: 1, state: "empty" },
        ]),
        read(13.9, undefined),
      ],
      span,
    );
    expect(chart.lines.map(({ name, mean }) => [name, mean])).toEqual([
      ["48V", [null, 1, 0, 0]],
      ["60V", [null, 0, 1, 1]],
    ]);
  });
});
