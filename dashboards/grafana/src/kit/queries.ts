// Queries of both stores. The SDK has no type for InfluxQL, so the one that Grafana's data source documents stands here.

import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { DataqueryBuilder as Prometheus, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";

export const INFLUX = { type: "influxdb", uid: "${influx}" };
export const PROMETHEUS = { type: "prometheus", uid: "${prometheus}" };

/** Stations of the chosen districts; "all" is `.*`, which stations without a district match too. */
export const IN_DISTRICT = '"district" =~ /^${district:regex}$/';
/** Kinds of stations are never added up together: one is chosen. */
export const OF_KIND = '"kind" =~ /^${kind:regex}$/';
/** The chosen station. */
export const AT_STATION = '"station" =~ /^${station:regex}$/';

/** What the registry says, by station: the hub writes it each day, so this also holds while it has been away. */
export const REGISTERED = '"station" WHERE time > now() - 30d';

/** A query that has a place among a panel's others. */
export interface Target extends Builder<Dataquery> {
  refId(id: string): this;
}

interface InfluxQuery extends Dataquery {
  refId?: string;
  datasource: typeof INFLUX;
  rawQuery: true;
  query: string;
  resultFormat: "time_series" | "table";
  alias?: string;
}

class InfluxTarget implements Target {
  constructor(private readonly query: InfluxQuery) {}

  refId(id: string): this {
    this.query.refId = id;
    return this;
  }

  build(): InfluxQuery {
    return this.query;
  }
}

function influx(query: string, resultFormat: InfluxQuery["resultFormat"], alias?: string): Target {
  const named = alias === undefined ? {} : { alias };
  return new InfluxTarget({
    datasource: INFLUX,
    rawQuery: true,
    query,
    resultFormat,
    ...named,
    _implementsDataqueryVariant() {},
  });
}

/** Lines over time; `alias` is their name, `$tag_x` the value of a tag. */
export const curve = (query: string, alias: string): Target => influx(query, "time_series", alias);

/** Rows: one column for the time, one for each tag of GROUP BY, one for each field. */
export const rows = (query: string): Target => influx(query, "table");

/** Lines over time from Prometheus; `legend` may name labels as `{{label}}`. */
export const range = (expression: string, legend: string): Target =>
  new Prometheus().datasource(PROMETHEUS).expr(expression).legendFormat(legend).range();

/** One number from Prometheus. */
export const instant = (expression: string, legend = "value"): Target =>
  new Prometheus().datasource(PROMETHEUS).expr(expression).legendFormat(legend).instant();

/** Rows from Prometheus: a column for each label, and `Value`. */
export const instantRows = (expression: string): Target =>
  new Prometheus().datasource(PROMETHEUS).expr(expression).format(PromQueryFormat.Table).instant();
