// State and severity: a word and a shape, besides the colour.

import type { Severity, State } from "../state/judge";
import { t } from "../words";

const SHAPES: Record<State, string> = { online: "●", late: "▲", offline: "◆", unknown: "?", never_seen: "○" };
const MARKS: Record<Severity, string> = { critical: "‼", warning: "!", info: "i" };

export function StateTag({ state }: { state: State }) {
  return (
    <span class={`tag ${state}`}>
      <span aria-hidden="true">{SHAPES[state]}</span> {t(`state.${state}`)}
    </span>
  );
}

export function SeverityTag({ severity }: { severity: Severity }) {
  return (
    <span class={`tag ${severity}`}>
      <span aria-hidden="true">{MARKS[severity]}</span> {t(`severity.${severity}`)}
    </span>
  );
}
