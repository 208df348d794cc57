import { computed } from "@preact/signals";
import type { Alert } from "../../api/schema";
import { showDuration, showTime } from "../../format";
import { worstFirst } from "../../state/alerts";
import { firing } from "../../state/fleet";
import { now } from "../../state/now";
import { pick, speak } from "../../words";
import { fleet } from "../../words/fleet";
import { StationLink } from "../place-name";
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
      nothing={w("quiet")}
    >
      {alerts.map((alert) => (
        <Entry key={alert.id} alert={alert} />
      ))}
    </Panel>
  );
}

function Entry({ alert }: { alert: Alert }) {
  const more = alert.stations.length - NAMED_MAX;
  return (
    <li class={alert.acknowledged || alert.silenced ? "entry seen" : "entry"}>
      <span class="entry-head">
        <SeverityTag severity={alert.severity} />
        <strong>{pick(alert.title)}</strong>
      </span>
      <span class="entry-head">
        {alert.stations.slice(0, NAMED_MAX).map((id) => (
          <StationLink key={id} id={id} />
        ))}
        {more > 0 && <span class="soft">{w("stations_more", { count: more })}</span>}
        <span class="soft">{alert.district}</span>
      </span>
      <span class="soft">
        <time dateTime={new Date(alert.starts_at).toISOString()} title={showTime(alert.starts_at)}>
          {w("since", { when: showDuration(now.value - alert.starts_at) })}
        </time>
        {alert.acknowledged && ` · ${w("acknowledged")}`}
        {alert.silenced && ` · ${w("silenced")}`}
      </span>
    </li>
  );
}
