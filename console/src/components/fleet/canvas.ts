// One canvas over the whole map, drawn anew when the map moves or the fleet changes.

import { DomUtil, Layer, type LeafletMouseEvent, type Map as LeafletMap } from "leaflet";
import { fleetDrawn } from "../../state/drawn";
import { palette } from "../../style/palette";
import { rem } from "../../style/scale";
import { paintDistricts, paintGround, paintMark, paintStalk, radius, spotOf } from "./paint";
import { marks, type District, type Index, type Mark } from "./places";

/** How far beside a mark a finger still hits it, px. */
const REACH_PX = 8;
/** The letters that sizes on the map are made for, px. */
const BASE_FONT_PX = 15;

export class FleetLayer extends Layer {
  private readonly canvas = document.createElement("canvas");
  private index: Index | null = null;
  private districts: readonly District[] = [];
  private drawn: Mark[] = [];
  private asked = 0;
  private scale = 1;
  private map: LeafletMap | null = null;
  chosen: string | null = null;

  override onAdd(map: LeafletMap): this {
    this.map = map;
    map.getPane("overlayPane")!.append(this.canvas);
    map.on("move zoom viewreset resize", this.redraw, this);
    this.redraw();
    return this;
  }

  override onRemove(map: LeafletMap): this {
    map.off("move zoom viewreset resize", this.redraw, this);
    cancelAnimationFrame(this.asked);
    this.canvas.remove();
    this.map = null;
    return this;
  }

  show(index: Index, districts: readonly District[]): void {
    this.index = index;
    this.districts = districts;
    this.redraw();
  }

  /** Once a frame, however often it is asked for. */
  redraw(): void {
    cancelAnimationFrame(this.asked);
    this.asked = requestAnimationFrame(() => this.draw());
  }

  /** The mark at a point of the container. */
  at({ containerPoint }: LeafletMouseEvent): Mark | null {
    let nearest: Mark | null = null;
    let least = Infinity;
    for (const mark of this.drawn) {
      const away = spotOf(this.map!, mark, this.scale).distanceTo(containerPoint);
      if (away <= radius(mark, this.scale) + REACH_PX && away < least) [nearest, least] = [mark, away];
    }
    return nearest;
  }

  /** The zoom at which a cluster falls apart. */
  opensAt({ cluster }: Mark): number {
    return cluster === null || this.index === null ? 0 : this.index.getClusterExpansionZoom(cluster);
  }

  private draw(): void {
    const { map, canvas } = this;
    if (map === null) return;
    const { x: width, y: height } = map.getSize();
    const ratio = devicePixelRatio;
    this.scale = rem(1) / BASE_FONT_PX;
    DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const font = getComputedStyle(map.getContainer()).fontFamily;
    const painter = { context, map, palette: palette(), width, height, font, scale: this.scale };
    paintGround(painter);
    if (this.index === null) return;
    const view = map.getBounds().pad(0.1);
    const sides: [number, number, number, number] = [
      view.getWest(),
      view.getSouth(),
      view.getEast(),
      view.getNorth(),
    ];
    this.drawn = marks(this.index, sides, map.getZoom());
    paintDistricts(painter, this.districts, this.drawn);
    // The single ones last: a cluster must not hide a station that is down.
    this.drawn.sort((a, b) => b.count - a.count);
    for (const mark of this.drawn) paintStalk(painter, mark);
    for (const mark of this.drawn) paintMark(painter, mark, mark.id !== null && mark.id === this.chosen);
    fleetDrawn();
  }
}
