// Fleet now: who is down, why, and what fires.

import { count, plain, spoken, steps } from "../kit/look";
import { map } from "../kit/maps";
import { curves, stat, table, timeline } from "../kit/panels";
import { IN_DISTRICT, PROMETHEUS, curve, instant, range, rows } from "../kit/queries";
import type { PageInfo, Sheet } from "../kit/sheet";
import { common, mains, outages, presence, severities, up } from "../words/common";
import { fleet as words, fleetColumns as titles } from "../words/fleet";
import { alertColumns, clockOffset, diskFree, district, firing, named, rssi, since, upsLeft, waiting } from "./shared";

export const info: PageInfo = {
  name: "fleet",
  words: words.page,
  from: "now-6h",
  refresh: "30s",
  choices: ["district"],
};

/** Presence is written when it changes, so a quiet station's last word may be old. */
const LAST_PRESENCE = `SELECT last("state") AS "state" FROM "presence" WHERE ${IN_DISTRICT} AND time > now() - 90d`;

export function build(sheet: Sheet): void {
  const { mark } = sheet.edition;
  counts(sheet);
  map(
    sheet,
    words.map,
    spoken(presence),
    { width: 12, height: 14 },
    rows(`${LAST_PRESENCE} GROUP BY "station"`),
    "state",
    [...named, { field: "state", title: common.state }, since],
  );
  down(sheet);
  table(
    sheet,
    words.alerts,
    plain("none"),
    { width: 24, height: 9 },
    [rows(firing(mark, IN_DISTRICT))],
    { columns: alertColumns(mark), order: { field: "Time", desc: true, limit: 200 } },
  );
  timeline(
    sheet,
    words.timeline,
    spoken(up),
    { width: 24, height: 10 },
    [
      range(
        "waystation_station_up and on (station) topk(20, (1 - avg_over_time(waystation_station_up[$__range] @ end())) > 0)",
        "{{station}}",
      ),
    ],
    PROMETHEUS,
  );
  overTime(sheet);
}

function counts(sheet: Sheet): void {
  const place = { width: 3, height: 4 };
  const stations = (state: string) => instant(`sum(waystation_stations{state="${state}"})`);
  const source = { source: PROMETHEUS };
  stat(sheet, words.online, { ...count(), steps: steps("green") }, place, stations("online"), source);
  stat(sheet, words.late, count([1, "yellow"]), place, stations("late"), source);
  stat(sheet, words.offline, count([1, "red"]), place, stations("offline"), source);
  stat(sheet, words.unknown, count([1, "purple"]), place, stations("unknown"), source);
  stat(sheet, words.neverSeen, count([1, "blue"]), place, stations("never_seen"), source);
  const alerts = (severity: string) => instant(`sum(waystation_alerts_firing{severity="${severity}"})`);
  stat(sheet, words.critical, count([1, "red"]), place, alerts("critical"), source);
  stat(sheet, words.warning, count([1, "orange"]), place, alerts("warning"), source);
  const people =
    'SELECT sum("people") FROM (SELECT last("people") AS "people" FROM "occupancy" ' +
    `WHERE ${IN_DISTRICT} AND time > now() - 15m GROUP BY "station", "device")`;
  stat(sheet, words.people, count(), place, curve(people, "people"));
}

function down(sheet: Sheet): void {
  const open = `SELECT "kind" FROM "outage" WHERE ${IN_DISTRICT} AND time > now() - 90d AND "open" = true GROUP BY "station", "district"`;
  const lastWords =
    'SELECT last("uptime_s") AS "uptime_s", "mains", "ups_pct", "rssi_dbm", "outbox_records", "clock_offset_ms", "disk_free_mb" ' +
    `FROM "gateway" WHERE ${IN_DISTRICT} AND time > now() - 30d GROUP BY "station"`;
  table(
    sheet,
    words.down,
    plain("none"),
    { width: 12, height: 14 },
    [rows(open), rows(lastWords)],
    {
      columns: [
        ...named,
        district,
        since,
        { field: "kind", title: common.why, look: spoken(outages) },
        { field: "mains", title: titles.mains, look: spoken(mains) },
        { field: "ups_pct", title: titles.ups, look: upsLeft },
        { field: "rssi_dbm", title: titles.signal, look: rssi },
        { field: "outbox_records", title: titles.waiting, look: waiting },
        { field: "clock_offset_ms", title: titles.clock, look: clockOffset },
        { field: "disk_free_mb", title: titles.disk, look: diskFree },
      ],
      order: { field: "Time", desc: true, limit: 200 },
    },
  );
}

function overTime(sheet: Sheet): void {
  const place = { width: 12, height: 8 };
  curves(
    sheet,
    words.states,
    count(),
    place,
    [range('sum by (state) (waystation_stations{state=~"late|offline|unknown"})', "{{state}}")],
    {
      source: PROMETHEUS,
      stacked: true,
      names: {
        late: { text: words.late.title, colour: "yellow" },
        offline: { text: words.offline.title, colour: "red" },
        unknown: { text: words.unknown.title, colour: "purple" },
      },
    },
  );
  curves(
    sheet,
    words.firing,
    count(),
    place,
    [range("sum by (severity) (waystation_alerts_firing)", "{{severity}}")],
    { source: PROMETHEUS, stacked: true, names: severities },
  );
}
