// A new token for a station's gateway over its own connection, and how far it is on its way.

import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Registration } from "../../api/schema";
import { may } from "../../state/session";
import { speak } from "../../words";
import { rotation as table } from "../../words/rotation";
import { useAsked, Waiting } from "../asked";
import { Confirm } from "../confirm";
import { useEvery } from "../every";
import { stationName } from "../place-name";
import { pathOf } from "./data";

const w = speak(table);
/** How often it is looked whether the gateway has logged in with it. */
const UNDER_WAY_MS = 3_000;
const TONES = {
  pending: "late",
  insecure: "warning",
  sent: "late",
  refused: "offline",
  done: "online",
} as const;
type State = keyof typeof TONES;

export function Rotation({ id }: { id: string }) {
  const asked = useAsked<Registration>(`${pathOf(id)}/registration`);
  const [isAsking, setAsking] = useState(false);
  // What was known when somebody asked here. The hub tells of none once it has come to its end, and of none before.
  const [before, setBefore] = useState<Registration | null>(null);
  const { answer } = asked;
  const rotation = answer?.rotation ?? null;
  const since = before === null ? null : before === answer ? "pending" : "done";
  const state: State | null = rotation ?? since;
  const isUnderWay = state !== null && state !== "refused" && state !== "done";
  useEvery(isUnderWay ? UNDER_WAY_MS : null, asked.again);

  async function renew(): Promise<void> {
    await send("POST", `${pathOf(id)}/token`, { online: true });
    setAsking(false);
    setBefore(answer);
    asked.again();
  }

  return (
    <section class="card" aria-label={w("title")}>
      <div class="heading">
        <h2>{w("title")}</h2>
        {may("admin") && answer !== null && (
          <button type="button" onClick={() => setAsking(true)} disabled={isUnderWay}>
            {w("renew")}
          </button>
        )}
      </div>
      {answer === null ? (
        <Waiting {...asked} empty={false} />
      ) : (
        <How state={state} detail={answer.rotation_detail} />
      )}
      <p class="hint">{w("about")}</p>
      {isAsking && (
        <Confirm
          title={w("renew_title", { name: stationName(id) })}
          label={w("renew")}
          act={renew}
          close={() => setAsking(false)}
        >
          <p>{w("renew_about")}</p>
        </Confirm>
      )}
    </section>
  );
}

function How({ state, detail }: { state: State | null; detail: string | null }) {
  if (state === null) return <p class="soft">{w("state.none")}</p>;
  return (
    <p role="status">
      <span class={`tag ${TONES[state]}`}>{w(`state.${state}`)}</span> {w(`means.${state}`)}
      {detail !== null && detail !== "" && ` ${w("said", { detail })}`}
    </p>
  );
}
