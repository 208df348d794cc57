import { speak } from "../../words";
import { station as table } from "../../words/station";
import { SPANS, type SpanName } from "./history-data";

const w = speak(table);

/** A day, a week or a month. */
export function SpanChoice({ chosen, choose }: { chosen: SpanName; choose(span: SpanName): void }) {
  return (
    <div class="choice" role="group" aria-label={w("span")}>
      {(Object.keys(SPANS) as SpanName[]).map((each) => (
        <button type="button" key={each} aria-pressed={each === chosen} onClick={() => choose(each)}>
          {w(`span.${each}`)}
        </button>
      ))}
    </div>
  );
}
