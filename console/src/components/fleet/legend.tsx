import { speak, t } from "../../words";
import { fleet } from "../../words/fleet";

const w = speak(fleet);
const SHOWN = [
  ["online", "●"],
  ["late", "▲"],
  ["offline", "◆"],
  ["unknown", "○"],
] as const;

export function Legend() {
  return (
    <ul class="legend" aria-label={w("legend")}>
      {SHOWN.map(([state, shape]) => (
        <li key={state}>
          <span class={`ink ${state}`} aria-hidden="true">
            {shape}
          </span>{" "}
          {t(`state.${state}`)}
        </li>
      ))}
      <li>
        <span class="ink critical" aria-hidden="true">
          ◎
        </span>{" "}
        {w("critical")}
      </li>
    </ul>
  );
}
