// Links and gateways: what is about to be lost, what has been lost, clocks and signals.

import * as units from "@grafana/grafana-foundation-sdk/units";
import { count, plain, spoken, steps, type Look } from "../kit/look";
import { curves, stat, table } from "../kit/panels";
import { IN_DISTRICT, PROMETHEUS, curve, range, rows } from "../kit/queries";
import type { PageInfo, Sheet } from "../kit/sheet";
import { common, sourceStates } from "../words/common";
import { links as words, linksColumns as titles } from "../words/links";
import { clockOffset, district, named, rssi, since, upsLeft, waiting } from "./shared";

export const info: PageInfo = {
  name: "links",
  words: words.page,
  from: "now-24h",
  refresh: "1m",
  choices: ["district"],
};

const CHOSEN = `$timeFilter AND ${IN_DISTRICT}`;
const LAST_HOUR = `${IN_DISTRICT} AND time > now() - 1h`;
/** Alert below 4 hours. */
const horizon: Look = { unit: units.Seconds, decimals: 1, steps: steps("red", [4 * 3_600, "orange"], [24 * 3_600, "green"]) };
const lost: Look = count([1, "red"]);
const weakest = 'SELECT mean("rssi_dbm") AS "rssi" FROM "gateway" WHERE';

export function build(sheet: Sheet): void {
  figures(sheet);
  outboxes(sheet);
  losses(sheet);
  gateways(sheet);
  sources(sheet);
  connections(sheet);
}

/** What each gateway said last, within an hour. */
const lastWords = (fields: string): string => `SELECT ${fields} FROM "gateway" WHERE ${LAST_HOUR} GROUP BY "station", "district"`;
const dropped = (by: string): string =>
  `SELECT last("lost_total") - first("lost_total") AS "lost" FROM "gateway" WHERE ${CHOSEN} GROUP BY ${by}`;

function figures(sheet: Sheet): void {
  const place = { width: 4, height: 4 };
  const least = `SELECT min("horizon") FROM (${lastWords('last("outbox_horizon_s") AS "horizon"')})`;
  stat(sheet, words.horizon, horizon, place, curve(least, "horizon"));
  const all = `SELECT sum("waiting") FROM (${lastWords('last("outbox_records") AS "waiting"')})`;
  stat(sheet, words.waiting, { ...waiting, steps: steps("blue") }, place, curve(all, "waiting"));
  stat(sheet, words.lost, lost, place, curve(`SELECT sum("lost") FROM (${dropped('"station"')})`, "lost"));
  const clocks =
    `SELECT count("off") FROM (${lastWords('last("clock_offset_ms") AS "off"')}) WHERE "off" > 5000 OR "off" < -5000`;
  stat(sheet, words.clocks, count([1, "orange"]), place, curve(clocks, "clocks"));
  const power = `SELECT count("mains") FROM (${lastWords('last("mains") AS "mains"')}) WHERE "mains" = false`;
  stat(sheet, words.power, count([1, "orange"]), place, curve(power, "power"));
  const weak = `SELECT count("rssi") FROM (${weakest} ${CHOSEN} GROUP BY "station") WHERE "rssi" < -105`;
  stat(sheet, words.weak, count([1, "orange"]), place, curve(weak, "weak"));
}

function outboxes(sheet: Sheet): void {
  const horizons = lastWords('last("outbox_horizon_s") AS "horizon", "outbox_records", "outbox_bytes", "lost_total"');
  table(sheet, words.horizons, horizon, { width: 12, height: 10 }, [rows(horizons)], {
    columns: [
      ...named,
      district,
      { field: "horizon", title: titles.horizon, look: horizon },
      { field: "outbox_records", title: titles.waiting, look: waiting },
      { field: "outbox_bytes", title: titles.bytes, look: plain(units.BytesIEC, 1) },
      { field: "lost_total", title: titles.lost, look: lost },
    ],
    order: { field: "horizon", desc: false, limit: 20 },
  });
  const { say } = sheet.edition;
  const line = (of: "max" | "mean", name: string) =>
    curve(`SELECT ${of}("outbox_records") FROM "gateway" WHERE ${CHOSEN} GROUP BY time($__interval) fill(none)`, name);
  curves(
    sheet,
    words.outboxes,
    waiting,
    { width: 12, height: 10 },
    [line("max", say(titles.most)), line("mean", say(titles.mean))],
    { interval: "1m", bridge: 300_000 },
  );
}

function losses(sheet: Sheet): void {
  const place = { width: 12, height: 9 };
  table(sheet, words.losses, lost, place, [rows(dropped('"station", "district"'))], {
    columns: [...named, district, { field: "lost", title: titles.lost, look: lost }],
    order: { field: "lost", desc: true, limit: 20 },
  });
  const causes = "sum by (cause) (increase(waystation_readings_lost_total[$__rate_interval]))";
  curves(sheet, words.ledger, lost, place, [range(causes, "{{cause}}")], {
    source: PROMETHEUS,
    stacked: true,
    names: {
      dropped: { text: titles.dropped, colour: "orange" },
      missing: { text: titles.missing, colour: "red" },
      damaged: { text: titles.damaged, colour: "purple" },
    },
  });
}

function gateways(sheet: Sheet): void {
  const place = { width: 8, height: 10 };
  const off = lastWords('last("clock_offset_ms") AS "off"');
  table(sheet, words.clockList, clockOffset, place, [rows(off)], {
    before: [
      { id: "calculateField", options: { alias: "distance", mode: "unary", unary: { operator: "abs", fieldName: "off" }, timeSeries: false } },
      { id: "sortBy", options: { sort: [{ field: "distance", desc: true }] } },
      { id: "limit", options: { limitField: 20 } },
    ],
    columns: [...named, district, { field: "off", title: titles.clock, look: clockOffset }],
  });
  const weak = `SELECT bottom("rssi", 20) AS "rssi", "station" FROM (${weakest} ${CHOSEN} GROUP BY "station")`;
  table(sheet, words.signalList, rssi, place, [rows(weak)], {
    columns: [...named, { field: "rssi", title: titles.signal, look: rssi }],
    order: { field: "rssi", desc: false, limit: 20 },
  });
  const power =
    `SELECT "mains", "ups_pct" FROM (${lastWords('last("mains") AS "mains", "ups_pct"')}) ` +
    'WHERE "mains" = false GROUP BY "station", "district"';
  table(sheet, words.powerList, upsLeft, place, [rows(power)], {
    columns: [...named, district, { field: "ups_pct", title: titles.ups, look: upsLeft }, { ...since, title: common.at }],
    order: { field: "ups_pct", desc: false, limit: 100 },
  });
}

function sources(sheet: Sheet): void {
  const states =
    'SELECT last("source_state") AS "source_state", "source", "source_readings_total", "source_refused_total" ' +
    `FROM "gateway" WHERE ${IN_DISTRICT} AND time > now() - 2h GROUP BY "station", "device"`;
  const state = spoken(sourceStates);
  table(sheet, words.sources, state, { width: 24, height: 10 }, [rows(states)], {
    columns: [
      ...named,
      { field: "device", title: titles.source },
      { field: "source", title: titles.sourceKind },
      { field: "source_state", title: titles.sourceState, look: state },
      { field: "source_readings_total", title: titles.taken, look: count() },
      { field: "source_refused_total", title: titles.refused_readings, look: count([1, "orange"]) },
      { ...since, title: common.at },
    ],
    order: { field: "source_state", desc: false, limit: 200 },
  });
}

function connections(sheet: Sheet): void {
  const place = { width: 8, height: 10 };
  const flaps =
    `SELECT top("times", 20) AS "times", "station" FROM (SELECT count("state") AS "times" FROM "presence" ` +
    `WHERE ${CHOSEN} AND "state" = 'offline' GROUP BY "station")`;
  table(sheet, words.flaps, count([3, "orange"], [10, "red"]), place, [rows(flaps)], {
    columns: [...named, { field: "times", title: titles.times, look: count([3, "orange"], [10, "red"]) }],
    order: { field: "times", desc: true, limit: 20 },
  });
  const versions = `SELECT last("agent") AS "agent" FROM "gateway" WHERE ${IN_DISTRICT} AND time > now() - 1d GROUP BY "station"`;
  const counted = { agent: { aggregations: [], operation: "groupby" }, station: { aggregations: ["count"], operation: "aggregate" } };
  table(sheet, words.versions, count(), place, [rows(versions)], {
    before: [{ id: "groupBy", options: { fields: counted } }],
    columns: [
      { field: "agent", title: titles.version },
      { field: "station (count)", title: titles.gateways, look: count() },
    ],
    order: { field: "station (count)", desc: true, limit: 20 },
  });
  const connects = "sum by (result) (rate(waystation_mqtt_connects_total[$__rate_interval]))";
  curves(sheet, words.connects, plain(units.CountsPerSecond, 2), place, [range(connects, "{{result}}")], {
    source: PROMETHEUS,
    names: {
      accepted: { text: titles.accepted, colour: "green" },
      refused: { text: titles.refused, colour: "red" },
    },
  });
}
