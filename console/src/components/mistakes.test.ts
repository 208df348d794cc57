import { expect, it } from "vitest";
import { sortMistakes, type Mistakes } from "./mistakes";

function check(detail: string, expected: Mistakes): void {
  expect(sortMistakes(detail, ["id", "longitude", "why"]), detail).toEqual(expected);
}

it("puts each mistake at its field", () => {
  check("why: say it in 1 to 500 characters", { why: "say it in 1 to 500 characters" });
  check("longitude: missing; give both; id: must match [a-z]", {
    longitude: "missing; give both",
    id: "must match [a-z]",
  });
  check("give `ends_at` or `for_s`, one of them", { "": "give `ends_at` or `for_s`, one of them" });
  check("kind: `foo` is no kind", { "": "kind: `foo` is no kind" });
});
