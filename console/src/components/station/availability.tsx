import type { Availability as Answer } from "../../api/schema";
import { showDuration, showShare, showTime } from "../../format";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { Waiting, type Asked } from "../asked";
import { partsOf } from "./uptime";

const w = speak(table);

/** A share of less than this says nothing yet. */
const DAY_MS = 86_400_000;

/** The share of its time that it was there, and when it was not. */
export function Availability({ asked: { answer, error, busy, again } }: { asked: Asked<Answer> }) {
  return (
    <section class="card" aria-label={w("availability")}>
      <h2>{w("availability")}</h2>
      <Waiting busy={busy && answer === null} error={error} empty={false} again={again} />
      {answer !== null && <Figures answer={answer} />}
    </section>
  );
}

function Figures({ answer }: { answer: Answer }) {
  const { from, to, outages } = answer;
  const isYoung = to - from < DAY_MS;
  const told = w("bar", { from: showTime(from), to: showTime(to) });
  return (
    <>
      {isYoung ? (
        <p>{w("availability.young", { from: showTime(from) })}</p>
      ) : (
        <dl class="facts">
          <Share label={w("availability.hub")} share={answer.availability} />
          <Share label={w("availability.station")} share={answer.availability_station} />
        </dl>
      )}
      <p class="soft">{told}</p>
      <div class="uptime" role="img" aria-label={`${told}: ${summary(answer)}`}>
        {partsOf(answer).map(({ share, kind, planned }, at) => (
          <span key={at} class={`part ${kind} ${planned ? "planned" : ""}`} style={{ flexGrow: share }} />
        ))}
      </div>
      <p class="soft">{summary(answer)}</p>
      {outages.length > 0 && <Outages outages={outages} />}
    </>
  );
}

function Share({ label, share }: { label: string; share: number | null }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="big">{share === null ? w("not_enough") : showShare(share, 2)}</dd>
    </div>
  );
}

function summary({ down_ms, link_down_ms, unknown_ms, planned_ms }: Answer): string {
  const parts = [
    [w("outage.station_down"), down_ms],
    [w("outage.link_down"), link_down_ms],
    [w("outage.unknown"), unknown_ms],
    [w("planned"), planned_ms],
  ] as const;
  const told = parts.filter(([, ms]) => ms > 0).map(([word, ms]) => `${word} ${showDuration(ms)}`);
  return told.join(" · ") || w("outages_none");
}

function Outages({ outages }: { outages: Answer["outages"] }) {
  return (
    <div class="scroll log" tabIndex={0} role="group" aria-label={w("outages")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{w("begins")}</th>
            <th scope="col">{w("ends")}</th>
            <th scope="col">{w("lasted")}</th>
            <th scope="col">{w("kind")}</th>
          </tr>
        </thead>
        <tbody>
          {[...outages].reverse().map(({ starts_at, ends_at, kind, planned }) => (
            <tr key={`${starts_at} ${kind}`}>
              <td>{showTime(starts_at)}</td>
              <td>{ends_at === null ? w("ongoing") : showTime(ends_at)}</td>
              <td>{showDuration((ends_at ?? Date.now()) - starts_at)}</td>
              <td>
                {w(`outage.${kind}`)}
                {planned && ` · ${w("planned")}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
