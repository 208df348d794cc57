// Which stations are listed, and in which order; all of it stands in the address.

import type { FleetItem } from "../../api/pending";
import { SEVERITIES, isCrowded, isDown, loadOf, rankOf } from "../../state/judge";

export const SORTS = ["state", "name", "district", "people", "ready", "alerts", "seen"] as const;
export type Sort = (typeof SORTS)[number];

export interface Filter {
  search: string;
  /** A state, `down` for late or offline, or empty. */
  state: string;
  district: string;
  kind: string;
  /** A severity, `any`, or empty. */
  alert: string;
  crowded: boolean;
  sort: Sort;
  reversed: boolean;
}

export function filterOf(query: URLSearchParams): Filter {
  const text = (name: string): string => query.get(name) ?? "";
  const wanted = text("sort").replace(/^-/, "");
  return {
    search: text("q"),
    state: text("state"),
    district: text("district"),
    kind: text("kind"),
    alert: text("alert"),
    crowded: text("crowded") === "1",
    sort: SORTS.find((sort) => sort === wanted) ?? "state",
    reversed: text("sort").startsWith("-"),
  };
}

/** What is looked through for a search; made once for each item that the stream brings. */
const haystacks = new WeakMap<FleetItem, string>();

function haystack(item: FleetItem): string {
  let text = haystacks.get(item);
  if (text === undefined) {
    text = [item.id, item.name.zh, item.name.en, item.district, item.grid].join("\n").toLowerCase();
    haystacks.set(item, text);
  }
  return text;
}

function matches(filter: Filter, words: readonly string[], item: FleetItem): boolean {
  if (filter.state === "down" ? !isDown(item) : filter.state !== "" && item.state !== filter.state)
    return false;
  if (filter.district !== "" && item.district !== filter.district) return false;
  if (filter.kind !== "" && item.kind !== filter.kind) return false;
  if (filter.alert === "any" ? item.alerts === 0 : filter.alert !== "" && item.alert !== filter.alert)
    return false;
  if (filter.crowded && !isCrowded(item)) return false;
  if (words.length === 0) return true;
  const text = haystack(item);
  return words.every((word) => text.includes(word));
}

const collator = new Intl.Collator("zh", { numeric: true });

function severity({ alert }: FleetItem): number {
  return alert === null ? SEVERITIES.length : SEVERITIES.indexOf(alert);
}

type Order = (a: FleetItem, b: FleetItem) => number;

/** What is pressing stands first: who is down, who is full, where batteries run out. */
const ORDERS: Record<Sort, (language: "zh" | "en") => Order> = {
  state: () => (a, b) => rankOf(b.state) - rankOf(a.state) || severity(a) - severity(b),
  name: (language) => (a, b) => collator.compare(a.name[language], b.name[language]),
  district: () => (a, b) => collator.compare(a.district ?? "", b.district ?? ""),
  people: () => (a, b) => (loadOf(b) ?? -1) - (loadOf(a) ?? -1),
  ready: () => (a, b) => (a.ready ?? Infinity) - (b.ready ?? Infinity) || 0,
  alerts: () => (a, b) => severity(a) - severity(b) || b.alerts - a.alerts,
  seen: () => (a, b) => (b.last_seen ?? 0) - (a.last_seen ?? 0),
};

/** What equals in the chosen order stays by id, as the fleet is. */
export function select(items: Iterable<FleetItem>, filter: Filter, language: "zh" | "en"): FleetItem[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const order = ORDERS[filter.sort](language);
  const turn = filter.reversed ? -1 : 1;
  return [...items].filter((item) => matches(filter, words, item)).sort((a, b) => turn * (order(a, b) || 0));
}
