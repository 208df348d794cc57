import { bandOf } from "../state/judge";
import "../style/load-bar.css";

/** How full a station is, in the colour of its band. The figures stand beside it. */
export function LoadBar({ load }: { load: number }) {
  return (
    <span class={`load-bar ${bandOf(load)}`} aria-hidden="true">
      <span style={{ width: `${Math.min(1, load) * 100}%` }} />
    </span>
  );
}
