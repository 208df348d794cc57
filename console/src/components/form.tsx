// Forms: the hub judges what was written, and its own words stand at the field that they speak of.

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../words";
import { mistakesOf, type Mistakes } from "./mistakes";

export interface Sending {
  busy: boolean;
  mistakes: Mistakes;
  /** Runs what a form does; gives whether the hub took it. */
  run(act: () => Promise<void>): Promise<boolean>;
}

export function useSending(fields: readonly string[] = []): Sending {
  const [busy, setBusy] = useState(false);
  const [mistakes, setMistakes] = useState<Mistakes>({});
  async function run(act: () => Promise<void>): Promise<boolean> {
    setBusy(true);
    setMistakes({});
    try {
      await act();
      return true;
    } catch (error) {
      setMistakes(mistakesOf(error as Error, fields));
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { busy, mistakes, run };
}

interface FieldProps {
  label: string;
  name: string;
  mistakes?: Mistakes;
  hint?: string;
  /** Draws the control with these attributes. */
  children: (control: Control) => ComponentChildren;
}

export interface Control {
  id: string;
  name: string;
  "aria-describedby"?: string;
  "aria-invalid"?: "true";
}

/** A control with its label, a hint, and what the hub has against its value. */
export function Field({ label, name, mistakes = {}, hint, children }: FieldProps) {
  const id = useId();
  const mistake = mistakes[name];
  const told = [hint !== undefined && `${id}-hint`, mistake !== undefined && `${id}-mistake`].filter(Boolean);
  const control: Control = { id, name };
  if (told.length > 0) control["aria-describedby"] = told.join(" ");
  if (mistake !== undefined) control["aria-invalid"] = "true";
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(control)}
      {hint !== undefined && (
        <small class="hint" id={`${id}-hint`}>
          {hint}
        </small>
      )}
      {mistake !== undefined && (
        <small role="alert" id={`${id}-mistake`}>
          {mistake}
        </small>
      )}
    </div>
  );
}

interface ActionsProps {
  sending: Sending;
  label: string;
  cancel?: () => void;
  danger?: boolean;
}

/** The form's last line: what belongs to no field, and the buttons. */
export function Actions({ sending, label, cancel, danger = false }: ActionsProps) {
  const { busy, mistakes } = sending;
  return (
    <>
      {mistakes[""] !== undefined && <p role="alert">{mistakes[""]}</p>}
      <div class="actions">
        <button type="submit" class={danger ? "danger" : "primary"} disabled={busy}>
          {busy ? t("loading") : label}
        </button>
        {cancel !== undefined && (
          <button type="button" onClick={cancel}>
            {t("cancel")}
          </button>
        )}
      </div>
    </>
  );
}
