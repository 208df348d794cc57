// The station's last day, week or month in charts.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { CabinetReading } from "../../api/schema";
import { showNumber, showTime } from "../../format";
import { useChosen } from "../../state/place";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { Waiting } from "../asked";
import { KINDS, cabinets, isSpan, spanOf, steps, type ChartKind, type SpanName } from "./history-data";
import { Plot, type Limit } from "./plot";
import { readyOfSteps, readyOver } from "./ready";
import { chartOf, clipped, type Span, type Step } from "./series";
import { memberWord, unitOf } from "./show";
import { SpanChoice } from "./span-choice";

const w = speak(table);

interface Shown {
  kind: ChartKind;
  member: string;
  digits: number;
  title?: "outbox" | "signal" | "cabinet_temperature";
  limits?: readonly number[];
}

/** Limits: GB/T 18883 for the air (indicative), else the hub's alert defaults. */
const SHOWN: readonly Shown[] = [
  { kind: "occupancy", member: "people", digits: 0 },
  { kind: "environment", member: "temperature_c", digits: 1, limits: [10, 35] },
  { kind: "environment", member: "humidity_pct", digits: 0 },
  { kind: "environment", member: "co2_ppm", digits: 0, limits: [1_000] },
  { kind: "environment", member: "pm2_5_ugm3", digits: 0, limits: [50] },
  { kind: "environment", member: "noise_dba", digits: 0 },
  { kind: "cabinet", member: "temperature_c", digits: 1, title: "cabinet_temperature", limits: [0, 55] },
  { kind: "gateway", member: "outbox_records", digits: 0, title: "outbox" },
  { kind: "gateway", member: "rssi_dbm", digits: 0, title: "signal" },
];
/** The newest step grows; charts follow it this often, ms. */
const REFRESH_MS = 60_000;

interface Loaded {
  span: Span;
  kinds: Record<ChartKind, Step[]>;
  slots: { from: number; readings: CabinetReading[] } | null;
}

interface Props {
  id: string;
  capacity: number | null;
}

export default function History({ id, capacity }: Props) {
  const [query, choose] = useChosen();
  const name = query.get("span");
  const chosen = isSpan(name) ? name : "1d";
  const { loaded, error, again } = useHistory(id, chosen);
  return (
    <section class="history" aria-label={w("history")}>
      <div class="heading">
        <h2>{w("history")}</h2>
        <SpanChoice chosen={chosen} choose={(span) => choose({ span: span === "1d" ? null : span })} />
        <span class="soft">{w("chart_band")}</span>
      </div>
      <Waiting busy={loaded === null && error === null} error={error} empty={false} again={again} />
      {loaded !== null && <Charts loaded={loaded} capacity={capacity} />}
    </section>
  );
}

function useHistory(id: string, name: SpanName) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => setLoaded(null), [id, name]);
  useEffect(() => {
    const stop = new AbortController();
    const span = spanOf(name, Date.now());
    const load = async (): Promise<void> => {
      const found = await Promise.all(KINDS.map((kind) => steps(id, kind, span, stop.signal)));
      const kinds = Object.fromEntries(KINDS.map((kind, at) => [kind, found[at]!])) as Loaded["kinds"];
      const hasSlots = name === "1d" && kinds.cabinet.length > 0;
      setLoaded((known) => ({ span, kinds, slots: known?.slots ?? null }));
      setError(null);
      if (!hasSlots) return;
      const slots = await cabinets(id, span.to, stop.signal);
      setLoaded({ span, kinds, slots });
    };
    load().catch((error: Error) => !stop.signal.aborted && setError(error));
    const timer = setTimeout(() => setRound((round) => round + 1), REFRESH_MS);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, name, round]);
  return { loaded, error, again: () => setRound((round) => round + 1) };
}

function Charts({ loaded: { span, kinds, slots }, capacity }: { loaded: Loaded; capacity: number | null }) {
  const shown = useMemo(
    () => SHOWN.filter(({ kind, member }) => kinds[kind].some(({ mean }) => member in mean)),
    [kinds],
  );
  return (
    <div class="plots">
      {shown.length === 0 && <p class="soft">{w("chart_none")}</p>}
      {slots !== null && <ReadyPlot span={span} {...slots} />}
      {slots === null && <ReadyStepsPlot span={span} steps={kinds.cabinet} />}
      {shown.map((each) => (
        <MemberPlot
          key={`${each.kind} ${each.member}`}
          shown={each}
          steps={kinds[each.kind]}
          span={span}
          capacity={each.member === "people" ? capacity : null}
        />
      ))}
    </div>
  );
}

interface MemberProps {
  shown: Shown;
  steps: readonly Step[];
  span: Span;
  capacity: number | null;
}

function MemberPlot({ shown: { member, digits, title, limits = [] }, steps, span, capacity }: MemberProps) {
  const chart = useMemo(() => clipped(chartOf(steps, member, span)), [steps, member, span]);
  const unit = unitOf(member);
  const drawn: Limit[] = limits.map((value) => ({
    value,
    text: w("limit", { value: `${showNumber(value)} ${unit}` }),
  }));
  if (capacity !== null) drawn.push({ value: capacity, text: w("capacity_line", { value: capacity }) });
  return (
    <Plot
      title={title ? w(title) : memberWord(member)}
      unit={unit}
      digits={digits}
      chart={chart}
      limits={drawn}
    />
  );
}

function ReadyPlot({ span, from, readings }: { span: Span; from: number; readings: CabinetReading[] }) {
  const chart = useMemo(() => clipped(readyOver(readings, span)), [readings, span]);
  const isShort = from > span.from + span.step;
  const hint = isShort ? w("ready_short", { from: showTime(from) }) : null;
  return <Plot title={w("ready")} unit="" digits={0} chart={chart} stepped hint={hint} />;
}

/** Over a week or a month: means of each step. */
function ReadyStepsPlot({ span, steps }: { span: Span; steps: readonly Step[] }) {
  const chart = useMemo(() => clipped(readyOfSteps(steps, span)), [steps, span]);
  if (chart.lines.length === 0) return null;
  return <Plot title={w("ready")} unit="" digits={1} chart={chart} hint={w("ready_mean")} />;
}
