// Opening a door from afar: asked twice, sent once, and followed until the station has said what it did.

import { useEffect, useState } from "preact/hooks";
import { Refused, get, send, type Page } from "../../api/client";
import type { Command, NewCommand, StationDetail } from "../../api/schema";
import { pick, speak, t } from "../../words";
import { station as table } from "../../words/station";
import { Modal } from "../modal";
import { pathOf } from "./data";

const w = speak(table);
const LOOK_EVERY_MS = 1_000;

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

function outcome({ state, detail }: Command): string {
  return w(`outcome.${state}`, { detail: detail ?? w("outcome.no_detail") });
}

/** Asks what became of it until that is known. */
function useOutcome(id: string, command: Command | null, found: (command: Command) => void): void {
  useEffect(() => {
    if (command?.state !== "sent") return;
    const stop = new AbortController();
    const look = async (): Promise<void> => {
      const { items } = await get<Page<Command>>(`${pathOf(id)}/commands`, { limit: 20 }, stop.signal);
      const mine = items.find((item) => item.id === command.id);
      // A new object each time: this runs again until the state is final.
      if (mine !== undefined) found(mine);
    };
    const retry = (): void => {
      if (!stop.signal.aborted) found({ ...command });
    };
    const timer = setTimeout(() => void look().catch(retry), LOOK_EVERY_MS);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [command]);
}
