// What each outbox delivered, what is missing, and what was given up: whether the figures can be defended.

import type { Outbox } from "../api/schema";
import { More, usePages, Waiting } from "../components/asked";
import { StationLink } from "../components/place-name";
import { StationFilter } from "../components/station-filter";
import { showNumber, showShare } from "../format";
import { complete, hasLost, showRanges, totalsOf } from "../state/ledger";
import { useChosen } from "../state/place";
import "../style/lists.css";
import "../style/tools.css";
import { speak, t } from "../words";
import { ledger } from "../words/ledger";
import { useShown } from "../components/shown";

const w = speak(ledger);

const PAGES_MAX = 20;
const ROWS = 200;
const RANGES = 5;

export function Ledger() {
  const [chosen, choose] = useChosen();
  const [shown, more] = useShown(ROWS);
  const station = chosen.get("station");
  const onlyLost = chosen.get("lost") === "true";
  const pages = usePages<Outbox>("/api/v1/ledger", { station, limit: 1_000 }, PAGES_MAX);
  const found = onlyLost ? pages.items.filter(hasLost) : pages.items;
  return (
    <>
      <h1>{t("ledger")}</h1>
      <p class="hint">{w("about")}</p>
      <div class="filters no-print" role="search">
        <StationFilter label={w("station")} value={station ?? ""} choose={(station) => choose({ station })} />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyLost}
            onChange={(event) => choose({ lost: event.currentTarget.checked ? "true" : null })}
          />
          {w("only_lost")}
        </label>
      </div>
      {pages.items.length > 0 && <Totals items={pages.items} />}
      {pages.more !== null && <p role="alert">{w("limited", { count: showNumber(pages.items.length) })}</p>}
      {found.length > 0 && <Outboxes items={found.slice(0, shown)} />}
      <Waiting {...pages} empty={found.length === 0} nothing={w(onlyLost ? "none_lost" : "none")} />
      <More more={found.length > shown ? more : null} />
    </>
  );
}

function Totals({ items }: { items: Outbox[] }) {
  const totals = totalsOf(items);
  const share = complete(totals);
  return (
    <dl class="headlines">
      <div>
        <dt>{w("outboxes")}</dt>
        <dd>{showNumber(totals.outboxes)}</dd>
      </div>
      <div>
        <dt>{w("received")}</dt>
        <dd>{w("records", { count: showNumber(totals.received) })}</dd>
      </div>
      <div>
        <dt>{w("missing")}</dt>
        <dd class={totals.missing > 0 ? "bad" : ""}>{w("records", { count: showNumber(totals.missing) })}</dd>
      </div>
      <div>
        <dt>{w("dropped")}</dt>
        <dd class={totals.dropped > 0 ? "bad" : ""}>{w("records", { count: showNumber(totals.dropped) })}</dd>
      </div>
      <div>
        <dt>{w("share")}</dt>
        <dd>{share === null ? "–" : showShare(floored(share), 3)}</dd>
      </div>
    </dl>
  );
}

/** 99.9999 % must not read as 100.000 %. */
function floored(share: number): number {
  return Math.floor(share * 100_000) / 100_000;
}

function Outboxes({ items }: { items: Outbox[] }) {
  return (
    <div class="scroll card" tabIndex={0} role="group" aria-label={t("ledger")}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">{w("place")}</th>
            <th scope="col">{w("outbox")}</th>
            <th scope="col" class="number">
              {w("durable")}
            </th>
            <th scope="col" class="number">
              {w("received")}
            </th>
            <th scope="col" class="number">
              {w("missing")}
            </th>
            <th scope="col">{w("gaps")}</th>
            <th scope="col" class="number">
              {w("dropped")}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={`${item.station} ${item.outbox}`}>
              <td>
                <StationLink id={item.station} />
              </td>
              <td data-label={w("outbox")}>
                <code>{item.outbox}</code>
              </td>
              <td class="number" data-label={w("durable")}>
                {showNumber(item.durable_up_to)}
              </td>
              <td class="number" data-label={w("received")}>
                {showNumber(item.received)}
              </td>
              <td class={item.missing_total > 0 ? "number bad" : "number"} data-label={w("missing")}>
                {showNumber(item.missing_total)}
              </td>
              <td class="ranges">
                <Ranges ranges={item.gaps} />
              </td>
              <td class={item.dropped_total > 0 ? "number bad" : "number"} data-label={w("dropped")}>
                {showNumber(item.dropped_total)}
                <div class="ranges hint">
                  <Ranges ranges={item.dropped} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Ranges({ ranges }: { ranges: [number, number][] }) {
  if (ranges.length === 0) return null;
  const rest = ranges.length > RANGES ? ` ${w("ranges_more", { count: ranges.length })}` : "";
  return (
    <>
      {showRanges(ranges, RANGES)}
      {rest}
    </>
  );
}
