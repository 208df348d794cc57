// When the rooms are used: hour by weekday.

import { useMemo } from "preact/hooks";
import { Refused } from "../../api/client";
import type { Utilisation } from "../../api/schema";
import { columnOf, showFigure, COLUMNS, type Column } from "../../report/figures";
import { heatOf, highest, type Cell } from "../../report/heat";
import { zone } from "../../report/zone";
import { useChosen } from "../../state/place";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { usePages, Waiting } from "../asked";
import { Select } from "../select";
import type { Choice } from "./choices";

const w = speak(utilisation);

/** Figures that mean something by the hour. */
const BY_HOUR = [
  "seat_utilisation_24h",
  "visits",
  "peak_load",
  "mean_dwell_min",
  "battery_48",
  "battery_60",
  "denied_swap_ratio",
  "door_denied_ratio",
];
/** A year of hours for three kinds. */
const PAGES_MAX = 30;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

export function HeatMap({ choice }: { choice: Choice }) {
  const [chosen, choose] = useChosen();
  const { period, kind, district, station } = choice;
  const query = { ...period, by: "kind", resolution: "hour", district, station, limit: 1_000 };
  const pages = usePages<Utilisation>(period === null ? null : "/api/v1/utilisation", query, PAGES_MAX);
  const column = columnOf(BY_HOUR.find((name) => name === chosen.get("hourly")) ?? BY_HOUR[0]!);
  const { items } = pages;
  const cells = useMemo(() => {
    const rows = items.filter((row) => row.kind === kind);
    return heatOf(
      rows.map((row) => ({ from: row.from, figure: column.of(row) })),
      zone.value,
    );
  }, [items, kind, column, zone.value]);
  const isEmpty = highest(cells) === 0 && cells.flat().every(({ mean }) => mean === null);
  const caption = w("heat_caption", { figure: w(column.name) });
  return (
    <section class="card heat" aria-label={caption}>
      <div class="heading">
        <h2>{caption}</h2>
        <span class="no-print">
          <Select
            label={w("figure")}
            value={column.name}
            choices={COLUMNS.filter(({ name }) => BY_HOUR.includes(name)).map(
              ({ name }) => [name, w(name)] as const,
            )}
            choose={(hourly) => choose({ hourly })}
          />
        </span>
      </div>
      <p class="hint">{w("heat_about", { zone: zone.value })}</p>
      {!pages.busy && !isEmpty && <Peak cells={cells} column={column} />}
      {!isEmpty && <Grid cells={cells} column={column} caption={caption} />}
      {pages.error instanceof Refused && pages.error.status === 400 && <p>{w("heat_narrow")}</p>}
      <Waiting {...pages} empty={isEmpty} nothing={w("none")} />
    </section>
  );
}

function Peak({ cells, column }: { cells: Cell[][]; column: Column }) {
  const top = highest(cells);
  const day = cells.findIndex((row) => row.some(({ mean }) => mean === top));
  const hour = cells[day]?.findIndex(({ mean }) => mean === top) ?? -1;
  if (hour < 0) return null;
  return (
    <p role="status">{w("heat_peak", { day: dayName(day), hour, value: showFigure(top, column.unit) })}</p>
  );
}

function Grid({ cells, column, caption }: { cells: Cell[][]; column: Column; caption: string }) {
  const top = highest(cells);
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table>
        <thead>
          <tr>
            <th scope="col">{w("weekday")}</th>
            {HOURS.map((hour) => (
              <th key={hour} scope="col">
                {String(hour).padStart(2, "0")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cells.map((row, day) => (
            <tr key={day}>
              <th scope="row">{dayName(day)}</th>
              {row.map((cell, hour) => (
                <HeatCell key={hour} {...{ cell, day, hour, column, top }} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  cell: Cell;
  day: number;
  hour: number;
  column: Column;
  top: number;
}

function HeatCell({ cell: { mean, known, due }, day, hour, column, top }: CellProps) {
  if (mean === null) {
    return <td class="empty">{due === 0 ? "" : <span title={w("not_enough_data")}>–</span>}</td>;
  }
  const level = top === 0 ? 0 : mean / top;
  const value = showFigure(mean, column.unit);
  return (
    <td
      style={{ "--level": `${Math.round(level * 100)}%` }}
      title={w("heat_cell", { day: dayName(day), hour, value, known, due })}
    >
      {value.replace("\u{a0}%", "")}
    </td>
  );
}

function dayName(day: number): string {
  return w(`day.${day}` as "day.0");
}
