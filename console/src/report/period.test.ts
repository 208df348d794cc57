import { expect, it, vi } from "vitest";

vi.mock("../state/session", () => ({ language: { value: "en" } }));
const { periodOf } = await import("./period");

const NOW = new Date(2026, 2, 15, 10, 30);

function check(
  name: Parameters<typeof periodOf>[0],
  from: Date | null,
  to: Date | null,
  free = ["", ""],
): void {
  const period = periodOf(name, NOW, free[0]!, free[1]!);
  expect(period, name).toEqual(from === null ? null : { from: from.getTime(), to: to!.getTime() });
}

it("takes whole local days", () => {
  check("today", new Date(2026, 2, 15), new Date(2026, 2, 16));
  check("yesterday", new Date(2026, 2, 14), new Date(2026, 2, 15));
  check("7d", new Date(2026, 2, 9), new Date(2026, 2, 16));
  check("month", new Date(2026, 2, 1), new Date(2026, 2, 16));
  check("last_month", new Date(2026, 1, 1), new Date(2026, 2, 1));
  check("free", new Date(2026, 0, 31), new Date(2026, 1, 2), ["2026-01-31", "2026-02-01"]);
  check("free", null, null, ["2026-02-01", "2026-01-31"]);
  check("free", null, null);
});
