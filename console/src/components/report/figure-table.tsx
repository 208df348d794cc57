// All figures of all rows. A press on a heading sorts; rows without a number come last either way.

import type { Utilisation } from "../../api/schema";
import { COLUMNS, columnOf, coverageOf, numberOf, showCoverage, type Column } from "../../report/figures";
import { useChosen } from "../../state/place";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { More } from "../asked";
import { useShown } from "../shown";
import { FigureText } from "./figure-cell";
import { KeyName, keyName } from "./key-name";

const w = speak(utilisation);

const ROWS = 100;
const GROUPS = ["room", "door", "battery", "availability"] as const;

export function FigureTable({ rows }: { rows: Utilisation[] }) {
  const [chosen, choose] = useChosen();
  const [shown, more] = useShown(ROWS);
  const sort = chosen.get("sort");
  const isRising = chosen.get("order") === "up";
  const sorted = sortRows(rows, sort, isRising);
  const press = (name: string) => choose({ sort: name, order: sort === name && !isRising ? "up" : null });
  return (
    <>
      <div class="scroll card" tabIndex={0} role="group" aria-label={w("table")}>
        <table class="report">
          <thead>
            <tr>
              <td colSpan={2} />
              {GROUPS.map((group) => (
                <th
                  key={group}
                  scope="colgroup"
                  class="group"
                  colSpan={COLUMNS.filter((column) => column.group === group).length}
                >
                  {w(`group.${group}`)}
                </th>
              ))}
              <td />
            </tr>
            <tr>
              <th scope="col">{rows[0] !== undefined && w(`by.${rows[0].by}`)}</th>
              <th scope="col" class="number">
                {w("stations")}
              </th>
              {COLUMNS.map((column) => (
                <Heading
                  key={column.name}
                  column={column}
                  order={sort === column.name ? (isRising ? "ascending" : "descending") : "none"}
                  press={press}
                />
              ))}
              <th scope="col" class="number">
                {w("coverage")}
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <Row key={`${row.district} ${row.key}`} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      <More more={rows.length > shown ? more : null} />
    </>
  );
}

interface HeadingProps {
  column: Column;
  order: "ascending" | "descending" | "none";
  press(name: string): void;
}

function Heading({ column, order, press }: HeadingProps) {
  return (
    <th scope="col" class="number" aria-sort={order}>
      <button
        type="button"
        class="plain sort"
        title={w("sort", { name: w(column.name) })}
        onClick={() => press(column.name)}
      >
        {w(column.name)}
        <span aria-hidden="true">{{ ascending: " ▲", descending: " ▼", none: "" }[order]}</span>
      </button>
    </th>
  );
}

function Row({ row }: { row: Utilisation }) {
  const coverage = coverageOf(row);
  return (
    <tr>
      <th scope="row">
        <KeyName row={row} />
      </th>
      <td class="number">{row.stations}</td>
      {COLUMNS.map((column) => (
        <td key={column.name} class="number">
          <FigureText figure={column.of(row)} unit={column.unit} />
        </td>
      ))}
      <td class="number">{coverage === null ? "–" : showCoverage(coverage)}</td>
    </tr>
  );
}

function sortRows(rows: Utilisation[], sort: string | null, isRising: boolean): Utilisation[] {
  if (sort === null)
    return [...rows].sort((a, b) => keyName(a).localeCompare(keyName(b), "zh", { numeric: true }));
  const { of } = columnOf(sort);
  const sign = isRising ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [left, right] = [numberOf(of(a)), numberOf(of(b))];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * (left - right);
  });
}
