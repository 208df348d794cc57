// What could not be taken, and why.

import { useState } from "preact/hooks";
import type { Quarantined } from "../api/schema";
import { More, useAsked, usePages, Waiting } from "../components/asked";
import { Export } from "../components/export";
import { StationLink } from "../components/place-name";
import { Select } from "../components/select";
import { StationFilter } from "../components/station-filter";
import { showNumber, showTime } from "../format";
import { useChosen } from "../state/place";
import "../style/lists.css";
import "../style/tools.css";
import { pick, speak, t } from "../words";
import { quarantine, REASONS } from "../words/quarantine";

const w = speak(quarantine);
const PATH = "/api/v1/quarantine";

export function Quarantine() {
  const [chosen, choose] = useChosen();
  const query = { reason: chosen.get("reason"), station: chosen.get("station") };
  const pages = usePages<Quarantined>(PATH, { ...query, limit: 100 });
  return (
    <>
      <div class="heading">
        <h1>{t("quarantine")}</h1>
        <div class="actions no-print">
          <Export path={PATH} query={query} file="quarantine.csv" />
        </div>
      </div>
      <p class="hint">
        {w("about")} <Dropped />
      </p>
      <div class="filters no-print" role="search">
        <Select
          label={w("reason")}
          value={query.reason ?? ""}
          choices={[["", w("any")], ...REASONS.map((each) => [each, w(`reason.${each}`)] as const)]}
          choose={(reason) => choose({ reason })}
        />
        <StationFilter
          label={w("station")}
          value={query.station ?? ""}
          choose={(station) => choose({ station })}
        />
      </div>
      {pages.items.length > 0 && <Items items={pages.items} />}
      <Waiting {...pages} empty={pages.items.length === 0} nothing={w("none")} />
      <More more={pages.more} />
    </>
  );
}

/** Stands in the list's own answer, which pages do not keep. */
function Dropped() {
  const { answer } = useAsked<{ dropped_total: number }>(PATH, { limit: 1 });
  const count = answer?.dropped_total ?? 0;
  return count > 0 ? <strong>{w("dropped", { count: showNumber(count) })}</strong> : null;
}

function Items({ items }: { items: Quarantined[] }) {
  return (
    <div class="scroll card" tabIndex={0} role="group" aria-label={t("quarantine")}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">{w("received")}</th>
            <th scope="col">{w("place")}</th>
            <th scope="col">{w("reason")}</th>
            <th scope="col">{w("member")}</th>
            <th scope="col">{w("channel")}</th>
            <th scope="col">{w("payload")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <td class="nowrap">{showTime(item.received_at)}</td>
              <td>{item.station === null ? w("unknown_station") : <StationLink id={item.station} />}</td>
              <td>
                {pick(item.text)}
                {item.detail !== null && <div class="hint">{item.detail}</div>}
              </td>
              <td data-label={w("member")}>{item.member !== null && <code>{item.member}</code>}</td>
              <td data-label={w("channel")}>
                <code>{item.channel}</code>
              </td>
              <td>
                <Payload item={item} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Long and rarely asked for: written into the page only when somebody opens it. */
function Payload({ item: { payload, payload_bytes } }: { item: Quarantined }) {
  const [isOpen, setOpen] = useState(false);
  const size = w("bytes", { count: showNumber(payload_bytes) });
  if (payload === null) return <span title={w("hidden")}>{size}</span>;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{size}</summary>
      {isOpen && (
        <>
          <pre class="payload" tabIndex={0} role="group" aria-label={w("payload")}>
            {payload}
          </pre>
          {payload_bytes > payload.length && <small class="hint">{w("shown_part")}</small>}
        </>
      )}
    </details>
  );
}
