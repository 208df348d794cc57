import { memo } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";
import type { FleetItem } from "../../api/schema";
import { fleetDrawn } from "../../state/drawn";
import { isCrowded } from "../../state/judge";
import type { Choose } from "../../state/place";
import { rem } from "../../style/scale";
import { pick, speak } from "../../words";
import { stationsWords } from "../../words/stations";
import { Since } from "../since";
import { SeverityTag, StateTag } from "../tags";
import type { Filter, Sort } from "./filter";
import { useWindow } from "./virtual";

const w = speak(stationsWords);
/** Height of a row, rem; stations.css keeps to it. */
const ROW = { wide: 3, narrow: 4 };
/** Below this width some columns are left out, and names take two lines. */
const narrow = matchMedia("(max-width: 899px)");
const COLUMNS: readonly { sort: Sort; word: Parameters<typeof w>[0]; number?: true }[] = [
  { sort: "state", word: "state" },
  { sort: "name", word: "name" },
  { sort: "district", word: "district" },
  { sort: "people", word: "people", number: true },
  { sort: "ready", word: "ready", number: true },
  { sort: "alerts", word: "alerts" },
  { sort: "seen", word: "last_seen" },
];

interface Props {
  items: readonly FleetItem[];
  filter: Filter;
  choose: Choose;
}

export function StationsTable({ items, filter, choose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const row = useRow();
  const { first, end } = useWindow(box, row, items.length);
  const { sort, reversed } = filter;
  // Another choice begins at its top; what the stream brings leaves the place alone.
  const chosen = JSON.stringify(filter);
  useEffect(() => box.current?.scrollTo({ top: 0 }), [chosen]);
  useEffect(fleetDrawn, []);
  return (
    <div class="card long" ref={box} tabIndex={0} role="region" aria-label={w("table")}>
      <table aria-rowcount={items.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map(({ sort: column, word, number }) => (
              <th
                key={column}
                class={`col-${column} ${number ? "number" : ""}`}
                aria-sort={column !== sort ? "none" : reversed ? "descending" : "ascending"}
              >
                <button
                  type="button"
                  class="plain"
                  onClick={() => choose({ sort: column === sort && !reversed ? `-${column}` : column })}
                >
                  {w(word)} <span aria-hidden="true">{column !== sort ? "↕" : reversed ? "↑" : "↓"}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={first * row} />
          {items.slice(first, end).map((item, at) => (
            <Row key={item.id} item={item} index={first + at} />
          ))}
          <Gap height={(items.length - end) * row} />
        </tbody>
      </table>
    </div>
  );
}

/** Stands for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" style={{ height: `${height}px` }}>
      <td class="gap" />
    </tr>
  );
}

/** Height of a row, px, also after the window has changed. */
function useRow(): number {
  const measure = (): number => rem(narrow.matches ? ROW.narrow : ROW.wide);
  const [row, setRow] = useState(measure);
  useEffect(() => {
    const look = (): void => setRow(measure);
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  return row;
}

interface RowProps {
  item: FleetItem;
  index: number;
}

/** Drawn anew only for another item: scrolling must not draw what stands already. */
const Row = memo(function Row({ item, index }: RowProps) {
  return (
    <tr class="tall" aria-rowindex={index + 2}>
      <td class="col-state">
        <StateTag state={item.state} />
      </td>
      <th scope="row" class="col-name">
        <a href={`#/stations/${encodeURIComponent(item.id)}`}>{pick(item.name) || item.id}</a>
        <small class="soft">{item.id}</small>
        <small class="soft only-narrow">{item.district}</small>
      </th>
      <td class="col-district">{item.district}</td>
      <td class={isCrowded(item) ? "number col-people full" : "number col-people"}>
        {item.people ?? "–"} / {item.capacity ?? "–"}
        {isCrowded(item) && <span class="tag warning">{w("crowded_tag")}</span>}
      </td>
      <td class="number col-ready">{item.slots === null ? "" : `${item.ready ?? "–"} / ${item.slots}`}</td>
      <td class="col-alerts">
        {item.alert !== null && (
          <>
            <SeverityTag severity={item.alert} /> {item.alerts > 1 && `× ${item.alerts}`}
          </>
        )}
      </td>
      <td class="col-seen">
        {item.last_seen === null ? (
          w("never")
        ) : (
          <Since at={item.last_seen} say={(when) => w("ago", { when })} />
        )}
      </td>
    </tr>
  );
});
