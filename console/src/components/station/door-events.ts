// The door log, read backwards: the hub gives readings by time, so they are asked for in windows that grow.

import type { DoorReading } from "../../api/schema";

export type DoorEvent = DoorReading & { event: NonNullable<DoorReading["event"]> };

const HOUR_MS = 3_600_000;
/** Readings as they came are kept about so long. */
const KEPT_MS = 48 * HOUR_MS;

export interface Older {
  /** The newest first. */
  events: DoorEvent[];
  /** Where the next window ends; null when there is nothing older. */
  before: number | null;
}

/** At least `wanted` events before an instant, if there are so many. */
export async function older(
  ask: (from: number, to: number) => Promise<DoorEvent[]>,
  before: number,
  wanted: number,
  now: number,
): Promise<Older> {
  const end = now - KEPT_MS;
  const events: DoorEvent[] = [];
  for (let length = HOUR_MS; before > end && events.length < wanted; length *= 2) {
    const from = Math.max(end, before - length);
    events.push(...(await ask(from, before)));
    before = from;
  }
  return { events, before: before > end ? before : null };
}
