// What the report speaks of: when, by what, which kind, where. All of it stands in the address.

import type { Utilisation } from "../../api/schema";
import { isPeriod, periodOf, PERIODS, type Period, type PeriodName } from "../../report/period";
import { zone } from "../../report/zone";
import { useChosen } from "../../state/place";
import { speak } from "../../words";
import { utilisation } from "../../words/utilisation";
import { districts } from "../place-name";
import { Select } from "../select";
import { StationFilter } from "../station-filter";

const w = speak(utilisation);

export const BYS = ["district", "street", "grid", "city", "kind", "host", "station"] as const;
export const KINDS = ["rest", "counselling", "in_factory"] as const;

export interface Choice {
  periodName: PeriodName;
  period: Period | null;
  by: Utilisation["by"];
  kind: Utilisation["kind"];
  district: string | null;
  station: string | null;
}

export function useChoice(): Choice {
  const [chosen] = useChosen();
  const name = chosen.get("period");
  const periodName = isPeriod(name) ? name : "7d";
  const by = chosen.get("by") as Choice["by"];
  const kind = chosen.get("kind") as Choice["kind"];
  return {
    periodName,
    period: periodOf(periodName, Date.now(), zone.value, chosen.get("first"), chosen.get("last")),
    by: BYS.includes(by) ? by : "district",
    kind: KINDS.includes(kind) ? kind : "rest",
    district: chosen.get("district"),
    station: chosen.get("station"),
  };
}

/** Low use has a stretch of its own, eight weeks, and is not asked for by place. */
export function Choices({ view, choice }: { view: string; choice: Choice }) {
  const [chosen, choose] = useChosen();
  const { periodName, by, kind, district, station } = choice;
  const hasPeriod = view !== "low";
  const hasBy = view === "compare" || view === "report";
  return (
    <div class="filters no-print" role="search">
      {hasPeriod && (
        <Select
          label={w("period")}
          value={periodName}
          choices={PERIODS.map((each) => [each, w(`period.${each}`)] as const)}
          choose={(period) => choose({ period })}
        />
      )}
      {hasPeriod && periodName === "free" && (
        <>
          <Day label={w("first")} value={chosen.get("first")} choose={(first) => choose({ first })} />
          <Day label={w("last")} value={chosen.get("last")} choose={(last) => choose({ last })} />
        </>
      )}
      {hasBy && (
        <Select
          label={w("by")}
          value={by}
          choices={BYS.map((each) => [each, w(`by.${each}`)] as const)}
          choose={(by) => choose({ by })}
        />
      )}
      <Select
        label={w("kind")}
        value={kind}
        choices={KINDS.map((each) => [each, w(`kind.${each}`)] as const)}
        choose={(kind) => choose({ kind })}
      />
      <Select
        label={w("district")}
        value={district ?? ""}
        choices={[["", w("all")], ...districts().map((each) => [each, each] as const)]}
        choose={(district) => choose({ district })}
      />
      {view !== "low" && view !== "stars" && (
        <StationFilter label={w("station")} value={station ?? ""} choose={(station) => choose({ station })} />
      )}
    </div>
  );
}

interface DayProps {
  label: string;
  value: string | null;
  choose(day: string): void;
}

function Day({ label, value, choose }: DayProps) {
  return (
    <label>
      {label}
      <input type="date" value={value ?? ""} onChange={(event) => choose(event.currentTarget.value)} />
    </label>
  );
}
