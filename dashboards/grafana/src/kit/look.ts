// How numbers are shown: unit, decimals and thresholds, which every panel has.

import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Threshold,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Speak, States } from "./speech";

export interface Look {
  unit: string;
  decimals: number;
  /** Colours from a value on; the first one holds below every other. */
  steps: readonly Threshold[];
  states?: States;
  min?: number;
  max?: number;
  /** What stands there when nothing is found: of a count that is nought. */
  nothing?: string;
}

/** Colours from the bottom: `steps("green", [1000, "orange"])`. */
export function steps(base: string, ...from: readonly (readonly [number, string])[]): Threshold[] {
  return [{ value: null, color: base }, ...from.map(([value, color]) => ({ value, color }))];
}

/** A number that is neither good nor bad. */
export const plain = (unit: string, decimals = 0): Look => ({ unit, decimals, steps: steps("blue") });

/** How many there are; `from` says which number is no longer fine. */
export const count = (...from: readonly (readonly [number, string])[]): Look => ({
  unit: units.LocaleFormat,
  decimals: 0,
  steps: from.length === 0 ? steps("blue") : steps("green", ...from),
  nothing: "0",
});

/** Words instead of numbers. */
export const spoken = (states: States): Look => ({ unit: "none", decimals: 0, steps: steps("text"), states });

export function thresholds(of: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...of]);
}

export function mappings(states: States, say: Speak): ValueMapping[] {
  const options = Object.fromEntries(
    Object.entries(states).map(([value, { text, colour }], index) => [value, { text: say(text), color: colour, index }]),
  );
  return [{ type: MappingType.ValueToText, options }];
}
