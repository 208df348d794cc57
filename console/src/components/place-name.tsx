// Stations by name, as people know them; by id while the fleet is not loaded.

import { Link } from "wouter-preact";
import { stations } from "../state/fleet";
import { pick } from "../words";

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

/** The districts that there are, sorted. */
export function districts(): string[] {
  const names = [...stations.value.values()].flatMap(({ district }) => district ?? []);
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "zh"));
}
