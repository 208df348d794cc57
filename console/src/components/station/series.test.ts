import { describe, expect, it } from "vitest";
import { chartOf, summarise, type Step } from "./series";

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
});
