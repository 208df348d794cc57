import type { Utilisation } from "../../api/schema";
import { columnOf, type ColumnName } from "../../report/figures";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { FigureText } from "./figure-cell";

const w = speak(utilisation);

const HEADLINES: readonly ColumnName[] = [
  "visits",
  "visits_per_day",
  "seat_utilisation",
  "mean_dwell_min",
  "night_share",
  "availability_station",
];

/** The figures of all stations of the kind together. */
export function Summary({ row }: { row: Utilisation }) {
  const label = w("summary", { kind: w(`kind.${row.kind}`), count: row.stations });
  return (
    <section aria-label={label}>
      <h2>{label}</h2>
      <dl class="headlines">
        {HEADLINES.map((name) => {
          const column = columnOf(name);
          return (
            <div key={name}>
              <dt>{w(name === "availability_station" ? "group.availability" : name)}</dt>
              <dd>
                <FigureText figure={column.of(row)} unit={column.unit} />
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
