// The figures of a report: where they stand in the hub's answer, and how they are written.

import type { Figure, Utilisation } from "../api/schema";
import { showNumber, showShare } from "../format";

/** Below it a figure is "not enough data": the hub's own bound. */
export const COVERAGE_MIN = 0.8;

type Unit = "share" | "count" | "mean" | "hours" | "minutes";

interface Shape {
  /** Also the key of its words. */
  name: string;
  group: "room" | "door" | "battery" | "availability";
  unit: Unit;
  of(row: Utilisation): Figure;
}

export const COLUMNS = [
  { name: "seat_utilisation", group: "room", unit: "share", of: (row) => row.seat_utilisation },
  { name: "seat_utilisation_24h", group: "room", unit: "share", of: (row) => row.seat_utilisation_24h },
  { name: "visits", group: "room", unit: "count", of: (row) => row.visits },
  { name: "visits_per_day", group: "room", unit: "mean", of: (row) => row.visits_per_day },
  { name: "peak_load", group: "room", unit: "share", of: (row) => row.peak_load },
  { name: "crowded_hours", group: "room", unit: "hours", of: (row) => row.crowded_hours },
  { name: "mean_dwell_min", group: "room", unit: "minutes", of: (row) => row.mean_dwell_min },
  { name: "night_share", group: "room", unit: "share", of: (row) => row.night_share },
  { name: "door_denied_ratio", group: "door", unit: "share", of: (row) => row.door_denied_ratio },
  { name: "battery_48", group: "battery", unit: "share", of: (row) => row.battery_availability["48V"] },
  { name: "battery_60", group: "battery", unit: "share", of: (row) => row.battery_availability["60V"] },
  { name: "swaps_per_slot_day", group: "battery", unit: "mean", of: (row) => row.swaps_per_slot_day },
  { name: "denied_swap_ratio", group: "battery", unit: "share", of: (row) => row.denied_swap_ratio },
  { name: "availability", group: "availability", unit: "share", of: (row) => row.availability },
  {
    name: "availability_station",
    group: "availability",
    unit: "share",
    of: (row) => row.availability_station,
  },
] as const satisfies readonly Shape[];

export type ColumnName = (typeof COLUMNS)[number]["name"];
export type Column = Shape & { name: ColumnName };

export function columnOf(name: string | null): Column {
  return COLUMNS.find((column) => column.name === name) ?? COLUMNS[0];
}

/** The number, or why there is none. Availability comes with a number at any coverage: here it is held to the same bound. */
export function judged(figure: Figure): number | "not_enough_data" | "not_measured" | "nothing_happened" {
  if (figure.reason === "not_measured" || figure.reason === "nothing_happened") return figure.reason;
  if (figure.data_coverage < COVERAGE_MIN || figure.value === null) return "not_enough_data";
  return figure.value;
}

/** What sorting and bars need: null where there is no number. */
export function numberOf(figure: Figure): number | null {
  const value = judged(figure);
  return typeof value === "number" ? value : null;
}

export function showFigure(value: number, unit: Unit): string {
  switch (unit) {
    case "share":
      return showShare(value);
    case "count":
      return showNumber(value);
    case "mean":
    case "hours":
    case "minutes":
      return showNumber(value, 1);
  }
}

/** A share that is not all must not read as all of it, nor what lies below the bound as the bound. */
export function showCoverage(coverage: number): string {
  return showShare(Math.floor(coverage * 100) / 100, 0);
}

/** The least coverage of the figures that are measured here: what the whole row rests on. */
export function coverageOf(row: Utilisation): number | null {
  const measured = COLUMNS.map((column) => column.of(row)).filter(({ reason }) => reason !== "not_measured");
  return measured.length === 0 ? null : Math.min(...measured.map(({ data_coverage }) => data_coverage));
}
