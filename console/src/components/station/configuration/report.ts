// What a station is told of its reporting, as fields show it: one text a member, empty where the gateway's own
// configuration stands.

/** The form of a remote configuration. */
export interface Report {
  intervals_s?: Record<string, number>;
  deadbands?: Record<string, Record<string, number>>;
  min_interval_s?: number | null;
}

/** By the path of the member, which is also how the hub names it in a refusal. */
export type Values = Record<string, string>;

export interface Row {
  /** The member's path. */
  path: string;
  kind: string;
  /** Of a dead-band; null for an interval. */
  member: string | null;
  /** What the agent does unless somebody says otherwise; null if that is to tell every change. */
  usual: number | null;
}

export const MIN_INTERVAL = "min_interval_s";
/** The agent's own, s. */
export const MIN_INTERVAL_S = 5;

/** Longest silence of a device, s; the agent's own. Swaps and gifts are told when they happen. */
const INTERVALS_S = [
  ["occupancy", 60],
  ["environment", 60],
  ["cabinet", 60],
  ["gateway", 60],
  ["door", 300],
  ["amenity", 300],
] as const;

/** Smallest change worth telling; the agent's own. */
const DEADBANDS = [
  ["environment", "temperature_c", 0.2],
  ["environment", "humidity_pct", 1],
  ["environment", "co2_ppm", 25],
  ["environment", "pm2_5_ugm3", 3],
  ["environment", "pm10_ugm3", 5],
  ["environment", "hcho_mgm3", 0.005],
  ["environment", "tvoc_mgm3", 0.02],
  ["environment", "noise_dba", 3],
  ["environment", "illuminance_lx", 20],
  ["cabinet", "temperature_c", 0.5],
  ["cabinet", "humidity_pct", 2],
  ["cabinet", "mains_v", 3],
  ["cabinet", "power_w", 50],
  ["cabinet", "soc_pct", 1],
  ["cabinet", "voltage_v", 0.3],
  ["cabinet", "current_a", 1],
  ["cabinet", "cell_temp_max_c", 0.5],
  ["amenity", "power_w", 20],
  ["amenity", "water_c", 1],
  ["amenity", "tds_mgl", 5],
  ["door", "lock_battery_pct", 1],
] as const;

/** The intervals that can be set, and others that this configuration has. */
export function intervalRows({ intervals_s = {} }: Report): Row[] {
  const rows = INTERVALS_S.map(([kind, usual]): Row => interval(kind, usual));
  const others = Object.keys(intervals_s).filter((kind) => rows.every((row) => row.kind !== kind));
  return [...rows, ...others.map((kind) => interval(kind, null))];
}

function interval(kind: string, usual: number | null): Row {
  return { path: `intervals_s.${kind}`, kind, member: null, usual };
}

/** The dead-bands that sensors usually need, and others that this configuration has. */
export function deadbandRows({ deadbands = {} }: Report): Row[] {
  const rows = DEADBANDS.map(([kind, member, usual]): Row => deadband(kind, member, usual));
  const set = Object.entries(deadbands).flatMap(([kind, of]) =>
    Object.keys(of).map((member) => deadband(kind, member, null)),
  );
  return [...rows, ...set.filter(({ path }) => rows.every((row) => row.path !== path))];
}

function deadband(kind: string, member: string, usual: number | null): Row {
  return { path: `deadbands.${kind}.${member}`, kind, member, usual };
}

export function valueOf(report: Report, { kind, member }: Row): number | undefined {
  return member === null ? report.intervals_s?.[kind] : report.deadbands?.[kind]?.[member];
}

export function valuesOf(report: Report): Values {
  const rows = [...intervalRows(report), ...deadbandRows(report)];
  const pairs = rows.map((row) => [row.path, String(valueOf(report, row) ?? "")] as const);
  return { ...Object.fromEntries(pairs), [MIN_INTERVAL]: String(report.min_interval_s ?? "") };
}

/** What was left empty is left out: there the gateway goes by its own configuration. */
export function reportOf(values: Values): Report {
  const report: Report = {};
  for (const [path, text] of Object.entries(values)) {
    if (text.trim() === "") continue;
    const value = Number(text);
    const [table, kind = "", member = ""] = path.split(".");
    if (table === "intervals_s") (report.intervals_s ??= {})[kind] = value;
    else if (table === "deadbands") ((report.deadbands ??= {})[kind] ??= {})[member] = value;
    else report.min_interval_s = value;
  }
  return report;
}
