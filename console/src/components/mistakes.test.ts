import { expect, it, vi } from "vitest";
import type { Mistakes } from "./mistakes";

vi.mock("../state/session", () => ({ language: { value: "en" }, token: { value: null } }));
const { Refused } = await import("../api/client");
const { mistakesOf, sortMistakes } = await import("./mistakes");

function check(detail: string, expected: Mistakes): void {
  expect(sortMistakes(detail, ["id", "longitude", "why"]), detail).toEqual(expected);
}

it("puts each mistake at its field", () => {
  check("why: say it in 1 to 500 characters", { why: "say it in 1 to 500 characters" });
  check("longitude: missing; give both; id: must match [a-z]", {
    longitude: "missing; give both",
    id: "must match [a-z]",
  });
  check("why：请用一行文字说明原因，1 到 500 个字", { why: "请用一行文字说明原因，1 到 500 个字" });
  check("longitude：缺少；两者都要填；id：须为小写字母", {
    longitude: "缺少；两者都要填",
    id: "须为小写字母",
  });
  check("give `ends_at` or `for_s`, one of them", { "": "give `ends_at` or `for_s`, one of them" });
  check("kind: `foo` is no kind", { "": "kind: `foo` is no kind" });
});

it("takes what the hub tells apart, in whatever language", () => {
  const told = [
    { member: "longitude", detail: "缺少；两者都要填" },
    { member: "id", detail: "不可更改" },
    { member: "colour", detail: "没有此项" },
  ];
  const refused = new Refused(400, "longitude: 缺少；两者都要填; id: 不可更改", told);
  expect(mistakesOf(refused, ["id", "longitude"])).toEqual({
    longitude: "缺少；两者都要填",
    id: "不可更改",
    "": "colour: 没有此项",
  });
  expect(mistakesOf(new Refused(400, "id: must match"), ["id"])).toEqual({ id: "must match" });
});
