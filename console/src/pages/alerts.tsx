// What is wrong, the worst first and live; and what was wrong.

import { useEffect, useState } from "preact/hooks";
import type { Alert } from "../api/schema";
import { Acknowledge } from "../components/acknowledge";
import { AlertCard } from "../components/alert-card";
import { More, usePages, Waiting } from "../components/asked";
import { Export } from "../components/export";
import { Modal } from "../components/modal";
import { districts } from "../components/place-name";
import { Select } from "../components/select";
import { SilenceForm } from "../components/silence-form";
import { Tabs } from "../components/tabs";
import { StationFilter } from "../components/station-filter";
import { meets, refreshFiring, takeAlert, worstFirst, type Condition } from "../state/alerts";
import { firing } from "../state/fleet";
import { useChosen } from "../state/place";
import { may } from "../state/session";
import "../style/alerts.css";
import "../style/tools.css";
import { speak, t } from "../words";
import { alerts } from "../words/alerts";
import { RULES, SEVERITIES } from "../words/rules";

const w = speak(alerts);

const FILTERS = ["severity", "rule", "district", "station"] as const;
/** Cards drawn at first, and more with each press. */
const CARDS = 50;
const REFRESH_MS = 30_000;

export function Alerts() {
  const [chosen] = useChosen();
  const isResolved = chosen.get("state") === "resolved";
  const conditions = FILTERS.flatMap<Condition>((name) => {
    const value = chosen.get(name);
    return value === null ? [] : [{ name, value }];
  });
  const query = Object.fromEntries(conditions.map(({ name, value }) => [name, value]));
  const state = isResolved ? "resolved" : "firing";
  return (
    <>
      <div class="heading">
        <h1>{t("alerts")}</h1>
        <div class="actions no-print">
          <Export path="/api/v1/alerts" query={{ ...query, state }} file={`alerts-${state}.csv`} />
        </div>
      </div>
      <Tabs
        label={t("alerts")}
        name="state"
        chosen={state}
        choices={[
          ["firing", w("state.firing", { count: firing.value.size })],
          ["resolved", w("resolved")],
        ]}
      />
      <Filters />
      {isResolved ? <Resolved query={query} /> : <Firing conditions={conditions} />}
    </>
  );
}

function Filters() {
  const [chosen, choose] = useChosen();
  const any = ["", w("any")] as const;
  return (
    <div class="filters no-print" role="search">
      <Select
        label={w("severity")}
        value={chosen.get("severity") ?? ""}
        choices={[any, ...SEVERITIES.map((each) => [each, t(`severity.${each}`)] as const)]}
        choose={(severity) => choose({ severity })}
      />
      <Select
        label={w("rule")}
        value={chosen.get("rule") ?? ""}
        choices={[any, ...RULES.map((rule) => [rule, w(`rule.${rule}`)] as const)]}
        choose={(rule) => choose({ rule })}
      />
      <Select
        label={w("district")}
        value={chosen.get("district") ?? ""}
        choices={[any, ...districts().map((district) => [district, district] as const)]}
        choose={(district) => choose({ district })}
      />
      <StationFilter
        label={w("station")}
        value={chosen.get("station") ?? ""}
        choose={(station) => choose({ station })}
      />
    </div>
  );
}

function Firing({ conditions }: { conditions: Condition[] }) {
  const [shown, setShown] = useState(CARDS);
  // "Nothing is wrong" must not be said before anybody was asked.
  const [answer, setAnswer] = useState<Error | "none yet" | "here">("none yet");
  useEffect(() => {
    const stop = new AbortController();
    const refresh = (): void => {
      refreshFiring(stop.signal)
        .then(() => setAnswer("here"))
        .catch((error: Error) => {
          if (!stop.signal.aborted) setAnswer(error);
        });
    };
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, []);
  const found = worstFirst([...firing.value.values()].filter((alert) => meets(alert, conditions)));
  const critical = found.filter(({ severity }) => severity === "critical").length;
  if (found.length === 0) {
    const nothing = conditions.length === 0 ? w("none_firing") : w("none_found");
    return (
      <Waiting
        busy={answer === "none yet"}
        error={answer instanceof Error ? answer : null}
        empty
        nothing={nothing}
        again={() => location.reload()}
      />
    );
  }
  return (
    <>
      <p role="status" class="soft">
        {w("said", { count: found.length, critical })}
      </p>
      <Cards alerts={found.slice(0, shown)} />
      <More more={found.length > shown ? () => setShown(shown + CARDS) : null} />
    </>
  );
}

function Resolved({ query }: { query: Record<string, string> }) {
  const pages = usePages<Alert>("/api/v1/alerts", { ...query, state: "resolved", limit: CARDS });
  return (
    <>
      <Cards alerts={pages.items} />
      <Waiting {...pages} empty={pages.items.length === 0} nothing={w("none_found")} />
      <More more={pages.more} />
    </>
  );
}

function Cards({ alerts }: { alerts: Alert[] }) {
  const [seen, setSeen] = useState<Alert | null>(null);
  const [silenced, setSilenced] = useState<Alert | null>(null);
  const acts = may("operator") ? { acknowledge: setSeen, silence: setSilenced } : {};
  return (
    <>
      {!may("operator") && <p class="hint no-print">{w("need_operator")}</p>}
      <div class="alerts">
        {alerts.map((alert) => (
          <AlertCard key={alert.id} alert={alert} {...acts} />
        ))}
      </div>
      {seen !== null && (
        <Acknowledge
          alert={seen}
          close={() => setSeen(null)}
          done={(alert) => {
            takeAlert(alert);
            setSeen(null);
          }}
        />
      )}
      {silenced !== null && (
        <Modal title={w("silence_title")} close={() => setSilenced(null)}>
          <SilenceForm
            first={likeThis(silenced)}
            cancel={() => setSilenced(null)}
            done={() => {
              takeAlert({ ...silenced, silenced: true });
              setSilenced(null);
            }}
          />
        </Modal>
      )}
    </>
  );
}

/** The narrowest silence that an alert would fall under. */
function likeThis({ rule, station, district }: Alert): Condition[] {
  const first: Condition[] = [{ name: "rule", value: rule }];
  if (station !== null) first.push({ name: "station", value: station });
  else if (district !== null) first.push({ name: "district", value: district });
  return first;
}
