import { useState } from "preact/hooks";
import { speak } from "../words";
import { settings } from "../words/settings";

const w = speak(settings);

interface Props {
  label: string;
  text: string;
  primary?: true;
}

/** A button that puts a text onto the clipboard, and says whether that worked. */
export function Copy({ label, text, primary }: Props) {
  const [said, setSaid] = useState<"copied" | "copy_failed" | null>(null);
  const copy = (): void => {
    // Absent where the page does not come over HTTPS or from this machine.
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    done.then(() => setSaid("copied")).catch(() => setSaid("copy_failed"));
  };
  return (
    <>
      <button type="button" class={primary === true ? "primary" : ""} onClick={copy}>
        {label}
      </button>
      <span role="status">{said === null ? "" : w(said)}</span>
    </>
  );
}
