// Columns and looks that several pages have.

import * as units from "@grafana/grafana-foundation-sdk/units";
import { count, plain, spoken, steps, type Look } from "../kit/look";
import { stationName, type Column } from "../kit/tables";
import { common, severities } from "../words/common";

export const rssi: Look = { unit: "dBm", decimals: 0, steps: steps("red", [-105, "orange"], [-95, "green"]) };
export const upsLeft: Look = { unit: units.Percent, decimals: 0, steps: steps("red", [20, "orange"], [50, "green"]) };
/** Off by more than 5 s either way (domain: alert at 5 s). */
export const clockOffset: Look = {
  unit: units.Milliseconds,
  decimals: 0,
  steps: steps("red", [-5_000, "green"], [5_000, "red"]),
};
export const diskFree: Look = { unit: "decmbytes", decimals: 0, steps: steps("red", [500, "orange"], [2_000, "green"]) };
export const waiting: Look = count([100, "orange"], [10_000, "red"]);

export const since: Column = { field: "Time", title: common.since, look: plain(units.DatetimeLocal), width: 170 };
export const station: Column = { field: "station", title: common.station, toStation: true };
/** A station by id and name. */
export const named: readonly Column[] = [station, stationName];
export const district: Column = { field: "district", title: common.district };

/** Columns of a list of alerts. */
export function alertColumns(language: "zh" | "en"): Column[] {
  return [
    since,
    { field: "severity", title: common.severity, look: spoken(severities), width: 90 },
    { field: `title_${language}`, title: common.what },
    station,
    district,
    { field: "stations", title: common.stations, look: count(), width: 110 },
  ];
}

/** Alerts that fire, wherever the chosen time begins. */
export const firing = (language: "zh" | "en", where: string): string =>
  `SELECT "severity", "title_${language}", "stations" FROM "alert" ` +
  `WHERE ${where} AND time > now() - 30d AND "state" = 'firing' GROUP BY "station", "district"`;

/** Limits of GB/T 18883 and of the alert, ppm. */
export const co2: Look = { unit: units.PartsPerMillion, decimals: 0, steps: steps("green", [1_000, "orange"], [2_000, "red"]) };
/** Warning at 50 °C, critical at 60 °C. */
export const cellTemperature: Look = {
  unit: units.Celsius,
  decimals: 1,
  steps: steps("blue", [0, "green"], [50, "orange"], [60, "red"]),
};
/** Operators' practice: 0 to 55 °C. */
export const cabinetTemperature: Look = { unit: units.Celsius, decimals: 1, steps: steps("red", [0, "green"], [55, "red"]) };
export const charge: Look = { unit: units.Percent, decimals: 0, steps: steps("red", [20, "orange"], [60, "green"]), min: 0, max: 100 };
/** A battery below 80 % of its health is mostly taken out of service. */
export const health: Look = { unit: units.Percent, decimals: 1, steps: steps("red", [70, "orange"], [80, "green"]), min: 0, max: 100 };
/** A share from 0 to 1, neither good nor bad. */
export const share: Look = { unit: units.PercentUnit, decimals: 1, steps: steps("blue"), min: 0, max: 1 };
/** Observed ÷ scheduled time; below 80 % a figure is "not enough data". */
export const coverage: Look = { unit: units.PercentUnit, decimals: 0, steps: steps("red", [0.8, "green"]), min: 0, max: 1 };
