import { expect, it } from "vitest";
import { windowOf } from "./virtual";

it("draws what can be seen and a few more", () => {
  function check(scrolled: number, count: number, first: number, end: number): void {
    expect(windowOf(scrolled, 400, 40, count), `${scrolled} of ${count}`).toEqual({ first, end });
  }
  check(0, 11_800, 0, 18);
  check(4_000, 11_800, 92, 118);
  check(471_600, 11_800, 11_782, 11_800);
  check(4_000, 5, 5, 5);
  check(0, 0, 0, 0);
});
