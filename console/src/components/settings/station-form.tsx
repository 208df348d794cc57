// A new station. The hub checks every member at once; each mistake stands at its field.

import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Claim, StationToken } from "../../api/schema";
import { speak } from "../../words";
import { claim as claimWords } from "../../words/claim";
import { settings } from "../../words/settings";
import { Actions, useSending } from "../form";
import { Modal } from "../modal";
import { LIFE_S, makeClaim } from "./claim";
import { bodyOf, FIELDS, StationFields, type Values } from "./station-fields";

const w = speak(settings);
const c = speak(claimWords);

interface Props {
  done(made: StationToken | Claim): void;
  /** Called with the id when the station is registered but its code could not be made. */
  unclaimed(id: string): void;
  close(): void;
}

export function StationForm({ done, unclaimed, close }: Props) {
  const [values, setValues] = useState<Values>({ kind: "rest" });
  const [byCode, setByCode] = useState(false);
  const sending = useSending(FIELDS);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    await sending.run(async () => {
      const made = await send<StationToken>("POST", "/api/v1/stations", bodyOf(values));
      if (made === null) return;
      if (!byCode) return done(made);
      // Registering it again would be refused: a failure here is no mistake of this form.
      const claim = await makeClaim(made.station, LIFE_S).catch(() => null);
      if (claim === null) unclaimed(made.station);
      else done(claim);
    });
  }

  return (
    <Modal title={w("add_station")} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <StationFields fields={FIELDS} values={values} set={setValues} sending={sending} />
        <fieldset class="radios">
          <legend>{c("how")}</legend>
          {([false, true] as const).map((value) => (
            <label key={String(value)} class="check">
              <input type="radio" name="login" checked={byCode === value} onChange={() => setByCode(value)} />
              {c(value ? "by_code" : "by_token")}
            </label>
          ))}
        </fieldset>
        <Actions sending={sending} label={w("add")} cancel={close} />
      </form>
    </Modal>
  );
}
