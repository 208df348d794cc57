// Which stations are down, crowded, unsafe: without a click, and without reloading.

import { computed } from "@preact/signals";
import { Suspense, lazy } from "preact/compat";
import { Waiting } from "../components/asked";
import { CountsBar } from "../components/fleet/counts";
import { CrowdedList } from "../components/fleet/crowded";
import { DownList } from "../components/fleet/down";
import { FiringList } from "../components/fleet/firing";
import { count } from "../state/judge";
import { failed, loaded, stations } from "../state/fleet";
import { speak, t } from "../words";
import { fleet } from "../words/fleet";
import "../style/tools.css";
import "../style/fleet.css";

const FleetMap = lazy(() => import("../components/fleet/map"));
const w = speak(fleet);
const counts = computed(() => count(stations.value.values()));

export function Fleet() {
  const error = loaded.value ? null : failed.value;
  if (!loaded.value) {
    return <Waiting busy={error === null} error={error} empty={false} again={() => location.reload()} />;
  }
  if (stations.value.size === 0) return <p>{w("none")}</p>;
  return (
    <div class="fleet">
      <h1 class="quiet">{t("fleet")}</h1>
      <CountsBar counts={counts.value} />
      <div class="fleet-panels">
        <Suspense fallback={<div class="card fleet-map">{t("loading")}</div>}>
          <FleetMap />
        </Suspense>
        <DownList />
        <FiringList />
        <CrowdedList />
      </div>
    </div>
  );
}
