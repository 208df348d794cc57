import type { Utilisation } from "../../api/schema";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { StationLink, stationName } from "../place-name";

const w = speak(utilisation);

/** What a row is about, in words. */
export function keyName({ by, key, kind, district }: Utilisation): string {
  if (by === "station") return stationName(key);
  if (by === "kind") return w(`kind.${kind}`);
  if (key === "") return w("unnamed");
  const hasPlace = (by === "grid" || by === "street") && district !== null;
  return hasPlace ? `${district} ${key}` : key;
}

export function KeyName({ row }: { row: Utilisation }) {
  return row.by === "station" ? <StationLink id={row.key} /> : <>{keyName(row)}</>;
}
