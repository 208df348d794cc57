// Battery swap: where no battery is ready, why swaps fail, which batteries are worn.

import * as units from "@grafana/grafana-foundation-sdk/units";
import { count, plain, steps, type Look } from "../kit/look";
import { curves, gauges, stat, table } from "../kit/panels";
import { IN_DISTRICT, PROMETHEUS, curve, instantRows, rows } from "../kit/queries";
import type { PageInfo, Sheet } from "../kit/sheet";
import { ratio, type Column } from "../kit/tables";
import { common, results } from "../words/common";
import { swap as words, swapColumns as titles } from "../words/swap";
import { cellTemperature, health, named, since, station } from "./shared";

export const info: PageInfo = {
  name: "swap",
  words: words.page,
  from: "now-24h",
  refresh: "1m",
  choices: ["district"],
};

const CHOSEN = `$timeFilter AND ${IN_DISTRICT}`;
const RECENT = `${IN_DISTRICT} AND time > now() - 1h`;
const ready: Look = { ...count(), steps: steps("red", [1, "orange"], [3, "green"]) };
const deniedShare: Look = { unit: units.PercentUnit, decimals: 1, steps: steps("green", [0.02, "orange"], [0.05, "red"]), min: 0 };
const availability: Look = { unit: units.PercentUnit, decimals: 1, steps: steps("red", [0.9, "orange"], [0.98, "green"]), min: 0, max: 1 };
const device: Column = { field: "device", title: common.device };
const slot: Column = { field: "slot", title: common.slot };

/** The last word of each slot within an hour; each reports at least every 20 minutes. */
const slotsNow = (where: string): string =>
  `SELECT count("state") FROM (SELECT last("state") AS "state", "class" FROM "slot" WHERE ${RECENT} ` +
  `GROUP BY "station", "device", "slot") WHERE ${where}`;

export function build(sheet: Sheet): void {
  figures(sheet);
  supply(sheet);
  denials(sheet);
  batteries(sheet);
}

function figures(sheet: Sheet): void {
  const place = { width: 4, height: 4 };
  stat(sheet, words.ready48, ready, place, curve(slotsNow(`"state" = 'ready' AND "class" = '48V'`), "48V"));
  stat(sheet, words.ready60, ready, place, curve(slotsNow(`"state" = 'ready' AND "class" = '60V'`), "60V"));
  stat(sheet, words.done, count(), place, curve(`SELECT sum("swaps_ok") FROM "utilisation_1h" WHERE ${CHOSEN}`, "ok"));
  const denied = `SELECT sum("swaps_denied") / sum("swaps_attempted") FROM "utilisation_1h" WHERE ${CHOSEN}`;
  stat(sheet, words.denied, deniedShare, place, curve(denied, "denied"));
  const faulty = slotsNow(`("state" = 'fault' OR "state" = 'locked' OR "state" = 'disabled')`);
  stat(sheet, words.faulty, count([1, "orange"]), place, curve(faulty, "faulty"));
  const hottest = `SELECT max("cell_temp_max_c") FROM "slot" WHERE ${RECENT}`;
  stat(sheet, words.hottest, cellTemperature, place, curve(hottest, "hottest"));
}

function supply(sheet: Sheet): void {
  const place = { width: 8, height: 10 };
  table(
    sheet,
    words.lowest,
    ready,
    place,
    [instantRows("bottomk(20, waystation_station_cabinet_ready_batteries)")],
    {
      source: PROMETHEUS,
      columns: [
        // Names stand in InfluxDB, and a panel asks one store.
        station,
        { field: "class", title: common.class },
        { field: "Value", title: titles.ready, look: ready },
      ],
      order: { field: "Value", desc: false, limit: 20 },
    },
  );
  const hourly = (v: "48v" | "60v") =>
    `SELECT sum("available_${v}_s") / sum("cabinets_observed_s") FROM "utilisation_1h" WHERE ${CHOSEN} GROUP BY time(1h) fill(none)`;
  const classes = [curve(hourly("48v"), "48 V"), curve(hourly("60v"), "60 V")];
  curves(sheet, words.availability, availability, place, classes, { interval: "1h", bridge: 2 * 3_600_000 });
  const attempts = `SELECT count("swap") FROM "swap" WHERE ${CHOSEN} GROUP BY time($__interval), "result" fill(none)`;
  curves(sheet, words.attempts, count(), place, [curve(attempts, "$tag_result")], {
    stacked: true,
    interval: "15m",
    names: results,
  });
}

function denials(sheet: Sheet): void {
  const place = { width: 12, height: 10 };
  const denied =
    'SELECT sum("swaps_denied") AS "denied", sum("swaps_attempted") AS "attempted" ' +
    `FROM "utilisation_1h" WHERE ${CHOSEN} GROUP BY "station"`;
  table(sheet, words.deniedSites, count(), place, [rows(denied)], {
    before: [ratio("share", "denied", "attempted")],
    columns: [
      ...named,
      { field: "denied", title: titles.denied, look: count() },
      { field: "attempted", title: titles.attempted, look: count() },
      { field: "share", title: titles.share, look: deniedShare },
    ],
    order: { field: "denied", desc: true, limit: 20 },
  });
  const available =
    'SELECT sum("available_48v_s") / sum("cabinets_observed_s") AS "v48", ' +
    'sum("available_60v_s") / sum("cabinets_observed_s") AS "v60" ' +
    `FROM "utilisation_1h" WHERE ${CHOSEN} GROUP BY "station"`;
  table(sheet, words.availableSites, availability, place, [rows(available)], {
    columns: [
      ...named,
      { field: "v48", title: titles.v48, look: availability },
      { field: "v60", title: titles.v60, look: availability },
    ],
    order: { field: "v48", desc: false, limit: 20 },
  });
}

function batteries(sheet: Sheet): void {
  const place = { width: 12, height: 10 };
  const worn =
    `SELECT bottom("soh_pct", 20) AS "soh_pct", "station", "device", "slot", "cycles" FROM ` +
    `(SELECT last("soh_pct") AS "soh_pct", "cycles" FROM "slot" WHERE ${RECENT} GROUP BY "station", "device", "slot")`;
  table(sheet, words.worn, health, place, [rows(worn)], {
    columns: [
      ...named,
      device,
      slot,
      { field: "soh_pct", title: titles.soh, look: health },
      { field: "cycles", title: titles.cycles, look: plain(units.LocaleFormat) },
    ],
    order: { field: "soh_pct", desc: false, limit: 20 },
  });
  const hot =
    `SELECT top("cell", 20) AS "cell", "station", "device", "slot" FROM ` +
    `(SELECT max("cell_temp_max_c") AS "cell" FROM "slot" WHERE ${RECENT} GROUP BY "station", "device", "slot")`;
  table(sheet, words.hot, cellTemperature, place, [rows(hot)], {
    columns: [...named, device, slot, { field: "cell", title: titles.cell, look: cellTemperature }, { ...since, title: common.at }],
    order: { field: "cell", desc: true, limit: 20 },
  });
  const { say } = sheet.edition;
  const healthOf = (where: string, name: string) =>
    curve(
      `SELECT count("soh") FROM (SELECT last("soh_pct") AS "soh" FROM "slot" WHERE ${RECENT} ` +
        `GROUP BY "station", "device", "slot") WHERE ${where}`,
      name,
    );
  gauges(sheet, words.healthSpread, count(), { width: 12, height: 8 }, [
    healthOf('"soh" < 80', say(titles.worn)),
    healthOf('"soh" >= 80 AND "soh" < 90', say(titles.used)),
    healthOf('"soh" >= 90', say(titles.fresh)),
  ]);
  const line = (of: "max" | "mean", field: string, measurement: string, name: string) =>
    curve(`SELECT ${of}("${field}") FROM "${measurement}" WHERE ${CHOSEN} GROUP BY time($__interval) fill(none)`, name);
  curves(
    sheet,
    words.temperature,
    cellTemperature,
    { width: 12, height: 8 },
    [
      line("max", "cell_temp_max_c", "slot", say(titles.cellMax)),
      line("mean", "cell_temp_max_c", "slot", say(titles.cellMean)),
      line("max", "temperature_c", "cabinet", say(titles.cabinetMax)),
      line("mean", "temperature_c", "cabinet", say(titles.cabinetMean)),
    ],
    { interval: "5m", bridge: 30 * 60_000 },
  );
}
