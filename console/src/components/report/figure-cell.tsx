import type { Figure } from "../../api/schema";
import { judged, showCoverage, showFigure, type Column } from "../../report/figures";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";

const w = speak(utilisation);

interface Props {
  figure: Figure;
  unit: Column["unit"];
}

/** A number, or why there is none: what rests on too little data is never shown as a number. */
export function FigureText({ figure, unit }: Props) {
  const value = judged(figure);
  if (typeof value === "number") return <>{showFigure(value, unit)}</>;
  if (value === "not_enough_data") {
    return (
      <span class="missing">
        {w("not_enough_data")} <small>{w("covered", { share: showCoverage(figure.data_coverage) })}</small>
      </span>
    );
  }
  return <span class="missing">{w(value)}</span>;
}
