// The hub itself: whether it acknowledges, and whether disk and InfluxDB keep up.

import * as units from "@grafana/grafana-foundation-sdk/units";
import { count, plain, spoken, steps, type Look } from "../kit/look";
import { curves, stat } from "../kit/panels";
import { PROMETHEUS, instant, range, type Target } from "../kit/queries";
import type { PageInfo, Sheet } from "../kit/sheet";
import { yesNo } from "../words/common";
import { hub as words, hubColumns as titles, sight } from "../words/hub";

export const info: PageInfo = {
  name: "hub",
  words: words.page,
  from: "now-6h",
  refresh: "30s",
  choices: [],
};

/** A disk that takes more than 250 ms for a commit is too slow (operations.md). */
const latency: Look = { unit: units.Seconds, decimals: 1, steps: steps("green", [0.1, "orange"], [0.25, "red"]), min: 0 };
const slowWrites: Look = { ...latency, steps: steps("green", [1, "orange"], [5, "red"]) };
const bytes: Look = plain(units.BytesIEC, 1);
/** The rule of Prometheus warns at 80 %. */
const fill: Look = { unit: units.PercentUnit, decimals: 0, steps: steps("green", [0.8, "orange"], [0.95, "red"]), min: 0, max: 1 };
const age: Look = { unit: units.Seconds, decimals: 0, steps: steps("green", [60, "orange"], [3_600, "red"]) };
const perSecond: Look = { ...plain(units.CountsPerSecond, 2), min: 0 };
const bad: Look = { ...perSecond, steps: steps("green", [0.01, "red"]), nothing: "0" };
const source = { source: PROMETHEUS };
const place = { width: 8, height: 8 };

export function build(sheet: Sheet): void {
  figures(sheet);
  intake(sheet);
  log(sheet);
  influx(sheet);
  outward(sheet);
}

const rate = (series: string): string => `rate(${series}[$__rate_interval])`;

function quantiles(sheet: Sheet, histogram: string): Target[] {
  const at = (quantile: number) =>
    `histogram_quantile(${quantile}, sum by (le) (${rate(`waystation_${histogram}_bucket`)}))`;
  const { say } = sheet.edition;
  return [range(at(0.5), say(titles.p50)), range(at(0.95), say(titles.p95)), range(at(0.99), say(titles.p99))];
}

function figures(sheet: Sheet): void {
  const small = { width: 3, height: 4 };
  stat(sheet, words.accepting, spoken(yesNo), small, instant("min(waystation_log_accepting)"), source);
  stat(sheet, words.influxUp, spoken(yesNo), small, instant("min(waystation_influx_up)"), source);
  stat(sheet, words.blind, spoken(sight), small, instant("max(waystation_hub_blind)"), source);
  stat(sheet, words.connections, count(), small, instant("sum(waystation_mqtt_connections)"), source);
  const room = "max(waystation_mqtt_connections / (waystation_mqtt_connections_max > 0))";
  stat(sheet, words.room, fill, small, instant(room), source);
  stat(sheet, words.rate, perSecond, small, instant(`sum(${rate("waystation_readings_total")})`), source);
  stat(sheet, words.unsent, bytes, small, instant("max(waystation_log_unsent_bytes)"), source);
  stat(sheet, words.oldest, age, small, instant("max(waystation_log_oldest_unsent_seconds)"), source);
}

function intake(sheet: Sheet): void {
  const { say } = sheet.edition;
  curves(sheet, words.puback, latency, place, quantiles(sheet, "puback_seconds"), source);
  curves(sheet, words.fsync, latency, place, quantiles(sheet, "log_fsync_seconds"), source);
  const kinds = range(`sum by (kind) (${rate("waystation_readings_total")})`, "{{kind}}");
  curves(sheet, words.kinds, perSecond, place, [kinds], { ...source, stacked: true });
  const aside = [
    range(`topk(20, sum by (reason) (${rate("waystation_readings_quarantined_total")}))`, "{{reason}}"),
    range(`sum(${rate("waystation_readings_duplicate_total")})`, say(titles.duplicates)),
  ];
  curves(sheet, words.aside, bad, place, aside, source);
  const lost = range("sum by (cause) (increase(waystation_readings_lost_total[1h]))", "{{cause}}");
  curves(sheet, words.lost, count([1, "red"]), place, [lost], source);
  const refusals = range(`topk(20, sum by (reason) (${rate("waystation_mqtt_refusals_total")}))`, "{{reason}}");
  curves(sheet, words.refusals, bad, place, [refusals], source);
}

function log(sheet: Sheet): void {
  const { say } = sheet.edition;
  const sizes = [
    range("sum(waystation_log_bytes)", say(titles.disk)),
    range("max(waystation_log_unsent_bytes)", say(titles.waiting)),
  ];
  curves(sheet, words.log, bytes, place, sizes, source);
  const errors = range(`sum by (kind) (${rate("waystation_log_write_errors_total")}) or vector(0)`, "{{kind}}");
  curves(sheet, words.writeErrors, bad, place, [errors], source);
  const lag = [
    range("sum(waystation_influx_cursor_lag_records)", say(titles.influx)),
    range("sum(waystation_history_lag_records)", say(titles.history)),
    range("sum(waystation_history_skipped_records_total)", say(titles.skipped)),
  ];
  curves(sheet, words.lag, { ...count(), steps: steps("green", [100_000, "orange"]) }, place, lag, source);
}

function influx(sheet: Sheet): void {
  const points = range(`sum(${rate("waystation_influx_points_total")})`, sheet.edition.say(titles.points));
  curves(sheet, words.points, perSecond, place, [points], source);
  curves(sheet, words.write, slowWrites, place, quantiles(sheet, "influx_write_seconds"), source);
  const errors = range(`sum by (class) (${rate("waystation_influx_errors_total")})`, "{{class}}");
  curves(sheet, words.influxErrors, bad, place, [errors], source);
}

function outward(sheet: Sheet): void {
  const half = { width: 6, height: 8 };
  const readers = [
    range("sum(waystation_readers)", sheet.edition.say(titles.readers)),
    range(`sum by (result) (${rate("waystation_reader_messages_total")})`, "{{result}}"),
  ];
  curves(sheet, words.readers, { ...count(), decimals: 1 }, half, readers, source);
  const qos0 = range(`sum(${rate("waystation_mqtt_publishes_qos0_total")})`, "QoS 0");
  curves(sheet, words.qos0, perSecond, half, [qos0], source);
  const http = range(`topk(20, sum by (status) (${rate("waystation_http_requests_total")}))`, "{{status}}");
  curves(sheet, words.http, perSecond, half, [http], { ...source, stacked: true });
  const notices = range(
    "topk(20, sum by (channel, result) (increase(waystation_alert_notifications_total[1h])))",
    "{{channel}} · {{result}}",
  );
  curves(sheet, words.notices, count(), half, [notices], source);
  const begun = range("max by (file) (waystation_files_begun_anew)", "{{file}}");
  curves(sheet, words.files, count([1, "red"]), { width: 24, height: 5 }, [begun], { ...source, steps: true });
}
