import { get } from "../../api/client";
import type { DoorReading, Series } from "../../api/schema";
import { pathOf } from "./data";
import type { DoorEvent } from "./door-events";

const PAGE = 10_000;

/** Events of [from, to), the newest first. */
export async function between(
  id: string,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<DoorEvent[]> {
  const events: DoorEvent[] = [];
  let cursor: string | null = null;
  do {
    const query = { kind: "door", from, to, limit: PAGE, cursor };
    const answer: Series = await get<Series>(`${pathOf(id)}/readings`, query, signal);
    const readings = answer.items as DoorReading[];
    events.push(...readings.filter((reading): reading is DoorEvent => reading.event !== undefined));
    cursor = answer.next;
  } while (cursor !== null);
  return events.reverse();
}
