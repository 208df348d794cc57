// Asking the hub. Every refusal is a `Refused` with the hub's own words (RFC 9457).

import { dismiss, language, token } from "../state/session";

export interface Mistake {
  member: string;
  detail: string;
}

/** The hub said no, or did not answer (`status` 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    /** What is wrong with which member of the body, where the hub tells them apart. */
    readonly mistakes: readonly Mistake[] = [],
  ) {
    super(detail);
  }
}

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** The path with its query; what is null, undefined or empty is left out. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const secret = token.value;
  if (secret !== null) headers.set("Authorization", `Bearer ${secret}`);
  headers.set("Accept-Language", language.value);
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refused(0, language.value === "zh" ? "中枢没有应答" : "The hub does not answer");
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && secret !== null) dismiss(secret);
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string; mistakes?: Mistake[] };
  throw new Refused(answer.status, problem.detail ?? answer.statusText, problem.mistakes);
}

export async function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  const answer = await request(withQuery(path, query), signal ? { signal } : {});
  return (await answer.json()) as Answer;
}

/** POST, PUT or DELETE with a JSON body; the answer's JSON, or null if it has none. */
export async function send<Answer>(method: string, path: string, body?: unknown): Promise<Answer | null> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const answer = await request(path, init);
  const text = await answer.text();
  return text === "" ? null : (JSON.parse(text) as Answer);
}

/** Saves what the hub answers as a file: a link cannot carry the token. */
export async function download(path: string, query: Query, name: string): Promise<void> {
  const answer = await request(withQuery(path, query));
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
