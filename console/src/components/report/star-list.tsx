// Star proposals with their evidence. A person decides.

import type { StarProposal } from "../../api/schema";
import { showNumber, showShare } from "../../format";
import { speak, t } from "../../words";
import { alerts } from "../../words/alerts";
import { utilisation } from "../../words/utilisation";
import { More, usePages, Waiting } from "../asked";
import { saveCsv } from "../csv";
import { StationLink, stationName } from "../place-name";
import { useShown } from "../shown";
import type { Choice } from "./choices";

const w = speak(utilisation);
const ruleWords = speak(alerts);

const PAGES_MAX = 20;
const ROWS = 100;

export function StarList({ choice: { period, kind, district } }: { choice: Choice }) {
  const [shown, more] = useShown(ROWS);
  const pages = usePages<StarProposal>(
    period === null ? null : "/api/v1/stars",
    { ...period, limit: 1_000 },
    PAGES_MAX,
  );
  const found = pages.items
    .filter((item) => item.kind === kind && (district === null || item.district === district))
    .sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
  return (
    <section class="card" aria-labelledby="stars">
      <div class="heading">
        <h2 id="stars">{w("view.stars")}</h2>
        {found.length > 0 && (
          <div class="actions no-print">
            <button type="button" onClick={() => saveCsv(rowsOf(found), "stars.csv")}>
              {t("export_csv")}
            </button>
          </div>
        )}
      </div>
      <p class="hint">{w("stars_about")}</p>
      {found.length > 0 && (
        <>
          <Tally items={found} />
          <Items items={found.slice(0, shown)} />
        </>
      )}
      <Waiting {...pages} empty={found.length === 0} nothing={w("none_of_kind")} />
      <More more={found.length > shown ? more : null} />
    </section>
  );
}

/** Names of columns as the hub's own files have them. */
function rowsOf(items: StarProposal[]): (string | number | null)[][] {
  const parts = items[0]?.weights.map(({ name }) => name) ?? [];
  const head = ["station", "name", "district", "kind", "stars", "score", ...parts, "capped_by"];
  const row = (item: StarProposal) => [
    item.station,
    stationName(item.station),
    item.district,
    item.kind,
    item.stars,
    item.score,
    ...item.weights.map(({ score }) => score),
    item.capped_by.join(" "),
  ];
  return [head, ...items.map(row)];
}

/** How many stations have how many stars. */
function Tally({ items }: { items: StarProposal[] }) {
  return (
    <ul class="tally">
      {([5, 4, 3, 2, 1, null] as const).map((stars) => (
        <li key={stars}>
          <Stars stars={stars} /> <strong>{items.filter((item) => item.stars === stars).length}</strong>
        </li>
      ))}
    </ul>
  );
}

function Stars({ stars }: { stars: number | null }) {
  if (stars === null) return <span class="missing">{w("no_stars")}</span>;
  return (
    <span class="stars" role="img" aria-label={w("stars_of", { count: stars })}>
      {"★".repeat(stars)}
      {"☆".repeat(5 - stars)}
    </span>
  );
}

function Items({ items }: { items: StarProposal[] }) {
  const weights = items[0]?.weights ?? [];
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={w("view.stars")}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">{w("by.station")}</th>
            <th scope="col">{w("stars")}</th>
            <th scope="col" class="number">
              {w("score")}
            </th>
            {weights.map((part) => (
              <th key={part.name} scope="col" class="number">
                {partName(part)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Row key={item.station} item={item} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ item }: { item: StarProposal }) {
  return (
    <tr>
      <th scope="row">
        <StationLink id={item.station} />
      </th>
      <td>
        <Stars stars={item.stars} />
        {item.capped_by.length > 0 && (
          <div class="capped">
            {w("capped", {
              rules: item.capped_by.map((rule) => ruleWords(`rule.${rule}` as "rule.offline")).join(", "),
            })}
          </div>
        )}
      </td>
      <td class="number" data-label={w("score")}>
        {item.score === null ? "–" : showNumber(item.score, 1)}
      </td>
      {item.weights.map((part) => (
        <td key={part.name} class="number" data-label={partName(part)}>
          {part.score === null ? (
            <span class="missing">{w("not_enough_data")}</span>
          ) : (
            showShare(part.score, 0)
          )}
        </td>
      ))}
    </tr>
  );
}

function partName({ name, weight }: StarProposal["weights"][number]): string {
  return w("weight", { name: w(`part.${name}` as "part.safety"), weight });
}
