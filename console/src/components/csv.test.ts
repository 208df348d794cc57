import { expect, it, vi } from "vitest";

vi.mock("../api/client", () => ({}));
const { csvValue, withoutHead } = await import("./csv");

it("writes what a spreadsheet reads, and runs nothing", () => {
  function check(value: string | number | null, expected: string): void {
    expect(csvValue(value)).toBe(expected);
  }
  check("红谷滩", "红谷滩");
  check('a,"b"', '"a,""b"""');
  check("=1+1", "'=1+1");
  check(-1.5, "-1.5");
  check(null, "");
});

it("keeps the header of the first page only", () => {
  expect(withoutHead("id,name\r\n1,a\r\n")).toBe("1,a\r\n");
});
