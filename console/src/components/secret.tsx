// A token, shown this once: with a warning, a way to copy it, and no way to close it by accident.

import { useState } from "preact/hooks";
import { speak } from "../words";
import { settings } from "../words/settings";
import { Modal } from "./modal";

const w = speak(settings);

interface Props {
  title: string;
  secret: string;
  close(): void;
}

export function Secret({ title, secret, close }: Props) {
  const [said, setSaid] = useState<"copied" | "copy_failed" | null>(null);
  const copy = (): void => {
    // Absent where the page does not come over HTTPS or from this machine.
    const done = navigator.clipboard?.writeText(secret) ?? Promise.reject(new Error("no clipboard"));
    done.then(() => setSaid("copied")).catch(() => setSaid("copy_failed"));
  };
  return (
    <Modal title={title} close={() => undefined}>
      <p class="warned">⚠ {w("secret_once")}</p>
      <p>
        <output class="secret">{secret}</output>
      </p>
      <p role="status">{said === null ? "" : w(said)}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={copy}>
          {w("copy")}
        </button>
        <button type="button" onClick={close}>
          {w("kept_it")}
        </button>
      </div>
    </Modal>
  );
}
