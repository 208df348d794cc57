// A swap cabinet as it stands in the room: slot by slot, however many.

import { lazy, Suspense } from "preact/compat";
import { useState } from "preact/hooks";
import type { CabinetReading, StationDetail } from "../../api/schema";
import { showNumber } from "../../format";
import { speak, t } from "../../words";
import { station as table } from "../../words/station";
import { DeviceValues, readingsOf } from "./live";
import { isDanger, stock, warningOf, type Slot } from "./slots";
import { valueWord } from "./show";

const SlotHistory = lazy(() => import("./slot-history"));
const w = speak(table);

export function Cabinets({ station }: { station: StationDetail }) {
  const [opened, setOpened] = useState<{ device: string; slot: number } | null>(null);
  const cabinets = readingsOf(station, "cabinet");
  if (cabinets.length === 0) return null;
  return (
    <section aria-label={w("cabinets")}>
      <h2>{w("cabinets")}</h2>
      <div class="cabinets">
        {cabinets.map((reading) => (
          <Cabinet
            key={reading.device}
            reading={reading as unknown as CabinetReading}
            open={(slot) => setOpened({ device: reading.device, slot })}
          />
        ))}
      </div>
      {opened !== null && (
        <Suspense fallback={<p role="status">{t("loading")}</p>}>
          <SlotHistory id={station.id} {...opened} close={() => setOpened(null)} />
        </Suspense>
      )}
    </section>
  );
}

function Cabinet({ reading, open }: { reading: CabinetReading; open(slot: number): void }) {
  const slots = [...(reading.slots ?? [])].sort((a, b) => (a.slot ?? 0) - (b.slot ?? 0));
  const { ready, slots: installed, classes } = stock(slots);
  return (
    <section class="card cabinet" aria-label={reading.device}>
      <h3>
        {reading.device}{" "}
        <span class={ready === 0 ? "tag critical" : "tag online"}>
          {w("ready_of", { ready, slots: installed })}
        </span>
        {classes.map(([name, count]) => (
          <span key={name} class={count === 0 ? "tag warning" : "tag"}>
            {name} × {count}
          </span>
        ))}
      </h3>
      {slots.length === 0 ? (
        <p class="soft">{w("no_slots")}</p>
      ) : (
        <ul class="slots" aria-label={w("slots_of", { device: reading.device })}>
          {slots.map((slot) => (
            <li key={slot.slot}>
              <SlotCell slot={slot} open={() => slot.slot !== undefined && open(slot.slot)} />
            </li>
          ))}
        </ul>
      )}
      <DeviceValues
        named={false}
        kind="cabinet"
        reading={reading as unknown as { ts: number; device: string }}
      />
    </section>
  );
}

/** The fill is the charge; class, state and warning stand in words. A click shows its past. */
function SlotCell({ slot, open }: { slot: Slot; open(): void }) {
  const { slot: number, state, class: voltage, soc_pct: soc, cell_temp_max_c: cell } = slot;
  const warning = warningOf(slot);
  const tone = warning === null ? "" : isDanger(warning) ? "bad" : "warn";
  const { soh_pct: soh, cycles } = slot;
  const title =
    soh === undefined
      ? ""
      : w("soh", { soh: showNumber(soh), cycles: cycles === undefined ? "–" : showNumber(cycles) });
  return (
    <button type="button" class={`slot ${state ?? ""} ${tone}`} title={title} onClick={open}>
      <span class="slot-fill" style={{ height: `${soc ?? 0}%` }} />
      <span class="slot-head">
        <b>{number}</b>
        <span>{voltage}</span>
      </span>
      <span class="slot-soc">{soc === undefined ? "–" : `${showNumber(soc)} %`}</span>
      <span class="slot-state">{state === undefined ? "" : valueWord(state)}</span>
      {cell !== undefined && <span class="slot-cell">{showNumber(cell)} °C</span>}
      {warning !== null && <span class="slot-warning">⚠ {w(`warn.${warning}`)}</span>}
      <span class="quiet">{w("slot_open")}</span>
    </button>
  );
}
