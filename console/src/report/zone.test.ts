import { expect, it, vi } from "vitest";

vi.mock("../state/fleet", () => ({ hubZone: { value: null } }));
const { dayStart, momentOf } = await import("./zone");

it("finds the begin of days, also where clocks change", () => {
  function check(zone: string, day: [number, number, number], utc: string): void {
    const start = dayStart(...day, zone);
    expect(new Date(start).toISOString(), `${zone} ${day.join("-")}`).toBe(`${utc}:00.000Z`);
  }
  check("Asia/Shanghai", [2026, 3, 15], "2026-03-14T16:00");
  check("Asia/Shanghai", [2026, 3, 0], "2026-02-27T16:00");
  check("Europe/Berlin", [2026, 3, 29], "2026-03-28T23:00");
  check("Europe/Berlin", [2026, 3, 30], "2026-03-29T22:00");
  check("America/New_York", [2026, 11, 1], "2026-11-01T04:00");
  check("America/New_York", [2026, 11, 2], "2026-11-02T05:00");
  // Clocks go from 23:59 to 01:00.
  check("America/Santiago", [2026, 9, 6], "2026-09-06T04:00");
});

it("reads calendar and clock in the zone", () => {
  const at = Date.UTC(2026, 2, 1, 17);
  expect(momentOf(at, "Asia/Shanghai")).toEqual({ year: 2026, month: 3, day: 2, hour: 1, weekday: 0 });
  expect(momentOf(at, "UTC")).toEqual({ year: 2026, month: 3, day: 1, hour: 17, weekday: 6 });
});
