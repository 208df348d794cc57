import { expect, it } from "vitest";
import { isDanger, stock, warningOf, type Slot, type Warning } from "./slots";

it("warns at the thresholds of the alerts", () => {
  function check(slot: Slot, expected: Warning | null, danger: boolean): void {
    const warning = warningOf(slot);
    expect([warning, isDanger(warning)], JSON.stringify(slot)).toEqual([expected, danger]);
  }
  check({ state: "charging", cell_temp_max_c: 49.9 }, null, false);
  check({ state: "charging", cell_temp_max_c: 50 }, "hot", false);
  check({ state: "ready", cell_temp_max_c: 60 }, "very_hot", true);
  check({ state: "charging", cell_temp_max_c: -0.1 }, "cold_charge", true);
  check({ state: "ready", cell_temp_max_c: -5 }, null, false);
  check({ state: "fault" }, "fault", false);
  check({ state: "fault", cell_temp_max_c: 61 }, "very_hot", true);
});

it("counts what can be taken, by class", () => {
  const slots: Slot[] = [
    { state: "ready", class: "60V" },
    { state: "ready", class: "48V" },
    { state: "charging", class: "48V" },
    { state: "empty" },
  ];
  expect(stock(slots)).toEqual({
    ready: 2,
    slots: 4,
    classes: [
      ["48V", 1],
      ["60V", 1],
    ],
  });
  expect(stock([])).toEqual({ ready: 0, slots: 0, classes: [] });
});
