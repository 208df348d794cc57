// A reading's member as people read it.

import { showDuration, showNumber } from "../../format";
import { language } from "../../state/session";
import { speak } from "../../words";
import { kinds, members, values } from "../../words/readings";
import { station } from "../../words/station";

const w = speak(station);
const place = (): 0 | 1 => (language.value === "zh" ? 0 : 1);

export const memberWord = (name: string): string => members[name]?.[place()] ?? name;
export const valueWord = (name: string): string => values[name]?.[place()] ?? name;
export const kindWord = (name: string): string => kinds[name]?.[place()] ?? name;
export const unitOf = (name: string): string => members[name]?.[2] ?? "";

const ALARMS: ReadonlySet<string> = new Set(["smoke", "water", "extinguisher"]);
const YUAN_FEN = 100;

export function showMember(name: string, value: unknown): string {
  if (typeof value === "boolean") {
    if (ALARMS.has(name)) return w(value ? "alarm" : "normal");
    return w(value ? "yes" : "no");
  }
  if (typeof value === "string") return name === "agent" ? value : valueWord(value);
  if (typeof value !== "number") return "";
  if (name === "fund_total_fen") return `¥ ${showNumber(value / YUAN_FEN, 2)}`;
  if (name === "uptime_s" || name === "outbox_horizon_s") return showDuration(value * 1_000);
  if (name === "outbox_bytes") return showBytes(value);
  const [, , unit = "", digits = 0] = members[name] ?? [];
  return `${showNumber(value, digits)} ${unit}`.trim();
}

export function showBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let at = 0;
  for (; bytes >= 1_024 && at < units.length - 1; at += 1) bytes /= 1_024;
  return `${showNumber(bytes, at === 0 ? 0 : 1)} ${units[at]!}`;
}

/** What a value means for whoever must act. */
export type Tone = "" | "warn" | "bad";

/** GB/T 18883 values for the air, which are indicative; the others are the hub's alert defaults. */
const ABOVE: Record<string, readonly [warn: number, bad: number]> = {
  co2_ppm: [1_000, 2_000],
  pm2_5_ugm3: [50, Infinity],
  hcho_mgm3: [0.08, Infinity],
  tvoc_mgm3: [0.6, Infinity],
  lost_total: [0, Infinity],
};

export function toneOf(kind: string, name: string, value: unknown): Tone {
  if (ALARMS.has(name)) return value === true ? "bad" : "";
  if (value === "forced" || value === "jammed") return "bad";
  if (
    value === "fault" ||
    value === "failing" ||
    value === "held_open" ||
    (name === "mains" && value === false)
  )
    return "warn";
  if (typeof value !== "number") return "";
  if (name === "temperature_c") {
    const [least, most] = kind === "cabinet" ? [0, 55] : [10, 35];
    return value < least || value > most ? "warn" : "";
  }
  if (name === "clock_offset_ms") return Math.abs(value) > 5_000 ? "warn" : "";
  if (name === "outbox_horizon_s") return value < 4 * 3_600 ? "warn" : "";
  const [warn, bad] = ABOVE[name] ?? [Infinity, Infinity];
  return value > bad ? "bad" : value > warn ? "warn" : "";
}
