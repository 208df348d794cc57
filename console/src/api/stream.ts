// Server-sent events over fetch: EventSource cannot carry the token.

import { request, withQuery, type Query } from "./client";

export interface StreamEvent {
  name: string;
  data: unknown;
}

/** Soon at first: a hub ends the stream of a withdrawn token, and the page finds out by asking again. */
const RETRY_MS = { first: 200, most: 15_000 };

/** Splits a stream's text into events, as HTML's standard says; what is not whole yet stays in `rest`. */
export function parseEvents(text: string): { events: StreamEvent[]; lastId: string | null; rest: string } {
  const events: StreamEvent[] = [];
  let lastId: string | null = null;
  const blocks = text.replace(/\r\n?/g, "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  for (const block of blocks) {
    let name = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const [field, ...value] = line.split(":");
      const content = value.join(":").replace(/^ /, "");
      if (field === "event") name = content;
      else if (field === "data") data.push(content);
      else if (field === "id") lastId = content;
    }
    if (data.length > 0) events.push({ name, data: JSON.parse(data.join("\n")) as unknown });
  }
  return { events, lastId, rest };
}

export interface Follower {
  event(event: StreamEvent): void;
  /** Called with true when events come, with false when the stream is broken and tried again. */
  live(live: boolean): void;
}

/** Follows the stream until `signal` is aborted; resumes behind the last event after a break. */
export async function follow(
  path: string,
  query: Query,
  follower: Follower,
  signal: AbortSignal,
  resume: string | null = null,
): Promise<void> {
  let lastId = resume;
  let wait = RETRY_MS.first;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId !== null) headers["Last-Event-ID"] = lastId;
      const answer = await request(withQuery(path, query), { headers, signal });
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      follower.live(true);
      wait = RETRY_MS.first;
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        const parsed = parseEvents(rest + value);
        rest = parsed.rest;
        parsed.events.forEach((event) => follower.event(event));
        lastId = parsed.lastId ?? lastId;
      }
    } catch {
      if (signal.aborted) return;
    }
    follower.live(false);
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 2, RETRY_MS.most);
  }
}
