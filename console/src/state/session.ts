// Who looks, in which language and which light. The token lives in this tab only, unless the person asks for more.

import { effect, signal } from "@preact/signals";

export type Role = "viewer" | "operator" | "admin";
export type Language = "zh" | "en";
export type Theme = "auto" | "light" | "dark";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

function stored<Value extends string>(key: string, allowed: readonly Value[], otherwise: Value): Value {
  const value = localStorage.getItem(key) as Value | null;
  return value !== null && allowed.includes(value) ? value : otherwise;
}

export const token = signal<string | null>(sessionStorage.getItem("token") ?? localStorage.getItem("token"));
/** Null until the hub has said who this is; "nobody" when reading needs no token here. */
export const who = signal<{ name: string | null; role: Role } | null>(null);
export const language = signal<Language>(
  stored("language", ["zh", "en"], navigator.language.startsWith("zh") ? "zh" : "en"),
);
export const theme = signal<Theme>(stored("theme", ["auto", "light", "dark"], "auto"));

export function may(role: Role): boolean {
  return who.value !== null && who.value.name !== null && RANK[who.value.role] >= RANK[role];
}

/** Whether the hub no longer takes the token that somebody had: they are asked who they are, on every page. */
export const dismissed = signal(false);

export function signIn(secret: string, remember: boolean): void {
  (remember ? localStorage : sessionStorage).setItem("token", secret);
  token.value = secret;
  dismissed.value = false;
}

/** The hub refuses this token. An answer to an earlier one says nothing of today's. */
export function dismiss(secret: string): void {
  if (token.peek() !== secret) return;
  signOut();
  dismissed.value = true;
}

export function signOut(): void {
  sessionStorage.removeItem("token");
  localStorage.removeItem("token");
  token.value = null;
  who.value = null;
  dismissed.value = false;
}

effect(() => {
  localStorage.setItem("language", language.value);
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});

effect(() => {
  localStorage.setItem("theme", theme.value);
  document.documentElement.dataset["theme"] = theme.value;
});
