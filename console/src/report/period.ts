// The stretch of time that a report speaks of: whole local days.

import { fromField } from "../format";

export const PERIODS = ["today", "yesterday", "7d", "30d", "month", "last_month", "free"] as const;
export type PeriodName = (typeof PERIODS)[number];

export interface Period {
  /** ms since the Unix epoch; `to` is not included. */
  from: number;
  to: number;
}

export function isPeriod(name: string | null): name is PeriodName {
  return PERIODS.includes(name as PeriodName);
}

/** Local midnight, so many days after that of `now`. Days may have 23 or 25 hours: never count hours. */
function midnight(now: Date, days: number): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).getTime();
}

function monthStart(now: Date, months: number): number {
  return new Date(now.getFullYear(), now.getMonth() + months, 1).getTime();
}

/** Two days as `YYYY-MM-DD`, both included; null if they are none, or the wrong way round. */
function freePeriod(first: string | null, last: string | null): Period | null {
  const from = first === null ? null : fromField(first);
  const lastStart = last === null ? null : fromField(last);
  if (from === null || lastStart === null || lastStart < from) return null;
  return { from, to: midnight(new Date(lastStart), 1) };
}

/** Today counts with what there is of it: the hub judges coverage by the time that has passed. */
export function periodOf(
  name: PeriodName,
  now: Date,
  first: string | null,
  last: string | null,
): Period | null {
  switch (name) {
    case "today":
      return { from: midnight(now, 0), to: midnight(now, 1) };
    case "yesterday":
      return { from: midnight(now, -1), to: midnight(now, 0) };
    case "7d":
      return { from: midnight(now, -6), to: midnight(now, 1) };
    case "30d":
      return { from: midnight(now, -29), to: midnight(now, 1) };
    case "month":
      return { from: monthStart(now, 0), to: midnight(now, 1) };
    case "last_month":
      return { from: monthStart(now, -1), to: monthStart(now, 0) };
    case "free":
      return freePeriod(first, last);
  }
}
