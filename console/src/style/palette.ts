// The palette of base.css for what is drawn on a canvas, which knows no `var()`.

import { theme } from "../state/session";

const NAMES = ["ground", "card", "line", "text", "soft", "brand", "good", "warn", "bad", "idle"] as const;
export type Palette = Record<(typeof NAMES)[number], string>;

const dark = matchMedia("(prefers-color-scheme: dark)");
let known: { light: string; palette: Palette } | null = null;

/** The colours in today's light. */
export function palette(): Palette {
  const light = `${theme.value} ${dark.matches}`;
  if (known?.light !== light) known = { light, palette: read() };
  return known.palette;
}

function read(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const pairs = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(pairs) as Palette;
}

/** Calls back when the light changes; gives what ends that. */
export function onLight(change: () => void): () => void {
  const stop = theme.subscribe(() => queueMicrotask(change));
  dark.addEventListener("change", change);
  return () => {
    stop();
    dark.removeEventListener("change", change);
  };
}
