// One slot's charge and temperature over a day, a week or a month.

import { useEffect, useMemo, useState } from "preact/hooks";
import { showNumber } from "../../format";
import { speak, t } from "../../words";
import { station as table } from "../../words/station";
import { Waiting } from "../asked";
import { Modal } from "../modal";
import { slotSteps, spanOf, type SpanName } from "./history-data";
import { Plot, type Limit } from "./plot";
import { chartOf, clipped, type Span, type Step } from "./series";
import { CELL_HOT_C, CELL_VERY_HOT_C } from "./slots";
import { SpanChoice } from "./span-choice";

const w = speak(table);

interface Props {
  id: string;
  device: string;
  slot: number;
  close(): void;
}

export default function SlotHistory({ id, device, slot, close }: Props) {
  const [name, setName] = useState<SpanName>("1d");
  const [loaded, setLoaded] = useState<{ span: Span; steps: Step[] } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const span = spanOf(name, Date.now());
    setLoaded(null);
    setError(null);
    slotSteps(id, device, slot, span, stop.signal)
      .then((steps) => setLoaded({ span, steps }))
      .catch((error: Error) => !stop.signal.aborted && setError(error));
    return () => stop.abort();
  }, [id, device, slot, name, round]);
  return (
    <Modal title={w("slot_title", { device, slot })} close={close} wide>
      <div class="stack">
        <SpanChoice chosen={name} choose={setName} />
        <Waiting
          busy={loaded === null && error === null}
          error={error}
          empty={false}
          again={() => setRound(round + 1)}
        />
        {loaded !== null && <Charts {...loaded} />}
        <div class="actions">
          <button type="button" onClick={close}>
            {t("close")}
          </button>
        </div>
      </div>
    </Modal>
  );
}

function Charts({ span, steps }: { span: Span; steps: readonly Step[] }) {
  const charge = useMemo(() => clipped(chartOf(steps, "soc_pct", span)), [steps, span]);
  const cell = useMemo(() => clipped(chartOf(steps, "cell_temp_max_c", span)), [steps, span]);
  const limits = [CELL_HOT_C, CELL_VERY_HOT_C].map((value): Limit => ({
    value,
    text: w("limit", { value: `${showNumber(value)} °C` }),
  }));
  return (
    <>
      <Plot title={w("slot_charge")} unit="%" digits={0} chart={charge} />
      <Plot title={w("slot_cell")} unit="°C" digits={1} chart={cell} limits={limits} />
    </>
  );
}
