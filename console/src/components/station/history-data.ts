// What the charts ask of the hub.

import { get, type Query } from "../../api/client";
import type { CabinetReading, Series } from "../../api/schema";
import { pathOf } from "./data";
import { stepsOf, type Span, type Step } from "./series";

export const KINDS = ["occupancy", "environment", "cabinet", "gateway"] as const;
export type ChartKind = (typeof KINDS)[number];

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** How long back, and the steps that make a few hundred points of it. */
export const SPANS = {
  "1d": { length: DAY_MS, step: 5 * MINUTE_MS },
  "7d": { length: 7 * DAY_MS, step: 30 * MINUTE_MS },
  "30d": { length: 30 * DAY_MS, step: 120 * MINUTE_MS },
} as const;
export type SpanName = keyof typeof SPANS;

export function isSpan(name: string | null): name is SpanName {
  return name !== null && name in SPANS;
}

export function spanOf(name: SpanName, to: number): Span {
  const { length, step } = SPANS[name];
  return { from: to - length, to, step };
}

const PAGE = 10_000;

async function series<Item>(id: string, query: Query, signal: AbortSignal, most = Infinity): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const asked = { limit: PAGE, ...query, cursor };
    const answer: Series = await get<Series>(`${pathOf(id)}/readings`, asked, signal);
    items.push(...(stepsOf(answer) as Item[]));
    cursor = answer.next;
  } while (cursor !== null && items.length < most);
  return items;
}

export function steps(
  id: string,
  kind: ChartKind,
  { from, to, step }: Span,
  signal: AbortSignal,
): Promise<Step[]> {
  return series<Step>(id, { kind, from, to, step: step / 1_000 }, signal);
}

/** Charge and temperature of one slot. */
export function slotSteps(
  id: string,
  device: string,
  slot: number,
  { from, to, step }: Span,
  signal: AbortSignal,
): Promise<Step[]> {
  return series<Step>(id, { kind: "cabinet", device, slot, from, to, step: step / 1_000 }, signal);
}

/** More readings than this are not asked for: a cabinet that reports each second would be a hundred megabytes. */
const READINGS_MAX = 6_000;
const PROBE_MS = 10 * MINUTE_MS;

/** Readings of the cabinets as they came, for a day or as far back as [`READINGS_MAX`] reach. */
export async function cabinets(
  id: string,
  to: number,
  signal: AbortSignal,
): Promise<{ from: number; readings: CabinetReading[] }> {
  const probe = await series(id, { kind: "cabinet", from: to - PROBE_MS, to }, signal, READINGS_MAX);
  const length = Math.min(DAY_MS, (READINGS_MAX / Math.max(1, probe.length)) * PROBE_MS);
  const from = Math.round(to - length);
  return {
    from,
    readings: await series<CabinetReading>(id, { kind: "cabinet", from, to }, signal, READINGS_MAX * 2),
  };
}
