// The whole fleet in brief: asked for once, then kept up to date by the hub's stream. Map, list and counts read it.

import { computed, effect, signal } from "@preact/signals";
import { get } from "../api/client";
import { follow, type StreamEvent } from "../api/stream";
import type { FleetItem, FleetView } from "../api/schema";
import type { Alert } from "../api/schema";
import { place } from "./place";
import { token } from "./session";

/** Whether what is shown is kept up to date. */
export const live = signal(false);
/** Why the fleet cannot be shown, if it cannot. */
export const failed = signal<Error | null>(null);
/** Stations by id. A new map with each change: whoever reads it is drawn again. */
export const stations = signal<ReadonlyMap<string, FleetItem>>(new Map());
export const loaded = signal(false);
/** The zone in which the hub counts days; null until it has told. */
export const hubZone = signal<string | null>(null);
/** Alerts that fire, by id. */
export const firing = signal<ReadonlyMap<string, Alert>>(new Map());
/** Whether the hub has said what fires: until then an empty list means nothing. */
export const heard = signal(false);

/** Changes are drawn at most this often, ms: a country that comes back is one picture a second, not ten thousand. */
const DRAW_MS = 250;

let stop = new AbortController();
/** What has changed since the last picture. Only changes: a page may have set the signals meanwhile. */
const changed = new Map<string, FleetItem>();
const alertsChanged = new Map<string, Alert>();
let total: number | null = null;
/** Alerts of a stream's first look, which tells all that fire and ends with counts; null when it is through. */
let told: Set<string> | null = null;

function draw(): void {
  if (changed.size > 0) stations.value = new Map([...stations.peek(), ...changed]);
  if (alertsChanged.size > 0) {
    const all = [...new Map([...firing.peek(), ...alertsChanged])];
    firing.value = new Map(all.filter(([, alert]) => alert.state === "firing"));
  }
  forget();
}

function forget(): void {
  changed.clear();
  alertsChanged.clear();
}

function take({ name, data }: StreamEvent): void {
  if (name === "counts") {
    settle();
    return compare(data as { total: number });
  }
  if (changed.size === 0 && alertsChanged.size === 0) setTimeout(draw, DRAW_MS);
  if (name === "station") changed.set((data as FleetItem).id, data as FleetItem);
  else if (name === "alert") {
    alertsChanged.set((data as Alert).id, data as Alert);
    told?.add((data as Alert).id);
  }
}

/** What ended while nobody listened goes only now: an empty list in between would say that all is well. */
function settle(): void {
  draw();
  const still = told;
  told = null;
  if (still !== null) firing.value = new Map([...firing.peek()].filter(([id]) => still.has(id)));
  heard.value = true;
}

/** A stream speaks of the stations that there were when it began: ask anew when some came or went. */
function compare(counts: { total: number }): void {
  const isOther = total !== null && total !== counts.total;
  total = counts.total;
  if (isOther) begin();
}

async function load(signal: AbortSignal): Promise<void> {
  try {
    const fleet = await get<FleetView>("/api/v1/fleet", {}, signal);
    stations.value = new Map(fleet.items.map((item) => [item.id, item]));
    hubZone.value = fleet.time_zone;
    loaded.value = true;
    failed.value = null;
    told = new Set();
    const follower = { event: take, live: (is: boolean) => (live.value = is) };
    await follow("/api/v1/stream", { view: "brief" }, follower, signal, fleet.event_id);
  } catch (error) {
    if (signal.aborted) return;
    failed.value = error as Error;
    setTimeout(() => !signal.aborted && void load(signal), 5_000);
  }
}

/** Asks for the whole fleet anew. */
export function begin(): void {
  stop.abort();
  stop = new AbortController();
  forget();
  live.value = false;
  void load(stop.signal);
}

/** The public screen and the login show nothing of the fleet, and may not ask for it. */
const wanted = computed(() => !["/screen", "/login"].includes(place.value.path));

// Anew for another person: the hub may show them something else.
effect(() => {
  void token.value;
  if (wanted.value) begin();
  else stop.abort();
});
