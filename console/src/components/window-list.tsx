// A list of silences or of maintenance windows: what it is for, what there is, and a form for a new one.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Page } from "../api/client";
import { may } from "../state/session";
import { speak } from "../words";
import { silences } from "../words/silences";
import { useAsked, Waiting } from "./asked";
import { Modal } from "./modal";
import { WindowTable, type Window } from "./window-table";

const w = speak(silences);
type Word = Parameters<typeof w>[0];

interface Props<Item extends Window> {
  /** Last part of the path: GET lists them, DELETE of one ends it. */
  name: "silences" | "maintenance";
  /** Whether those that are over are shown as well. */
  ended: boolean;
  words: { title: Word; about: Word; nothing: Word };
  /** What the button says, and the form's title. */
  add: Word;
  /** What is asked before one is ended. */
  end: Word;
  about(item: Item): ComponentChildren;
  matched?(item: Item): number;
  form(acts: { cancel(): void; done(): void }): ComponentChildren;
}

export function WindowList<Item extends Window>(props: Props<Item>) {
  const { name, ended, words, add, end, about, matched, form } = props;
  const path = `/api/v1/${name}`;
  const asked = useAsked<Page<Item>>(path, ended ? { ended } : {});
  const [isAdding, setAdding] = useState(false);
  const items = asked.answer?.items ?? [];
  const cancel = (): void => setAdding(false);
  const done = (): void => {
    cancel();
    asked.again();
  };
  return (
    <section class="card" aria-labelledby={name}>
      <div class="heading">
        <h2 id={name}>{w(words.title)}</h2>
        {may("operator") && (
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAdding(true)}>
              {w(add)}
            </button>
          </div>
        )}
      </div>
      <p class="hint">{w(words.about)}</p>
      {items.length > 0 && (
        <WindowTable
          items={items}
          label={w(words.title)}
          path={path}
          question={w(end)}
          about={about}
          {...(matched === undefined ? {} : { matched })}
          ended={asked.again}
        />
      )}
      <Waiting {...asked} empty={items.length === 0} nothing={w(words.nothing)} />
      {isAdding && (
        <Modal title={w(add)} close={cancel}>
          {form({ cancel, done })}
        </Modal>
      )}
    </section>
  );
}
