// A map without any server: borders from Grafana's own files, places and states of stations from InfluxDB.

import { FrameGeometrySourceBuilder, FrameGeometrySourceMode, MapLayerOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import {
  ControlsOptionsBuilder,
  MapCenterID,
  MapViewConfigBuilder,
  PanelBuilder,
  TooltipMode,
  TooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/geomap";
import type { Look } from "./look";
import { IN_DISTRICT, REGISTERED, rows, type Target } from "./queries";
import type { Place, Sheet } from "./sheet";
import type { Words } from "./speech";
import { columnProperties, joined, type Column } from "./tables";

/** Below Grafana's own folder of static files. */
const BORDERS = "public/maps/countries.geojson";

/** A dot for each station that has a place, in the colour of the column `colour`; `target` gives a row for each station. */
export function map(
  sheet: Sheet,
  words: Words,
  look: Look,
  place: Place,
  target: Target,
  colour: string,
  columns: readonly Column[],
): void {
  const style = {
    color: { field: colour, fixed: "blue" },
    size: { fixed: 7, min: 4, max: 12 },
    opacity: 0.85,
    symbol: { mode: "fixed", fixed: "img/icons/marker/circle.svg" },
  };
  const borders = { color: { fixed: "#8884" }, opacity: 0.2, lineWidth: 1 };
  const stations = new MapLayerOptionsBuilder()
    .type("markers")
    .name(sheet.edition.say(words.title))
    .location(new FrameGeometrySourceBuilder().mode(FrameGeometrySourceMode.Coords).latitude("latitude").longitude("longitude"))
    .tooltip(true)
    .config({ showLegend: true, style });
  const panel = new PanelBuilder()
    .view(new MapViewConfigBuilder().id(MapCenterID.Fit).allLayers(false).layer(sheet.edition.say(words.title)).padding(10))
    .controls(new ControlsOptionsBuilder().showZoom(true).mouseWheelZoom(true).showAttribution(false).showScale(true))
    .tooltip(new TooltipOptionsBuilder().mode(TooltipMode.Details))
    .basemap(new MapLayerOptionsBuilder().type("geojson").name("borders").config({ src: BORDERS, style: borders, rules: [] }))
    .layers([stations]);
  // A station without a place is not on the map; Grafana would put it at 0° 0°.
  const places = rows(
    `SELECT last("latitude") AS "latitude", last("longitude") AS "longitude", last("name_${sheet.edition.mark}") AS "name" ` +
      `FROM ${REGISTERED} AND ${IN_DISTRICT} AND "latitude" >= -90 GROUP BY "station"`,
  );
  const placed = { fieldName: "latitude", config: { id: "isNotNull", options: {} } };
  for (const transformation of joined("station", 2)) {
    panel.withTransformation(transformation);
  }
  panel.withTransformation({ id: "filterByValue", options: { filters: [placed], type: "include", match: "all" } });
  for (const column of columns) {
    panel.overrideByName(column.field, columnProperties(column, sheet.edition));
  }
  sheet.add(panel, words, look, place, [target, places]);
}
