// A new silence: what it matches, for how long, and why. What it would match now is counted while one writes.

import { useId, useState } from "preact/hooks";
import { send } from "../api/client";
import type { Silence } from "../api/schema";
import { fromField, toField } from "../format";
import { meets, type Condition } from "../state/alerts";
import { firing, stations } from "../state/fleet";
import { pick, speak } from "../words";
import { RULES, SEVERITIES } from "../words/rules";
import { silences } from "../words/silences";
import { Actions, Field, useSending } from "./form";
import { districts, stationByText, stationsNear } from "./place-name";

const w = speak(silences);

/** Choices of how long, s. */
export const LENGTHS = [3_600, 4 * 3_600, 12 * 3_600, 86_400, 3 * 86_400, 7 * 86_400] as const;
const NAMES: readonly Condition["name"][] = ["rule", "severity", "district", "station"];

interface Props {
  first: Condition[];
  done(silence: Silence): void;
  cancel(): void;
}

export function SilenceForm({ first, done, cancel }: Props) {
  const [conditions, setConditions] = useState<Condition[]>(first);
  const [length, setLength] = useState<string>(String(LENGTHS[1]));
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [why, setWhy] = useState("");
  const sending = useSending(["matchers", "why"]);
  const change = (at: number, next: Condition | null) =>
    setConditions(conditions.flatMap((old, index) => (index !== at ? [old] : next === null ? [] : [next])));

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const starts_at = fromField(from);
    const end = length === "until" ? { ends_at: fromField(until) ?? undefined } : { for_s: Number(length) };
    const body = { matchers: conditions, why, ...end, ...(starts_at === null ? {} : { starts_at }) };
    await sending.run(async () => {
      const made = await send<Silence>("POST", "/api/v1/silences", body);
      if (made !== null) done(made);
    });
  }

  return (
    <form class="sheet" onSubmit={(event) => void submit(event)}>
      <fieldset>
        <legend>{w("matchers")}</legend>
        {conditions.map((condition, index) => (
          <ConditionRow key={index} condition={condition} change={(next) => change(index, next)} />
        ))}
        <button
          type="button"
          onClick={() => setConditions([...conditions, { name: "rule", value: RULES[0] }])}
          disabled={conditions.length >= 16}
        >
          {w("add_matcher")}
        </button>
        {sending.mistakes["matchers"] !== undefined && <p role="alert">{sending.mistakes["matchers"]}</p>}
      </fieldset>
      <MatchedNow conditions={conditions} />
      <div class="pair">
        <Field label={w("for")} name="length">
          {(control) => (
            <select {...control} value={length} onChange={(event) => setLength(event.currentTarget.value)}>
              {LENGTHS.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {w(`for.${seconds}` as "for.3600")}
                </option>
              ))}
              <option value="until">{w("for.until")}</option>
            </select>
          )}
        </Field>
        <Field label={w("from")} name="starts_at" hint={w("from_hint")}>
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              value={from}
              onInput={(event) => setFrom(event.currentTarget.value)}
            />
          )}
        </Field>
        {length === "until" && (
          <Field label={w("until")} name="ends_at">
            {(control) => (
              <input
                {...control}
                type="datetime-local"
                required
                min={toField(Date.now())}
                value={until}
                onInput={(event) => setUntil(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
      </div>
      <Field label={w("why")} name="why" mistakes={sending.mistakes} hint={w("why_hint")}>
        {(control) => (
          <input
            {...control}
            required
            maxLength={500}
            value={why}
            onInput={(event) => setWhy(event.currentTarget.value)}
          />
        )}
      </Field>
      <Actions sending={sending} label={w("add_silence")} cancel={cancel} />
    </form>
  );
}

function ConditionRow({ condition, change }: { condition: Condition; change(next: Condition | null): void }) {
  const { name, value } = condition;
  return (
    <div class="condition">
      <select
        aria-label={w("member")}
        value={name}
        onChange={(event) => {
          const next = event.currentTarget.value as Condition["name"];
          change({ name: next, value: choicesOf(next)[0]?.[0] ?? "" });
        }}
      >
        {NAMES.map((each) => (
          <option key={each} value={each}>
            {w(each)}
          </option>
        ))}
      </select>
      {name === "station" ? (
        <StationInput value={value} change={(value) => change({ name, value })} />
      ) : (
        <select
          aria-label={w("value")}
          value={value}
          onChange={(event) => change({ name, value: event.currentTarget.value })}
        >
          {choicesOf(name).map(([each, label]) => (
            <option key={each} value={each}>
              {label}
            </option>
          ))}
        </select>
      )}
      <button type="button" class="plain" aria-label={w("remove_matcher")} onClick={() => change(null)}>
        ✕
      </button>
    </div>
  );
}

/** A station by its id; the browser offers those that fit. */
export function StationInput({ value, change }: { value: string; change(value: string): void }) {
  const name = pick(stations.value.get(value)?.name);
  const list = useId();
  return (
    <span class="station-input">
      <input
        aria-label={w("station")}
        list={list}
        required
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
        onChange={(event) => change(stationByText(event.currentTarget.value.trim()))}
      />
      <datalist id={list}>
        {stationsNear(value).map((station) => (
          <option key={station.id} value={station.id}>
            {pick(station.name)}
          </option>
        ))}
      </datalist>
      {name !== "" && <small class="hint">{name}</small>}
    </span>
  );
}

function choicesOf(name: Condition["name"]): readonly (readonly [string, string])[] {
  if (name === "rule") return RULES.map((rule) => [rule, w(`rule.${rule}`)] as const);
  if (name === "severity") return SEVERITIES.map((each) => [each, w(`severity.${each}`)] as const);
  if (name === "district") return districts().map((district) => [district, district] as const);
  return [];
}

function MatchedNow({ conditions }: { conditions: Condition[] }) {
  const matched =
    conditions.length === 0 ? [] : [...firing.value.values()].filter((alert) => meets(alert, conditions));
  return (
    <div role="status">
      <p class={matched.length === 0 ? "soft" : ""}>{w("matched", { count: matched.length })}</p>
      {matched.length > 0 && (
        <ul class="short">
          {matched.slice(0, 5).map((alert) => (
            <li key={alert.id}>{pick(alert.title)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
