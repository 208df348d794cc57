import { useEffect, useRef } from "preact/hooks";

/** Runs when the key changes, but leaves `pause_ms` between two runs; the last change is never lost. */
export function useSeldom(key: unknown, pause_ms: number, run: () => void): void {
  const ran = useRef(-Infinity);
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    const act = (): void => {
      ran.current = performance.now();
      newest.current();
    };
    const wait = ran.current + pause_ms - performance.now();
    if (wait <= 0) return act();
    const timer = setTimeout(act, wait);
    return () => clearTimeout(timer);
  }, [key]);
}
