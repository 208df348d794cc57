// Who somebody is: a token, kept in this tab or, if the person asks for it, in this browser.

import { useEffect, useRef, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { get, Refused } from "../api/client";
import type { Me } from "../api/schema";
import { Field } from "../components/form";
import icon from "../icon.svg";
import { go, useChosen } from "../state/place";
import { dismissed, language, signIn, signOut, who } from "../state/session";
import "../style/login.css";
import "../style/tools.css";
import { speak, t } from "../words";
import { login } from "../words/login";

const w = speak(login);

const COMMAND = "waystation-hub token add NAME --role operator";

export function Login() {
  const [chosen] = useChosen();
  const [secret, setSecret] = useState("");
  const [isShown, setShown] = useState(false);
  const [remember, setRemember] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  // Only a page of this console: what stands in the address may be anybody's.
  const next = chosen.get("next") ?? "/";

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    signIn(secret.trim(), remember);
    try {
      who.value = await get<Me>("/api/v1/me");
      go(next.startsWith("/") ? next : "/");
    } catch (error) {
      signOut();
      setRefused(reason(error as Error));
      first.current?.select();
    } finally {
      setBusy(false);
    }
  }

  return (
    <main class="login">
      <div class="card">
        <header>
          <img src={icon} alt="" width={40} height={40} />
          <h1>{w("title")}</h1>
          <button
            type="button"
            class="plain"
            lang={language.value === "zh" ? "en" : "zh-CN"}
            onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}
          >
            {t("language")}
          </button>
        </header>
        {dismissed.value && refused === null && !busy && <p role="alert">{w("dismissed")}</p>}
        <form onSubmit={(event) => void submit(event)}>
          <Field
            label={w("token")}
            name="token"
            hint={w("token_hint")}
            mistakes={refused === null ? {} : { token: refused }}
          >
            {(control) => (
              <input
                {...control}
                ref={first}
                type={isShown ? "text" : "password"}
                autocomplete="current-password"
                spellcheck={false}
                required
                value={secret}
                onInput={(event) => setSecret(event.currentTarget.value)}
              />
            )}
          </Field>
          <Check label={w("show")} checked={isShown} set={setShown} />
          <Check label={w("remember")} checked={remember} set={setRemember} />
          {remember && <small class="hint">{w("remember_hint")}</small>}
          <button type="submit" disabled={busy}>
            {busy ? t("loading") : t("sign_in")}
          </button>
        </form>
        <details>
          <summary>{w("how_title")}</summary>
          <p>{w("how")}</p>
          <code>{COMMAND}</code>
        </details>
        <p class="ways">
          {who.value !== null && <Link href="/">{w("look")}</Link>}
          <Link href="/screen">{w("screen")}</Link>
        </p>
      </div>
    </main>
  );
}

function reason(error: Error): string {
  if (!(error instanceof Refused)) return error.message;
  if (error.status === 401) return w("wrong");
  return error.status === 403 ? w("cannot_read") : error.message;
}

interface CheckProps {
  label: string;
  checked: boolean;
  set(checked: boolean): void;
}

function Check({ label, checked, set }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => set(event.currentTarget.checked)} />
      {label}
    </label>
  );
}
