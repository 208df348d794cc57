// What makes a printed page a report: its title, its period, what it speaks of, and how each figure is defined.

import { showDate, showTime } from "../../format";
import { zone } from "../../report/zone";
import { now } from "../../state/now";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { stationName } from "../place-name";
import type { Choice } from "./choices";

const w = speak(utilisation);

interface HeadProps {
  choice: Choice;
  /** Not for low use, which has a stretch of its own. */
  hasPeriod: boolean;
}

export function ReportHead({ choice, hasPeriod }: HeadProps) {
  const { period, kind, district, station } = choice;
  const places = [district, station === null ? null : stationName(station)].filter((each) => each !== null);
  const scope = places.length === 0 ? w("whole") : places.join(" · ");
  return (
    <header class="report-head">
      <h1>
        {w("title")}
        <span class="print-only"> · {w(`kind.${kind}`)}</span>
      </h1>
      {hasPeriod && period !== null && (
        <p class="soft">
          {showDate(period.from, zone.value)} – {showDate(period.to - 1, zone.value)} · {zone.value}
          <span class="print-only">
            {" · "}
            {w("scope", { scope })} · {w("made", { time: showTime(now.value) })}
          </span>
        </p>
      )}
    </header>
  );
}

const DEFINITIONS = ["coverage", "seat", "visits", "door", "battery", "availability"] as const;

export function Definitions() {
  return (
    <footer class="card definitions">
      <h2>{w("definitions")}</h2>
      <ul>
        {DEFINITIONS.map((name) => (
          <li key={name}>{w(`define.${name}`)}</li>
        ))}
        <li>{w("kinds_apart")}</li>
      </ul>
    </footer>
  );
}
