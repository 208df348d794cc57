import { describe, expect, it } from "vitest";
import type { FleetItem } from "../../api/schema";
import type { State } from "../../state/judge";
import { degrees, districts, gone, graticule, index, marks, positioned, worst } from "./places";

function station(
  id: string,
  state: State,
  lat: number | null,
  lon: number | null,
  district = "大兴区",
): FleetItem {
  const name = { zh: id, en: id };
  const rest = {
    grid: null,
    kind: "rest",
    host_type: null,
    last_seen: null,
    people: null,
    capacity: null,
  } as const;
  return { id, name, district, state, lat, lon, ...rest, ready: null, slots: null, alert: null, alerts: 0 };
}

const WORLD: [number, number, number, number] = [-180, -85, 180, 85];

describe("places", () => {
  it("gathers stations and keeps what is bad about each", () => {
    const items = [
      station("a", "online", 39.7, 116.3),
      station("b", "offline", 39.7001, 116.3),
      { ...station("c", "online", 39.7002, 116.3), alert: "critical" as const },
      station("d", "online", null, null),
    ];
    const found = index(positioned(items));
    const [all] = marks(found, WORLD, 5);
    expect(all).toMatchObject({ id: null, count: 3, critical: true });
    expect(worst(all!)).toBe("offline");
    expect(gone(all!)).toBe(1);
    expect(marks(found, WORLD, 17).map(({ id }) => id)).toEqual(expect.arrayContaining(["a", "b", "c"]));
  });

  it("spreads stations of one position, and no others", () => {
    const items = [
      ...["c", "a", "b"].map((id) => station(id, "online", 39.7, 116.3)),
      station("d", "online", 39.8, 116.3),
    ];
    const found = new Map(marks(index(items), WORLD, 17).map((mark) => [mark.id, mark]));
    expect(found.get("d")!.aside).toBeNull();
    const spread = ["a", "b", "c"].map((id) => found.get(id)!.aside!);
    // In radii of a mark: two of them touch at a distance of 2.
    for (const [one, other] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const away = Math.hypot(spread[one]!.x - spread[other]!.x, spread[one]!.y - spread[other]!.y);
      expect(away, `${one} and ${other}`).toBeGreaterThan(2.5);
    }
  });

  it("is quick for all smart stations of the country", () => {
    const items = Array.from({ length: 11_800 }, (_, at) =>
      station(`s${at}`, "online", 20 + (at % 109) / 5, 90 + (at % 211) / 6),
    );
    const sum = marks(index(items), WORLD, 4).reduce((sum, { count }) => sum + count, 0);
    expect(sum).toBe(11_800);
  });

  it("puts a district in the middle of its stations", () => {
    const items = [
      station("a", "online", 1, 2),
      station("b", "online", 3, 4),
      station("c", "online", 9, 9, "江北区"),
    ];
    expect(districts(items)).toEqual([
      { name: "大兴区", lat: 2, lon: 3, count: 2 },
      { name: "江北区", lat: 9, lon: 9, count: 1 },
    ]);
  });

  it("draws lines on round degrees", () => {
    function check(from: number, to: number, step: number, count: number): void {
      const found = graticule(from, to, 4);
      expect([found.step, found.at.length], `${from}..${to}`).toEqual([step, count]);
    }
    check(116.1, 116.9, 0.2, 4);
    check(70, 140, 10, 8);
    check(0.001, 0.002, 0.01, 0);
    expect(degrees(116.3, 0.1, "E", "W")).toBe("116.3°E");
    expect(degrees(-5, 5, "N", "S")).toBe("5°S");
  });
});
