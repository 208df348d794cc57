import { describe, expect, it } from "vitest";
import type { CabinetReading } from "../../api/schema";
import { readyOfSteps, readyOver } from "./ready";
import type { Step } from "./series";

const MINUTE = 60_000;

describe("ready batteries", () => {
  const span = { from: 10 * MINUTE + 1, to: 14 * MINUTE, step: MINUTE };

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

  it("adds up the steps of all cabinets, where all were heard", () => {
    const step = (minute: number, device: string, ready: Record<string, number>): Step => ({
      ts: minute * MINUTE,
      device,
      mean: {},
      min: {},
      max: {},
      ready,
    });
    const chart = readyOfSteps(
      [
        step(10, "a", { "48V": 3.5 }),
        step(11, "a", { "48V": 3 }),
        step(12, "a", { "48V": 2 }),
        step(13, "a", { "48V": 1 }),
        // Installed later, and once not heard.
        step(11, "b", { "48V": 1, "60V": 4 }),
        step(13, "b", { "48V": 1, "60V": 0 }),
        { ...step(12, "c", {}), ready: undefined } as unknown as Step,
      ],
      span,
    );
    expect(chart.lines.map(({ name, mean }) => [name, mean])).toEqual([
      ["48V", [3.5, 4, null, 2]],
      ["60V", [0, 4, null, 0]],
    ]);
  });
});
