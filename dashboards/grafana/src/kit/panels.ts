// The kinds of panels that the pages are made of.

import {
  AxisPlacement,
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TableCellHeight,
  TimelineValueAlignment,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
  TooltipDisplayMode,
  SortOrder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as Bars } from "@grafana/grafana-foundation-sdk/barchart";
import { PanelBuilder as Gauges } from "@grafana/grafana-foundation-sdk/bargauge";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as Timeline } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as Series } from "@grafana/grafana-foundation-sdk/timeseries";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import type { Look } from "./look";
import { INFLUX, type Target } from "./queries";
import { nameSeries, type Place, type SeriesNames, type Sheet } from "./sheet";
import type { Words } from "./speech";
import { columnProperties, completed, tableTransformations, type TableOptions } from "./tables";

/** One number, large. `field` picks a column of a table. */
export function stat(
  sheet: Sheet,
  words: Words,
  look: Look,
  place: Place,
  target: Target,
  options: { source?: DataSourceRef; field?: string } = {},
): void {
  const fields = options.field === undefined ? "" : `/^${options.field}$/`;
  const panel = new Stat()
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(["lastNotNull"]).fields(fields))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.Value);
  sheet.add(panel, words, look, place, [target], "thresholds", options.source);
}

export interface CurveOptions {
  source?: DataSourceRef;
  names?: SeriesNames;
  /** Bars instead of lines, on top of each other. */
  stacked?: boolean;
  /** Holds its value until the next one, as a counter of people does. */
  steps?: boolean;
  /** The shortest interval that has data, such as `1h`. */
  interval?: string;
  /** How far apart two points may be and still be joined, ms. */
  bridge?: number;
}

/** Lines over time, with the thresholds drawn as lines. */
export function curves(
  sheet: Sheet,
  words: Words,
  look: Look,
  place: Place,
  targets: readonly Target[],
  options: CurveOptions = {},
): void {
  const panel = new Series()
    .lineWidth(1)
    .fillOpacity(options.stacked ? 60 : 8)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(options.bridge ?? false)
    .axisPlacement(AxisPlacement.Auto)
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        look.steps.length > 1 && !options.stacked ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (options.stacked) {
    panel.drawStyle(GraphDrawStyle.Bars).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  }
  if (options.steps) {
    panel.lineInterpolation(LineInterpolation.StepAfter);
  }
  if (options.interval !== undefined) {
    panel.interval(options.interval);
  }
  nameSeries(panel, options.names ?? {}, sheet.edition);
  sheet.add(panel, words, look, place, targets, "series", options.source);
}

/** States over time, one line for each thing. */
export function timeline(
  sheet: Sheet,
  words: Words,
  look: Look,
  place: Place,
  targets: readonly Target[],
  source: DataSourceRef = INFLUX,
): void {
  const panel = new Timeline()
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .alignValue(TimelineValueAlignment.Left)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(75)
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List));
  sheet.add(panel, words, look, place, targets, "thresholds", source);
}

export function table(
  sheet: Sheet,
  words: Words,
  look: Look,
  place: Place,
  asked: readonly Target[],
  given: TableOptions & { source?: DataSourceRef },
): void {
  const { targets, options } = completed(asked, given, sheet.edition);
  const panel = new Table().showHeader(true).cellHeight(TableCellHeight.Sm).filterable(true);
  for (const transformation of tableTransformations(options)) {
    panel.withTransformation(transformation);
  }
  for (const column of options.columns) {
    panel.overrideByName(column.field, columnProperties(column, sheet.edition));
  }
  sheet.add(panel, words, look, place, targets, "thresholds", given.source);
}

/** One bar for each row; the column `x` names them. */
export function bars(
  sheet: Sheet,
  words: Words,
  look: Look,
  place: Place,
  target: Target,
  options: TableOptions & { x: string },
): void {
  const panel = new Bars()
    .xField(options.x)
    .orientation(VizOrientation.Horizontal)
    .showValue(VisibilityMode.Always)
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List));
  for (const transformation of tableTransformations(options)) {
    panel.withTransformation(transformation);
  }
  for (const column of options.columns) {
    panel.overrideByName(column.field, columnProperties(column, sheet.edition));
  }
  sheet.add(panel, words, look, place, [target]);
}

/** A bar for each query, with its number. */
export function gauges(sheet: Sheet, words: Words, look: Look, place: Place, targets: readonly Target[]): void {
  const panel = new Gauges()
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(["lastNotNull"]).fields(""));
  sheet.add(panel, words, look, place, targets);
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(["lastNotNull", "max"]);
}
