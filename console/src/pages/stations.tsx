import { useMemo } from "preact/hooks";
import { Waiting } from "../components/asked";
import { filterOf, select } from "../components/stations/filter";
import { Filters } from "../components/stations/filters";
import { StationsTable } from "../components/stations/table";
import { failed, loaded, stations } from "../state/fleet";
import { useChosen } from "../state/place";
import { language } from "../state/session";
import { speak, t } from "../words";
import { stationsWords } from "../words/stations";
import "../style/tools.css";
import "../style/stations.css";

const w = speak(stationsWords);

/** All stations in one list, however many: what it shows stands in the address. */
export function Stations() {
  const [query, choose] = useChosen();
  const filter = useMemo(() => filterOf(query), [query]);
  const fleet = stations.value;
  const found = useMemo(
    () => select(fleet.values(), filter, language.value),
    [fleet, filter, language.value],
  );
  const error = loaded.value ? null : failed.value;
  return (
    <div class="stations">
      <div class="heading">
        <h1>{t("stations")}</h1>
        <p class="soft" role="status">
          {w("found", { shown: found.length, total: fleet.size })}
        </p>
      </div>
      <Filters filter={filter} choose={choose} />
      <Waiting
        busy={!loaded.value && error === null}
        error={error}
        empty={found.length === 0}
        nothing={w("none")}
        again={() => location.reload()}
      />
      {found.length > 0 && <StationsTable items={found} filter={filter} choose={choose} />}
    </div>
  );
}
