import type { Availability } from "../../api/schema";

export type OutageKind = Availability["outages"][number]["kind"];

export interface Part {
  /** Share of the bar, 0–1. */
  share: number;
  kind: OutageKind | "up";
  planned: boolean;
}

/** The bar from left to right, without gaps. */
export function partsOf({ from, to, outages }: Pick<Availability, "from" | "to" | "outages">): Part[] {
  const length = to - from;
  if (length <= 0) return [];
  const parts: Part[] = [];
  const put = (ms: number, kind: Part["kind"], planned: boolean): void => {
    if (ms > 0) parts.push({ share: ms / length, kind, planned });
  };
  let at = from;
  for (const { starts_at, ends_at, kind, planned } of outages) {
    const begins = Math.max(at, Math.min(starts_at, to));
    const ends = Math.max(begins, Math.min(ends_at ?? to, to));
    put(begins - at, "up", false);
    put(ends - begins, kind, planned);
    at = ends;
  }
  put(to - at, "up", false);
  return parts;
}

/** Since when it is up or down, as far as the asked-for period tells. */
export function stateSince({ outages, from }: Pick<Availability, "outages" | "from">): number {
  const last = outages.at(-1);
  if (last === undefined) return from;
  return last.ends_at ?? last.starts_at;
}
