// The report: how rooms and cabinets were used, with figures that can be defended.

import type { Utilisation as Row } from "../api/schema";
import { usePages, Waiting } from "../components/asked";
import { Export } from "../components/export";
import { Bars } from "../components/report/bars";
import { Choices, useChoice, type Choice } from "../components/report/choices";
import { FigureTable } from "../components/report/figure-table";
import { Definitions, ReportHead } from "../components/report/frame";
import { HeatMap } from "../components/report/heat-map";
import { LowUseList } from "../components/report/low-use";
import { StarList } from "../components/report/star-list";
import { Summary } from "../components/report/summary";
import { Tabs } from "../components/tabs";
import { useChosen } from "../state/place";
import "../style/lists.css";
import "../style/tools.css";
import "../style/utilisation.css";
import { speak, t } from "../words";
import { utilisation } from "../words/utilisation";

const w = speak(utilisation);

const VIEWS = ["compare", "heat", "low", "stars", "report"] as const;
const PATH = "/api/v1/utilisation";
/** A country's smart stations, 1,000 a page. */
const PAGES_MAX = 20;

export function Utilisation() {
  const [chosen] = useChosen();
  const choice = useChoice();
  const view = VIEWS.find((each) => each === chosen.get("view")) ?? "compare";
  const { period, by, district, station } = choice;
  return (
    <div class="utilisation">
      <div class="heading">
        <ReportHead choice={choice} hasPeriod={view !== "low"} />
        <div class="actions no-print">
          {period !== null && (view === "compare" || view === "report") && (
            <Export
              path={PATH}
              query={{ ...period, by, resolution: "total", district, station }}
              file={`utilisation-${by}.csv`}
            />
          )}
          <button type="button" onClick={() => print()}>
            {t("print")}
          </button>
        </div>
      </div>
      <Tabs
        label={t("utilisation")}
        name="view"
        chosen={view}
        choices={VIEWS.map((each) => [each, w(`view.${each}`)] as const)}
      />
      <Choices view={view} choice={choice} />
      {period === null && view !== "low" ? (
        <p role="alert">{w("wrong_period")}</p>
      ) : (
        <div class="stack">
          {(view === "compare" || view === "report") && <Comparison choice={choice} />}
          {(view === "heat" || view === "report") && <HeatMap choice={choice} />}
          {(view === "low" || view === "report") && <LowUseList choice={choice} />}
          {(view === "stars" || view === "report") && <StarList choice={choice} />}
          <Definitions />
        </div>
      )}
    </div>
  );
}

function Comparison({ choice }: { choice: Choice }) {
  const { period, by, kind, district, station } = choice;
  const query = { ...period, resolution: "total", district, station, limit: 1_000 };
  const all = usePages<Row>(PATH, { ...query, by: "kind" });
  const pages = usePages<Row>(PATH, { ...query, by }, PAGES_MAX);
  const total = all.items.find((row) => row.kind === kind);
  const rows = pages.items.filter((row) => row.kind === kind);
  return (
    <>
      {total !== undefined && <Summary row={total} />}
      {rows.length > 0 && (
        <>
          <Bars rows={rows} />
          <FigureTable rows={rows} />
        </>
      )}
      <Waiting {...pages} empty={rows.length === 0} nothing={w("none_of_kind")} />
    </>
  );
}
