import type { ComponentChildren } from "preact";
import { Actions, useSending } from "./form";
import { Modal } from "./modal";

interface Props {
  title: string;
  label: string;
  children: ComponentChildren;
  act(): Promise<void>;
  close(): void;
}

/** Asks before something is done that cannot be undone; shows the hub's refusal where it was asked. */
export function Confirm({ title, label, children, act, close }: Props) {
  const sending = useSending();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await sending.run(act);
  };
  return (
    <Modal title={title} close={close}>
      <form class="sheet" onSubmit={(event) => void submit(event)}>
        <div>{children}</div>
        <Actions sending={sending} label={label} cancel={close} danger />
      </form>
    </Modal>
  );
}
