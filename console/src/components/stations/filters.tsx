import { useEffect, useRef } from "preact/hooks";
import { STATES } from "../../state/judge";
import { SEVERITIES } from "../../state/judge";
import type { Choose } from "../../state/place";
import { speak, t } from "../../words";
import { stationsWords } from "../../words/stations";
import { districts } from "../place-name";
import type { Filter } from "./filter";

const w = speak(stationsWords);
const KINDS = ["rest", "counselling", "in_factory"] as const;
const NO_FILTER = { q: null, state: null, district: null, kind: null, alert: null, crowded: null };

/** What to look for. The slash key goes to the search. */
export function Filters({ filter, choose }: { filter: Filter; choose: Choose }) {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const jump = (event: KeyboardEvent): void => {
      if (event.key !== "/" || (event.target as HTMLElement).matches("input, textarea, select")) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener("keydown", jump);
    return () => removeEventListener("keydown", jump);
  }, []);
  const isFiltered = Object.keys(NO_FILTER).some((name) => {
    const value = filter[name === "q" ? "search" : (name as keyof Filter)];
    return value !== "" && value !== false;
  });
  return (
    <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="wide">
        {w("search")}
        <input
          ref={search}
          type="search"
          value={filter.search}
          onInput={(event) => choose({ q: event.currentTarget.value })}
        />
      </label>
      <Choice label={w("state")} value={filter.state} choose={(state) => choose({ state })}>
        {[["down", w("down")], ...[...STATES].reverse().map((state) => [state, t(`state.${state}`)])]}
      </Choice>
      <Choice label={w("district")} value={filter.district} choose={(district) => choose({ district })}>
        {districts().map((name) => [name, name])}
      </Choice>
      <Choice label={w("kind")} value={filter.kind} choose={(kind) => choose({ kind })}>
        {KINDS.map((kind) => [kind, w(`kind.${kind}`)])}
      </Choice>
      <Choice label={w("alert")} value={filter.alert} choose={(alert) => choose({ alert })}>
        {[["any", w("alert.any")], ...SEVERITIES.map((severity) => [severity, t(`severity.${severity}`)])]}
      </Choice>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.crowded}
          onChange={(event) => choose({ crowded: event.currentTarget.checked ? "1" : null })}
        />
        {w("crowded")}
      </label>
      {isFiltered && (
        <button type="button" onClick={() => choose(NO_FILTER)}>
          {w("clear")}
        </button>
      )}
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choose(value: string): void;
  children: string[][];
}

function Choice({ label, value, choose, children }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{w("any")}</option>
        {children.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
