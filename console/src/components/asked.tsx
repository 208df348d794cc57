// Questions to the hub, and what stands on the page until the answer is there.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, withQuery, type Page, type Query } from "../api/client";
import { token } from "../state/session";
import { t } from "../words";

export interface Asked<Answer> {
  answer: Answer | null;
  error: Error | null;
  busy: boolean;
  again(): void;
}

/** Asks at once, when path or query change, and when told to. A null path asks nothing. */
export function useAsked<Answer>(path: string | null, query: Query = {}): Asked<Answer> {
  const [state, setState] = useState<Omit<Asked<Answer>, "again">>({ answer: null, error: null, busy: true });
  const [round, setRound] = useState(0);
  const address = path === null ? null : withQuery(path, query);
  const asked = useRef(address);
  const secret = token.value;
  useEffect(() => {
    if (address === null) return;
    const stop = new AbortController();
    // Another question's answer must not stand under this one.
    const isSame = asked.current === address;
    asked.current = address;
    setState(({ answer }) => ({ answer: isSame ? answer : null, error: null, busy: true }));
    get<Answer>(address, {}, stop.signal)
      .then((answer) => setState({ answer, error: null, busy: false }))
      .catch((error: Error) => {
        if (!stop.signal.aborted) setState(({ answer }) => ({ answer, error, busy: false }));
      });
    return () => stop.abort();
  }, [address, round, secret]);
  const again = useCallback(() => setRound((round) => round + 1), []);
  return { ...state, again };
}

export interface AskedPages<Item> {
  items: Item[];
  error: Error | null;
  busy: boolean;
  /** Null when there are no more. */
  more: (() => void) | null;
  again(): void;
}

/** A list page by page; `all` asks for every page one after the other, at most `pages`. */
export function usePages<Item>(path: string | null, query: Query = {}, pages = 1): AskedPages<Item> {
  interface State {
    address: string | null;
    items: Item[];
    next: string | null;
    error: Error | null;
    busy: boolean;
  }
  const address = path === null ? null : withQuery(path, query);
  const [state, setState] = useState<State>({ address, items: [], next: null, error: null, busy: true });
  const [wanted, setWanted] = useState({ address, cursor: null as string | null, round: 0 });
  const secret = token.value;
  // Another list begins with its first page.
  const from = wanted.address === address ? wanted.cursor : null;
  useEffect(() => {
    if (address === null) return;
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      let cursor = from;
      for (let page = 0; page < pages; page += 1) {
        const found = await get<Page<Item>>(withQuery(path!, { ...query, cursor }), {}, stop.signal);
        const isFirst = cursor === null;
        const busy = found.next !== null && page + 1 < pages;
        setState(({ items }) => ({
          address,
          items: isFirst ? found.items : [...items, ...found.items],
          next: found.next,
          error: null,
          busy,
        }));
        cursor = found.next;
        if (cursor === null) return;
      }
    };
    setState((state) => ({ ...state, busy: true, error: null }));
    ask().catch((error: Error) => {
      if (!stop.signal.aborted) setState((state) => ({ ...state, error, busy: false }));
    });
    return () => stop.abort();
  }, [address, from, wanted.round, secret, pages]);
  const isOld = state.address !== address;
  const { next } = state;
  const more = useCallback(
    () => setWanted(({ round }) => ({ address, cursor: next, round })),
    [address, next],
  );
  const again = useCallback(
    () => setWanted(({ round }) => ({ address, cursor: null, round: round + 1 })),
    [address],
  );
  return {
    items: isOld ? [] : state.items,
    error: state.error,
    busy: state.busy || isOld,
    more: next !== null && !state.busy && !isOld ? more : null,
    again,
  };
}

interface WaitingProps {
  busy: boolean;
  error: Error | null;
  empty: boolean;
  again(): void;
  nothing?: string;
}

/** Loading, failed with a way to try again, or empty; nothing if there is something to show. */
export function Waiting({ busy, error, empty, again, nothing }: WaitingProps) {
  if (error !== null) {
    return (
      <p role="alert">
        {t("failed", { why: error.message })}{" "}
        <button type="button" onClick={again}>
          {t("retry")}
        </button>
      </p>
    );
  }
  if (busy) return <p role="status">{t("loading")}</p>;
  return empty ? <p class="soft">{nothing ?? t("nothing")}</p> : null;
}

export function More({ more }: { more: (() => void) | null }) {
  if (more === null) return null;
  return (
    <p class="no-print">
      <button type="button" onClick={more}>
        {t("more")}
      </button>
    </p>
  );
}
