// The stretch of time that a report speaks of: whole days, as the hub counts them.

import { dayStart, momentOf } from "./zone";

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

/** A day as `YYYY-MM-DD`. */
function dayOf(text: string | null): [year: number, month: number, day: number] | null {
  const digits = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? "");
  return digits === null ? null : [Number(digits[1]), Number(digits[2]), Number(digits[3])];
}

/** Two days, both included; null if they are none, or the wrong way round. */
function freePeriod(first: string | null, last: string | null, zone: string): Period | null {
  const [begin, end] = [dayOf(first), dayOf(last)];
  if (begin === null || end === null) return null;
  const period = { from: dayStart(...begin, zone), to: dayStart(end[0], end[1], end[2] + 1, zone) };
  return period.from < period.to ? period : null;
}

/**
 * Whole days of the zone. Today counts with what there is of it: the hub judges coverage by the time that has passed.
 * Days may have 23 or 25 hours: never count hours.
 */
export function periodOf(
  name: PeriodName,
  now: number,
  zone: string,
  first: string | null,
  last: string | null,
): Period | null {
  const { year, month, day } = momentOf(now, zone);
  const days = (from: number, to: number): Period => ({
    from: dayStart(year, month, day + from, zone),
    to: dayStart(year, month, day + to, zone),
  });
  switch (name) {
    case "today":
      return days(0, 1);
    case "yesterday":
      return days(-1, 0);
    case "7d":
      return days(-6, 1);
    case "30d":
      return days(-29, 1);
    case "month":
      return { ...days(0, 1), from: dayStart(year, month, 1, zone) };
    case "last_month":
      return { from: dayStart(year, month - 1, 1, zone), to: dayStart(year, month, 1, zone) };
    case "free":
      return freePeriod(first, last, zone);
  }
}
