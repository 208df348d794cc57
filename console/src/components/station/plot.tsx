// One chart: the lines, what they mean in words, and the figures for whoever cannot see lines.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { showNumber, showTime } from "../../format";
import { language } from "../../state/session";
import { onLight, palette } from "../../style/palette";
import { rem } from "../../style/scale";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { summarise, type Chart } from "./series";

const w = speak(table);
/** Charts of one page show the same instant under the pointer. */
const SYNC = "station";
const HEIGHT_REM = 12.5;
/** What is drawn on either side of a single point, s. */
const ALONE_S = 1_800;
/** Rows of the table of figures. */
const ROWS_MAX = 48;
/** Of the lines, in the order of the devices; station.css has the same for the keys. */
const INKS = ["brand", "warn", "idle", "good"] as const;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

export interface Limit {
  value: number;
  text: string;
}

export interface PlotProps {
  title: string;
  unit: string;
  digits: number;
  chart: Chart;
  limits?: readonly Limit[];
  /** Counts stand until the next one. */
  stepped?: boolean;
  hint?: string | null;
}

export function Plot(props: PlotProps) {
  const { title, unit, digits, chart, hint = null } = props;
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLSpanElement>(null);
  const sum = summarise(chart);
  const summary =
    sum === null
      ? w("chart_none")
      : w("chart_summary", {
          min: showNumber(sum.min, digits),
          mean: showNumber(sum.mean, Math.max(digits, 1)),
          max: showNumber(sum.max, digits),
          unit,
        });
  const isEmpty = sum === null;
  useEffect(() => {
    if (isEmpty) return;
    const box = place.current!;
    let drawn = draw(box, readout.current!, props);
    const stopLight = onLight(() => {
      drawn.destroy();
      drawn = draw(box, readout.current!, props);
    });
    const resized = new ResizeObserver(() =>
      drawn.setSize({ width: box.clientWidth, height: rem(HEIGHT_REM) }),
    );
    resized.observe(box);
    return () => {
      resized.disconnect();
      stopLight();
      drawn.destroy();
    };
  }, [chart, language.value]);
  return (
    <figure class="card plot">
      <figcaption>
        <strong>{title}</strong> <span class="soft">{unit}</span>
        {chart.lines.length > 1 && <Keys names={chart.lines.map(({ name }) => name)} />}
        <span class="readout" ref={readout} aria-hidden="true" />
      </figcaption>
      {!isEmpty && <div ref={place} role="img" aria-label={`${title}: ${summary}`} />}
      <p class="soft">
        {summary}
        {hint !== null && ` · ${hint}`}
      </p>
      {!isEmpty && <Figures {...props} />}
    </figure>
  );
}

/** Which line is which, drawn as the lines are. */
function Keys({ names }: { names: readonly string[] }) {
  return (
    <span class="keys">
      {names.map((name, at) => (
        <span key={name}>
          <svg class={`key ink-${at % INKS.length}`} viewBox="0 0 24 8" aria-hidden="true">
            <line x1="0" y1="4" x2="24" y2="4" stroke-dasharray={DASHES[at % DASHES.length]!.join(" ")} />
          </svg>{" "}
          {name}
        </span>
      ))}
    </span>
  );
}

/** Every so many steps a row, so that it can be read to the end. */
function Figures({ title, unit, digits, chart: { at, lines } }: PlotProps) {
  const every = Math.ceil(at.length / ROWS_MAX);
  const rows = at
    .map((_, row) => row)
    .filter((row) => row % every === 0 && lines.some(({ mean }) => mean[row] !== null));
  return (
    <details>
      <summary>{w("chart_table")}</summary>
      <div class="scroll figures" tabIndex={0} role="group" aria-label={`${title}: ${w("chart_table")}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w("at")}</th>
              {lines.map(({ name }) => (
                <th scope="col" class="number" key={name}>
                  {name} {unit}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row}>
                <th scope="row">{showTime(at[row]! * 1_000)}</th>
                {lines.map(({ name, mean }) => (
                  <td class="number" key={name}>
                    {mean[row] == null ? "–" : showNumber(mean[row], digits)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function draw(box: HTMLElement, readout: HTMLElement, props: PlotProps): uPlot {
  const { chart, unit, digits, limits = [], stepped = false } = props;
  const colours = palette();
  // Least and greatest are drawn where there is one line: more bands would hide each other.
  const banded = chart.lines.length === 1 && !stepped;
  const path = stepped ? uPlot.paths.stepped!({ align: 1 }) : uPlot.paths.linear!();
  const lines = chart.lines.map(({ name }, at): uPlot.Series => ({
    label: name,
    stroke: colours[INKS[at % INKS.length]!],
    width: 1.75,
    dash: DASHES[at % DASHES.length]!,
    paths: path,
    points: { show: true, size: 4, filter: lonely },
  }));
  const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };
  const axis: uPlot.Axis = {
    stroke: colours.soft,
    size: rem(2.6),
    grid: { stroke: colours.line, width: 1 },
    ticks: { stroke: colours.line, width: 1 },
    font: `${rem(0.8)}px ${getComputedStyle(box).fontFamily}`,
  };
  const only = chart.lines[0]!;
  const data: uPlot.AlignedData = [
    chart.at,
    ...chart.lines.map(({ mean }) => mean),
    ...(banded ? [only.max, only.min] : []),
  ];
  return new uPlot(
    {
      width: box.clientWidth,
      height: rem(HEIGHT_REM),
      legend: { show: false },
      cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: (_, from, to) => (from < to ? [from, to] : [from - ALONE_S, to + ALONE_S]) },
      },
      axes: [
        { ...axis, values: times },
        { ...axis, size: rem(3.6), values: (_, ticks) => ticks.map((tick) => tick.toLocaleString("en")) },
      ],
      series: [{}, ...lines, ...(banded ? [edge, edge] : [])],
      ...(banded ? { bands: [{ series: [2, 3], fill: fade(colours.brand) }] } : {}),
      hooks: {
        draw: [(plot) => limits.forEach((limit) => drawLimit(plot, limit, colours.bad, colours.soft))],
        setCursor: [(plot) => tell(plot, readout, chart, unit, digits)],
      },
    },
    data,
    box,
  );
}

/** A point between two gaps makes no line: it is drawn as a dot. */
function lonely(plot: uPlot, series: number): number[] {
  const values = plot.data[series]!;
  const found: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found;
}

function fade(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.18)");
}

/** Hours within a day, dates beyond, in the order of the language. */
function times(_: uPlot, ticks: number[], _axis: number, _space: number, step: number): string[] {
  const locale = language.value === "zh" ? "zh-CN" : "en-GB";
  const day: Intl.DateTimeFormatOptions = { month: "numeric", day: "numeric" };
  const hour: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return ticks.map((tick) => {
    const at = new Date(tick * 1_000);
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
    return at.toLocaleString(locale, step >= 86_400 || isMidnight ? day : hour);
  });
}

function drawLimit(plot: uPlot, { value, text }: Limit, ink: string, soft: string): void {
  const y = Math.round(plot.valToPos(value, "y", true));
  const { left, top, width, height } = plot.bbox;
  if (y < top || y > top + height) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.fillStyle = soft;
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.textAlign = "right";
  ctx.textBaseline = y - top > 20 * devicePixelRatio ? "bottom" : "top";
  ctx.fillText(text, left + width - 4, y - 2);
  ctx.restore();
}

/** What stands under the pointer, or the newest. */
function tell(plot: uPlot, readout: HTMLElement, { at, lines }: Chart, unit: string, digits: number): void {
  const index = plot.cursor.idx;
  if (index == null) {
    readout.textContent = "";
    return;
  }
  const told = lines
    .filter(({ mean }) => mean[index] != null)
    .map(
      ({ name, mean }) => `${lines.length > 1 ? `${name} ` : ""}${showNumber(mean[index]!, digits)} ${unit}`,
    );
  readout.textContent = [showTime(at[index]! * 1_000), ...told].join(" · ");
}
