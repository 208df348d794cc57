import { useEffect, useRef } from "preact/hooks";
import { SEVERITIES, STATES } from "../../state/judge";
import type { Choose } from "../../state/place";
import { speak, t } from "../../words";
import { stationsWords } from "../../words/stations";
import { districts } from "../place-name";
import { Select } from "../select";
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
  const any = ["", w("any")] as const;
  const states = [...STATES].reverse().map((state) => [state, t(`state.${state}`)] as const);
  const severities = SEVERITIES.map((severity) => [severity, t(`severity.${severity}`)] as const);
  const isFiltered = Object.keys(NO_FILTER).some((name) => {
    const value = filter[name === "q" ? "search" : (name as keyof Filter)];
    return value !== "" && value !== false;
  });
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="wide">
        {w("search")}
        <input
          ref={search}
          type="search"
          value={filter.search}
          onInput={(event) => choose({ q: event.currentTarget.value })}
        />
      </label>
      <Select
        label={w("state")}
        value={filter.state}
        choices={[any, ["down", w("down")], ...states]}
        choose={(state) => choose({ state })}
      />
      <Select
        label={w("district")}
        value={filter.district}
        choices={[any, ...districts().map((name) => [name, name] as const)]}
        choose={(district) => choose({ district })}
      />
      <Select
        label={w("kind")}
        value={filter.kind}
        choices={[any, ...KINDS.map((kind) => [kind, w(`kind.${kind}`)] as const)]}
        choose={(kind) => choose({ kind })}
      />
      <Select
        label={w("alert")}
        value={filter.alert}
        choices={[any, ["any", w("alert.any")], ...severities]}
        choose={(alert) => choose({ alert })}
      />
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
