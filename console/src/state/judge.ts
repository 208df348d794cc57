// What a station's figures mean to whoever looks: down, crowded, unsafe.

import type { FleetItem } from "../api/schema";
import type { Alert } from "../api/schema";

export type State = FleetItem["state"];
export type Severity = Alert["severity"];

/** From the best to the worst. */
export const STATES = [
  "online",
  "never_seen",
  "unknown",
  "late",
  "offline",
] as const satisfies readonly State[];
export const SEVERITIES = ["critical", "warning", "info"] as const satisfies readonly Severity[];

/** At this share of its capacity a station is crowded, as for the hours that reports call crowded. */
export const CROWDED_AT = 0.8;

export function rankOf(state: State): number {
  return STATES.indexOf(state);
}

/** People as a share of the capacity; null if either is unknown, or what is known is old. */
export function loadOf({ people, capacity, state }: FleetItem): number | null {
  if (people === null || capacity === null || capacity <= 0 || state !== "online") return null;
  return people / capacity;
}

/** As the hub's public page names them. */
export type Band = "free" | "moderate" | "crowded";
/** From this share on a station is no longer free, as on the hub's public page. */
const MODERATE_AT = 0.5;

export function bandOf(load: number): Band {
  return load >= CROWDED_AT ? "crowded" : load >= MODERATE_AT ? "moderate" : "free";
}

export function isCrowded(item: FleetItem): boolean {
  const load = loadOf(item);
  return load !== null && load >= CROWDED_AT;
}

/** Down: it was there, and is not now. */
export function isDown({ state }: FleetItem): boolean {
  return state === "offline" || state === "late";
}

export interface Counts {
  total: number;
  states: Record<State, number>;
  crowded: number;
  /** Stations with a critical alert. */
  critical: number;
  ready: number;
  slots: number;
}

export function count(items: Iterable<FleetItem>): Counts {
  const states = { online: 0, late: 0, offline: 0, unknown: 0, never_seen: 0 };
  const counts: Counts = { total: 0, states, crowded: 0, critical: 0, ready: 0, slots: 0 };
  for (const item of items) {
    counts.total += 1;
    counts.states[item.state] += 1;
    if (isCrowded(item)) counts.crowded += 1;
    if (item.alert === "critical") counts.critical += 1;
    counts.ready += item.ready ?? 0;
    counts.slots += item.slots ?? 0;
  }
  return counts;
}

/** Who is down: the offline before the late, and of each who went last first. */
export function down(items: Iterable<FleetItem>): FleetItem[] {
  return [...items]
    .filter(isDown)
    .sort((a, b) => rankOf(b.state) - rankOf(a.state) || (b.last_seen ?? 0) - (a.last_seen ?? 0));
}

/** Who is crowded, the fullest first. */
export function crowded(items: Iterable<FleetItem>): FleetItem[] {
  return [...items].filter(isCrowded).sort((a, b) => loadOf(b)! - loadOf(a)!);
}

const TELLS_WHY: ReadonlySet<Alert["rule"]> = new Set(["offline", "flapping", "hub_blind"]);

/** The alert that says why a station is gone, by station; one that speaks of several says more than one of its own. */
export function reasons(alerts: Iterable<Alert>): Map<string, Alert> {
  const found = new Map<string, Alert>();
  for (const alert of alerts) {
    if (!TELLS_WHY.has(alert.rule)) continue;
    for (const id of alert.stations) {
      const known = found.get(id);
      if (known === undefined || known.stations.length < alert.stations.length) found.set(id, alert);
    }
  }
  return found;
}
