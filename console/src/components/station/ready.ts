// How many batteries were ready, by voltage class and over all cabinets of the station.

import type { CabinetReading } from "../../api/schema";
import { blank, slotsOf, type Chart, type Line, type Span, type Step } from "./series";

/**
 * Ready batteries of each voltage class, to the change. They are played from the readings as they came: a snapshot says all slots of its cabinet, another reading those that changed.
 */
export function readyOver(readings: readonly CabinetReading[], span: Span): Chart {
  const at = slotsOf(span);
  const slots = new Map<string, Map<number, { voltage: string; ready: boolean }>>();
  const lines = new Map<string, Line>();
  let next = 0;
  const note = (until: number): void => {
    for (; next < at.length && at[next]! * 1_000 + span.step <= until; next += 1) write(next);
  };
  const write = (slot: number): void => {
    // A class of which every slot was emptied has none ready, and is not forgotten.
    const ready = new Map([...lines.keys()].map((voltage) => [voltage, 0]));
    for (const cabinet of slots.values()) {
      for (const { voltage, ready: is } of cabinet.values())
        ready.set(voltage, (ready.get(voltage) ?? 0) + (is ? 1 : 0));
    }
    for (const [voltage, count] of ready) {
      let line = lines.get(voltage);
      if (line === undefined) {
        line = { name: voltage, mean: blank(at), min: blank(at), max: blank(at) };
        lines.set(voltage, line);
      }
      line.mean[slot] = line.min[slot] = line.max[slot] = count;
    }
  };
  for (const { ts, device, slots: told, snapshot } of readings) {
    note(ts);
    if (told === undefined) continue;
    const cabinet = slots.get(device);
    if (cabinet === undefined && snapshot !== true) continue;
    const known = snapshot === true || cabinet === undefined ? new Map() : cabinet;
    slots.set(device, known);
    for (const { slot, class: voltage, state } of told) {
      if (slot === undefined) continue;
      if (voltage === undefined) known.delete(slot);
      else known.set(slot, { voltage, ready: state === "ready" });
    }
  }
  const last = readings.at(-1);
  if (last !== undefined && next < at.length && at[next]! * 1_000 <= last.ts) write(next);
  return { at, lines: [...lines.values()].sort((a, b) => a.name.localeCompare(b.name)) };
}

/**
 * The same from the steps that the hub has gathered, which reach back as far as any chart. Where a cabinet was not heard
 * between two times when it was, the sum is not known.
 */
export function readyOfSteps(steps: readonly Step[], span: Span): Chart {
  const at = slotsOf(span);
  const cabinets = new Map<string, Map<number, Record<string, number>>>();
  for (const { ts, device, ready } of steps) {
    const slot = Math.round((ts / 1_000 - at[0]!) / (span.step / 1_000));
    if (ready === undefined || slot < 0 || slot >= at.length) continue;
    const cabinet = cabinets.get(device) ?? new Map<number, Record<string, number>>();
    cabinets.set(device, cabinet.set(slot, ready));
  }
  const heard = [...cabinets.values()];
  const reach = heard.map((cabinet) => [Math.min(...cabinet.keys()), Math.max(...cabinet.keys())] as const);
  const voltages = new Set(heard.flatMap((cabinet) => [...cabinet.values()].flatMap(Object.keys)));
  const lines = [...voltages].sort().map((name): Line => {
    const mean = at.map((_, slot) => {
      const here = heard.filter((_, index) => reach[index]![0] <= slot && slot <= reach[index]![1]);
      const told = here.map((cabinet) => cabinet.get(slot));
      if (told.length === 0 || told.includes(undefined)) return null;
      return told.reduce((sum, ready) => sum + (ready?.[name] ?? 0), 0);
    });
    return { name, mean, min: mean, max: mean };
  });
  return { at, lines };
}
