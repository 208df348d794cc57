import { expect, it, vi } from "vitest";

vi.mock("../state/fleet", () => ({ hubZone: { value: null } }));
const { periodOf } = await import("./period");

/** 02:30 of the 15th in Shanghai. */
const NOW = Date.UTC(2026, 2, 14, 18, 30);

function check(name: Parameters<typeof periodOf>[0], expected: string | null, free = ["", ""]): void {
  const period = periodOf(name, NOW, "Asia/Shanghai", free[0]!, free[1]!);
  const shown = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
  expect(period && `${shown(period.from)} ${shown(period.to)}`, name).toBe(expected);
}

it("takes whole days of the zone", () => {
  check("today", "2026-03-15T00:00 2026-03-16T00:00");
  check("yesterday", "2026-03-14T00:00 2026-03-15T00:00");
  check("7d", "2026-03-09T00:00 2026-03-16T00:00");
  check("month", "2026-03-01T00:00 2026-03-16T00:00");
  check("last_month", "2026-02-01T00:00 2026-03-01T00:00");
  check("free", "2026-01-31T00:00 2026-02-02T00:00", ["2026-01-31", "2026-02-01"]);
  check("free", null, ["2026-02-01", "2026-01-31"]);
  check("free", null);
});
