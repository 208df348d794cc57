import type { Outbox } from "../api/schema";

export interface Totals {
  outboxes: number;
  received: number;
  missing: number;
  dropped: number;
}

export function totalsOf(items: readonly Outbox[]): Totals {
  const totals = { outboxes: items.length, received: 0, missing: 0, dropped: 0 };
  for (const item of items) {
    totals.received += item.received;
    totals.missing += item.missing_total;
    totals.dropped += item.dropped_total;
  }
  return totals;
}

/** The share of what was numbered that arrived; null before anything was. */
export function complete({ received, missing, dropped }: Omit<Totals, "outboxes">): number | null {
  const all = received + missing + dropped;
  return all === 0 ? null : received / all;
}

export function hasLost({ missing_total, dropped_total }: Outbox): boolean {
  return missing_total > 0 || dropped_total > 0;
}

/** Both ends of each range; one number where it holds only one. */
export function showRanges(ranges: readonly (readonly [number, number])[], most: number): string {
  return ranges
    .slice(0, most)
    .map(([first, last]) => (first === last ? String(first) : `${first}–${last}`))
    .join(", ");
}
