// What became of a command.

import { useEffect } from "preact/hooks";
import { get, type Page } from "../../api/client";
import type { Command } from "../../api/schema";
import { showDuration } from "../../format";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { pathOf } from "./data";

const w = speak(table);
const LOOK_EVERY_MS = 1_000;

/** In words. */
export function outcome({ state, detail, asked_at, expires }: Command): string {
  // All of its time, not what is left: who has to act sees that tick on the page.
  const left = showDuration(expires - asked_at);
  return w(`outcome.${state}`, { detail: detail ?? w("outcome.no_detail"), left });
}

/** Asks what became of it until that is known. */
export function useOutcome(id: string, command: Command | null, found: (command: Command) => void): void {
  useEffect(() => {
    if (command === null || (command.state !== "sent" && command.state !== "awaiting")) return;
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
