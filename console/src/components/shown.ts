import { useEffect, useState } from "preact/hooks";

/** How many rows of a long list are drawn: a few, more with each press, all of them on paper. */
export function useShown(step: number): [shown: number, more: () => void] {
  const [shown, setShown] = useState(step);
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const begin = (): void => setPrinting(true);
    const end = (): void => setPrinting(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return [isPrinting ? Infinity : shown, () => setShown(shown + step)];
}
