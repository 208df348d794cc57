// From what the hub answers to what a chart draws.

import type { Series } from "../../api/schema";

/** A step of `/readings?step=`: what was gathered of each member. */
export interface Step {
  ts: number;
  device: string;
  mean: Record<string, number>;
  min: Record<string, number>;
  max: Record<string, number>;
  /** Of a cabinet, by voltage class: batteries ready, mean over the step. */
  ready?: Record<string, number>;
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

export const blank = (at: readonly number[]): Values => at.map(() => null);

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
