// Figures and times as people read them: numbers with units, local time with the date.

import { language } from "./state/session";

const locale = (): string => (language.value === "zh" ? "zh-CN" : "en-GB");

/** Date and time in the browser's own zone, to the minute. */
export function showTime(ms: number): string {
  return new Date(ms).toLocaleString(locale(), {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/** The date in this zone, or in the browser's own. */
export function showDate(ms: number, timeZone?: string): string {
  const date = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  return new Date(ms).toLocaleDateString(locale(), { ...date, ...(timeZone ? { timeZone } : {}) });
}

export function showNumber(value: number, digits = 0): string {
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A share of 0–1 as per cent; number and sign stay on one line. */
export function showShare(share: number, digits = 1): string {
  return `${showNumber(share * 100, digits)}\u{a0}%`;
}

const UNITS = [
  [86_400_000, "天", "d"],
  [3_600_000, "小时", "h"],
  [60_000, "分钟", "min"],
  [1_000, "秒", "s"],
] as const;

/** How long, in its two largest units: `2 h 5 min`. */
export function showDuration(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, ms);
  for (const [unit, zh, en] of UNITS) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push(`${count} ${language.value === "zh" ? zh : en}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || (language.value === "zh" ? "0 秒" : "0 s");
}

/** What a field of type `datetime-local` holds. */
export function toField(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The instant that a field of type `datetime-local` or `date` names in local time, or null. */
export function fromField(text: string): number | null {
  const ms = new Date(text.includes("T") ? text : `${text}T00:00`).getTime();
  return Number.isNaN(ms) ? null : ms;
}
