// What stands on the map: stations with a position, gathered to clusters, and the names of districts.

import Supercluster from "supercluster";
import type { FleetItem } from "../../api/schema";
import { STATES, rankOf, type State } from "../../state/judge";

/** Of one station or of a cluster: how many of each state, in the order of STATES, and whether a critical alert fires. */
export interface Crowd {
  states: number[];
  critical: boolean;
}

interface Single extends Crowd {
  id: string;
}

export type Index = Supercluster<Single, Crowd>;

export interface Mark extends Crowd {
  lat: number;
  lon: number;
  /** The station, or null for a cluster. */
  id: string | null;
  cluster: number | null;
  count: number;
  /** How far it stands beside its position, in radii of a mark: stations at one position must not hide each other. */
  aside: { x: number; y: number } | null;
}

/** Beyond this zoom each station stands alone. */
const CLUSTERED_UP_TO = 15;
const RADIUS_PX = 56;

export function positioned(items: Iterable<FleetItem>): FleetItem[] {
  return [...items].filter(({ lat, lon }) => lat !== null && lon !== null);
}

export function index(items: readonly FleetItem[]): Index {
  const found = new Supercluster<Single, Crowd>({
    radius: RADIUS_PX,
    extent: 256,
    maxZoom: CLUSTERED_UP_TO,
    map: ({ states, critical }) => ({ states, critical }),
    reduce(crowd, other) {
      // The first one is shared with the index: never write into it.
      crowd.states = crowd.states.map((count, at) => count + other.states[at]!);
      crowd.critical ||= other.critical;
    },
  });
  found.load(
    items.map((item) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [item.lon!, item.lat!] },
      properties: { id: item.id, states: one(item.state), critical: item.alert === "critical" },
    })),
  );
  return found;
}

function one(state: State): number[] {
  return STATES.map((known) => (known === state ? 1 : 0));
}

/** What a view shows, [west, south, east, north] in degrees. */
export function marks(index: Index, view: [number, number, number, number], zoom: number): Mark[] {
  const found = index.getClusters(view, Math.floor(zoom)).map(({ geometry, properties, id }): Mark => {
    const [lon, lat] = geometry.coordinates as [number, number];
    const { states, critical } = properties;
    const at = { lat, lon, states, critical, aside: null };
    if ("id" in properties) return { ...at, id: properties.id, cluster: null, count: 1 };
    return { ...at, id: null, cluster: Number(id), count: properties.point_count };
  });
  fanOut(found);
  return found;
}

/** Turn from one to the next, rad: so the seeds of a sunflower lie, evenly however many there are. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const FAN_RADII = 2.6;
/** Positions with the same five decimals are about a metre apart at most. */
const SAME_DECIMALS = 5;

/** Spreads single stations that stand at one position around it. */
function fanOut(marks: readonly Mark[]): void {
  const places = new Map<string, Mark[]>();
  for (const mark of marks) {
    if (mark.id === null) continue;
    const key = `${mark.lat.toFixed(SAME_DECIMALS)} ${mark.lon.toFixed(SAME_DECIMALS)}`;
    const there = places.get(key);
    if (there === undefined) places.set(key, [mark]);
    else there.push(mark);
  }
  for (const there of places.values()) {
    if (there.length === 1) continue;
    there.sort((a, b) => (a.id! < b.id! ? -1 : 1));
    there.forEach((mark, seed) => {
      const away = FAN_RADII * Math.sqrt(seed + 0.5);
      mark.aside = { x: away * Math.cos(seed * GOLDEN), y: away * Math.sin(seed * GOLDEN) };
    });
  }
}

export function worst({ states }: Crowd): State {
  const rank = states.findLastIndex((count) => count > 0);
  return STATES[rank] ?? "online";
}

export function gone({ states }: Crowd): number {
  return states[rankOf("offline")]! + states[rankOf("late")]!;
}

export interface District {
  name: string;
  lat: number;
  lon: number;
  count: number;
}

/** Districts at the middle of their stations, the largest first. */
export function districts(items: readonly FleetItem[]): District[] {
  const sums = new Map<string, District>();
  for (const { district, lat, lon } of items) {
    if (district === null) continue;
    const sum = sums.get(district) ?? { name: district, lat: 0, lon: 0, count: 0 };
    sum.lat += lat!;
    sum.lon += lon!;
    sum.count += 1;
    sums.set(district, sum);
  }
  return [...sums.values()]
    .map(({ name, lat, lon, count }) => ({ name, lat: lat / count, lon: lon / count, count }))
    .sort((a, b) => b.count - a.count);
}

/** Steps of the graticule, degrees. */
const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

/** The lines within [from, to]: about `lines` of them, on round degrees. */
export function graticule(from: number, to: number, lines: number): { step: number; at: number[] } {
  const step = STEPS.find((step) => (to - from) / step >= lines) ?? STEPS.at(-1)!;
  const at: number[] = [];
  for (let line = Math.ceil(from / step); line * step <= to && at.length < 100; line += 1)
    at.push(line * step);
  return { step, at };
}

/** 116.3° as people write it, with as many decimals as the step needs. */
export function degrees(value: number, step: number, positive: string, negative: string): string {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  return `${Math.abs(value).toFixed(digits)}°${value < 0 ? negative : positive}`;
}
