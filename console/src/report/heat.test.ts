import { expect, it, vi } from "vitest";

vi.mock("../state/session", () => ({ language: { value: "en" } }));
vi.mock("../state/fleet", () => ({ hubZone: { value: null } }));
const { heatOf, highest } = await import("./heat");

const hour = (weeks: number, value: number | null, data_coverage = 1) => ({
  // A Monday, nine o'clock in Shanghai.
  from: Date.UTC(2026, 2, 2 + 7 * weeks, 1),
  figure:
    value === null ? { value, data_coverage, reason: "not_enough_data" as const } : { value, data_coverage },
});

it("takes the mean of the same hour of the week", () => {
  const cells = heatOf([hour(0, 2), hour(1, 4)], "Asia/Shanghai");
  expect(cells[0]![9]).toEqual({ mean: 3, known: 2, due: 2 });
  expect(cells[6]![9]).toEqual({ mean: null, known: 0, due: 0 });
  expect(highest(cells)).toBe(3);
});

it("gives no mean where a fifth of the hours is unknown", () => {
  const cells = heatOf([hour(0, 2), hour(1, 4), hour(2, 9, 0.5), hour(3, null, 0.1)], "Asia/Shanghai");
  expect(cells[0]![9]).toEqual({ mean: null, known: 2, due: 4 });
});
