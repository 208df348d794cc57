import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { StationDetail } from "../../api/schema";
import { showTime } from "../../format";
import { stations } from "../../state/fleet";
import { may } from "../../state/session";
import { pick, speak } from "../../words";
import { station as table } from "../../words/station";
import { stationsWords } from "../../words/stations";
import { StationEdit } from "../settings/station-edit";
import { Since } from "../since";
import { StateTag } from "../tags";

const w = speak(table);
const k = speak(stationsWords);

interface Props {
  station: StationDetail;
  /** Since when it is up or down, ms; null if that is not known yet. One that is late is neither yet. */
  since: number | null;
  /** Called when the registry has been corrected. */
  edited(): void;
}

/** What it is and how it does. The state is the stream's, which is newer than the page. */
export function StationHeader({ station, since, edited }: Props) {
  const [isEditing, setEditing] = useState(false);
  const item = stations.value.get(station.id);
  const state = item?.state ?? station.state;
  const seen = item?.last_seen ?? station.last_seen;
  const where = [station.city, station.district, station.street, station.grid].filter(Boolean).join(" · ");
  return (
    <header class="station-head">
      <div>
        <p class="crumb">
          <Link href="/stations">{w("back")}</Link> / {station.id}
        </p>
        <div class="heading">
          <h1>{pick(station.name) || station.id}</h1>
          {may("admin") && (
            <button type="button" onClick={() => setEditing(true)}>
              {w("edit")}
            </button>
          )}
        </div>
        <p class="soft">
          {k(`kind.${station.kind}`)} · {where}
        </p>
      </div>
      {isEditing && (
        <StationEdit
          id={station.id}
          done={() => (setEditing(false), edited())}
          close={() => setEditing(false)}
        />
      )}
      <dl class="facts">
        <div aria-live="polite">
          <dt>{k("state")}</dt>
          <dd>
            <StateTag state={state} />
            {since !== null && state !== "late" && (
              <small> {w("state_since", { when: showTime(since) })}</small>
            )}
          </dd>
        </div>
        <Fact label={w("last_seen")}>
          {seen === null ? w("never") : <Since at={seen} say={(when) => k("ago", { when })} />}
        </Fact>
        <Fact label={w("people_now")} big>
          {item?.people ?? "–"} <small>/ {item?.capacity ?? station.capacity ?? "–"}</small>
        </Fact>
        {item !== undefined && item.slots !== null && (
          <Fact label={w("ready_now")} big>
            {item.ready ?? "–"} <small>/ {item.slots}</small>
          </Fact>
        )}
        <Fact label={w("agent")}>
          {station.agent ?? "–"} · {w(station.connected ? "connected" : "not_connected")}
        </Fact>
        <Fact label={w("hours")}>
          {station.opening_hours === "24h" ? w("hours.24h") : (station.opening_hours ?? "–")}
        </Fact>
      </dl>
    </header>
  );
}

interface FactProps {
  label: string;
  big?: true;
  children: ComponentChildren;
}

function Fact({ label, big, children }: FactProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class={big ? "big" : ""}>{children}</dd>
    </div>
  );
}
