// Hours of the week: the mean of a figure over all hours that fell on the same weekday and hour.

import type { Figure } from "../api/schema";
import { COVERAGE_MIN, judged } from "./figures";
import { momentOf } from "./zone";

export interface HourFigure {
  /** Begin of the hour, ms since the Unix epoch. */
  from: number;
  figure: Figure;
}

export interface Cell {
  /** Null where too few of the hours have a number. */
  mean: number | null;
  /** Hours with a number, and all that were due. */
  known: number;
  due: number;
}

/** Seven rows from Monday on, of 24 cells. Hours in which nothing is due (closed, or nobody came) do not count. */
export function heatOf(hours: readonly HourFigure[], zone: string): Cell[][] {
  const sums = Array.from({ length: 7 }, () =>
    Array.from({ length: 24 }, () => ({ sum: 0, known: 0, due: 0 })),
  );
  for (const { from, figure } of hours) {
    const { weekday, hour } = momentOf(from, zone);
    const cell = sums[weekday]![hour]!;
    const value = judged(figure);
    if (typeof value === "number") {
      cell.sum += value;
      cell.known += 1;
      cell.due += 1;
    } else if (value === "not_enough_data") cell.due += 1;
  }
  return sums.map((day) =>
    day.map(({ sum, known, due }) => ({
      mean: known > 0 && known / due >= COVERAGE_MIN ? sum / known : null,
      known,
      due,
    })),
  );
}

/** The largest mean, for the scale of colours. */
export function highest(cells: readonly (readonly Cell[])[]): number {
  return Math.max(0, ...cells.flat().map(({ mean }) => mean ?? 0));
}
