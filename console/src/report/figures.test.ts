import { expect, it, vi } from "vitest";

vi.mock("../state/session", () => ({ language: { value: "en" } }));
const { judged, showCoverage, showFigure } = await import("./figures");

it("gives no number below 80 % coverage", () => {
  function check(figure: Parameters<typeof judged>[0], expected: ReturnType<typeof judged>): void {
    expect(judged(figure), JSON.stringify(figure)).toBe(expected);
  }
  check({ value: 0.5, data_coverage: 0.8 }, 0.5);
  check({ value: 0, data_coverage: 1 }, 0);
  check({ value: 0.99, data_coverage: 0.79 }, "not_enough_data");
  check({ value: null, data_coverage: 0.3, reason: "not_enough_data" }, "not_enough_data");
  check({ value: null, data_coverage: 0, reason: "not_measured" }, "not_measured");
  check({ value: null, data_coverage: 1, reason: "nothing_happened" }, "nothing_happened");
});

it("writes units, and rounds no coverage up", () => {
  expect(showFigure(0.1234, "share")).toBe("12.3\u{a0}%");
  expect(showFigure(1234, "count")).toBe("1,234");
  expect(showCoverage(0.799)).toBe("79\u{a0}%");
  expect(showCoverage(0.9999)).toBe("99\u{a0}%");
});
