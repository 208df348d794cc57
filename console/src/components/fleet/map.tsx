// The fleet on a map without tiles: nothing is asked of any other host.

import { Control, LatLngBounds, Map as LeafletMap } from "leaflet";
import "leaflet/dist/leaflet.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FleetItem } from "../../api/schema";
import { stations } from "../../state/fleet";
import { go } from "../../state/place";
import { language } from "../../state/session";
import { onLight } from "../../style/palette";
import { pick, speak, t } from "../../words";
import { fleet } from "../../words/fleet";
import { useSeldom } from "../seldom";
import { StateTag } from "../tags";
import { FleetLayer } from "./canvas";
import { Legend } from "./legend";
import { districts, index, positioned, type Mark } from "./places";

const w = speak(fleet);
const ZOOM = { min: 3, max: 18, single: 14 };
/** The map is gathered anew at most this often, ms. */
const GATHER_MS = 1_000;

export default function FleetMap() {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<{ map: LeafletMap; layer: FleetLayer; fitted: string | null } | null>(null);
  const [hovered, setHovered] = useState<{ mark: Mark; x: number; y: number } | null>(null);
  const items = useMemo(() => positioned(stations.value.values()), [stations.value]);
  const latest = useRef(items);
  latest.current = items;

  useEffect(() => {
    const map = new LeafletMap(place.current!, {
      attributionControl: false,
      zoomControl: false,
      zoomAnimation: false,
      fadeAnimation: false,
      minZoom: ZOOM.min,
      maxZoom: ZOOM.max,
      zoomSnap: 0.5,
      center: [35, 105],
      zoom: 4,
    });
    const layer = new FleetLayer().addTo(map);
    map.on("click", (event) => {
      const mark = layer.at(event);
      if (mark !== null) open(map, mark);
    });
    map.on("mousemove", (event) => {
      const mark = layer.at(event);
      map.getContainer().style.cursor = mark === null ? "" : "pointer";
      setHovered(mark === null ? null : { mark, ...pointOf(event.containerPoint) });
    });
    map.on("mouseout movestart", () => setHovered(null));
    shown.current = { map, layer, fitted: null };
    const stopLight = onLight(() => layer.redraw());
    const resized = new ResizeObserver(() => {
      // Who looks at everything still does in a window of another size; who has moved the map keeps their place.
      const isWhole = shown.current?.fitted === viewOf(map);
      map.invalidateSize({ animate: false });
      if (isWhole) fitAll();
    });
    resized.observe(place.current!);
    return () => {
      resized.disconnect();
      stopLight();
      map.remove();
    };
  }, []);

  useEffect(() => {
    const zoom = new Control.Zoom({
      zoomInTitle: w("zoom_in"),
      zoomOutTitle: w("zoom_out"),
      position: "topright",
    });
    zoom.addTo(shown.current!.map);
    return () => void zoom.remove();
  }, [language.value]);

  // What moves no mark and changes no colour draws nothing.
  const key = useMemo(
    () => items.map(({ id, state, alert }) => `${id} ${state} ${alert}`).join("\n"),
    [items],
  );
  useSeldom(key, GATHER_MS, () => {
    const now = shown.current!;
    now.layer.show(index(latest.current), districts(latest.current));
    if (now.fitted === null && latest.current.length > 0) fitAll();
  });

  const missing = stations.value.size - items.length;
  return (
    <section class="card fleet-map" aria-label={w("map")}>
      <div ref={place} class="map" role="group" aria-label={w("map_how")} />
      {hovered !== null && <Hint {...hovered} />}
      <div class="map-foot">
        <Legend />
        {missing > 0 && (
          <span class="soft">{w(items.length === 0 ? "map_none" : "no_position", { count: missing })}</span>
        )}
        <button type="button" onClick={fitAll}>
          {w("map_all")}
        </button>
      </div>
    </section>
  );

  function fitAll(): void {
    const { map } = shown.current!;
    fit(map, latest.current);
    shown.current!.fitted = viewOf(map);
  }

  function open(map: LeafletMap, mark: Mark): void {
    if (mark.id !== null) return go(`/stations/${encodeURIComponent(mark.id)}`);
    const zoom = Math.min(ZOOM.max, shown.current!.layer.opensAt(mark));
    map.setView([mark.lat, mark.lon], Math.max(zoom, map.getZoom() + 1));
  }
}

function pointOf({ x, y }: { x: number; y: number }) {
  return { x, y };
}

function viewOf(map: LeafletMap): string {
  return `${map.getCenter().toString()} ${map.getZoom()}`;
}

function fit(map: LeafletMap, items: readonly FleetItem[]): void {
  if (items.length === 0) return;
  const bounds = new LatLngBounds(items.map(({ lat, lon }) => [lat!, lon!]));
  map.fitBounds(bounds, { padding: [40, 40], maxZoom: ZOOM.single, animate: false });
}

/** What the mark under the pointer is. */
function Hint({ mark, x, y }: { mark: Mark; x: number; y: number }) {
  const item = mark.id === null ? undefined : stations.value.get(mark.id);
  return (
    <div class="map-hint" style={{ left: `${x + 14}px`, top: `${y + 14}px` }} aria-hidden="true">
      {item === undefined ? (
        `${mark.count} ${w("all")}`
      ) : (
        <>
          <strong>{pick(item.name)}</strong> <StateTag state={item.state} />
          {item.alert !== null && (
            <div>
              {t(`severity.${item.alert}`)} × {item.alerts}
            </div>
          )}
        </>
      )}
    </div>
  );
}
