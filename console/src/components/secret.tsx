// A token, shown this once: with a warning, a way to copy it, and no way to close it by accident.

import { speak } from "../words";
import { settings } from "../words/settings";
import { Copy } from "./copy";
import { Modal } from "./modal";

const w = speak(settings);

interface Props {
  title: string;
  secret: string;
  close(): void;
}

export function Secret({ title, secret, close }: Props) {
  return (
    <Modal title={title} close={() => undefined}>
      <p class="warned">⚠ {w("secret_once")}</p>
      <p>
        <output class="secret">{secret}</output>
      </p>
      <div class="actions">
        <Copy label={w("copy")} text={secret} primary />
        <button type="button" onClick={close}>
          {w("kept_it")}
        </button>
      </div>
    </Modal>
  );
}
