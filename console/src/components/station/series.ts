// From what the hub answers to what a chart draws.

import type { CabinetReading, Series } from "../../api/schema";

/** A step of `/readings?step=`: what was gathered of each member. */
export interface Step {
  ts: number;
  device: string;
  mean: Record<string, number>;
  min: Record<string, number>;
  max: Record<string, number>;
}

export const stepsOf = (series: Series): Step[] => series.items as unknown as Step[];

export type Values = (number | null)[];

export interface Line {
  name: string;
  mean: Values;
  min: Values;
  max: Values;
}

export interface Chart {
  /** Seconds since the Unix epoch, evenly spaced: a step without data is null, so that the line breaks. */
  at: number[];
  lines: Line[];
}

export interface Span {
  from: number;
  to: number;
  step: number;
}

export function slotsOf({ from, to, step }: Span): number[] {
  const first = Math.floor(from / step) * step;
  return Array.from({ length: Math.ceil((to - first) / step) }, (_, at) => (first + at * step) / 1_000);
}

/** One line for each device that has the member. */
export function chartOf(steps: readonly Step[], member: string, span: Span): Chart {
  const at = slotsOf(span);
  const lines = new Map<string, Line>();
  for (const { ts, device, mean, min, max } of steps) {
    const value = mean[member];
    const slot = Math.round((ts / 1_000 - at[0]!) / (span.step / 1_000));
    if (value === undefined || slot < 0 || slot >= at.length) continue;
    let line = lines.get(device);
    if (line === undefined) {
      line = { name: device, mean: blank(at), min: blank(at), max: blank(at) };
      lines.set(device, line);
    }
    line.mean[slot] = value;
    line.min[slot] = min[member] ?? value;
    line.max[slot] = max[member] ?? value;
  }
  return { at, lines: [...lines.values()] };
}

const blank = (at: readonly number[]): Values => at.map(() => null);

/** A chart begins where its data begin, if these are less than a quarter of it: a young station's hour is not a speck. */
export function clipped(chart: Chart): Chart {
  const first = chart.at.findIndex((_, slot) => chart.lines.some(({ mean }) => mean[slot] !== null));
  if (first < chart.at.length * 0.75) return chart;
  const cut = <Each>(values: Each[]): Each[] => values.slice(first);
  const lines = chart.lines.map(({ name, mean, min, max }) => ({
    name,
    mean: cut(mean),
    min: cut(min),
    max: cut(max),
  }));
  return { at: cut(chart.at), lines };
}

export interface Summary {
  min: number;
  mean: number;
  max: number;
}

export function summarise({ lines }: Chart): Summary | null {
  const known = (values: Values): number[] => values.filter((value) => value !== null);
  const means = lines.flatMap(({ mean }) => known(mean));
  if (means.length === 0) return null;
  return {
    min: lines.flatMap(({ min }) => known(min)).reduce((a, b) => Math.min(a, b)),
    mean: means.reduce((a, b) => a + b, 0) / means.length,
    max: lines.flatMap(({ max }) => known(max)).reduce((a, b) => Math.max(a, b)),
  };
}

/**
 * Ready batteries of each voltage class over time. The hub gathers no steps of slots, so they are played from the
 * readings as they came: a snapshot says all slots of its cabinet, another reading those that changed.
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
