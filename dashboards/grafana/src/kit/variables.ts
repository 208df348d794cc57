// What can be chosen at the top of a page.

import {
  ConstantVariableBuilder,
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { common, kinds } from "../words/common";
import { INFLUX, IN_DISTRICT } from "./queries";
import type { Speak } from "./speech";

export type Choice = "district" | "station" | "kind";

/** The choices of a page; both data sources can be chosen on every one. */
export function variables(choices: readonly Choice[], say: Speak): Builder<VariableModel>[] {
  const made: Builder<VariableModel>[] = [
    new DatasourceVariableBuilder("influx").label("InfluxDB").type("influxdb"),
    new DatasourceVariableBuilder("prometheus").label("Prometheus").type("prometheus"),
    // Days begin at local midnight; the hub's own zone is the same by default.
    hidden(new ConstantVariableBuilder("zone").label(say(common.zone)).value("Asia/Shanghai")),
  ];
  if (choices.includes("district")) {
    made.push(
      query("district", say(common.district), 'SHOW TAG VALUES FROM "presence" WITH KEY = "district"')
        .multi(true)
        .includeAll(true)
        .allValue(".*")
        .current({ selected: true, text: "All", value: "$__all" }),
    );
  }
  if (choices.includes("kind")) {
    const choices = Object.entries(kinds).map(([value, { text }]) => ({ text: say(text), value }));
    made.push(
      new CustomVariableBuilder("kind")
        .label(say(common.kind))
        .values(choices.map(({ text, value }) => `${text} : ${value}`).join(","))
        .options(choices.map((choice, index) => ({ ...choice, selected: index === 0 })))
        .current({ ...choices[0]!, selected: true }),
    );
  }
  if (choices.includes("station")) {
    const stations = `SHOW TAG VALUES FROM "presence" WITH KEY = "station" WHERE ${IN_DISTRICT}`;
    made.push(query("station", say(common.station), stations));
  }
  return made;
}

function query(name: string, label: string, text: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(INFLUX)
    .query(text)
    .definition(text)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function hidden(variable: Builder<VariableModel>): Builder<VariableModel> {
  return { build: () => ({ ...variable.build(), hide: VariableHide.HideVariable }) };
}
