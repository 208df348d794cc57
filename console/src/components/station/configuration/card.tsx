// What the hub has told a station's gateway of its reporting, and whether it took it.

import { useState } from "preact/hooks";
import type { StationConfiguration } from "../../../api/schema";
import { showNumber, showTime } from "../../../format";
import { may } from "../../../state/session";
import { speak } from "../../../words";
import { configuration as table } from "../../../words/configuration";
import { useAsked, Waiting } from "../../asked";
import { useEvery } from "../../every";
import { pathOf } from "../data";
import { kindWord, memberWord, unitOf } from "../show";
import { ConfigurationForm } from "./form";
import { deadbandRows, intervalRows, valueOf } from "./report";

const w = speak(table);
/** How often it is looked whether the gateway has answered. */
const PENDING_MS = 3_000;
const TONES = {
  unset: "late",
  pending: "late",
  acknowledged: "online",
  refused: "offline",
  rolled_back: "offline",
} as const;

export function RemoteConfiguration({ id }: { id: string }) {
  const asked = useAsked<StationConfiguration>(`${pathOf(id)}/configuration`);
  const [isEditing, setEditing] = useState(false);
  const { answer } = asked;
  useEvery(answer?.state === "pending" ? PENDING_MS : null, asked.again);
  return (
    <section class="card" aria-label={w("title")}>
      <div class="heading">
        <h2>{w("title")}</h2>
        {may("admin") && answer !== null && (
          <button type="button" onClick={() => setEditing(true)}>
            {w("edit")}
          </button>
        )}
      </div>
      {answer === null ? <Waiting {...asked} empty={false} /> : <State configuration={answer} />}
      {answer !== null && <Entries configuration={answer} />}
      {isEditing && answer !== null && (
        <ConfigurationForm
          id={id}
          before={answer.report}
          done={() => (setEditing(false), asked.again())}
          close={() => setEditing(false)}
        />
      )}
    </section>
  );
}

interface Props {
  configuration: StationConfiguration;
}

function State({ configuration: { version, set_by: by, set_at: at, state, detail } }: Props) {
  if (state === "unset") return <p class="soft">{w("none")}</p>;
  return (
    <>
      <p role="status">
        <span class={`tag ${TONES[state]}`}>{w(`state.${state}`)}</span> {w(`means.${state}`)}
        {detail !== null && detail !== "" && ` ${w("said", { detail })}`}
      </p>
      <p class="soft">
        {w("version", { version })} · {w("by", { by: by ?? "–", at: at === null ? "–" : showTime(at) })}
      </p>
    </>
  );
}

/** What was set; it may be nothing, which takes all of the former back. */
function Entries({ configuration: { report, state } }: Props) {
  const rows = [...intervalRows(report), ...deadbandRows(report)].filter(
    (row) => valueOf(report, row) !== undefined,
  );
  const least = report.min_interval_s ?? null;
  if (state === "unset") return null;
  if (rows.length === 0 && least === null) return <p class="soft">{w("empty_report")}</p>;
  return (
    <>
      <dl class="values told">
        {rows.map((row) => (
          <div key={row.path}>
            <dt>
              {kindWord(row.kind)} · {row.member === null ? w("intervals") : memberWord(row.member)}
            </dt>
            <dd>{shown(valueOf(report, row) ?? 0, row.member === null ? "s" : unitOf(row.member))}</dd>
          </div>
        ))}
        {least !== null && (
          <div>
            <dt>{w("min_interval_s")}</dt>
            <dd>{shown(least, "s")}</dd>
          </div>
        )}
      </dl>
      <p class="hint">{w("about")}</p>
    </>
  );
}

/** With as many decimals as were set, within reason. */
function shown(value: number, unit: string): string {
  const digits = Math.min(6, String(value).split(".")[1]?.length ?? 0);
  return `${showNumber(value, digits)}\u{a0}${unit}`.trim();
}
