// Corrects what the registry says of a station, from the list of stations and from the station's own page.

import { useEffect, useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Registration } from "../../api/schema";
import { begin } from "../../state/fleet";
import { speak } from "../../words";
import { settings } from "../../words/settings";
import { useAsked, Waiting } from "../asked";
import { Actions, useSending } from "../form";
import { Modal } from "../modal";
import { stationName } from "../place-name";
import { changesOf, FIELDS, StationFields, valuesOf, type Values } from "./station-fields";

const w = speak(settings);
/** Everything but the id, which never changes. */
const CHANGEABLE = FIELDS.filter((name) => name !== "id");

interface Props {
  id: string;
  /** Called when the hub has taken the change. */
  done(): void;
  close(): void;
}

export function StationEdit({ id, done, close }: Props) {
  const path = `/api/v1/stations/${encodeURIComponent(id)}/registration`;
  const asked = useAsked<Registration>(path);
  const [values, setValues] = useState<Values | null>(null);
  const sending = useSending(CHANGEABLE);
  const { answer } = asked;
  useEffect(() => setValues(answer === null ? null : valuesOf(answer)), [answer]);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (answer === null || values === null) return;
    const changes = changesOf(valuesOf(answer), values);
    const isTaken = await sending.run(async () => {
      if (Object.keys(changes).length > 0) await send<Registration>("PATCH", path, changes);
    });
    if (!isTaken) return;
    // The stream tells how stations do, not what the registry says of them.
    begin();
    done();
  }

  return (
    <Modal title={w("edit_title", { name: stationName(id), id })} close={close}>
      {values === null ? (
        <>
          <Waiting {...asked} empty={false} />
          <button type="button" onClick={close}>
            {w("edit_leave")}
          </button>
        </>
      ) : (
        <form class="sheet" onSubmit={(event) => void submit(event)}>
          <StationFields fields={CHANGEABLE} values={values} set={setValues} sending={sending} />
          <Actions sending={sending} label={w("edit_save")} cancel={close} />
        </form>
      )}
    </Modal>
  );
}
