// Safety: smoke, water, heat and forced doors.

import { count, plain, spoken, steps } from "../kit/look";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { curves, stat, table } from "../kit/panels";
import { IN_DISTRICT, curve, rows } from "../kit/queries";
import type { PageInfo, Sheet } from "../kit/sheet";
import { alarm, alertStates, common, doorEvents, severities } from "../words/common";
import { safety as words, safetyColumns as titles } from "../words/safety";
import { cabinetTemperature, cellTemperature, district, named, since, station } from "./shared";

export const info: PageInfo = {
  name: "safety",
  words: words.page,
  from: "now-24h",
  refresh: "30s",
  choices: ["district"],
};

const CHOSEN = `$timeFilter AND ${IN_DISTRICT}`;
const LAST_HOUR = `${IN_DISTRICT} AND time > now() - 1h`;
/** Rules of alerts that endanger people or things. */
const RULES = '"rule" =~ /^(cabinet_smoke|cabinet_water|cabinet_extinguisher|cabinet_temperature|cell_hot|cell_rise|cell_cold_charge|door_forced|door_held_open)$/';

/** The last word of each cabinet on a contact. */
const inAlarm = (contact: string): string =>
  `SELECT count("alarm") FROM (SELECT last("${contact}") AS "alarm" FROM "cabinet" ` +
  `WHERE ${IN_DISTRICT} AND time > now() - 15m GROUP BY "station", "device") WHERE "alarm" = true`;

export function build(sheet: Sheet): void {
  figures(sheet);
  const { mark } = sheet.edition;
  const alerts =
    `SELECT "state", "severity", "title_${mark}", "duration_s" FROM "alert" ` +
    `WHERE ${CHOSEN} AND ${RULES} GROUP BY "station", "district"`;
  table(sheet, words.alerts, plain("none"), { width: 24, height: 9 }, [rows(alerts)], {
    columns: [
      since,
      { field: "state", title: common.state, look: spoken(alertStates), width: 90 },
      { field: "severity", title: common.severity, look: spoken(severities), width: 90 },
      { field: `title_${mark}`, title: common.what },
      station,
      district,
      { field: "duration_s", title: common.duration, look: plain(units.DurationSeconds), width: 140 },
    ],
    order: { field: "Time", desc: true, limit: 200 },
  });
  heat(sheet);
  doors(sheet);
}

function figures(sheet: Sheet): void {
  const place = { width: 4, height: 4 };
  stat(sheet, words.smoke, count([1, "red"]), place, curve(inAlarm("smoke"), "smoke"));
  stat(sheet, words.water, count([1, "red"]), place, curve(inAlarm("water"), "water"));
  stat(sheet, words.extinguisher, count([1, "red"]), place, curve(inAlarm("extinguisher"), "extinguisher"));
  const hot =
    `SELECT count("cell") FROM (SELECT max("cell_temp_max_c") AS "cell" FROM "slot" WHERE ${LAST_HOUR} ` +
    `GROUP BY "station", "device", "slot") WHERE "cell" >= 50`;
  stat(sheet, words.hotCells, count([1, "orange"]), place, curve(hot, "hot"));
  const forced = `SELECT sum("events") FROM "door" WHERE ${CHOSEN} AND "event" = 'forced'`;
  stat(sheet, words.forced, count([1, "red"]), place, curve(forced, "forced"));
  const critical =
    `SELECT count("id") FROM "alert" WHERE ${IN_DISTRICT} AND time > now() - 30d AND ${RULES} ` +
    `AND "state" = 'firing' AND "severity" = 'critical'`;
  stat(sheet, words.critical, count([1, "red"]), place, curve(critical, "critical"));
}

function heat(sheet: Sheet): void {
  const place = { width: 8, height: 10 };
  const contacts =
    'SELECT "smoke", "water", "extinguisher", "temperature_c" FROM ' +
    '(SELECT last("smoke") AS "smoke", "water", "extinguisher", "temperature_c" FROM "cabinet" ' +
    `WHERE ${IN_DISTRICT} AND time > now() - 15m GROUP BY "station", "device") ` +
    'WHERE "smoke" = true OR "water" = true OR "extinguisher" = true GROUP BY "station", "device"';
  table(sheet, words.cabinets, plain("none"), place, [rows(contacts)], {
    columns: [
      ...named,
      { field: "device", title: titles.cabinet },
      { field: "smoke", title: titles.smoke, look: spoken(alarm) },
      { field: "water", title: titles.water, look: spoken(alarm) },
      { field: "extinguisher", title: titles.extinguisher, look: spoken(alarm) },
      { field: "temperature_c", title: titles.temperature, look: cabinetTemperature },
      { ...since, title: common.at },
    ],
    order: { field: "Time", desc: true, limit: 100 },
  });
  const cells =
    `SELECT top("cell", 20) AS "cell", "station", "device", "slot" FROM ` +
    `(SELECT max("cell_temp_max_c") AS "cell" FROM "slot" WHERE ${LAST_HOUR} GROUP BY "station", "device", "slot")`;
  table(sheet, words.hot, cellTemperature, place, [rows(cells)], {
    columns: [
      ...named,
      { field: "device", title: titles.cabinet },
      { field: "slot", title: common.slot, width: 70 },
      { field: "cell", title: titles.temperature, look: cellTemperature },
    ],
    order: { field: "cell", desc: true, limit: 20 },
  });
  const cabinets =
    `SELECT top("hottest", 20) AS "hottest", "station", "device" FROM ` +
    `(SELECT max("temperature_c") AS "hottest" FROM "cabinet" WHERE ${LAST_HOUR} GROUP BY "station", "device")`;
  table(sheet, words.cabinetHeat, cabinetTemperature, place, [rows(cabinets)], {
    columns: [
      ...named,
      { field: "device", title: titles.cabinet },
      { field: "hottest", title: titles.temperature, look: cabinetTemperature },
    ],
    order: { field: "hottest", desc: true, limit: 20 },
  });
  const { say } = sheet.edition;
  const highest = (field: string, measurement: string, name: string) =>
    curve(`SELECT max("${field}") FROM "${measurement}" WHERE ${CHOSEN} GROUP BY time($__interval) fill(none)`, name);
  const lines = [
    highest("cell_temp_max_c", "slot", say(titles.cells)),
    highest("temperature_c", "cabinet", say(titles.cabinets)),
    highest("temperature_c", "environment", say(titles.rooms)),
  ];
  curves(sheet, words.temperature, cellTemperature, { width: 24, height: 8 }, lines, { interval: "5m", bridge: 30 * 60_000 });
}

function doors(sheet: Sheet): void {
  const place = { width: 12, height: 9 };
  const events =
    `SELECT sum("events") FROM "door" WHERE ${CHOSEN} AND ("event" = 'forced' OR "event" = 'held_open') ` +
    'GROUP BY time($__interval), "event" fill(none)';
  curves(sheet, words.doors, { ...count(), steps: steps("red") }, place, [curve(events, "$tag_event")], {
    stacked: true,
    interval: "15m",
    names: doorEvents,
  });
  const forced =
    `SELECT top("times", 20) AS "times", "station", "device" FROM ` +
    `(SELECT sum("events") AS "times" FROM "door" WHERE ${CHOSEN} AND "event" = 'forced' GROUP BY "station", "device")`;
  table(sheet, words.forcedDoors, count([1, "red"]), place, [rows(forced)], {
    columns: [
      ...named,
      { field: "device", title: titles.door },
      { field: "times", title: titles.times, look: count([1, "red"]) },
    ],
    order: { field: "times", desc: true, limit: 20 },
  });
}
