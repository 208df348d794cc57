// Silences and maintenance windows in one form: what they are about, when, who and why, and a way to end them.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { send } from "../api/client";
import { showTime } from "../format";
import { now } from "../state/now";
import { may } from "../state/session";
import { speak } from "../words";
import { silences } from "../words/silences";
import { Actions, useSending } from "./form";
import { Modal } from "./modal";

const w = speak(silences);

export interface Window {
  id: string;
  starts_at: number;
  ends_at: number;
  by: string;
  why: string;
}

interface Props<Item extends Window> {
  items: Item[];
  label: string;
  /** `/api/v1/silences` or its like: DELETE of one ends it. */
  path: string;
  question: string;
  about(item: Item): ComponentChildren;
  /** Firing alerts that it matches now; absent where that means nothing. */
  matched?(item: Item): number;
  ended(): void;
}

export function WindowTable<Item extends Window>(props: Props<Item>) {
  const { items, label, about, matched, path, question } = props;
  const [ending, setEnding] = useState<Item | null>(null);
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label={label}>
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">{w("status")}</th>
              <th scope="col">{w("about")}</th>
              <th scope="col">{w("from")}</th>
              <th scope="col">{w("until")}</th>
              {matched !== undefined && (
                <th scope="col" class="number">
                  {w("matches")}
                </th>
              )}
              <th scope="col">{w("by")}</th>
              <th scope="col">{w("why")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.id}>
                <td>
                  <Status window={item} />
                </td>
                <td>{about(item)}</td>
                <td class="nowrap" data-label={w("from")}>
                  {showTime(item.starts_at)}
                </td>
                <td class="nowrap" data-label={w("until")}>
                  {showTime(item.ends_at)}
                </td>
                {matched !== undefined && (
                  <td class="number" data-label={w("matches")}>
                    {statusOf(item) === "ended" ? "–" : matched(item)}
                  </td>
                )}
                <td data-label={w("by")}>{item.by}</td>
                <td data-label={w("why")}>{item.why}</td>
                <td>
                  {may("operator") && statusOf(item) !== "ended" && (
                    <button type="button" onClick={() => setEnding(item)}>
                      {w("end")}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {ending !== null && (
        <End
          path={`${path}/${encodeURIComponent(ending.id)}`}
          question={question}
          close={() => setEnding(null)}
          done={() => {
            setEnding(null);
            props.ended();
          }}
        >
          <p>{about(ending)}</p>
          <p>{ending.why}</p>
        </End>
      )}
    </>
  );
}

function statusOf({ starts_at, ends_at }: Window): "active" | "planned" | "ended" {
  // The signal draws this anew, but may be half a minute old: what was added just now has begun.
  const at = Math.max(now.value, Date.now());
  if (ends_at <= at) return "ended";
  return starts_at > at ? "planned" : "active";
}

function Status({ window }: { window: Window }) {
  const status = statusOf(window);
  const colour = { active: "warning", planned: "info", ended: "idle" }[status];
  return <span class={`tag ${colour}`}>{w(`status.${status}`)}</span>;
}

interface EndProps {
  path: string;
  question: string;
  children: ComponentChildren;
  close(): void;
  done(): void;
}

function End({ path, question, children, close, done }: EndProps) {
  const sending = useSending();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await sending.run(async () => void (await send("DELETE", path)))) done();
  };
  return (
    <Modal title={question} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <div>{children}</div>
        <Actions sending={sending} label={w("end_now")} cancel={close} danger />
      </form>
    </Modal>
  );
}
