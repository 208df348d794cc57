import { useState } from "preact/hooks";
import type { StationDetail } from "../../api/schema";
import { may } from "../../state/session";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { DeviceValues, readingsOf } from "./live";
import { Unlock } from "./unlock";

const w = speak(table);

/** The doors as they stand, each with a way to open it. */
export function Doors({ station }: { station: StationDetail }) {
  const [asked, setAsked] = useState<string | null>(null);
  const doors = readingsOf(station, "door");
  if (doors.length === 0) return null;
  return (
    <section class="card" aria-label={w("doors")}>
      <h2>{w("doors")}</h2>
      {doors.map((reading) => (
        <div class="door" key={reading.device}>
          <DeviceValues kind="door" reading={reading} />
          {may("operator") ? (
            <button type="button" class="primary" onClick={() => setAsked(reading.device)}>
              {w("unlock")} · {reading.device}
            </button>
          ) : (
            <p class="hint">{w("unlock_role")}</p>
          )}
        </div>
      ))}
      {asked !== null && <Unlock station={station} door={asked} close={() => setAsked(null)} />}
    </section>
  );
}
