// Where the person is: the page and what is chosen on it both stand behind the address's `#`, so a link carries both.

import { signal } from "@preact/signals";
import { useCallback } from "preact/hooks";

export interface Place {
  path: string;
  query: URLSearchParams;
}

export function parsePlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  return { path: `/${path}`, query: new URLSearchParams(query) };
}

export const place = signal<Place>(parsePlace(location.hash));

addEventListener("hashchange", () => (place.value = parsePlace(location.hash)));

interface Going {
  replace?: boolean;
}

export function go(to: string, { replace = false }: Going = {}): void {
  history[replace ? "replaceState" : "pushState"](null, "", `#/${to.replace(/^#?\/?/, "")}`);
  place.value = parsePlace(location.hash);
}

/** What the router asks: wouter's own hook for hashes takes the query for a part of the path. */
export function usePlace(): [string, (to: string, how?: Going) => void] {
  return [place.value.path, go];
}
usePlace.hrefs = (href: string): string => `#${href}`;

/** The query after some of it was changed; what is empty is left out. */
export function changed(query: URLSearchParams, changes: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  return next;
}

export type Choose = (changes: Record<string, string | null>) => void;

/** What is chosen on this page, and a way to choose. The history keeps pages, not each key press in a filter. */
export function useChosen(): [URLSearchParams, Choose] {
  const choose = useCallback<Choose>((changes) => {
    const { path, query } = place.peek();
    const text = changed(query, changes).toString();
    go(text === "" ? path : `${path}?${text}`, { replace: true });
  }, []);
  return [place.value.query, choose];
}
