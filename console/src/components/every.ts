import { useEffect } from "preact/hooks";

/** Does something again and again, this many ms apart, as long as the page is looked at; null: not at all. */
export function useEvery(ms: number | null, act: () => void): void {
  useEffect(() => {
    if (ms === null) return;
    const timer = setInterval(() => {
      if (!document.hidden) act();
    }, ms);
    return () => clearInterval(timer);
  }, [ms, act]);
}
