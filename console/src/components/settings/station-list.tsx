// The registry: which stations there are, new ones, claim codes, new tokens, removal.

import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Claim, FleetItem, StationToken } from "../../api/schema";
import { begin, failed, loaded, stations } from "../../state/fleet";
import { useChosen } from "../../state/place";
import { may } from "../../state/session";
import { pick, speak } from "../../words";
import { settings } from "../../words/settings";
import { More, Waiting } from "../asked";
import { Confirm } from "../confirm";
import { StationLink } from "../place-name";
import { Secret } from "../secret";
import { StateTag } from "../tags";
import { TextFilter } from "../text-filter";
import { ClaimForm, ClaimShown } from "./claim-form";
import { StationEdit } from "./station-edit";
import { StationForm } from "./station-form";
import { useShown } from "../shown";

const w = speak(settings);
const ROWS = 100;

type Doing =
  | { what: "add" | "none" }
  | { what: "edit" | "remove" | "rotate"; station: FleetItem }
  | { what: "claim"; id: string };

export function StationList() {
  const [chosen, choose] = useChosen();
  const [shown, more] = useShown(ROWS);
  const [doing, setDoing] = useState<Doing>({ what: "none" });
  const [made, setMade] = useState<StationToken | Claim | null>(null);
  const wanted = (chosen.get("find") ?? "").toLowerCase();
  const all = [...stations.value.values()];
  const found = all.filter((station) => fits(station, wanted)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const stop = (): void => setDoing({ what: "none" });
  const show = (made: StationToken | Claim | null): void => {
    stop();
    setMade(made);
    // The stream tells of changes, not of stations that have come or are gone.
    begin();
  };
  const claimLater = (id: string): void => {
    show(null);
    setDoing({ what: "claim", id });
  };
  return (
    <section aria-label={w("stations")}>
      <div class="filters" role="search">
        <TextFilter
          label={w("find")}
          value={chosen.get("find") ?? ""}
          placeholder={w("find_hint")}
          choose={(find) => choose({ find })}
        />
        {may("admin") && (
          <button type="button" class="primary" onClick={() => setDoing({ what: "add" })}>
            {w("add_station")}
          </button>
        )}
        <span class="soft" role="status">
          {w("count", { shown: found.length, count: all.length })}
        </span>
      </div>
      <p class="hint">{w(may("admin") ? "edit_how" : "need_admin")}</p>
      {found.length > 0 && <Items items={found.slice(0, shown)} act={setDoing} />}
      <Waiting
        busy={!loaded.value}
        error={failed.value}
        empty={found.length === 0}
        again={() => location.reload()}
      />
      <More more={found.length > shown ? more : null} />
      {doing.what === "add" && <StationForm done={show} unclaimed={claimLater} close={stop} />}
      {doing.what === "edit" && <StationEdit id={doing.station.id} done={stop} close={stop} />}
      {(doing.what === "remove" || doing.what === "rotate") && (
        <Ask what={doing.what} station={doing.station} done={show} close={stop} />
      )}
      {doing.what === "claim" && <ClaimForm id={doing.id} done={show} close={stop} />}
      {made !== null && "claim" in made && <ClaimShown made={made} close={() => setMade(null)} />}
      {made !== null && "token" in made && (
        <Secret
          title={w("secret_station", { name: made.station })}
          secret={made.token}
          close={() => setMade(null)}
        />
      )}
    </section>
  );
}

function fits({ id, name, district }: FleetItem, wanted: string): boolean {
  return `${id} ${name.zh} ${name.en} ${district ?? ""}`.toLowerCase().includes(wanted);
}

function Items({ items, act }: { items: FleetItem[]; act(doing: Doing): void }) {
  const isAdmin = may("admin");
  return (
    <div class="scroll card" tabIndex={0} role="group" aria-label={w("stations")}>
      <table class="cards middle">
        <thead>
          <tr>
            <th scope="col">{w("id")}</th>
            <th scope="col">{w("name")}</th>
            <th scope="col">{w("kind")}</th>
            <th scope="col">{w("district")}</th>
            <th scope="col">{w("state")}</th>
            {isAdmin && <th scope="col">{w("acts")}</th>}
          </tr>
        </thead>
        <tbody>
          {items.map((station) => (
            <tr key={station.id}>
              <td>
                <code>{station.id}</code>
              </td>
              <td>
                <StationLink id={station.id} />
              </td>
              <td>{w(`kind.${station.kind}`)}</td>
              <td>{station.district}</td>
              <td>
                <StateTag state={station.state} />
              </td>
              {isAdmin && (
                <td>
                  <span class="actions">
                    <Act what="edit" id={station.id} act={() => act({ what: "edit", station })} />
                    <Act what="claim" id={station.id} act={() => act({ what: "claim", id: station.id })} />
                    <Act what="rotate" id={station.id} act={() => act({ what: "rotate", station })} />
                    <Act what="remove" id={station.id} act={() => act({ what: "remove", station })} />
                  </span>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ActProps {
  what: "edit" | "claim" | "rotate" | "remove";
  id: string;
  act(): void;
}

function Act({ what, id, act }: ActProps) {
  const label = w(what);
  return (
    <button type="button" aria-label={`${label}: ${id}`} onClick={act}>
      {label}
    </button>
  );
}

interface AskProps {
  what: "remove" | "rotate";
  station: FleetItem;
  done(made: StationToken | null): void;
  close(): void;
}

function Ask({ what, station, done, close }: AskProps) {
  const path = `/api/v1/stations/${encodeURIComponent(station.id)}`;
  const name = pick(station.name) || station.id;
  const remove = async (): Promise<void> => {
    await send("DELETE", path);
    done(null);
  };
  const rotate = async (): Promise<void> => done(await send<StationToken>("POST", `${path}/token`));
  return what === "remove" ? (
    <Confirm title={w("remove_station", { name })} label={w("remove")} act={remove} close={close}>
      <p>{w("remove_station_about")}</p>
    </Confirm>
  ) : (
    <Confirm title={w("rotate_title", { name })} label={w("rotate")} act={rotate} close={close}>
      <p>{w("rotate_about")}</p>
    </Confirm>
  );
}
