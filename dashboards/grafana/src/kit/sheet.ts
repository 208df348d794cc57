// A dashboard that is being filled, panel by panel, from left to right and from top to bottom.

import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  FieldColorBuilder,
  FieldColorModeId,
  RowBuilder,
  TimePickerBuilder,
  type Dashboard,
  type DataTransformerConfig,
  type DynamicConfigValue,
  type Panel,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { common } from "../words/common";
import { mappings, thresholds, type Look } from "./look";
import { INFLUX, type Target } from "./queries";
import type { Edition, Text, Words } from "./speech";
import { variables, type Choice } from "./variables";

/** Where a page is and what it is called. */
export interface PageInfo {
  name: string;
  words: Words;
  /** The time that it opens with, such as `now-6h`. */
  from: string;
  refresh: string;
  choices: readonly Choice[];
}

/** Names and colours of series whose names are a device's words. */
export type SeriesNames = Readonly<Record<string, { text: Text; colour?: string }>>;

/** What the builders of all kinds of panels have in common. */
export interface Dressable extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  withTarget(target: Target): this;
  withTransformation(transformation: DataTransformerConfig): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  thresholds(of: ReturnType<typeof thresholds>): this;
  mappings(mappings: ValueMapping[]): this;
  colorScheme(colour: FieldColorBuilder): this;
  noValue(text: string): this;
  min(min: number): this;
  max(max: number): this;
  span(width: number): this;
  height(height: number): this;
  overrideByName(name: string, properties: DynamicConfigValue[]): this;
}

export interface Place {
  width: number;
  height: number;
}

/** Which colours a panel has: those of its thresholds, or one for each series. */
export type Colours = "thresholds" | "series";

export class Sheet {
  private readonly dashboard: DashboardBuilder;
  private panels = 0;

  constructor(
    info: PageInfo,
    readonly edition: Edition,
    others: readonly PageInfo[],
  ) {
    const { say } = edition;
    this.dashboard = new DashboardBuilder(say(info.words.title))
      .uid(uid(info.name, edition))
      .description(say(info.words.about))
      .tags(["waystation", edition.mark])
      .timezone("browser")
      .weekStart("monday")
      .readonly()
      .tooltip(DashboardCursorSync.Crosshair)
      .time({ from: info.from, to: "now" })
      .timepicker(new TimePickerBuilder().refreshIntervals(["30s", "1m", "5m", "15m"]))
      .refresh(info.refresh)
      .variables(variables(info.choices, say))
      .links(links(info, edition, others));
  }

  row(title: Text): this {
    this.dashboard.withRow(new RowBuilder(this.edition.say(title)).id(this.nextId()));
    return this;
  }

  /** Adds a panel: what it says, how its numbers look, what it asks. */
  add<B extends Dressable & { id(id: number): B }>(
    builder: B,
    words: Words,
    look: Look,
    place: Place,
    targets: readonly Target[],
    colours: Colours = "thresholds",
    datasource: DataSourceRef = INFLUX,
  ): B {
    const { say } = this.edition;
    const colour = colours === "thresholds" ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassicByName;
    builder
      .id(this.nextId())
      .title(say(words.title))
      .description(say(words.about))
      .datasource(datasource)
      .unit(look.unit)
      .decimals(look.decimals)
      .thresholds(thresholds(look.steps))
      .colorScheme(new FieldColorBuilder().mode(colour))
      .noValue(look.nothing ?? "—")
      .span(place.width)
      .height(place.height);
    if (look.states) {
      builder.mappings(mappings(look.states, say));
    }
    if (look.min !== undefined) {
      builder.min(look.min);
    }
    if (look.max !== undefined) {
      builder.max(look.max);
    }
    targets.forEach((target, index) => builder.withTarget(target.refId(String.fromCharCode(65 + index))));
    this.dashboard.withPanel(builder);
    return builder;
  }

  build(): Dashboard {
    return this.dashboard.build();
  }

  private nextId(): number {
    this.panels += 1;
    return this.panels;
  }
}

export const uid = (name: string, edition: Edition): string => `waystation-${name}-${edition.mark}`;

/** Gives series the names that people read. */
export function nameSeries(builder: Dressable, names: SeriesNames, edition: Edition): void {
  for (const [series, { text, colour }] of Object.entries(names)) {
    const properties: DynamicConfigValue[] = [{ id: "displayName", value: edition.say(text) }];
    if (colour !== undefined) {
      properties.push({ id: "color", value: { mode: "fixed", fixedColor: colour } });
    }
    builder.overrideByName(series, properties);
  }
}

/** To every other page, and to this one in the other language; what was chosen is kept. */
function links(info: PageInfo, edition: Edition, others: readonly PageInfo[]): DashboardLinkBuilder[] {
  const link = (title: string, url: string) =>
    new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).keepTime(false).includeVars(true);
  const pages = others.filter((other) => other.name !== info.name);
  const otherMark = edition.mark === "zh" ? "en" : "zh";
  return [
    ...pages.map((page) => link(edition.say(page.words.title), `/d/${uid(page.name, edition)}`)),
    link(edition.say(common.otherLanguage), `/d/waystation-${info.name}-${otherMark}`).keepTime(true),
  ];
}
