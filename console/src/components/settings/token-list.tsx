// Who has access: people and programs, by name and role.

import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Token, TokenSummary } from "../../api/schema";
import { showTime } from "../../format";
import { may } from "../../state/session";
import { speak } from "../../words";
import { settings } from "../../words/settings";
import { More, usePages, Waiting } from "../asked";
import { Confirm } from "../confirm";
import { Actions, Field, useSending } from "../form";
import { Modal } from "../modal";
import { Secret } from "../secret";

const w = speak(settings);
const PATH = "/api/v1/tokens";
const ROLES: readonly TokenSummary["role"][] = ["viewer", "operator", "admin", "reader", "service"];

export function TokenList() {
  const isAdmin = may("admin");
  const pages = usePages<TokenSummary>(isAdmin ? PATH : null, { limit: 200 });
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<TokenSummary | null>(null);
  const [made, setMade] = useState<Token | null>(null);
  if (!isAdmin) return <p class="hint">{w("need_admin")}</p>;
  return (
    <section aria-label={w("tokens")}>
      <div class="filters">
        <button type="button" class="primary" onClick={() => setAdding(true)}>
          {w("add_token")}
        </button>
      </div>
      {pages.items.length > 0 && <Items items={pages.items} remove={setRemoved} />}
      <Waiting {...pages} empty={pages.items.length === 0} nothing={w("no_tokens")} />
      <More more={pages.more} />
      {isAdding && (
        <TokenForm
          close={() => setAdding(false)}
          done={(token) => {
            setAdding(false);
            setMade(token);
            pages.again();
          }}
        />
      )}
      {removed !== null && (
        <Confirm
          title={w("remove_token", { name: removed.name })}
          label={w("withdraw")}
          close={() => setRemoved(null)}
          act={async () => {
            await send("DELETE", `${PATH}/${encodeURIComponent(removed.name)}`);
            setRemoved(null);
            pages.again();
          }}
        >
          <p>{w("remove_token_about")}</p>
        </Confirm>
      )}
      {made !== null && (
        <Secret
          title={w("secret_token", { name: made.name })}
          secret={made.token}
          close={() => setMade(null)}
        />
      )}
    </section>
  );
}

function Items({ items, remove }: { items: TokenSummary[]; remove(token: TokenSummary): void }) {
  return (
    <div class="scroll card" tabIndex={0} role="group" aria-label={w("tokens")}>
      <table class="cards middle">
        <thead>
          <tr>
            <th scope="col">{w("name")}</th>
            <th scope="col">{w("role")}</th>
            <th scope="col">{w("created")}</th>
            <th scope="col">{w("acts")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((token) => (
            <tr key={token.name}>
              <td>{token.name}</td>
              <td>{w(`role.${token.role}`)}</td>
              <td class="nowrap" data-label={w("created")}>
                {showTime(token.created_at)}
              </td>
              <td>
                <button
                  type="button"
                  aria-label={`${w("withdraw")}: ${token.name}`}
                  onClick={() => remove(token)}
                >
                  {w("withdraw")}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TokenForm({ done, close }: { done(token: Token): void; close(): void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<TokenSummary["role"]>("viewer");
  const sending = useSending(["name", "role"]);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    await sending.run(async () => {
      const made = await send<Token>("POST", PATH, { name: name.trim(), role });
      if (made !== null) done(made);
    });
  }
  return (
    <Modal title={w("add_token")} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <Field label={w("name")} name="name" mistakes={sending.mistakes} hint={w("token_hint")}>
          {(control) => (
            <input
              {...control}
              required
              autocomplete="off"
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={w("role")} name="role" mistakes={sending.mistakes}>
          {(control) => (
            <select
              {...control}
              value={role}
              onChange={(event) => setRole(event.currentTarget.value as typeof role)}
            >
              {ROLES.map((each) => (
                <option key={each} value={each}>
                  {w(`role.${each}`)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Actions sending={sending} label={w("add_token")} cancel={close} />
      </form>
    </Modal>
  );
}
