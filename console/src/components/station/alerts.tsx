import { computed } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { showTime } from "../../format";
import type { Alert } from "../../api/schema";
import { takeAlert, worstFirst } from "../../state/alerts";
import { firing, heard } from "../../state/fleet";
import { may } from "../../state/session";
import { pick, speak, t } from "../../words";
import { station as table } from "../../words/station";
import { Acknowledge } from "../acknowledge";
import { Since } from "../since";
import { SeverityTag } from "../tags";

const w = speak(table);

/** What fires here, with what to do about it. */
export function StationAlerts({ id }: { id: string }) {
  const alerts = useMemo(
    () =>
      computed(() => worstFirst([...firing.value.values()].filter(({ stations }) => stations.includes(id)))),
    [id],
  ).value;
  const [asked, setAsked] = useState<Alert | null>(null);
  const close = (): void => setAsked(null);
  return (
    <section class="card" aria-label={w("alerts")}>
      <h2>
        {w("alerts")} <span class="soft">{alerts.length}</span>
      </h2>
      {alerts.length === 0 && <p class="soft fine">{heard.value ? `✓ ${w("alerts_none")}` : t("loading")}</p>}
      <ul class="entries" aria-live="polite">
        {alerts.map((alert) => (
          <li key={alert.id} class="entry">
            <span class="entry-head">
              <SeverityTag severity={alert.severity} />
              <strong>{pick(alert.title)}</strong>
              {may("operator") && !alert.acknowledged && (
                <button type="button" onClick={() => setAsked(alert)}>
                  {w("acknowledge")}
                </button>
              )}
            </span>
            <span>{pick(alert.advice)}</span>
            <span class="soft">
              {showTime(alert.starts_at)} ·{" "}
              <Since at={alert.starts_at} say={(when) => w("began", { when })} />
              {alert.acknowledged && ` · ${w("acknowledged", { by: alert.acknowledgement?.by ?? "" })}`}
              {alert.silenced && ` · ${w("silenced")}`}
            </span>
          </li>
        ))}
      </ul>
      <p class="foot">
        <Link href={`/alerts?station=${encodeURIComponent(id)}`}>{w("look")}</Link>
      </p>
      {asked !== null && (
        <Acknowledge
          alert={asked}
          close={close}
          done={(alert) => {
            takeAlert(alert);
            close();
          }}
        />
      )}
    </section>
  );
}
