import { signal } from "@preact/signals";

/** The time, ms since the Unix epoch; moves on every half minute, so that "for 3 min" does. */
export const now = signal(Date.now());

setInterval(() => (now.value = Date.now()), 30_000);
