import { expect, it, vi } from "vitest";
import type { Alert } from "../api/schema";

vi.mock("./fleet", () => ({
  firing: { value: new Map(), peek: () => new Map() },
  live: { peek: () => true },
}));
vi.mock("../api/client", () => ({}));
const { meets, worstFirst } = await import("./alerts");

function alert(id: string, members: Partial<Alert>): Alert {
  return { id, severity: "warning", starts_at: 0, station: null, district: null, ...members } as Alert;
}

it("puts the worst first, and the newest among equals", () => {
  const list = [
    alert("old", { starts_at: 1 }),
    alert("info", { severity: "info", starts_at: 9 }),
    alert("new", { starts_at: 2 }),
    alert("bad", { severity: "critical" }),
  ];
  expect(worstFirst(list).map(({ id }) => id)).toEqual(["bad", "new", "old", "info"]);
});

it("meets all conditions or none", () => {
  const offline = alert("a", { rule: "offline", district: "大兴区", station: "dx-1" });
  const group = alert("b", { rule: "offline", district: "大兴区" });
  expect(meets(offline, [{ name: "station", value: "dx-1" }])).toBe(true);
  expect(meets(group, [{ name: "station", value: "dx-1" }])).toBe(false);
  expect(
    meets(group, [
      { name: "rule", value: "offline" },
      { name: "district", value: "江北区" },
    ]),
  ).toBe(false);
});
