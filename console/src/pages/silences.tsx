// What is told to nobody for a while, and where work is planned.

import type { Maintenance, Matcher, Silence } from "../api/schema";
import { MaintenanceForm } from "../components/maintenance-form";
import { StationLink, stationName } from "../components/place-name";
import { SilenceForm } from "../components/silence-form";
import { WindowList } from "../components/window-list";
import { meets } from "../state/alerts";
import { firing } from "../state/fleet";
import { useChosen } from "../state/place";
import { may } from "../state/session";
import "../style/alerts.css";
import "../style/tools.css";
import { speak, t } from "../words";
import { silences } from "../words/silences";

const w = speak(silences);

export function Silences() {
  const [chosen, choose] = useChosen();
  const ended = chosen.get("ended") === "true";
  return (
    <>
      <div class="heading">
        <h1>{t("silences")}</h1>
        <label class="check">
          <input
            type="checkbox"
            checked={ended}
            onChange={(event) => choose({ ended: event.currentTarget.checked ? "true" : null })}
          />
          {w("show_ended")}
        </label>
      </div>
      {!may("operator") && <p class="hint">{w("need_operator")}</p>}
      <div class="stack">
        <SilenceList ended={ended} />
        <MaintenanceList ended={ended} />
      </div>
    </>
  );
}

function SilenceList({ ended }: { ended: boolean }) {
  return (
    <WindowList<Silence>
      name="silences"
      ended={ended}
      words={{ title: "silences", about: "silences_about", nothing: "no_silences" }}
      add="add_silence"
      end="end_silence"
      about={({ matchers }) => <Matchers matchers={matchers} />}
      matched={({ matchers }) => [...firing.value.values()].filter((alert) => meets(alert, matchers)).length}
      form={(acts) => <SilenceForm first={[{ name: "rule", value: "offline" }]} {...acts} />}
    />
  );
}

function Matchers({ matchers }: { matchers: Matcher[] }) {
  return (
    <span class="tags">
      {matchers.map(({ name, value }) => (
        <span key={`${name} ${value}`} class="tag idle">
          {w(name)} = {shownValue(name, value)}
        </span>
      ))}
    </span>
  );
}

function shownValue(name: Matcher["name"], value: string): string {
  if (name === "rule") return w(`rule.${value}` as "rule.offline");
  if (name === "severity") return w(`severity.${value}` as "severity.info");
  return name === "station" ? stationName(value) : value;
}

function MaintenanceList({ ended }: { ended: boolean }) {
  return (
    <WindowList<Maintenance>
      name="maintenance"
      ended={ended}
      words={{ title: "maintenance", about: "maintenance_about", nothing: "no_maintenance" }}
      add="add_maintenance"
      end="end_maintenance"
      about={({ station, district }) => (station === null ? district : <StationLink id={station} />)}
      form={(acts) => <MaintenanceForm {...acts} />}
    />
  );
}
