import { describe, expect, it } from "vitest";
import type { FleetItem } from "../../api/schema";
import { filterOf, select } from "./filter";

function station(id: string, differs: Partial<FleetItem>): FleetItem {
  return {
    id,
    name: { zh: `${id}暖心驿站`, en: `Warm ${id}` },
    district: "大兴区",
    grid: null,
    kind: "rest",
    host_type: null,
    lat: null,
    lon: null,
    state: "online",
    last_seen: 1,
    people: null,
    capacity: null,
    ready: null,
    slots: null,
    alert: null,
    alerts: 0,
    ...differs,
  };
}

const FLEET = [
  station("a-1", { people: 9, capacity: 10, alert: "warning", alerts: 1 }),
  station("a-2", { state: "offline", district: "江北区", last_seen: 5 }),
  station("a-3", { state: "late", ready: 0, slots: 13 }),
  station("a-10", {
    people: 1,
    capacity: 10,
    ready: 4,
    slots: 13,
    alert: "critical",
    alerts: 2,
    kind: "counselling",
  }),
];

describe("the list of stations", () => {
  function check(query: string, expected: string): void {
    const found = select(FLEET, filterOf(new URLSearchParams(query)), "zh");
    expect(found.map(({ id }) => id).join(" "), query).toBe(expected);
  }

  it("shows what is pressing first", () => check("", "a-2 a-3 a-10 a-1"));
  it("finds by id, name and district", () => {
    check("q=A-1", "a-10 a-1");
    check("q=江北", "a-2");
    check("q=warm a-3", "a-3");
    check("q=nobody", "");
  });
  it("filters", () => {
    check("state=down", "a-2 a-3");
    check("state=late", "a-3");
    check("district=江北区", "a-2");
    check("kind=counselling", "a-10");
    check("alert=any", "a-10 a-1");
    check("alert=warning", "a-1");
    check("crowded=1", "a-1");
  });
  it("sorts", () => {
    check("sort=ready", "a-3 a-10 a-1 a-2");
    check("sort=people", "a-1 a-10 a-2 a-3");
    check("sort=name", "a-1 a-2 a-3 a-10");
    check("sort=-name", "a-10 a-3 a-2 a-1");
    check("sort=nonsense&state=down", "a-2 a-3");
  });
});
