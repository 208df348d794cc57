// Changes a station's remote configuration. The hub judges every member; its words stand at the field.

import { useState } from "preact/hooks";
import { send } from "../../../api/client";
import { speak } from "../../../words";
import { configuration as table } from "../../../words/configuration";
import { Actions, Field, useSending, type Sending } from "../../form";
import { Modal } from "../../modal";
import { stationName } from "../../place-name";
import { pathOf } from "../data";
import { kindWord, memberWord, unitOf } from "../show";
import {
  MIN_INTERVAL,
  MIN_INTERVAL_S,
  deadbandRows,
  intervalRows,
  reportOf,
  valuesOf,
  type Report,
  type Row,
  type Values,
} from "./report";

const w = speak(table);

interface Props {
  id: string;
  before: Report;
  done(): void;
  close(): void;
}

export function ConfigurationForm({ id, before, done, close }: Props) {
  const [values, setValues] = useState<Values>(() => valuesOf(before));
  const sending = useSending(Object.keys(values));
  const put = (path: string, text: string): void => setValues({ ...values, [path]: text });
  const deadbands = deadbandRows(before);
  const kinds = [...new Set(deadbands.map(({ kind }) => kind))];

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const isTaken = await sending.run(async () => {
      await send("PUT", `${pathOf(id)}/configuration`, reportOf(values));
    });
    if (isTaken) done();
  }

  const fields = { values, put, sending };
  return (
    <Modal title={w("edit_title", { name: stationName(id) })} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <p class="hint">{w("empty")}</p>
        <fieldset>
          <legend>{w("pace")}</legend>
          <p class="hint">{w("intervals_about")}</p>
          <div class="pair">
            {intervalRows(before).map((row) => (
              <Entry key={row.path} row={row} label={kindWord(row.kind)} {...fields} />
            ))}
            <Entry
              row={{ path: MIN_INTERVAL, kind: "", member: null, usual: MIN_INTERVAL_S }}
              label={w("min_interval_s")}
              {...fields}
            />
          </div>
        </fieldset>
        <p class="hint">{w("deadbands_about")}</p>
        {kinds.map((kind) => (
          <Deadbands key={kind} rows={deadbands.filter((row) => row.kind === kind)} {...fields} />
        ))}
        <Actions sending={sending} label={w("save")} cancel={close} />
      </form>
    </Modal>
  );
}

interface Fields {
  values: Values;
  put(path: string, text: string): void;
  sending: Sending;
}

/** Those of one kind; open where something is set or refused. */
function Deadbands({ rows, ...fields }: Fields & { rows: Row[] }) {
  const [isOpen, setOpen] = useState(rows.some(({ path }) => fields.values[path] !== ""));
  const isRefused = rows.some(({ path }) => fields.sending.mistakes[path] !== undefined);
  return (
    <details open={isOpen || isRefused} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{w("deadbands_of", { kind: kindWord(rows[0]?.kind ?? "") })}</summary>
      <div class="pair">
        {rows.map((row) => (
          <Entry key={row.path} row={row} label={memberWord(row.member ?? "")} {...fields} />
        ))}
      </div>
    </details>
  );
}

function Entry({ row, label, values, put, sending }: Fields & { row: Row; label: string }) {
  const { path, member, usual } = row;
  const unit = member === null ? "s" : unitOf(member);
  const full = member === null ? w("seconds", { label }) : unit === "" ? label : w("unit", { label, unit });
  return (
    <Field label={full} name={path} mistakes={sending.mistakes}>
      {(control) => (
        <input
          {...control}
          type="number"
          step={member === null ? 1 : "any"}
          autocomplete="off"
          placeholder={usual === null ? "" : String(usual)}
          value={values[path] ?? ""}
          onInput={(event) => put(path, event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
