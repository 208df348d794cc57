// What is told to nobody for a while, and where work is planned.

import { useState } from "preact/hooks";
import type { Page } from "../api/client";
import type { Maintenance, Matcher, Silence } from "../api/schema";
import { useAsked, Waiting } from "../components/asked";
import { MaintenanceForm } from "../components/maintenance-form";
import { Modal } from "../components/modal";
import { StationLink, stationName } from "../components/place-name";
import { SilenceForm } from "../components/silence-form";
import { WindowTable } from "../components/window-table";
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
  const asked = useAsked<Page<Silence>>("/api/v1/silences", ended ? { ended } : {});
  const [isAdding, setAdding] = useState(false);
  const items = asked.answer?.items ?? [];
  return (
    <section class="card" aria-labelledby="silences">
      <div class="heading">
        <h2 id="silences">{w("silences")}</h2>
        {may("operator") && (
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAdding(true)}>
              {w("add_silence")}
            </button>
          </div>
        )}
      </div>
      <p class="hint">{w("silences_about")}</p>
      {items.length > 0 && (
        <WindowTable
          items={items}
          label={w("silences")}
          path="/api/v1/silences"
          question={w("end_silence")}
          about={({ matchers }) => <Matchers matchers={matchers} />}
          matched={({ matchers }) =>
            [...firing.value.values()].filter((alert) => meets(alert, matchers)).length
          }
          ended={asked.again}
        />
      )}
      <Waiting {...asked} empty={items.length === 0} nothing={w("no_silences")} />
      {isAdding && (
        <Modal title={w("add_silence")} close={() => setAdding(false)}>
          <SilenceForm
            first={[{ name: "rule", value: "offline" }]}
            cancel={() => setAdding(false)}
            done={() => {
              setAdding(false);
              asked.again();
            }}
          />
        </Modal>
      )}
    </section>
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
  const asked = useAsked<Page<Maintenance>>("/api/v1/maintenance", ended ? { ended } : {});
  const [isAdding, setAdding] = useState(false);
  const items = asked.answer?.items ?? [];
  return (
    <section class="card" aria-labelledby="maintenance">
      <div class="heading">
        <h2 id="maintenance">{w("maintenance")}</h2>
        {may("operator") && (
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAdding(true)}>
              {w("add_maintenance")}
            </button>
          </div>
        )}
      </div>
      <p class="hint">{w("maintenance_about")}</p>
      {items.length > 0 && (
        <WindowTable
          items={items}
          label={w("maintenance")}
          path="/api/v1/maintenance"
          question={w("end_maintenance")}
          about={({ station, district }) => (station === null ? district : <StationLink id={station} />)}
          ended={asked.again}
        />
      )}
      <Waiting {...asked} empty={items.length === 0} nothing={w("no_maintenance")} />
      {isAdding && (
        <Modal title={w("add_maintenance")} close={() => setAdding(false)}>
          <MaintenanceForm
            cancel={() => setAdding(false)}
            done={() => {
              setAdding(false);
              asked.again();
            }}
          />
        </Modal>
      )}
    </section>
  );
}
