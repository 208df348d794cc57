// Only the rows that can be seen are in the page: ten thousand scroll like ten.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface Window {
  first: number;
  /** Behind the last one. */
  end: number;
}

/** Rows beyond what can be seen, on each side. */
const SPARE = 8;

export function windowOf(scrolled: number, height: number, row: number, count: number): Window {
  const first = Math.max(0, Math.min(Math.floor(scrolled / row) - SPARE, count));
  return { first, end: Math.min(count, Math.ceil((scrolled + height) / row) + SPARE) };
}

/** The rows to draw in a box that scrolls. `row` px each, all alike. */
export function useWindow(box: RefObject<HTMLElement>, row: number, count: number): Window {
  const [seen, setSeen] = useState({ scrolled: 0, height: 1_000 });
  useEffect(() => {
    const element = box.current!;
    let asked = 0;
    const look = (): void => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() =>
        setSeen((known) => {
          const next = { scrolled: element.scrollTop, height: element.clientHeight };
          return known.scrolled === next.scrolled && known.height === next.height ? known : next;
        }),
      );
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      cancelAnimationFrame(asked);
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  return windowOf(seen.scrolled, seen.height, row, count);
}
