// Tables: which columns, in which order, how each looks and where it leads.

import type { DataTransformerConfig, DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import { common } from "../words/common";
import { mappings, type Look } from "./look";
import type { Edition, Text } from "./speech";

export interface Column {
  /** As the store calls it. */
  field: string;
  title: Text;
  look?: Look;
  /** Leads to the page of the station that stands in it. */
  toStation?: boolean;
  width?: number;
  /** Its colour fills the cell. */
  filled?: boolean;
}

export interface TableOptions {
  columns: readonly Column[];
  /** What is done to the rows before columns are chosen. */
  before?: readonly DataTransformerConfig[];
  /** Which rows come first, and how many are shown. */
  order?: { field: string; desc: boolean; limit?: number };
}

/** Where the page of a station is; `value` is its id. */
export const stationUrl = (edition: Edition, value: string): string =>
  `/d/waystation-station-${edition.mark}?var-station=${value}&\${influx:queryparam}&\${prometheus:queryparam}&\${__url_time_range}`;

export function tableTransformations(options: TableOptions): DataTransformerConfig[] {
  const names = options.columns.map((column) => column.field);
  const order = options.order;
  const sorted = order ? [{ id: "sortBy", options: { sort: [{ field: order.field, desc: order.desc }] } }] : [];
  const limited = order?.limit === undefined ? [] : [{ id: "limit", options: { limitField: order.limit } }];
  return [
    ...(options.before ?? []),
    ...sorted,
    ...limited,
    { id: "filterFieldsByName", options: { include: { names } } },
    { id: "organize", options: { indexByName: Object.fromEntries(names.map((name, index) => [name, index])) } },
  ];
}

/** The properties of one column. */
export function columnProperties(column: Column, edition: Edition): DynamicConfigValue[] {
  const { look } = column;
  const properties: DynamicConfigValue[] = [{ id: "displayName", value: edition.say(column.title) }];
  if (look) {
    properties.push({ id: "unit", value: look.unit }, { id: "decimals", value: look.decimals });
    properties.push({ id: "thresholds", value: { mode: "absolute", steps: look.steps } });
    if (look.states) {
      properties.push({ id: "mappings", value: mappings(look.states, edition.say) });
    }
    if (look.states || look.steps.length > 1) {
      const type = column.filled ? TableCellDisplayMode.ColorBackground : TableCellDisplayMode.ColorText;
      properties.push({ id: "custom.cellOptions", value: { type } });
    }
  }
  if (column.toStation) {
    const link = { title: edition.say(common.openStation), url: stationUrl(edition, "${__value.raw}") };
    properties.push({ id: "links", value: [link] });
  }
  if (column.width !== undefined) {
    properties.push({ id: "custom.width", value: column.width });
  }
  return properties;
}

/** Puts the rows of two queries beside each other, those with the same value in `field`; the time is that of the first. */
export const joined = (field: string): DataTransformerConfig[] => [
  { id: "organize", filter: { id: "byRefId", options: "B" }, options: { excludeByName: { Time: true } } },
  { id: "joinByField", options: { byField: field, mode: "inner" } },
];

/** A new column: one divided by another. */
export const ratio = (alias: string, left: string, right: string): DataTransformerConfig => ({
  id: "calculateField",
  options: { alias, mode: "binary", binary: { left, operator: "/", right }, timeSeries: false },
});
