// Utilisation: where it is full, where it is empty, and whether the data suffice. Ratios are made of sums, so that
// any number of stations gives the same figure as the hub's own report.

import * as units from "@grafana/grafana-foundation-sdk/units";
import { count, plain, spoken, steps, type Look } from "../kit/look";
import { bars, curves, stat, table } from "../kit/panels";
import { IN_DISTRICT, OF_KIND, curve, rows } from "../kit/queries";
import type { PageInfo, Sheet } from "../kit/sheet";
import type { States } from "../kit/speech";
import { ratio, type Column } from "../kit/tables";
import { common, kinds } from "../words/common";
import { utilisation as words, utilisationColumns as titles, weekdays } from "../words/utilisation";
import { coverage, district, named, share } from "./shared";

export const info: PageInfo = {
  name: "utilisation",
  words: words.page,
  from: "now-30d",
  refresh: "15m",
  choices: ["district", "kind"],
};

const ALL_DAYS = `FROM "utilisation_1d" WHERE $timeFilter AND ${IN_DISTRICT} AND ${OF_KIND}`;
/** Of stations that count people: one that does not has no coverage to speak of. */
const DAYS = `${ALL_DAYS} AND "observed_s" >= 0`;
const HOURS = `FROM "utilisation_1h" WHERE $timeFilter AND ${IN_DISTRICT} AND ${OF_KIND}`;
/** Of every kind, for a row of its own each. */
const DAYS_OF_ALL_KINDS = `FROM "utilisation_1d" WHERE $timeFilter AND ${IN_DISTRICT} AND "observed_s" >= 0`;
const SEATS = 'sum("seated_s") / sum("capacity_s")';
const NIGHT = 'sum("night_entries") / sum("entries")';
const BY_DAY = "GROUP BY time(1d) fill(none) tz('$zone')";

const seats: Look = { unit: units.PercentUnit, decimals: 1, steps: steps("blue", [0.05, "green"], [0.8, "orange"]), min: 0 };
const hours: Look = plain(units.Seconds, 1);

export function build(sheet: Sheet): void {
  figures(sheet);
  byKind(sheet);
  districts(sheet);
  week(sheet);
  days(sheet);
  extremes(sheet);
  availability(sheet);
  lists(sheet);
}

function figures(sheet: Sheet): void {
  const place = { width: 4, height: 4 };
  stat(sheet, words.seats, seats, place, curve(`SELECT ${SEATS} ${DAYS}`, "seats"));
  stat(sheet, words.visits, count(), place, curve(`SELECT sum("entries") ${DAYS}`, "visits"));
  const perStation = `SELECT mean("entries") ${DAYS} AND "data_coverage" >= 0.8`;
  stat(sheet, words.perStation, plain(units.LocaleFormat, 1), place, curve(perStation, "visits"));
  stat(sheet, words.night, share, place, curve(`SELECT ${NIGHT} ${DAYS}`, "night"));
  stat(sheet, words.crowded, hours, place, curve(`SELECT sum("crowded_s") ${DAYS}`, "crowded"));
  stat(sheet, words.coverage, coverage, place, curve(`SELECT mean("data_coverage") ${DAYS}`, "coverage"));
}

const FIGURES =
  `SELECT ${SEATS} AS "seats", sum("entries") AS "visits", ${NIGHT} AS "night", sum("crowded_s") AS "crowded", ` +
  'mean("data_coverage") AS "coverage"';
const FIGURE_COLUMNS: readonly Column[] = [
  { field: "seats", title: titles.seats, look: seats },
  { field: "visits", title: titles.visits, look: count() },
  { field: "night", title: titles.nightShare, look: share },
  { field: "crowded", title: titles.crowded, look: hours },
  { field: "coverage", title: common.coverage, look: coverage },
];

/** Side by side: each kind serves another end, and no sum of them means anything. */
function byKind(sheet: Sheet): void {
  const figures = `${FIGURES} ${DAYS_OF_ALL_KINDS} AND "kind" != '' GROUP BY "kind"`;
  table(sheet, words.kinds, count(), { width: 24, height: 5 }, [rows(figures)], {
    columns: [{ field: "kind", title: common.kind, look: spoken(kinds) }, ...FIGURE_COLUMNS],
    order: { field: "visits", desc: true },
  });
}

function districts(sheet: Sheet): void {
  const figures = `${FIGURES} ${DAYS} GROUP BY "district"`;
  bars(sheet, words.districts, seats, { width: 8, height: 10 }, rows(`SELECT ${SEATS} AS "seats" ${DAYS} GROUP BY "district"`), {
    x: "district",
    columns: [district, { field: "seats", title: titles.seats, look: seats }],
    order: { field: "seats", desc: true, limit: 20 },
  });
  table(sheet, words.comparison, count(), { width: 16, height: 10 }, [rows(figures)], {
    columns: [district, ...FIGURE_COLUMNS],
    order: { field: "visits", desc: true },
  });
}

/** Sums of each hour, put into the hour of the day and the day of the week by the browser, in its own zone. */
function week(sheet: Sheet): void {
  const hourly = `SELECT sum("seated_s") AS "seated", sum("capacity_s") AS "capacity" ${HOURS} GROUP BY time(1h) fill(none)`;
  const sum = { aggregations: ["sum"], operation: "aggregate" };
  const key = { aggregations: [], operation: "groupby" };
  const before = [
    { id: "calculateField", options: { alias: "hour", mode: "binary", binary: { left: "Time", operator: "+", right: "0" }, timeSeries: false } },
    { id: "convertFieldType", options: { conversions: [{ targetField: "hour", destinationType: "time" }] } },
    { id: "formatTime", options: { timeField: "hour", outputFormat: "HH", useTimezone: true } },
    { id: "formatTime", options: { timeField: "Time", outputFormat: "E", useTimezone: true } },
    { id: "groupBy", options: { fields: { Time: key, hour: key, seated: sum, capacity: sum } } },
    ratio("seats", "seated (sum)", "capacity (sum)"),
    { id: "groupingToMatrix", options: { rowField: "Time", columnField: "hour", valueField: "seats", emptyValue: "null" } },
  ];
  const heat: Look = {
    ...seats,
    steps: steps("#1a3a5c", [0.05, "#2a6f97"], [0.2, "green"], [0.4, "yellow"], [0.6, "orange"], [0.8, "red"]),
    nothing: "",
  };
  const weekday = "Time\\hour";
  const hoursOfDay = Array.from({ length: 24 }, (_, index) => String(index).padStart(2, "0"));
  const names: States = Object.fromEntries(weekdays.map((text, index) => [String(index + 1), { text, colour: "text" }]));
  table(sheet, words.heat, heat, { width: 24, height: 9 }, [rows(hourly)], {
    before,
    columns: [
      { field: weekday, title: titles.weekday, look: spoken(names), width: 80 },
      ...hoursOfDay.map((hour) => ({ field: hour, title: [hour, hour] as const, look: heat, filled: true })),
    ],
    order: { field: weekday, desc: false },
  });
}

function extremes(sheet: Sheet): void {
  const low =
    'SELECT sum("entries") AS "visits", mean("entries") AS "per_day", count("data_coverage") AS "days", ' +
    `mean("data_coverage") AS "coverage" ${DAYS} GROUP BY "station", "district"`;
  table(sheet, words.low, count(), { width: 12, height: 10 }, [rows(low)], {
    columns: [
      ...named,
      district,
      { field: "visits", title: titles.visits, look: count() },
      { field: "per_day", title: titles.perDay, look: plain(units.LocaleFormat, 1) },
      { field: "days", title: titles.days, look: plain(units.LocaleFormat) },
      { field: "coverage", title: common.coverage, look: coverage },
    ],
    order: { field: "per_day", desc: false, limit: 20 },
  });
  const busy = `SELECT sum("crowded_s") AS "crowded", ${SEATS} AS "seats" ${DAYS} GROUP BY "station", "district"`;
  table(sheet, words.busy, hours, { width: 12, height: 10 }, [rows(busy)], {
    columns: [
      ...named,
      district,
      { field: "crowded", title: titles.crowded, look: hours },
      { field: "seats", title: titles.seats, look: seats },
    ],
    order: { field: "crowded", desc: true, limit: 20 },
  });
}

function days(sheet: Sheet): void {
  const { say } = sheet.edition;
  const place = { width: 12, height: 8 };
  curves(
    sheet,
    words.daily,
    count(),
    place,
    [
      curve(`SELECT sum("entries") - sum("night_entries") ${DAYS} ${BY_DAY}`, say(titles.day)),
      curve(`SELECT sum("night_entries") ${DAYS} ${BY_DAY}`, say(titles.night)),
    ],
    { stacked: true, interval: "1d" },
  );
  curves(
    sheet,
    words.dailySeats,
    { ...share, steps: steps("blue", [0.8, "green"]) },
    place,
    [
      curve(`SELECT ${SEATS} ${DAYS} ${BY_DAY}`, say(titles.seats)),
      curve(`SELECT mean("data_coverage") ${DAYS} ${BY_DAY}`, say(common.coverage)),
    ],
    { interval: "1d" },
  );
}

/** 1 − (down + unknown) ÷ (time − planned maintenance); an outage of the link is the station's own only in the first. */
const AVAILABLE = '(sum("due_s") - sum("down_s") - sum("link_down_s") - sum("unknown_s")) / sum("due_s")';
const STATION_AVAILABLE = '(sum("due_s") - sum("down_s") - sum("unknown_s")) / sum("due_s")';

function availability(sheet: Sheet): void {
  const { say } = sheet.edition;
  const place = { width: 12, height: 10 };
  const look: Look = { unit: units.PercentUnit, decimals: 2, steps: steps("red", [0.95, "orange"], [0.99, "green"]), max: 1 };
  const daily = [
    curve(`SELECT ${AVAILABLE} ${ALL_DAYS} ${BY_DAY}`, say(titles.seen)),
    curve(`SELECT ${STATION_AVAILABLE} ${ALL_DAYS} ${BY_DAY}`, say(titles.own)),
  ];
  curves(sheet, words.availability, look, place, daily, { interval: "1d" });
  const least =
    `SELECT ${AVAILABLE} AS "seen", ${STATION_AVAILABLE} AS "own", sum("down_s") AS "down", sum("link_down_s") AS "link_down", ` +
    `sum("unknown_s") AS "unknown" ${ALL_DAYS} AND "due_s" > 0 GROUP BY "station", "district"`;
  table(sheet, words.least, look, place, [rows(least)], {
    columns: [
      ...named,
      district,
      { field: "own", title: titles.own, look },
      { field: "seen", title: titles.seen, look },
      { field: "down", title: titles.down, look: hours },
      { field: "link_down", title: titles.linkDown, look: hours },
      { field: "unknown", title: titles.unknown, look: hours },
    ],
    order: { field: "own", desc: false, limit: 20 },
  });
}

function lists(sheet: Sheet): void {
  const place = { width: 12, height: 10 };
  const gaps = `SELECT mean("data_coverage") AS "coverage" ${DAYS} GROUP BY "station", "district"`;
  table(sheet, words.gaps, coverage, place, [rows(gaps)], {
    columns: [...named, district, { field: "coverage", title: common.coverage, look: coverage }],
    order: { field: "coverage", desc: false, limit: 20 },
  });
  const denied =
    'SELECT sum("doors_denied") AS "denied", sum("doors_granted") AS "granted", ' +
    `sum("doors_denied") / (sum("doors_denied") + sum("doors_granted")) AS "ratio" ${ALL_DAYS} GROUP BY "station", "district"`;
  table(sheet, words.doors, count(), place, [rows(denied)], {
    columns: [
      ...named,
      district,
      { field: "denied", title: titles.denied, look: count() },
      { field: "granted", title: titles.granted, look: count() },
      { field: "ratio", title: titles.ratio, look: { ...share, steps: steps("green", [0.1, "orange"], [0.2, "red"]) } },
    ],
    order: { field: "denied", desc: true, limit: 20 },
  });
}
