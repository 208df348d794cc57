// One station: what it is, how it does now, how it did, and its doors.

import { Suspense, lazy } from "preact/compat";
import { Refused } from "../api/client";
import type { Availability as Uptime } from "../api/schema";
import { Waiting, useAsked } from "../components/asked";
import { useSeldom } from "../components/seldom";
import { StationAlerts } from "../components/station/alerts";
import { Availability } from "../components/station/availability";
import { Awaiting } from "../components/station/awaiting";
import { Cabinets } from "../components/station/cabinet";
import { RemoteConfiguration } from "../components/station/configuration/card";
import { pathOf, useStation } from "../components/station/data";
import { DoorLog } from "../components/station/door-log";
import { Doors } from "../components/station/doors";
import { StationHeader } from "../components/station/header";
import { LiveValues } from "../components/station/live";
import { Rotation } from "../components/station/rotation";
import { stateSince } from "../components/station/uptime";
import { stations } from "../state/fleet";
import { may } from "../state/session";
import { speak, t } from "../words";
import { station as table } from "../words/station";
import "../style/tools.css";
import "../style/fleet.css";
import "../style/station.css";

const History = lazy(() => import("../components/station/history"));
const w = speak(table);
/** Availability changes with each outage, and slowly otherwise. */
const AVAILABILITY_MS = 10_000;

export function Station({ id }: { id: string }) {
  const { answer: station, error, busy, again } = useStation(id);
  const uptime = useAsked<Uptime>(station === null ? null : `${pathOf(id)}/availability`);
  useSeldom(stations.value.get(id)?.state, AVAILABILITY_MS, uptime.again);
  if (station === null) {
    if (error instanceof Refused && error.status === 404) return <p role="alert">{w("unknown", { id })}</p>;
    return <Waiting busy={busy} error={error} empty={false} again={again} />;
  }
  return (
    <div class="station stack">
      <StationHeader
        station={station}
        since={uptime.answer === null ? null : stateSince(uptime.answer)}
        edited={again}
      />
      <Awaiting id={id} />
      <div class="station-top">
        <StationAlerts id={id} />
        <Doors station={station} />
      </div>
      <Cabinets station={station} />
      <section aria-label={w("live")}>
        <h2>{w("live")}</h2>
        <LiveValues station={station} />
      </section>
      <Suspense fallback={<p role="status">{t("loading")}</p>}>
        <History id={id} capacity={station.capacity} />
      </Suspense>
      <div class="station-top">
        <DoorLog station={station} />
        <Availability asked={uptime} />
      </div>
      <div class="station-top">
        <RemoteConfiguration key={id} id={id} />
        {may("operator") && <Rotation key={id} id={id} />}
      </div>
    </div>
  );
}
