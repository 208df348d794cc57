// A map without any server: borders from Grafana's own files, places of stations from a file that the hub's command
// line writes (see README.md), states from InfluxDB.

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
import type { Target } from "./queries";
import type { Place, Sheet } from "./sheet";
import type { Words } from "./speech";
import { columnProperties, type Column } from "./tables";

/** Below Grafana's own folder of static files. */
const PLACES = "public/waystation/stations.json";
const BORDERS = "public/maps/countries.geojson";

/** A dot for each row, where the station in its column `station` is, in the colour of its column `colour`. */
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
    .location(new FrameGeometrySourceBuilder().mode(FrameGeometrySourceMode.Lookup).lookup("station").gazetteer(PLACES))
    .tooltip(true)
    .config({ showLegend: true, style });
  const panel = new PanelBuilder()
    .view(new MapViewConfigBuilder().id(MapCenterID.Fit).allLayers(false).layer(sheet.edition.say(words.title)).padding(10))
    .controls(new ControlsOptionsBuilder().showZoom(true).mouseWheelZoom(true).showAttribution(false).showScale(true))
    .tooltip(new TooltipOptionsBuilder().mode(TooltipMode.Details))
    .basemap(new MapLayerOptionsBuilder().type("geojson").name("borders").config({ src: BORDERS, style: borders, rules: [] }))
    .layers([stations]);
  for (const column of columns) {
    panel.overrideByName(column.field, columnProperties(column, sheet.edition));
  }
  sheet.add(panel, words, look, place, [target]);
}
