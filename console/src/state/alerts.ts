// Alerts that fire, as lists show them: the worst first. The stream tells of new ones; who acknowledged is asked for.

import { get, type Page } from "../api/client";
import type { Alert } from "../api/schema";
import { firing, live } from "./fleet";

const RANK: Record<Alert["severity"], number> = { critical: 0, warning: 1, info: 2 };

/** The worst first; among equals the newest. */
export function worstFirst(alerts: Iterable<Alert>): Alert[] {
  return [...alerts].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || b.starts_at - a.starts_at || a.id.localeCompare(b.id),
  );
}

export interface Condition {
  name: "rule" | "severity" | "station" | "district";
  value: string;
}

/** Whether an alert meets every condition, as the hub judges it for a silence: an alert about several stations has no `station`. */
export function meets(alert: Alert, conditions: readonly Condition[]): boolean {
  return conditions.every(({ name, value }) => alert[name] === value);
}

/** Takes an alert as the hub has just given it. */
export function takeAlert(alert: Alert): void {
  if (alert.state === "firing" && firing.peek().has(alert.id)) {
    firing.value = new Map(firing.peek()).set(alert.id, alert);
  }
}

/** Acknowledgements and silences of others change no alert, so the stream does not tell of them. */
export async function refreshFiring(signal: AbortSignal): Promise<void> {
  const { items } = await get<Page<Alert>>("/api/v1/alerts", { state: "firing", limit: 1_000 }, signal);
  const known = new Map(firing.peek());
  // One that the stream has ended meanwhile stays ended; without the stream this list is all there is.
  for (const alert of items) if (known.has(alert.id) || !live.peek()) known.set(alert.id, alert);
  firing.value = known;
}
