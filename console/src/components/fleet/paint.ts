// How the map is drawn: a light ground of its own, since no tiles come from anywhere.

import type { Map as LeafletMap, Point } from "leaflet";
import { STATES, type State } from "../../state/judge";
import type { Palette } from "../../style/palette";
import { degrees, gone, graticule, worst, type District, type Mark } from "./places";

const TONES: Record<State, keyof Palette> = {
  online: "good",
  never_seen: "idle",
  unknown: "idle",
  late: "warn",
  offline: "bad",
};
const FULL = Math.PI * 2;

export interface Painter {
  context: CanvasRenderingContext2D;
  map: LeafletMap;
  palette: Palette;
  width: number;
  height: number;
  font: string;
  /** Of the page's letters: a wall's are larger. */
  scale: number;
}

/** Radius of a mark, px. */
export function radius({ count }: Mark, scale: number): number {
  return scale * (count === 1 ? SINGLE_PX : 15 + 3.2 * Math.log2(count));
}

const SINGLE_PX = 7;

/** Where a mark is drawn, px of the container. */
export function spotOf(map: LeafletMap, { lat, lon, aside }: Mark, scale: number): Point {
  const at = map.latLngToContainerPoint([lat, lon]);
  const unit = SINGLE_PX * scale;
  return aside === null ? at : at.add([aside.x * unit, aside.y * unit]);
}

export function paintGround({ context, map, palette, width, height, font, scale }: Painter): void {
  const bounds = map.getBounds();
  const lines = Math.max(2, Math.round(width / (260 * scale)));
  const lons = graticule(bounds.getWest(), bounds.getEast(), lines);
  const lats = graticule(
    bounds.getSouth(),
    bounds.getNorth(),
    Math.max(2, Math.round(height / (220 * scale))),
  );
  context.strokeStyle = palette.line;
  context.fillStyle = palette.soft;
  context.lineWidth = 1;
  context.font = `${11 * scale}px ${font}`;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  for (const lon of lons.at) {
    const { x } = map.latLngToContainerPoint([0, lon]);
    stroke(context, Math.round(x) + 0.5, 0, Math.round(x) + 0.5, height);
    context.fillText(degrees(lon, lons.step, "E", "W"), x + 4, height - 4);
  }
  for (const lat of lats.at) {
    const { y } = map.latLngToContainerPoint([lat, 0]);
    stroke(context, 0, Math.round(y) + 0.5, width, Math.round(y) + 0.5);
    if (y < height - 24) context.fillText(degrees(lat, lats.step, "N", "S"), 4, y - 2);
  }
}

function stroke(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** Where a district's name may stand, px above or below the middle of its stations: the first free place is taken. */
const BESIDE_PX = [50, -50, 0, 80, -80];

interface Box {
  x: number;
  y: number;
  /** Half the width and half the height. */
  half: number;
  high: number;
}

function overlap(a: Box, b: Box): boolean {
  return Math.abs(a.x - b.x) < a.half + b.half && Math.abs(a.y - b.y) < a.high + b.high;
}

/** Names of districts, the largest first; where there is no room between marks and names, one is left out. */
export function paintDistricts(
  painter: Painter,
  districts: readonly District[],
  marks: readonly Mark[],
): void {
  const { context, map, palette, font, scale } = painter;
  const taken = marks.map((mark): Box => {
    const { x, y } = spotOf(map, mark, scale);
    const size = radius(mark, scale);
    return { x, y, half: size, high: size };
  });
  context.font = `600 ${15 * scale}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { name, lat, lon } of districts) {
    const { x, y } = map.latLngToContainerPoint([lat, lon]);
    if (x < 0 || y < 0 || x > painter.width || y > painter.height) continue;
    const half = context.measureText(name).width / 2 + 4;
    const free = BESIDE_PX.map((px): Box => ({ x, y: y + px * scale, half, high: 10 * scale })).find(
      (box) => !taken.some((other) => overlap(box, other)),
    );
    if (free === undefined) continue;
    taken.push(free);
    text(context, palette, name, free.x, free.y, palette.soft);
  }
}

/** Text that can be read on any ground. */
function text(
  context: CanvasRenderingContext2D,
  palette: Palette,
  words: string,
  x: number,
  y: number,
  ink: string,
): void {
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = palette.card;
  context.strokeText(words, x, y);
  context.fillStyle = ink;
  context.fillText(words, x, y);
}

/** From where stations are to where they are drawn. */
export function paintStalk({ context, map, palette, scale }: Painter, mark: Mark): void {
  if (mark.aside === null) return;
  const from = map.latLngToContainerPoint([mark.lat, mark.lon]);
  const to = spotOf(map, mark, scale);
  context.strokeStyle = palette.idle;
  context.lineWidth = 1;
  stroke(context, from.x, from.y, to.x, to.y);
}

export function paintMark(painter: Painter, mark: Mark, isChosen: boolean): void {
  const { context, map, palette } = painter;
  const { x, y } = spotOf(map, mark, painter.scale);
  const size = radius(mark, painter.scale);
  if (mark.critical || isChosen) {
    context.strokeStyle = mark.critical ? palette.bad : palette.brand;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, size + 5, 0, FULL);
    context.stroke();
  }
  if (mark.count === 1) paintStation(painter, mark, x, y, size);
  else paintCluster(painter, mark, x, y, size);
}

/** A shape for each state, so that colour is not all there is. */
function paintStation({ context, palette }: Painter, mark: Mark, x: number, y: number, size: number): void {
  const state = worst(mark);
  context.fillStyle = palette[TONES[state]];
  context.strokeStyle = palette.card;
  context.lineWidth = 1.5;
  context.beginPath();
  if (state === "offline") polygon(context, x, y, size + 2, 4, -Math.PI / 2);
  else if (state === "late") polygon(context, x, y, size + 2, 3, -Math.PI / 2);
  else context.arc(x, y, size, 0, FULL);
  if (state === "unknown" || state === "never_seen") {
    context.fillStyle = palette.card;
    context.strokeStyle = palette.idle;
    context.lineWidth = 2.5;
  }
  context.fill();
  context.stroke();
}

function polygon(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  corners: number,
  turn: number,
): void {
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turn + (corner * FULL) / corners;
    context.lineTo(x + size * Math.cos(angle), y + size * Math.sin(angle));
  }
  context.closePath();
}

/** The count on the colour of the worst state, inside a ring that shows the share of each. */
function paintCluster(
  { context, palette, font, scale }: Painter,
  mark: Mark,
  x: number,
  y: number,
  size: number,
): void {
  context.beginPath();
  context.arc(x, y, size, 0, FULL);
  context.fillStyle = palette.card;
  context.fill();
  context.globalAlpha = 0.22;
  context.fillStyle = palette[TONES[worst(mark)]];
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 4;
  let angle = -Math.PI / 2;
  for (let at = STATES.length - 1; at >= 0; at -= 1) {
    const share = (mark.states[at]! / mark.count) * FULL;
    if (share === 0) continue;
    context.strokeStyle = palette[TONES[STATES[at]!]];
    context.beginPath();
    context.arc(x, y, size - 2, angle, angle + share);
    context.stroke();
    angle += share;
  }
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = palette.text;
  context.font = `700 ${13 * scale}px ${font}`;
  const away = gone(mark);
  context.fillText(String(mark.count), x, away > 0 ? y - 5 * scale : y + 1);
  if (away === 0) return;
  context.fillStyle = palette[TONES[worst(mark)]];
  context.font = `700 ${11 * scale}px ${font}`;
  context.fillText(`◆${away}`, x, y + 9 * scale);
}
