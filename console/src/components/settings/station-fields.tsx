// What the registry knows of a station, as a form shows it.

import type { NewStation } from "../../api/schema";
import { speak } from "../../words";
import { settings } from "../../words/settings";
import { Field, type Sending } from "../form";
import { KINDS } from "../report/choices";

const w = speak(settings);

export const FIELDS = [
  "id",
  "name_zh",
  "name_en",
  "kind",
  "city",
  "district",
  "street",
  "grid",
  "latitude",
  "longitude",
  "host_type",
  "opening_hours",
  "capacity",
  "time_zone",
] as const;
export type Name = (typeof FIELDS)[number];
/** As it stands in the fields: texts. */
export type Values = Partial<Record<Name, string>>;

const NUMBERS: readonly Name[] = ["latitude", "longitude", "capacity"];
const HINTS: Partial<Record<Name, "id_hint" | "opening_hint" | "time_zone_hint">> = {
  id: "id_hint",
  opening_hours: "opening_hint",
  time_zone: "time_zone_hint",
};

interface Props {
  fields: readonly Name[];
  values: Values;
  set(values: Values): void;
  sending: Sending;
}

export function StationFields({ fields, values, set, sending }: Props) {
  const put = (name: Name) => (event: { currentTarget: { value: string } }) =>
    set({ ...values, [name]: event.currentTarget.value });
  return (
    <div class="pair">
      {fields.map((name) => {
        const hint = HINTS[name];
        return (
          <Field
            key={name}
            label={w(name)}
            name={name}
            mistakes={sending.mistakes}
            {...(hint === undefined ? {} : { hint: w(hint) })}
          >
            {(control) =>
              name === "kind" ? (
                <select {...control} value={values.kind ?? ""} onChange={put(name)}>
                  {KINDS.map((kind) => (
                    <option key={kind} value={kind}>
                      {w(`kind.${kind}`)}
                    </option>
                  ))}
                </select>
              ) : (
                <input
                  {...control}
                  {...(NUMBERS.includes(name) ? { type: "number", step: "any" } : {})}
                  required={name === "id"}
                  autocomplete="off"
                  value={values[name] ?? ""}
                  onInput={put(name)}
                />
              )
            }
          </Field>
        );
      })}
    </div>
  );
}

/** What the hub says of a station, for the fields. */
export function valuesOf(members: Partial<Record<Name, string | number | null>>): Values {
  const pairs = FIELDS.map((name) => [name, String(members[name] ?? "")] as const);
  return Object.fromEntries(pairs);
}

function valueOf(name: Name, text: string): string | number | null {
  const value = text.trim();
  if (value === "") return null;
  return NUMBERS.includes(name) ? Number(value) : value;
}

/** What was left empty is left out. */
export function bodyOf(values: Values): NewStation {
  const pairs = FIELDS.map((name) => [name, valueOf(name, values[name] ?? "")] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== null)) as unknown as NewStation;
}

/** Only what differs: what somebody else has changed meanwhile stays. What was emptied is null. */
export function changesOf(before: Values, after: Values): Partial<Record<Name, string | number | null>> {
  const pairs = FIELDS.map((name) => [name, valueOf(name, after[name] ?? "")] as const);
  return Object.fromEntries(pairs.filter(([name, value]) => value !== valueOf(name, before[name] ?? "")));
}
