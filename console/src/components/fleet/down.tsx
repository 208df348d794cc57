import { computed } from "@preact/signals";
import type { Alert } from "../../api/schema";
import type { FleetItem } from "../../api/pending";
import { showTime } from "../../format";
import { firing, stations } from "../../state/fleet";
import { down, reasons } from "../../state/judge";
import { pick, speak } from "../../words";
import { fleet } from "../../words/fleet";
import { StationLink } from "../place-name";
import { Since } from "../since";
import { StateTag } from "../tags";
import { Panel, SHOWN_MAX } from "./panel";

const w = speak(fleet);
const gone = computed(() => down(stations.value.values()));
const why = computed(() => reasons(firing.value.values()));

/** Who is down, since when, and why. */
export function DownList() {
  const items = gone.value.slice(0, SHOWN_MAX);
  return (
    <Panel
      title={w("down")}
      total={gone.value.length}
      shown={items.length}
      all="/stations?state=down"
      nothing={`✓ ${w("nobody_down")}`}
    >
      {items.map((item) => (
        <Entry key={item.id} item={item} alert={why.value.get(item.id)} />
      ))}
    </Panel>
  );
}

function Entry({ item, alert }: { item: FleetItem; alert: Alert | undefined }) {
  return (
    <li class="entry">
      <span class="entry-head">
        <StateTag state={item.state} />
        <StationLink id={item.id} />
        <span class="soft">{item.district}</span>
      </span>
      <span class="entry-foot">
        <span>{reason(item, alert)}</span>
        <span class="soft">
          {item.last_seen === null ? (
            w("never")
          ) : (
            <>
              <Since at={item.last_seen} say={(when) => w("seen", { when })} /> · {showTime(item.last_seen)}
            </>
          )}
        </span>
      </span>
    </li>
  );
}

/** An alert of its own says no more than the state; one of several stations names what they have in common. */
function reason(item: FleetItem, alert: Alert | undefined): string {
  if (alert === undefined || (alert.rule === "offline" && alert.stations.length === 1)) {
    return w(item.state === "late" ? "why.late" : "why.offline");
  }
  return pick(alert.title);
}
