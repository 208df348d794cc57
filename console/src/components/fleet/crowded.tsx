import { computed } from "@preact/signals";
import { showShare } from "../../format";
import { stations } from "../../state/fleet";
import { crowded, loadOf } from "../../state/judge";
import { speak } from "../../words";
import { fleet } from "../../words/fleet";
import { LoadBar } from "../load-bar";
import { StationLink } from "../place-name";
import { Panel, SHOWN_MAX } from "./panel";

const w = speak(fleet);
const full = computed(() => crowded(stations.value.values()));

/** Where there is hardly a seat left, the fullest first. */
export function CrowdedList() {
  const items = full.value.slice(0, SHOWN_MAX);
  return (
    <Panel
      title={w("crowded")}
      total={full.value.length}
      shown={items.length}
      all="/stations?crowded=1"
      nothing={`✓ ${w("nobody_crowded")}`}
    >
      {items.map((item) => (
        <li class="entry entry-foot" key={item.id}>
          <span class="entry-head">
            <StationLink id={item.id} />
            <span class="soft">{item.district}</span>
          </span>
          <span class="load">
            <LoadBar load={loadOf(item)!} />
            {w("people", { people: item.people!, capacity: item.capacity! })} · {showShare(loadOf(item)!, 0)}
          </span>
        </li>
      ))}
    </Panel>
  );
}
