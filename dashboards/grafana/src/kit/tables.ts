// Tables: which columns, in which order, how each looks and where it leads.

import type { DataTransformerConfig, DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import { common } from "../words/common";
import { mappings, type Look } from "./look";
import { REGISTERED, rows, type Target } from "./queries";
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

/**
 * Puts the rows of other queries beside those of the first, where `field` has the same value. The time is that of the
 * first query, and none of its rows is lost: those that only the others have are left out, for they have no time.
 */
export function joined(field: string, queries: number): DataTransformerConfig[] {
  if (queries === 1) {
    return [];
  }
  const others = Array.from({ length: queries - 1 }, (_, index) => String.fromCharCode(66 + index));
  const first = { fieldName: "Time", config: { id: "isNotNull", options: {} } };
  return [
    ...others.map((refId) => ({
      id: "organize",
      filter: { id: "byRefId", options: refId },
      options: { excludeByName: { Time: true } },
    })),
    { id: "joinByField", options: { byField: field, mode: "outerTabular" } },
    { id: "filterByValue", options: { filters: [first], type: "include", match: "all" } },
  ];
}

/** The name of the station beside it, which `table` asks for where a table has this column. */
export const stationName: Column = { field: "name", title: common.name };
const isNamed = (options: TableOptions): boolean => options.columns.includes(stationName);

/** What a table asks and how its queries are put together. */
export function completed(
  targets: readonly Target[],
  options: TableOptions,
  { mark }: Edition,
): { targets: readonly Target[]; options: TableOptions } {
  const names = rows(`SELECT last("name_${mark}") AS "name" FROM ${REGISTERED} GROUP BY "station"`);
  const all = isNamed(options) ? [...targets, names] : targets;
  return { targets: all, options: { ...options, before: [...joined("station", all.length), ...(options.before ?? [])] } };
}

/** A new column: one divided by another. */
export const ratio = (alias: string, left: string, right: string): DataTransformerConfig => ({
  id: "calculateField",
  options: { alias, mode: "binary", binary: { left, operator: "/", right }, timeSeries: false },
});
