// Days and hours as the hub counts them: in its own zone, wherever somebody looks at them.

import { computed } from "@preact/signals";
import { hubZone } from "../state/fleet";

/** The hub's zone, as a name of the time zone database; until the hub has told it, the browser's. */
export const zone = computed(() => hubZone.value ?? Intl.DateTimeFormat().resolvedOptions().timeZone);

export interface Moment {
  year: number;
  /** 1–12. */
  month: number;
  day: number;
  hour: number;
  /** 0 is Monday. */
  weekday: number;
}

const HOUR_MS = 3_600_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const digits = { year: "numeric", month: "numeric", day: "numeric" } as const;
    const time = { hour: "numeric", minute: "numeric", second: "numeric" } as const;
    clock = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...digits, ...time });
    clocks.set(zone, clock);
  }
  return clock;
}

/** How far the zone's clocks are ahead of UTC then, ms. */
function ahead(ms: number, zone: string): number {
  const parts = clockOf(zone).formatToParts(ms);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const shown = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return shown - Math.floor(ms / 1_000) * 1_000;
}

/** What calendar and clock show then in the zone. */
export function momentOf(ms: number, zone: string): Moment {
  const shown = new Date(ms + ahead(ms, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    weekday: (shown.getUTCDay() + 6) % 7,
  };
}

/** When the day begins in the zone; days past the month's ends count on, as with `Date`. */
export function dayStart(year: number, month: number, day: number, zone: string): number {
  const shown = Date.UTC(year, month - 1, day);
  // The offset of the day before or after may differ from the day's own: two steps reach it.
  const near = shown - ahead(shown, zone);
  const start = shown - ahead(near, zone);
  // Where clocks skip midnight, the day begins with what they show next.
  return momentOf(start, zone).hour === 23 ? start + HOUR_MS : start;
}
