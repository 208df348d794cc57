import { describe, expect, it } from "vitest";
import type { FleetItem } from "../api/schema";
import type { Alert } from "../api/schema";
import { bandOf, count, crowded, down, loadOf, reasons } from "./judge";

function station(id: string, differs: Partial<FleetItem>): FleetItem {
  const name = { zh: id, en: id };
  const where = { district: null, grid: null, kind: "rest", host_type: null, lat: null, lon: null } as const;
  const rest = {
    last_seen: null,
    people: null,
    capacity: null,
    ready: null,
    slots: null,
    alert: null,
    alerts: 0,
  };
  return { id, name, ...where, state: "online", ...rest, ...differs };
}

const FLEET = [
  station("a", { people: 8, capacity: 10, ready: 3, slots: 13 }),
  station("b", { people: 12, capacity: 10, alert: "critical", alerts: 1 }),
  station("c", { state: "late", last_seen: 50, people: 10, capacity: 10 }),
  station("d", { state: "offline", last_seen: 10 }),
  station("e", { state: "offline", last_seen: 20 }),
  station("f", { state: "never_seen" }),
  station("g", { people: 7, capacity: 10, ready: 0, slots: 8 }),
  station("h", { people: 3, capacity: 0 }),
];
const ids = (items: { id: string }[]): string => items.map(({ id }) => id).join(" ");

describe("who is down, crowded, unsafe", () => {
  it("counts", () => {
    expect(count(FLEET)).toEqual({
      total: 8,
      states: { online: 4, late: 1, offline: 2, unknown: 0, never_seen: 1 },
      crowded: 2,
      critical: 1,
      ready: 3,
      slots: 21,
    });
  });

  it("lists the offline before the late, and who went last first", () =>
    expect(ids(down(FLEET))).toBe("e d c"));

  it("lists the fullest first, and nobody whose figures are old", () => {
    expect(ids(crowded(FLEET))).toBe("b a");
    expect([loadOf(FLEET[2]!), loadOf(FLEET[7]!)]).toEqual([null, null]);
  });

  it("names the band of a load", () =>
    expect([0.49, 0.5, 0.79, 0.8, 3].map(bandOf)).toEqual([
      "free",
      "moderate",
      "moderate",
      "crowded",
      "crowded",
    ]));

  it("says why by the alert that speaks of most", () => {
    const alert = (id: string, rule: Alert["rule"], stations: string[]): Alert =>
      ({ id, rule, stations }) as unknown as Alert;
    const found = reasons([
      alert("1", "offline", ["d"]),
      alert("2", "offline", ["d", "e"]),
      alert("3", "flapping", ["e"]),
      alert("4", "crowded", ["c"]),
    ]);
    expect([...found].map(([id, { id: why }]) => `${id}: ${why}`)).toEqual(["d: 2", "e: 2"]);
  });
});
