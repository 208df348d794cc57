// One figure of all rows, side by side. The numbers stand at the bars: the picture needs no other text.

import type { Utilisation } from "../../api/schema";
import { COLUMNS, columnOf, numberOf, showFigure } from "../../report/figures";
import { useChosen } from "../../state/place";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { Select } from "../select";
import { KeyName, keyName } from "./key-name";

const w = speak(utilisation);

const BARS = 30;

export function Bars({ rows }: { rows: Utilisation[] }) {
  const [chosen, choose] = useChosen();
  const column = columnOf(chosen.get("figure"));
  const known = rows
    .flatMap((row) => {
      const value = numberOf(column.of(row));
      return value === null ? [] : [{ row, value }];
    })
    .sort((a, b) => b.value - a.value);
  const highest = Math.max(...known.map(({ value }) => value), 0);
  const heading = w("bars", { figure: w(column.name) });
  return (
    <section class="card bars" aria-label={heading}>
      <div class="heading">
        <h2>{heading}</h2>
        <span class="no-print">
          <Select
            label={w("figure")}
            value={column.name}
            choices={COLUMNS.map(({ name }) => [name, w(name)] as const)}
            choose={(figure) => choose({ figure })}
          />
        </span>
      </div>
      <ul>
        {known.slice(0, BARS).map(({ row, value }) => (
          <li key={`${row.district} ${row.key}`}>
            <span class="name" title={keyName(row)}>
              <KeyName row={row} />
            </span>
            <span class="track" aria-hidden="true">
              <span class="bar-fill" style={{ width: `${highest === 0 ? 0 : (100 * value) / highest}%` }} />
            </span>
            <span class="value">{showFigure(value, column.unit)}</span>
          </li>
        ))}
      </ul>
      {known.length > BARS && <p class="hint">{w("bars_more", { count: BARS })}</p>}
      {known.length < rows.length && (
        <p class="hint">{w("no_figure", { count: rows.length - known.length })}</p>
      )}
    </section>
  );
}
