import { computed } from "@preact/signals";
import { Link } from "wouter-preact";
import type { Alert } from "../../api/schema";
import { worstFirst } from "../../state/alerts";
import { firing, heard } from "../../state/fleet";
import { pick, speak, t } from "../../words";
import { fleet } from "../../words/fleet";
import { StationLink } from "../place-name";
import { Since } from "../since";
import { SeverityTag } from "../tags";
import { Panel, SHOWN_MAX } from "./panel";

const w = speak(fleet);
const sorted = computed(() => worstFirst(firing.value.values()));
/** Stations of one alert that are named here. */
const NAMED_MAX = 3;

/** What fires: the worst first, and of each severity the newest first. */
export function FiringList() {
  const alerts = sorted.value.slice(0, SHOWN_MAX);
  return (
    <Panel
      title={w("firing")}
      total={sorted.value.length}
      shown={alerts.length}
      all="/alerts"
      nothing={heard.value ? `✓ ${w("quiet")}` : t("loading")}
    >
      {alerts.map((alert) => (
        <Entry key={alert.id} alert={alert} />
      ))}
    </Panel>
  );
}

/** The title names the one station that an alert is about; several are named below it. */
function Entry({ alert }: { alert: Alert }) {
  const { stations: covered, starts_at } = alert;
  const more = covered.length - NAMED_MAX;
  return (
    <li class="entry">
      <span class="entry-title">
        <SeverityTag severity={alert.severity} />
        {covered.length === 1 ? (
          <Link href={`/stations/${encodeURIComponent(covered[0]!)}`}>{pick(alert.title)}</Link>
        ) : (
          <strong>{pick(alert.title)}</strong>
        )}
      </span>
      {covered.length > 1 && (
        <span class="entry-head">
          {covered.slice(0, NAMED_MAX).map((id) => (
            <StationLink key={id} id={id} />
          ))}
          {more > 0 && <span class="soft">{w("stations_more", { count: more })}</span>}
        </span>
      )}
      <span class="entry-foot soft">
        <span>{alert.district}</span>
        <span>
          {alert.acknowledged && `${w("acknowledged")} · `}
          {alert.silenced && `${w("silenced")} · `}
          <Since at={starts_at} say={(when) => w("since", { when })} />
        </span>
      </span>
    </li>
  );
}
