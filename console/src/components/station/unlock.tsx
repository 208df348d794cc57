// Opening a door from afar: asked twice, sent once, and followed until the station has said what it did.

import { useState } from "preact/hooks";
import { Refused, send } from "../../api/client";
import type { Command, NewCommand, StationDetail } from "../../api/schema";
import { pick, speak, t } from "../../words";
import { station as table } from "../../words/station";
import { Modal } from "../modal";
import { pathOf } from "./data";
import { outcome, useOutcome } from "./outcome";

const w = speak(table);

interface Props {
  station: StationDetail;
  door: string;
  close(): void;
}

export function Unlock({ station, door, close }: Props) {
  const [command, setCommand] = useState<Command | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  useOutcome(station.id, command, setCommand);

  async function unlock(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const asked: NewCommand = { action: "unlock", device: door };
      setCommand(await send<Command>("POST", `${pathOf(station.id)}/commands`, asked));
    } catch (error) {
      setError(error as Error);
    }
    setBusy(false);
  }

  const isAsked = busy || command !== null;
  return (
    <Modal title={w("unlock_title")} close={close}>
      <p>
        <strong>{w("unlock_ask", { station: pick(station.name) || station.id, door })}</strong>
      </p>
      <p class="soft">
        {station.id} · {[station.district, station.street].filter(Boolean).join(" · ")}
      </p>
      {!isAsked && <p class="hint">{w("unlock_how")}</p>}
      <p class={command === null ? "outcome" : `outcome ${command.state}`} role="status">
        {busy ? w("outcome.sending") : command !== null ? outcome(command) : ""}
      </p>
      {error !== null && <p role="alert">{refusal(error)}</p>}
      <div class="actions">
        {!isAsked && (
          <button type="button" class="danger" onClick={() => void unlock()}>
            {w("unlock")}
          </button>
        )}
        <button type="button" onClick={close}>
          {t(isAsked ? "close" : "cancel")}
        </button>
      </div>
    </Modal>
  );
}

/** The refusal that happens most, in the reader's language; the others as the hub says them. */
function refusal(error: Error): string {
  if (error instanceof Refused && error.status === 409) return w("unlock_away");
  return t("failed", { why: error.message });
}
