// Stations by name, as people know them; by id while the fleet is not loaded.

import { computed } from "@preact/signals";
import { Link } from "wouter-preact";
import type { FleetItem } from "../api/pending";
import { stations } from "../state/fleet";
import { pick } from "../words";

/** Suggestions under a field. */
const NEAR = 20;

export function stationName(id: string): string {
  return pick(stations.value.get(id)?.name) || id;
}

export function StationLink({ id }: { id: string }) {
  const name = stationName(id);
  return (
    <Link href={`/stations/${encodeURIComponent(id)}`} title={id}>
      {name}
    </Link>
  );
}

/** The id of the station that a text names: by id, or by a name that no other has; else the text itself. */
export function stationByText(text: string): string {
  if (stations.peek().has(text)) return text;
  const named = [...stations.peek().values()].filter(({ name }) => name.zh === text || name.en === text);
  return named.length === 1 ? named[0]!.id : text;
}

/** Stations whose id or name holds the text, a few. */
export function stationsNear(text: string): FleetItem[] {
  const found: FleetItem[] = [];
  for (const station of stations.value.values()) {
    if (station.id.includes(text) || pick(station.name).includes(text)) found.push(station);
    if (found.length === NEAR) break;
  }
  return found;
}

/** One text, so that it changes only when a name does: a station's news must not draw every filter again. */
const districtNames = computed(() => {
  const names = [...stations.value.values()].flatMap(({ district }) => district ?? []);
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "zh")).join("\n");
});
const districtList = computed(() => districtNames.value.split("\n").filter((name) => name !== ""));

/** The districts that there are, sorted. */
export function districts(): string[] {
  return districtList.value;
}
