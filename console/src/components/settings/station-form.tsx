// A new station. The hub checks every member at once; each mistake stands at its field.

import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { NewStation, StationToken } from "../../api/schema";
import { speak } from "../../words";
import { settings } from "../../words/settings";
import { Actions, Field, useSending } from "../form";
import { Modal } from "../modal";
import { KINDS } from "../report/choices";

const w = speak(settings);

const FIELDS = [
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
type Name = (typeof FIELDS)[number];

const NUMBERS: readonly Name[] = ["latitude", "longitude", "capacity"];
const HINTS: Partial<Record<Name, "id_hint" | "opening_hint" | "time_zone_hint">> = {
  id: "id_hint",
  opening_hours: "opening_hint",
  time_zone: "time_zone_hint",
};

interface Props {
  done(made: StationToken): void;
  close(): void;
}

export function StationForm({ done, close }: Props) {
  const [values, setValues] = useState<Partial<Record<Name, string>>>({ kind: "rest" });
  const sending = useSending(FIELDS);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    await sending.run(async () => {
      const made = await send<StationToken>("POST", "/api/v1/stations", bodyOf(values));
      if (made !== null) done(made);
    });
  }

  const set = (name: Name) => (event: { currentTarget: { value: string } }) =>
    setValues({ ...values, [name]: event.currentTarget.value });
  return (
    <Modal title={w("add_station")} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <div class="pair">
          {FIELDS.map((name) => {
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
                    <select {...control} value={values.kind ?? ""} onChange={set(name)}>
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
                      onInput={set(name)}
                    />
                  )
                }
              </Field>
            );
          })}
        </div>
        <Actions sending={sending} label={w("add")} cancel={close} />
      </form>
    </Modal>
  );
}

/** What was left empty is left out. */
export function bodyOf(values: Partial<Record<Name, string>>): NewStation {
  const pairs = Object.entries(values).flatMap(([name, text]) => {
    const value = text.trim();
    if (value === "") return [];
    return [[name, NUMBERS.includes(name as Name) ? Number(value) : value]];
  });
  return Object.fromEntries(pairs) as NewStation;
}
