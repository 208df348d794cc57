// The newest reading of each device, as it comes.

import type { StationDetail } from "../../api/schema";
import { showTime } from "../../format";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { kindWord, memberWord, showMember, toneOf, valueWord } from "./show";

const w = speak(table);

type Reading = Record<string, unknown> & { ts: number; device: string };
type Kind = keyof StationDetail["latest"];

const SHOWN: readonly Kind[] = ["occupancy", "environment", "amenity", "fund", "swap", "gateway"];
/** Told elsewhere, or of no use to a person. */
const HIDDEN: ReadonlySet<string> = new Set([
  "ts",
  "device",
  "slots",
  "snapshot",
  "swap",
  "amenity",
  "battery",
]);

export function LiveValues({ station }: { station: StationDetail }) {
  const kinds = SHOWN.filter((kind) => Object.keys(station.latest[kind] ?? {}).length > 0);
  if (kinds.length === 0) return <p class="soft">{w("no_readings")}</p>;
  return (
    <div class="lives">
      {kinds.map((kind) => (
        <section class="card" key={kind} aria-label={kindWord(kind)}>
          <h3>{kindWord(kind)}</h3>
          {readingsOf(station, kind).map((reading) => (
            <DeviceValues key={reading.device} kind={kind} reading={reading} />
          ))}
          {kind === "environment" && <p class="hint">{w("indicative")}</p>}
        </section>
      ))}
    </div>
  );
}

export function readingsOf(station: StationDetail, kind: Kind): Reading[] {
  const readings = Object.values(station.latest[kind] ?? {}) as Reading[];
  return readings.sort((a, b) => a.device.localeCompare(b.device, "en", { numeric: true }));
}

interface DeviceProps {
  kind: Kind;
  reading: Reading;
  /** False where the device's name stands above already. */
  named?: boolean;
}

export function DeviceValues({ kind, reading, named = true }: DeviceProps) {
  const amenity = reading["amenity"];
  return (
    <div class="device">
      <p class="device-name">
        <strong>{!named ? "" : typeof amenity === "string" ? valueWord(amenity) : reading.device}</strong>
        <time class="soft" dateTime={new Date(reading.ts).toISOString()}>
          {showTime(reading.ts)}
        </time>
      </p>
      <dl class="values">
        {Object.entries(reading)
          .filter(([name]) => !HIDDEN.has(name))
          .map(([name, value]) => (
            <Value key={name} kind={kind} name={name} value={value} />
          ))}
      </dl>
    </div>
  );
}

function Value({ kind, name, value }: { kind: Kind; name: string; value: unknown }) {
  const tone = toneOf(kind, name, value);
  return (
    <div class={tone}>
      <dt>{memberWord(name)}</dt>
      <dd>
        {tone !== "" && <span aria-hidden="true">⚠ </span>}
        {showMember(name, value)}
      </dd>
    </div>
  );
}
