import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { get, Refused } from "../api/client";
import { signIn, signOut } from "../state/session";
import { speak, t } from "../words";
import { login } from "../words/login";

const w = speak(login);

export function Login() {
  const [, go] = useLocation();
  const [secret, setSecret] = useState("");
  const [remember, setRemember] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    signIn(secret.trim(), remember);
    try {
      await get("/api/v1/me");
      go("/");
    } catch (error) {
      signOut();
      setRefused(error instanceof Refused && error.status !== 401 ? error.message : w("wrong"));
    }
  }

  return (
    <main class="login">
      <h1>{t("product")}</h1>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {w("token")}
          <input
            type="password"
            autocomplete="current-password"
            required
            value={secret}
            onInput={(event) => setSecret(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={remember}
            onChange={(event) => setRemember(event.currentTarget.checked)}
          />
          {w("remember")}
        </label>
        {refused !== null && <p role="alert">{refused}</p>}
        <button type="submit">{t("sign_in")}</button>
        <p class="hint">{w("how")}</p>
      </form>
    </main>
  );
}
