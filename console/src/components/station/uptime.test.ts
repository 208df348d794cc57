import { expect, it } from "vitest";
import type { Availability } from "../../api/schema";
import { partsOf, stateSince } from "./uptime";

type Outage = Availability["outages"][number];

function outage(starts_at: number, ends_at: number | null, kind: Outage["kind"] = "station_down"): Outage {
  return { starts_at, ends_at, kind, planned: false, station: "a" };
}

it("fills the bar without gaps", () => {
  function check(outages: Outage[], expected: string): void {
    const parts = partsOf({ from: 100, to: 200, outages });
    expect(parts.map(({ share, kind }) => `${kind} ${Math.round(share * 100)}`).join(", ")).toBe(expected);
  }
  check([], "up 100");
  check([outage(120, 130)], "up 20, station_down 10, up 70");
  check(
    [outage(50, 110), outage(110, 120, "link_down"), outage(190, null)],
    "station_down 10, link_down 10, up 70, station_down 10",
  );
  check([outage(10, 900)], "station_down 100");
  expect(partsOf({ from: 5, to: 5, outages: [] })).toEqual([]);
});

it("knows since when", () => {
  expect(stateSince({ from: 1, outages: [] })).toBe(1);
  expect(stateSince({ from: 1, outages: [outage(2, 3)] })).toBe(3);
  expect(stateSince({ from: 1, outages: [outage(2, 3), outage(7, null)] })).toBe(7);
});
