// A claim code for a station that is registered, and the code itself, shown once.

import { useState } from "preact/hooks";
import type { Claim } from "../../api/schema";
import { showTime } from "../../format";
import { speak } from "../../words";
import { claim as table } from "../../words/claim";
import { settings } from "../../words/settings";
import { Copy } from "../copy";
import { Actions, Field, useSending } from "../form";
import { Modal } from "../modal";
import { stationName } from "../place-name";
import { LIFE_S, LIVES_S, claimCommand, hubAddress, makeClaim } from "./claim";

const w = speak(table);
const s = speak(settings);

interface FormProps {
  id: string;
  done(made: Claim): void;
  close(): void;
}

export function ClaimForm({ id, done, close }: FormProps) {
  const [life, setLife] = useState<number>(LIFE_S);
  const sending = useSending(["expires_s"]);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    await sending.run(async () => {
      const made = await makeClaim(id, life);
      if (made !== null) done(made);
    });
  }
  return (
    <Modal title={w("title", { name: stationName(id) })} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <p>{w("about")}</p>
        <Field label={w("life")} name="expires_s" mistakes={sending.mistakes}>
          {(control) => (
            <select
              {...control}
              value={life}
              onChange={(event) => setLife(Number(event.currentTarget.value))}
            >
              {LIVES_S.map((each) => (
                <option key={each} value={each}>
                  {w(`life.${each}`)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Actions sending={sending} label={w("make")} cancel={close} />
      </form>
    </Modal>
  );
}

/** The code with what to do with it; it is not closed by accident. */
export function ClaimShown({ made, close }: { made: Claim; close(): void }) {
  const hub = hubAddress(new URL(location.href));
  const command = claimCommand(made.claim, hub);
  return (
    <Modal title={w("made", { name: made.station })} close={() => undefined}>
      <p class="warned">⚠ {w("once", { until: showTime(made.expires) })}</p>
      <p>
        <output class="secret big">{made.claim}</output>
      </p>
      <div class="actions">
        <Copy label={w("copy_code")} text={made.claim} primary />
      </div>
      <p>{w("then")}</p>
      <p>
        <code class="command">{command}</code>
      </p>
      <p class="hint">
        {hub === null && w("which_hub")} {w("which_ca")}
      </p>
      <div class="actions">
        <Copy label={w("copy_command")} text={command} />
        <button type="button" onClick={close}>
          {s("kept_it")}
        </button>
      </div>
    </Modal>
  );
}
