import { expect, it } from "vitest";
import { deadbandRows, intervalRows, reportOf, valuesOf, type Report } from "./report";

const REPORT: Report = {
  intervals_s: { environment: 30, fund: 600 },
  deadbands: { environment: { co2_ppm: 50 }, gateway: { cpu_pct: 5 } },
  min_interval_s: 0,
};

it("keeps a configuration as it is, also what it has no field for by itself", () => {
  expect(reportOf(valuesOf(REPORT))).toEqual(REPORT);
  expect(reportOf(valuesOf({}))).toEqual({});
});

it("leaves out what is empty", () => {
  const values = { ...valuesOf(REPORT), "deadbands.environment.co2_ppm": " ", min_interval_s: "" };
  expect(reportOf(values)).toEqual({
    intervals_s: { environment: 30, fund: 600 },
    deadbands: { gateway: { cpu_pct: 5 } },
  });
  expect(reportOf({ "intervals_s.door": "120", "deadbands.door.lock_battery_pct": "2.5" })).toEqual({
    intervals_s: { door: 120 },
    deadbands: { door: { lock_battery_pct: 2.5 } },
  });
});

it("has a field for everything that is usual or set, once", () => {
  const paths = [...intervalRows(REPORT), ...deadbandRows(REPORT)].map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of ["intervals_s.fund", "intervals_s.door", "deadbands.gateway.cpu_pct"])
    expect(paths).toContain(path);
});
