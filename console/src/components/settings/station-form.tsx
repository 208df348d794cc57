// A new station. The hub checks every member at once; each mistake stands at its field.

import { useState } from "preact/hooks";
import { send } from "../../api/client";
import type { StationToken } from "../../api/schema";
import { speak } from "../../words";
import { settings } from "../../words/settings";
import { Actions, useSending } from "../form";
import { Modal } from "../modal";
import { bodyOf, FIELDS, StationFields, type Values } from "./station-fields";

const w = speak(settings);

interface Props {
  done(made: StationToken): void;
  close(): void;
}

export function StationForm({ done, close }: Props) {
  const [values, setValues] = useState<Values>({ kind: "rest" });
  const sending = useSending(FIELDS);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    await sending.run(async () => {
      const made = await send<StationToken>("POST", "/api/v1/stations", bodyOf(values));
      if (made !== null) done(made);
    });
  }

  return (
    <Modal title={w("add_station")} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <StationFields fields={FIELDS} values={values} set={setValues} sending={sending} />
        <Actions sending={sending} label={w("add")} cancel={close} />
      </form>
    </Modal>
  );
}
