// The wall: for everybody in the room, without a login, around the clock.

import { useEffect } from "preact/hooks";
import { Refused } from "../api/client";
import { Clock, timeOfDay } from "../components/screen/clock";
import { isStale, useScreen, useSecond, type Shown } from "../components/screen/data";
import { Bands, Batteries, Districts, Open, Sums } from "../components/screen/panels";
import { useChosen } from "../state/place";
import { language } from "../state/session";
import { pick, speak, t } from "../words";
import { screen as table } from "../words/screen";
import "../style/tools.css";
import "../style/screen.css";

const w = speak(table);

export function Screen() {
  const [query, choose] = useChosen();
  const asked = query.get("lang");
  useEffect(() => {
    if (asked === "zh" || asked === "en") language.value = asked;
  }, [asked]);
  const shown = useScreen();
  const now = useSecond();
  const { screen, error } = shown;
  return (
    <main class="wall">
      <header>
        <h1>{screen === null ? t("product") : pick(screen.name)}</h1>
        <Clock now={now} />
      </header>
      {screen === null ? (
        <p class="wall-message" role="status">
          {error === null ? t("loading") : refusal(error)}
        </p>
      ) : (
        <div class={isStale(shown, now) ? "wall-grid stale" : "wall-grid"}>
          <Bands bands={screen.bands} />
          <Open stations={screen.stations} />
          <Batteries batteries={screen.batteries} />
          <Sums screen={screen} />
          <Districts districts={screen.districts} />
        </div>
      )}
      <footer>
        <Freshness shown={shown} now={now} />
        <button
          type="button"
          class="plain"
          onClick={() => choose({ lang: language.value === "zh" ? "en" : "zh" })}
        >
          {w("language")}
        </button>
      </footer>
    </main>
  );
}

function refusal(error: Error): string {
  return error instanceof Refused && [401, 403, 404].includes(error.status) ? w("not_public") : w("broken");
}

function Freshness({ shown, now }: { shown: Shown; now: number }) {
  if (shown.screen === null) return <span />;
  const time = timeOfDay(shown.came);
  if (!isStale(shown, now)) return <span>{w("updated", { time })}</span>;
  return (
    <span class="wall-stale" role="alert">
      ⚠ {w("stale", { time })}
    </span>
  );
}
