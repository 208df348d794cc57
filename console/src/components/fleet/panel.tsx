import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Link } from "wouter-preact";
import { speak } from "../../words";
import { fleet } from "../../words/fleet";

const w = speak(fleet);

interface Props {
  title: string;
  total: number;
  shown: number;
  /** Where the whole list is. */
  all: string;
  nothing: string;
  children: ComponentChildren;
}

/** One of the lists beside the map: the most pressing ones, and the way to all. */
export function Panel({ title, total, shown, all, nothing, children }: Props) {
  const heading = useId();
  return (
    <section class="card panel" aria-labelledby={heading}>
      <h2 id={heading}>
        {title} <span class="soft">{total}</span>
      </h2>
      {total === 0 ? <p class="soft fine">{nothing}</p> : <ul class="entries">{children}</ul>}
      {total > shown && <Link href={all}>{w("all_of", { count: total })}</Link>}
    </section>
  );
}

/** More than anybody reads; past that the list of stations serves. */
export const SHOWN_MAX = 100;
