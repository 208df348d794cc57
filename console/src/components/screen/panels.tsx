// What the wall shows: bands, stock and sums, never a person.

import type { ComponentChildren } from "preact";
import type { Screen } from "../../api/schema";

type Stock = Screen["batteries"]["48V"];
import { showNumber } from "../../format";
import { speak } from "../../words";
import { screen as table } from "../../words/screen";

const w = speak(table);
const BANDS = ["free", "moderate", "crowded"] as const;
const SHAPES = { free: "●", moderate: "◐", crowded: "▲" } as const;
const CLASSES = ["48V", "60V"] as const;
const FEN = 100;
/** As many districts as a wall has room for. */
const DISTRICTS_MAX = 10;
/** So few may be written larger. */
const FEW = 4;

/** A number as large as its tile allows: how long it is goes into its size. */
function Big({ children: text }: { children: string }) {
  return <strong style={{ "--chars": text.length }}>{text}</strong>;
}

interface TileProps {
  label: string;
  name: string;
  children: ComponentChildren;
}

function Tile({ label, name, children }: TileProps) {
  return (
    <section class={`wall-tile ${name}`} aria-label={label}>
      <h2>{label}</h2>
      {children}
    </section>
  );
}

export function Bands({ bands }: Pick<Screen, "bands">) {
  return (
    <Tile label={w("bands")} name="bands">
      <ul>
        {BANDS.map((band) => (
          <li key={band} class={band}>
            <Big>{showNumber(bands[band])}</Big>
            <span>
              <span aria-hidden="true">{SHAPES[band]}</span> {w(band)}
            </span>
          </li>
        ))}
      </ul>
      <p>{bands.unknown > 0 ? w("unknown", { count: bands.unknown }) : ""}</p>
    </Tile>
  );
}

export function Open({ stations: { total, online, away } }: Pick<Screen, "stations">) {
  return (
    <Tile label={w("open")} name="open">
      <p class="wall-figure">
        <Big>{showNumber(online)}</Big> <span>{w("of", { total: showNumber(total) })}</span>
      </p>
      <p>{away > 0 ? w("away", { count: showNumber(away) }) : ""}</p>
    </Tile>
  );
}

export function Batteries({ batteries }: Pick<Screen, "batteries">) {
  const shown = CLASSES.filter((name) => batteries[name].installed > 0);
  if (shown.length === 0) return null;
  return (
    <Tile label={w("batteries")} name="batteries">
      <ul>
        {shown.map((name) => (
          <StockRow key={name} name={name} stock={batteries[name]} />
        ))}
      </ul>
    </Tile>
  );
}

function StockRow({ name, stock: { ready, installed } }: { name: string; stock: Stock }) {
  return (
    <li>
      <span>{name.replace("V", " V")}</span>
      <Big>{showNumber(ready)}</Big>
      <span>{w("stock", { installed: showNumber(installed) })}</span>
      <meter min={0} max={installed} value={ready} aria-hidden="true" />
    </li>
  );
}

/** Money is integer fen; the wall shows yuan. */
export function Sums({ screen }: { screen: Screen }) {
  const { fund_total_fen: fund, breakfasts_total: breakfasts, visits_today: visits } = screen;
  if (fund === null && breakfasts === null && visits === null) return null;
  return (
    <div class="wall-sums">
      {fund !== null && <Sum name="fund" label={w("fund")} value={`¥ ${showNumber(fund / FEN, 2)}`} />}
      {visits !== null && <Sum name="visits" label={w("visits")} value={showNumber(visits)} />}
      {breakfasts !== null && (
        <Sum name="breakfasts" label={w("breakfasts")} value={showNumber(breakfasts)} />
      )}
    </div>
  );
}

function Sum({ name, label, value }: { name: string; label: string; value: string }) {
  return (
    <div class="wall-sum" style={{ "--chars": value.length }}>
      <Tile label={label} name={name}>
        <p class="wall-figure">
          <Big>{value}</Big>
        </p>
      </Tile>
    </div>
  );
}

export function Districts({ districts }: Pick<Screen, "districts">) {
  const shown = districts.slice(0, DISTRICTS_MAX);
  const more = districts.length - shown.length;
  return (
    <Tile label={w("districts")} name={shown.length <= FEW ? "districts few" : "districts"}>
      <ul>
        {shown.map(({ district, stations, online, ...bands }) => (
          <li key={district}>
            <b>{district}</b>
            <span class="wall-online">
              {w("online")} {showNumber(online)} / {showNumber(stations)}
            </span>
            <span class="wall-bar" aria-hidden="true">
              {BANDS.map((band) => (
                <span key={band} class={band} style={{ flexGrow: bands[band] }} />
              ))}
            </span>
            {BANDS.map((band) => (
              <span key={band} class={`wall-count ${band}`}>
                <span aria-hidden="true">{SHAPES[band]}</span>
                <span class="quiet">{w(band)}</span> {showNumber(bands[band])}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {more > 0 && <p>{w("more", { count: more })}</p>}
    </Tile>
  );
}
