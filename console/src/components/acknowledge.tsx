import { useState } from "preact/hooks";
import { send } from "../api/client";
import type { Alert } from "../api/schema";
import { pick, speak } from "../words";
import { alerts } from "../words/alerts";
import { Actions, Field, useSending } from "./form";
import { Modal } from "./modal";

const w = speak(alerts);

interface Props {
  alert: Alert;
  done(alert: Alert): void;
  close(): void;
}

export function Acknowledge({ alert, done, close }: Props) {
  const [note, setNote] = useState("");
  const sending = useSending(["note"]);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    await sending.run(async () => {
      const path = `/api/v1/alerts/${encodeURIComponent(alert.id)}/acknowledge`;
      const seen = await send<Alert>("POST", path, { note });
      if (seen !== null) done(seen);
    });
  }

  return (
    <Modal title={w("acknowledge_title")} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <p>{pick(alert.title)}</p>
        <p class="hint">{w("acknowledge_hint")}</p>
        <Field label={w("note")} name="note" mistakes={sending.mistakes}>
          {(control) => (
            <input
              {...control}
              maxLength={500}
              value={note}
              onInput={(event) => setNote(event.currentTarget.value)}
            />
          )}
        </Field>
        <Actions sending={sending} label={w("acknowledge")} cancel={close} />
      </form>
    </Modal>
  );
}
