// Stations of low use, with what that rests on. A person decides.

import type { LowUse } from "../../api/schema";
import { showDate, showNumber } from "../../format";
import { zone } from "../../report/zone";
import { speak, t } from "../../words";
import { utilisation } from "../../words/utilisation";
import { usePages, Waiting } from "../asked";
import { saveCsv } from "../csv";
import { StationLink, stationName } from "../place-name";
import type { Choice } from "./choices";
import { FigureText } from "./figure-cell";
import { Spark } from "./spark";

const w = speak(utilisation);

const PAGES_MAX = 5;

export function LowUseList({ choice: { kind, district } }: { choice: Choice }) {
  const pages = usePages<LowUse>("/api/v1/low-use", { limit: 1_000 }, PAGES_MAX);
  const found = pages.items
    .filter((item) => item.kind === kind && (district === null || item.district === district))
    .sort((a, b) => (a.host ?? "").localeCompare(b.host ?? "", "zh") || a.rank - b.rank);
  return (
    <section class="card" aria-labelledby="low-use">
      <div class="heading">
        <h2 id="low-use">{w("view.low")}</h2>
        {found.length > 0 && (
          <div class="actions no-print">
            <button type="button" onClick={() => saveCsv(rowsOf(found), "low-use.csv")}>
              {t("export_csv")}
            </button>
          </div>
        )}
      </div>
      <p class="hint">{w("low_about")}</p>
      {found[0] !== undefined && (
        <p class="soft">
          {showDate(found[0].from, zone.value)} – {showDate(found[0].to - 1, zone.value)} · {zone.value}
        </p>
      )}
      {found.length > 0 && <Items items={found} />}
      <Waiting {...pages} empty={found.length === 0} nothing={w("low_none")} />
    </section>
  );
}

/** Names of columns as the hub's own files have them. */
function rowsOf(items: LowUse[]): (string | number | null)[][] {
  const weeks = items[0]?.weeks.map((_, week) => `visits_per_day_week_${week + 1}`) ?? [];
  const head = [
    "station",
    "name",
    "district",
    "kind",
    "host",
    "visits_per_day",
    "visits_per_day_coverage",
    "median_visits_per_day",
    "seat_utilisation",
    "seat_utilisation_coverage",
    "rank",
    "compared_with",
    ...weeks,
  ];
  const row = (item: LowUse) => [
    item.station,
    stationName(item.station),
    item.district,
    item.kind,
    item.host,
    item.visits_per_day.value,
    item.visits_per_day.data_coverage,
    item.median_visits_per_day,
    item.seat_utilisation.value,
    item.seat_utilisation.data_coverage,
    item.rank,
    item.compared_with,
    ...item.weeks,
  ];
  return [head, ...items.map(row)];
}

function Items({ items }: { items: LowUse[] }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={w("view.low")}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">{w("by.station")}</th>
            <th scope="col">{w("district")}</th>
            <th scope="col">{w("host")}</th>
            <th scope="col" class="number">
              {w("visits_per_day")}
            </th>
            <th scope="col" class="number">
              {w("median")}
            </th>
            <th scope="col" class="number">
              {w("seat_utilisation")}
            </th>
            <th scope="col">{w("rank")}</th>
            <th scope="col">{w("weeks")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.station}>
              <th scope="row">
                <StationLink id={item.station} />
              </th>
              <td>{item.district}</td>
              <td data-label={w("host")}>{item.host ?? w("unnamed")}</td>
              <td class="number" data-label={w("visits_per_day")}>
                <FigureText figure={item.visits_per_day} unit="mean" />
              </td>
              <td class="number" data-label={w("median")}>
                {showNumber(item.median_visits_per_day, 1)}
              </td>
              <td class="number" data-label={w("seat_utilisation")}>
                <FigureText figure={item.seat_utilisation} unit="share" />
              </td>
              <td>{w("rank_of", { rank: item.rank, count: item.compared_with })}</td>
              <td>
                <Spark values={item.weeks} level={item.median_visits_per_day} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
