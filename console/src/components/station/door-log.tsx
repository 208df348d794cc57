import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { StationDetail } from "../../api/schema";
import { showTime } from "../../format";
import { speak, t } from "../../words";
import { station as table } from "../../words/station";
import { Waiting } from "../asked";
import { useSeldom } from "../seldom";
import { between } from "./door-data";
import { older, type DoorEvent } from "./door-events";
import { readingsOf } from "./live";
import { valueWord } from "./show";

const w = speak(table);
const PAGE = 20;
/** New events are asked for at most this often, ms. */
const REFRESH_MS = 5_000;
const TONES: Partial<Record<DoorEvent["event"], string>> = {
  forced: "critical",
  denied: "warning",
  held_open: "warning",
};

/** Who came in how, and who was denied: never who it was. */
export function DoorLog({ station }: { station: StationDetail }) {
  const { events, error, busy, more, again } = useLog(station);
  return (
    <section class="card door-log" aria-label={w("log")}>
      <h2>{w("log")}</h2>
      <Waiting
        busy={busy && events.length === 0}
        error={error}
        empty={events.length === 0}
        nothing={w("log_none")}
        again={again}
      />
      {events.length > 0 && (
        <div class="scroll log" tabIndex={0} role="group" aria-label={w("log")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{w("at")}</th>
                <th scope="col">{w("door")}</th>
                <th scope="col">{w("event")}</th>
                <th scope="col">{w("how")}</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event) => (
                <Event key={`${event.ts} ${event.device} ${event.event}`} event={event} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more !== null ? (
        <button type="button" disabled={busy} onClick={more}>
          {busy ? t("loading") : w("log_older")}
        </button>
      ) : (
        events.length > 0 && <p class="hint">{w("log_end")}</p>
      )}
    </section>
  );
}

function Event({ event }: { event: DoorEvent }) {
  const tone = TONES[event.event];
  const how = event.deny_reason ?? event.method;
  return (
    <tr>
      <td>
        <time dateTime={new Date(event.ts).toISOString()}>{showTime(event.ts)}</time>
      </td>
      <td>{event.device}</td>
      <td>
        {tone === undefined ? (
          valueWord(event.event)
        ) : (
          <span class={`tag ${tone}`}>{valueWord(event.event)}</span>
        )}
      </td>
      <td>{how === undefined ? "" : valueWord(how)}</td>
    </tr>
  );
}

function useLog(station: StationDetail) {
  const { id } = station;
  const [events, setEvents] = useState<DoorEvent[]>([]);
  const [before, setBefore] = useState<number | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(true);
  const stop = useRef(new AbortController());
  /** Up to here everything is known. */
  const known = useRef(0);

  const load = useCallback(
    async (until: number): Promise<void> => {
      const { signal } = stop.current;
      setBusy(true);
      try {
        const found = await older((from, to) => between(id, from, to, signal), until, PAGE, Date.now());
        setEvents((events) => [...events, ...found.events]);
        setBefore(found.before);
        setError(null);
      } catch (error) {
        if (!signal.aborted) setError(error as Error);
      }
      if (!signal.aborted) setBusy(false);
    },
    [id],
  );
  const begin = useCallback((): void => {
    known.current = Date.now();
    setEvents([]);
    void load(known.current);
  }, [load]);

  useEffect(() => {
    stop.current = new AbortController();
    begin();
    return () => stop.current.abort();
  }, [begin]);

  const newest = Math.max(0, ...readingsOf(station, "door").map(({ ts }) => ts));
  useSeldom(newest, REFRESH_MS, () => {
    const { signal } = stop.current;
    const [from, to] = [known.current, newest + 1];
    if (to <= from) return;
    known.current = to;
    between(id, from, to, signal)
      .then((fresh) => setEvents((events) => [...fresh, ...events]))
      // They are asked for again with the next reading.
      .catch(() => (known.current = Math.min(known.current, from)));
  });
  return { events, error, busy, more: before === null ? null : () => void load(before), again: begin };
}
