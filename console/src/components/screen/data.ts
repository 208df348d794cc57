import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import type { Screen } from "../../api/schema";

const REFRESH_MS = 10_000;
/** Without an answer for so long the figures are old: three tries. */
const STALE_MS = 35_000;

export interface Shown {
  screen: Screen | null;
  /** Why the last try failed. */
  error: Error | null;
  /** When the last good answer came, by this machine's clock: the hub's may differ. */
  came: number;
}

/** The public figures, asked for anew every ten seconds. */
export function useScreen(): Shown {
  const [shown, setShown] = useState<Shown>({ screen: null, error: null, came: 0 });
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const look = async (): Promise<void> => {
      try {
        const screen = await get<Screen>(
          "/public/screen",
          {},
          AbortSignal.any([stop.signal, AbortSignal.timeout(REFRESH_MS)]),
        );
        setShown({ screen, error: null, came: Date.now() });
      } catch (error) {
        if (stop.signal.aborted) return;
        setShown((known) => ({ ...known, error: error as Error }));
      }
      timer = window.setTimeout(() => void look(), REFRESH_MS);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  return shown;
}

/** A wall must not show old figures as if they were new. */
export function isStale({ came }: Pick<Shown, "came">, now: number): boolean {
  return now - came > STALE_MS;
}

/** The seconds, for the clock. */
export function useSecond(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
