// What a slot of a swap cabinet says; thresholds are those of the hub's alerts.

import type { CabinetReading } from "../../api/schema";

export type Slot = NonNullable<CabinetReading["slots"]>[number];
export type Warning = "very_hot" | "hot" | "cold_charge" | "fault";

export const CELL_HOT_C = 50;
export const CELL_VERY_HOT_C = 60;

export function warningOf({ cell_temp_max_c: cell, state }: Slot): Warning | null {
  if (cell !== undefined && cell >= CELL_VERY_HOT_C) return "very_hot";
  if (cell !== undefined && cell < 0 && state === "charging") return "cold_charge";
  if (cell !== undefined && cell >= CELL_HOT_C) return "hot";
  return state === "fault" ? "fault" : null;
}

export function isDanger(warning: Warning | null): boolean {
  return warning === "very_hot" || warning === "cold_charge";
}

/** Ready batteries and slots of each voltage class, and of all. */
export function stock(slots: readonly Slot[]): { ready: number; slots: number; classes: [string, number][] } {
  const classes = new Map<string, number>();
  for (const { class: voltage, state } of slots) {
    if (voltage !== undefined)
      classes.set(voltage, (classes.get(voltage) ?? 0) + (state === "ready" ? 1 : 0));
  }
  const ready = slots.filter(({ state }) => state === "ready").length;
  return { ready, slots: slots.length, classes: [...classes].sort(([a], [b]) => a.localeCompare(b)) };
}
