// One station: what stands in it and how it is.

import * as units from "@grafana/grafana-foundation-sdk/units";
import { count, plain, spoken, steps, type Look } from "../kit/look";
import { curves, stat, table, timeline } from "../kit/panels";
import { AT_STATION, REGISTERED, curve, rows } from "../kit/queries";
import type { PageInfo, Place, Sheet } from "../kit/sheet";
import { alertStates, amenityStates, common, denials, doorEvents, doors, mains, methods, presence, severities, slots } from "../words/common";
import { station as words, stationColumns as titles, stationRows as headings } from "../words/station";
import { cellTemperature, co2, clockOffset, diskFree, health, rssi, since, upsLeft, waiting, cabinetTemperature, charge } from "./shared";

export const info: PageInfo = {
  name: "station",
  words: words.page,
  from: "now-24h",
  refresh: "1m",
  choices: ["district", "station"],
};

const HERE = `$timeFilter AND ${AT_STATION}`;
/** A gap of three missed reports is shown as one, ms. */
const BRIDGE = 300_000;

const temperature: Look = { unit: units.Celsius, decimals: 1, steps: steps("blue", [10, "green"], [35, "red"]) };
const humidity: Look = { unit: units.Humidity, decimals: 0, steps: steps("green", [80, "orange"]), min: 0, max: 100 };
const dust: Look = { unit: units.MicrogramPerCubicMeter, decimals: 0, steps: steps("green", [50, "orange"]), min: 0 };
const gases: Look = { unit: units.MilligramPerCubicMeter, decimals: 3, steps: steps("green", [0.08, "orange"], [0.6, "red"]), min: 0 };
const noise: Look = { unit: "suffix:dB(A)", decimals: 0, steps: steps("green", [70, "orange"]) };
const load: Look = { unit: units.PercentUnit, decimals: 0, steps: steps("green", [0.8, "orange"], [1, "red"]) };

export function build(sheet: Sheet): void {
  now(sheet);
  door(sheet);
  cabinets(sheet);
  people(sheet);
  environment(sheet);
  amenities(sheet);
  gateway(sheet);
}

/** The last value of a field of this station, as a number on its own. */
const last = (field: string, measurement: string, within: string): string =>
  `SELECT last("${field}") FROM "${measurement}" WHERE ${AT_STATION} AND time > now() - ${within}`;

/** Means over time, a line for each device; a station has fewer than 20. */
const byDevice = (field: string, measurement: string, of = "mean"): string =>
  `SELECT ${of}("${field}") FROM "${measurement}" WHERE ${HERE} GROUP BY time($__interval), "device" fill(none) SLIMIT 20`;

function now(sheet: Sheet): void {
  const place = { width: 3, height: 4 };
  const name = `SELECT last("name_${sheet.edition.mark}") AS "name" FROM ${REGISTERED} AND ${AT_STATION}`;
  stat(sheet, words.name, plain("none"), { width: 24, height: 3 }, rows(name), { field: "name" });
  const state = `SELECT last("state") AS "state" FROM "presence" WHERE ${AT_STATION} AND time > now() - 90d`;
  stat(sheet, words.state, spoken(presence), place, rows(state), { field: "state" });
  const heard = `SELECT last("uptime_s") AS "uptime_s" FROM "gateway" WHERE ${AT_STATION} AND time > now() - 90d`;
  stat(sheet, words.heard, plain(units.DateTimeFromNow), place, rows(heard), { field: "Time" });
  const present = (what: string) =>
    `SELECT ${what} FROM (SELECT last("people") AS "people", "capacity" FROM "occupancy" ` +
    `WHERE ${AT_STATION} AND time > now() - 15m GROUP BY "device")`;
  stat(sheet, words.people, count(), place, curve(present('sum("people")'), "people"));
  stat(sheet, words.load, load, place, curve(present('sum("people") / sum("capacity")'), "load"));
  stat(sheet, words.temperature, temperature, place, curve(last("temperature_c", "environment", "1h"), "temperature"));
  stat(sheet, words.co2, co2, place, curve(last("co2_ppm", "environment", "1h"), "co2"));
  const ready =
    `SELECT count("state") FROM (SELECT last("state") AS "state" FROM "slot" WHERE ${AT_STATION} ` +
    `AND time > now() - 1h GROUP BY "device", "slot") WHERE "state" = 'ready'`;
  stat(sheet, words.ready, { ...count(), steps: steps("red", [1, "green"]) }, place, curve(ready, "ready"));
  const alerts = `SELECT count("id") FROM "alert" WHERE ${AT_STATION} AND time > now() - 30d AND "state" = 'firing'`;
  stat(sheet, words.firing, count([1, "red"]), place, curve(alerts, "alerts"));
  const { mark } = sheet.edition;
  table(
    sheet,
    words.alerts,
    plain("none"),
    { width: 24, height: 7 },
    [rows(`SELECT "state", "severity", "title_${mark}", "duration_s" FROM "alert" WHERE ${HERE} ORDER BY time DESC LIMIT 100`)],
    {
      columns: [
        since,
        { field: "state", title: common.state, look: spoken(alertStates), width: 90 },
        { field: "severity", title: common.severity, look: spoken(severities), width: 90 },
        { field: `title_${mark}`, title: common.what },
        { field: "duration_s", title: common.duration, look: plain(units.DurationSeconds), width: 140 },
      ],
    },
  );
}

function door(sheet: Sheet): void {
  sheet.row(headings.door);
  const place = { width: 12, height: 8 };
  const events = `SELECT sum("events") FROM "door" WHERE ${HERE} GROUP BY time($__interval), "event" fill(none)`;
  curves(sheet, words.doorEvents, count(), place, [curve(events, "$tag_event")], {
    stacked: true,
    interval: "5m",
    names: doorEvents,
  });
  const of = (field: "lock" | "contact") =>
    curve(
      `SELECT last("${field}") FROM "door" WHERE ${HERE} GROUP BY time($__interval), "device" fill(none) SLIMIT 10`,
      `$tag_device · ${sheet.edition.say(titles[field])}`,
    );
  timeline(sheet, words.doorState, spoken(doors), place, [of("contact"), of("lock")]);
  const log =
    'SELECT "device", "event", "method", "deny_reason", "events" FROM "door" ' +
    `WHERE ${HERE} AND "events" > 0 ORDER BY time DESC LIMIT 100`;
  table(sheet, words.doorLog, plain("none"), { width: 24, height: 8 }, [rows(log)], {
    columns: [
      { ...since, title: common.at },
      { field: "device", title: common.device },
      { field: "event", title: titles.event, look: spoken(doorEvents) },
      { field: "method", title: titles.method, look: spoken(methods) },
      { field: "deny_reason", title: titles.reason, look: spoken(denials) },
    ],
  });
}

function cabinets(sheet: Sheet): void {
  sheet.row(headings.cabinet);
  const slotRows =
    'SELECT last("state") AS "state", "class", "soc_pct", "soh_pct", "voltage_v", "current_a", "cell_temp_max_c", "cycles" ' +
    `FROM "slot" WHERE ${AT_STATION} AND time > now() - 1h GROUP BY "device", "slot"`;
  table(sheet, words.slots, plain("none"), { width: 24, height: 12 }, [rows(slotRows)], {
    columns: [
      { field: "device", title: titles.cabinet },
      { field: "slot", title: common.slot, width: 70 },
      { field: "state", title: common.state, look: spoken(slots) },
      { field: "class", title: common.class },
      { field: "soc_pct", title: titles.soc, look: charge },
      { field: "soh_pct", title: titles.soh, look: health },
      { field: "cell_temp_max_c", title: titles.cell, look: cellTemperature },
      { field: "voltage_v", title: titles.voltage, look: plain(units.Volt, 1) },
      { field: "current_a", title: titles.current, look: plain(units.Ampere, 1) },
      { field: "cycles", title: titles.cycles, look: plain(units.LocaleFormat) },
      { ...since, title: common.at },
    ],
  });
  const place = { width: 6, height: 8 };
  const ready =
    `SELECT count("state") FROM (SELECT last("state") AS "state" FROM "slot" WHERE ${HERE} ` +
    `GROUP BY time(20m), "device", "slot", "class") WHERE "state" = 'ready' AND $timeFilter GROUP BY time(20m), "class" fill(0)`;
  curves(sheet, words.readyOverTime, { ...count(), steps: steps("red", [1, "green"]) }, place, [curve(ready, "$tag_class")], {
    steps: true,
  });
  const options = { bridge: BRIDGE, interval: "1m" };
  curves(sheet, words.cells, cellTemperature, place, [curve(byDevice("cell_temp_max_c", "slot", "max"), "$tag_device")], {
    ...options,
    bridge: 30 * 60_000,
  });
  curves(sheet, words.cabinets, cabinetTemperature, place, [curve(byDevice("temperature_c", "cabinet"), "$tag_device")], options);
  curves(sheet, words.power, plain(units.Watt), place, [curve(byDevice("power_w", "cabinet"), "$tag_device")], options);
}

function people(sheet: Sheet): void {
  const { say } = sheet.edition;
  sheet.row(headings.people);
  const place = { width: 12, height: 8 };
  const zones = [
    curve(byDevice("people", "occupancy", "max"), `$tag_device · ${say(titles.people)}`),
    curve(byDevice("capacity", "occupancy", "last"), `$tag_device · ${say(titles.capacity)}`),
  ];
  curves(sheet, words.peopleOverTime, count(), place, zones, { steps: true, bridge: 900_000, interval: "1m" });
  const visits = `SELECT sum("entries") FROM "utilisation_1h" WHERE ${HERE} GROUP BY time(1h) fill(none)`;
  curves(sheet, words.visits, count(), place, [curve(visits, say(words.visits.title))], { stacked: true, interval: "1h" });
}

function environment(sheet: Sheet): void {
  sheet.row(headings.environment);
  const place = { width: 8, height: 7 };
  const options = { bridge: BRIDGE, interval: "1m" };
  const one = (of: (typeof words)["climate" | "humidity" | "air" | "noise"], look: Look, field: string) =>
    curves(sheet, of, look, place, [curve(byDevice(field, "environment"), "$tag_device")], options);
  one(words.climate, temperature, "temperature_c");
  one(words.humidity, humidity, "humidity_pct");
  one(words.air, co2, "co2_ppm");
  const named = (field: string, name: string) => curve(byDevice(field, "environment"), `$tag_device · ${name}`);
  curves(sheet, words.dust, dust, place, [named("pm2_5_ugm3", "PM2.5"), named("pm10_ugm3", "PM10")], options);
  curves(sheet, words.gases, gases, place, [named("hcho_mgm3", sheet.edition.say(titles.formaldehyde)), named("tvoc_mgm3", "TVOC")], options);
  one(words.noise, noise, "noise_dba");
}

function amenities(sheet: Sheet): void {
  sheet.row(headings.amenity);
  const states =
    `SELECT last("state") FROM "amenity" WHERE ${HERE} ` +
    `GROUP BY time($__interval), "device" fill(none) SLIMIT 20`;
  timeline(sheet, words.amenities, spoken(amenityStates), { width: 18, height: 8 }, [curve(states, "$tag_device")]);
  const fund = `SELECT last("fund_total_fen") / 100 FROM "fund" WHERE ${AT_STATION} AND time > now() - 90d`;
  stat(sheet, words.fund, plain("prefix:¥", 2), { width: 6, height: 8 }, curve(fund, "fund"));
}

function gateway(sheet: Sheet): void {
  sheet.row(headings.gateway);
  const place: Place = { width: 8, height: 7 };
  const options = { bridge: BRIDGE, interval: "1m" };
  const line = (field: string, of = "mean", name?: string) =>
    curve(
      `SELECT ${of}("${field}") FROM "gateway" WHERE ${HERE} GROUP BY time($__interval) fill(none)`,
      name ?? field,
    );
  const { say } = sheet.edition;
  curves(sheet, words.signal, rssi, place, [line("rssi_dbm", "mean", say(words.signal.title))], options);
  curves(sheet, words.outbox, waiting, place, [line("outbox_records", "max", say(words.outbox.title))], options);
  curves(sheet, words.clock, clockOffset, place, [line("clock_offset_ms", "mean", say(words.clock.title))], options);
  const machine = [line("cpu_pct", "mean", say(titles.cpu)), line("ups_pct", "min", say(titles.ups))];
  curves(sheet, words.machine, { ...upsLeft, min: 0, max: 100 }, place, machine, options);
  curves(sheet, words.disk, diskFree, place, [line("disk_free_mb", "min", say(words.disk.title))], options);
  const power = `SELECT last("mains") FROM "gateway" WHERE ${HERE} GROUP BY time($__interval) fill(none)`;
  timeline(sheet, words.mains, spoken(mains), place, [curve(power, say(words.mains.title))]);
}
