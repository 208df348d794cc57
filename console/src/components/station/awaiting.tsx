// Commands that wait for a second person: who asked for what, how long that is valid, and a way to confirm it.

import { useEffect, useState } from "preact/hooks";
import { send, type Page } from "../../api/client";
import type { Command } from "../../api/schema";
import { showDuration, showTime } from "../../format";
import { may, who } from "../../state/session";
import { speak } from "../../words";
import { audit } from "../../words/audit";
import { awaiting as table } from "../../words/awaiting";
import { useAsked } from "../asked";
import { Confirm } from "../confirm";
import { useEvery } from "../every";
import { pathOf } from "./data";
import { outcome, useOutcome } from "./outcome";

const w = speak(table);
const a = speak(audit);
/** Somebody stands at a door and waits. */
const LOOK_EVERY_MS = 5_000;
const TICK_MS = 1_000;

export function Awaiting({ id }: { id: string }) {
  const path = `${pathOf(id)}/commands`;
  const asked = useAsked<Page<Command>>(may("operator") ? path : null, { limit: 20 });
  const [chosen, setChosen] = useState<Command | null>(null);
  const [sent, setSent] = useState<Command | null>(null);
  useEvery(may("operator") ? LOOK_EVERY_MS : null, asked.again);
  useOutcome(id, sent, setSent);
  const waiting = (asked.answer?.items ?? []).filter(({ state }) => state === "awaiting");
  if (waiting.length === 0 && sent === null) return null;

  async function confirm(): Promise<void> {
    if (chosen === null) return;
    setSent(await send<Command>("POST", `${path}/${encodeURIComponent(chosen.id)}/confirm`));
    setChosen(null);
    asked.again();
  }

  return (
    <section class="card" aria-label={w("title")}>
      <h2>{w("title")}</h2>
      <ul class="entries" aria-live="polite">
        {waiting.map((command) => (
          <li key={command.id} class="entry">
            <span>
              <strong>
                {w("asked", {
                  by: command.asked_by,
                  at: showTime(command.asked_at),
                  action: actionOf(command),
                })}
              </strong>{" "}
              <Left until={command.expires} />
            </span>
            {isOwn(command) ? (
              <span class="hint">{w("own")}</span>
            ) : (
              <span>
                <button type="button" class="primary" onClick={() => setChosen(command)}>
                  {w("confirm")} · {actionOf(command)}
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      <p class={sent === null ? "outcome" : `outcome ${sent.state}`} role="status">
        {sent !== null && w("went", { action: actionOf(sent), outcome: outcome(sent) })}
      </p>
      <p class="hint">{w("about")}</p>
      {chosen !== null && (
        <Confirm
          title={w("confirm_ask", { by: chosen.asked_by })}
          label={w("confirm")}
          act={confirm}
          close={() => setChosen(null)}
        >
          <p>
            <strong>{actionOf(chosen)}</strong> · {id} · <Left until={chosen.expires} />
          </p>
        </Confirm>
      )}
    </section>
  );
}

/** The hub decides; this spares the asker a refusal. */
const isOwn = ({ asked_by }: Command): boolean => asked_by === who.value?.name;

function actionOf({ action, device }: Command): string {
  const words = a(`action.command.${action}` as "action.command.unlock");
  return device === null ? words : w("device", { action: words, device });
}

/** How long something is valid, to the second. */
export function Left({ until }: { until: number }) {
  const [at, setAt] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setAt(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const left = Math.floor((until - at) / 1_000) * 1_000;
  // Nobody wants this read aloud every second.
  return (
    <span class="soft" aria-live="off">
      {left <= 0 ? w("late") : w("left", { left: showDuration(left) })}
    </span>
  );
}
