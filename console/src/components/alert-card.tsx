// One alert: what happened, what to do, why the hub thinks so, whom it is about, and who has seen it.

import { showDuration, showTime } from "../format";
import type { Alert } from "../api/schema";
import { now } from "../state/now";
import { pick, speak } from "../words";
import { alerts } from "../words/alerts";
import { StationLink } from "./place-name";
import { SeverityTag } from "./tags";

const w = speak(alerts);

interface Props {
  alert: Alert;
  /** Absent for those who may not. */
  acknowledge?: (alert: Alert) => void;
  silence?: (alert: Alert) => void;
}

export function AlertCard({ alert, acknowledge, silence }: Props) {
  const { severity, starts_at, ends_at, acknowledgement, common } = alert;
  const heading = `alert-${alert.id}`;
  return (
    <article class={`card alert ${severity}`} aria-labelledby={heading}>
      <header>
        <SeverityTag severity={severity} />
        <h2 id={heading}>{pick(alert.title)}</h2>
      </header>
      <p class="soft times">
        {ends_at === null
          ? w("since", { time: showTime(starts_at), long: showDuration(now.value - starts_at) })
          : w("lasted", {
              from: showTime(starts_at),
              to: showTime(ends_at),
              long: showDuration(ends_at - starts_at),
            })}
      </p>
      <p>{pick(alert.advice)}</p>
      <p class="tags">
        <span class="tag idle">{w(`rule.${alert.rule}`)}</span>
        {alert.district !== null && <span class="tag idle">{alert.district}</span>}
        {alert.silenced && <span class="tag idle">{w("silenced")}</span>}
        {common !== null && (
          <span>{w("common", { factor: w(`factor.${common.factor}`), value: common.value })}</span>
        )}
      </p>
      {acknowledgement !== null && (
        <p class="seen">
          ✓ {w("acknowledged", { by: acknowledgement.by, time: showTime(acknowledgement.at) })}
          {acknowledgement.note !== "" && <q>{acknowledgement.note}</q>}
        </p>
      )}
      <Covered stations={alert.stations} />
      <EvidenceTable alert={alert} />
      {(acknowledge ?? silence) !== undefined && ends_at === null && (
        <div class="actions no-print">
          {acknowledge !== undefined && !alert.acknowledged && (
            <button
              type="button"
              class="primary"
              aria-describedby={heading}
              onClick={() => acknowledge(alert)}
            >
              {w("acknowledge")}
            </button>
          )}
          {silence !== undefined && !alert.silenced && (
            <button type="button" aria-describedby={heading} onClick={() => silence(alert)}>
              {w("silence")}
            </button>
          )}
        </div>
      )}
    </article>
  );
}

function Covered({ stations }: { stations: string[] }) {
  if (stations.length === 0) return null;
  if (stations.length === 1) {
    return (
      <p>
        <StationLink id={stations[0]!} />
      </p>
    );
  }
  return (
    <details>
      <summary>{w("covered", { count: stations.length })}</summary>
      <ul class="covered">
        {stations.map((id) => (
          <li key={id}>
            <StationLink id={id} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function EvidenceTable({ alert: { evidence } }: { alert: Alert }) {
  if (evidence.length === 0) return null;
  return (
    <details>
      <summary>
        {w("evidence")} ({evidence.length})
      </summary>
      <div class="scroll" tabIndex={0} role="group" aria-label={w("evidence")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w("device")}</th>
              <th scope="col">{w("member")}</th>
              <th scope="col">{w("value")}</th>
              <th scope="col">{w("time")}</th>
            </tr>
          </thead>
          <tbody>
            {evidence.map((each) => (
              <tr key={`${each.device} ${each.member} ${each.ts}`}>
                <td>{each.device}</td>
                <td>
                  <code>{each.member}</code>
                </td>
                <td>{each.value}</td>
                <td class="nowrap">{showTime(each.ts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
