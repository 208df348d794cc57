// A swap cabinet as it stands in the room: slot by slot, however many.

import type { CabinetReading, StationDetail } from "../../api/schema";
import { showNumber } from "../../format";
import { speak } from "../../words";
import { station as table } from "../../words/station";
import { DeviceValues, readingsOf } from "./live";
import { isDanger, stock, warningOf, type Slot } from "./slots";
import { valueWord } from "./show";

const w = speak(table);

export function Cabinets({ station }: { station: StationDetail }) {
  const cabinets = readingsOf(station, "cabinet");
  if (cabinets.length === 0) return null;
  return (
    <section aria-label={w("cabinets")}>
      <h2>{w("cabinets")}</h2>
      <div class="cabinets">
        {cabinets.map((reading) => (
          <Cabinet key={reading.device} reading={reading as unknown as CabinetReading} />
        ))}
      </div>
    </section>
  );
}

function Cabinet({ reading }: { reading: CabinetReading }) {
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
            <SlotCell key={slot.slot} slot={slot} />
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

/** The fill is the charge; class, state and warning stand in words. */
function SlotCell({ slot }: { slot: Slot }) {
  const { slot: number, state, class: voltage, soc_pct: soc, cell_temp_max_c: cell } = slot;
  const warning = warningOf(slot);
  const tone = warning === null ? "" : isDanger(warning) ? "bad" : "warn";
  const { soh_pct: soh, cycles } = slot;
  const title =
    soh === undefined
      ? ""
      : w("soh", { soh: showNumber(soh), cycles: cycles === undefined ? "–" : showNumber(cycles) });
  return (
    <li class={`slot ${state ?? ""} ${tone}`} title={title}>
      <span class="slot-fill" style={{ height: `${soc ?? 0}%` }} />
      <span class="slot-head">
        <b>{number}</b>
        <span>{voltage}</span>
      </span>
      <span class="slot-soc">{soc === undefined ? "–" : `${showNumber(soc)} %`}</span>
      <span class="slot-state">{state === undefined ? "" : valueWord(state)}</span>
      {cell !== undefined && <span class="slot-cell">{showNumber(cell)} °C</span>}
      {warning !== null && <span class="slot-warning">⚠ {w(`warn.${warning}`)}</span>}
    </li>
  );
}
