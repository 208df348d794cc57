// A new maintenance window: a station or a district, from when to when, and why.

import { useState } from "preact/hooks";
import { send } from "../api/client";
import type { Maintenance, NewMaintenance } from "../api/schema";
import { fromField, toField } from "../format";
import { speak } from "../words";
import { silences } from "../words/silences";
import { Actions, Field, useSending } from "./form";
import { districts } from "./place-name";
import { StationInput } from "./silence-form";

const w = speak(silences);
const HOUR_MS = 3_600_000;

interface Props {
  done(): void;
  cancel(): void;
}

export function MaintenanceForm({ done, cancel }: Props) {
  const [scope, setScope] = useState<"station" | "district">("station");
  const [place, setPlace] = useState("");
  const [from, setFrom] = useState(toField(Date.now()));
  const [until, setUntil] = useState(toField(Date.now() + 4 * HOUR_MS));
  const [why, setWhy] = useState("");
  const sending = useSending(["why"]);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const window: NewMaintenance = { [scope]: place, why };
    const [starts_at, ends_at] = [fromField(from), fromField(until)];
    if (starts_at !== null) window.starts_at = starts_at;
    if (ends_at !== null) window.ends_at = ends_at;
    if (
      await sending.run(async () => void (await send<Maintenance>("POST", "/api/v1/maintenance", window)))
    ) {
      done();
    }
  }

  return (
    <form class="sheet" onSubmit={(event) => void submit(event)}>
      <div class="pair">
        <Field label={w("about")} name="scope">
          {(control) => (
            <select
              {...control}
              value={scope}
              onChange={(event) => {
                const next = event.currentTarget.value as typeof scope;
                setScope(next);
                setPlace(next === "district" ? (districts()[0] ?? "") : "");
              }}
            >
              <option value="station">{w("station")}</option>
              <option value="district">{w("district")}</option>
            </select>
          )}
        </Field>
        {scope === "station" ? (
          <div class="field">
            <small class="hint">{w("station")}</small>
            <StationInput value={place} change={setPlace} />
          </div>
        ) : (
          <Field label={w("district")} name="district">
            {(control) => (
              <select {...control} value={place} onChange={(event) => setPlace(event.currentTarget.value)}>
                {districts().map((district) => (
                  <option key={district}>{district}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label={w("from")} name="starts_at">
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              required
              value={from}
              onInput={(event) => setFrom(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={w("until")} name="ends_at">
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              required
              value={until}
              onInput={(event) => setUntil(event.currentTarget.value)}
            />
          )}
        </Field>
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
      <Actions sending={sending} label={w("add_maintenance")} cancel={cancel} />
    </form>
  );
}
