import { Link } from "wouter-preact";
import { showNumber } from "../../format";
import type { Counts, State } from "../../state/judge";
import { speak, t } from "../../words";
import { fleet } from "../../words/fleet";

const w = speak(fleet);
const SHOWN: readonly State[] = ["online", "late", "offline", "unknown", "never_seen"];

/** How many of each, and the way to which ones. */
export function CountsBar({ counts }: { counts: Counts }) {
  return (
    <ul class="counts" aria-label={w("counts")}>
      <Count to="/stations" label={w("all")} value={counts.total} />
      {SHOWN.map((state) => (
        <Count
          key={state}
          to={`/stations?state=${state}`}
          label={t(`state.${state}`)}
          value={counts.states[state]}
          tone={state}
        />
      ))}
      <Count to="/stations?alert=critical" label={w("critical")} value={counts.critical} tone="critical" />
      <Count to="/stations?crowded=1" label={w("crowded")} value={counts.crowded} tone="warning" />
      {counts.slots > 0 && (
        <Count to="/stations?sort=ready" label={w("batteries")} value={counts.ready} of={counts.slots} />
      )}
    </ul>
  );
}

interface CountProps {
  to: string;
  label: string;
  value: number;
  of?: number;
  tone?: string;
}

/** None of a bad thing is no news: it stays pale. */
function Count({ to, label, value, of, tone = "" }: CountProps) {
  return (
    <li>
      <Link href={to} class={`count ${value > 0 ? tone : ""}`}>
        <strong>{showNumber(value)}</strong>
        <span>
          {label}
          {of !== undefined && ` / ${showNumber(of)}`}
        </span>
      </Link>
    </li>
  );
}
