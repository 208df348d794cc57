import { useEffect, useId, useState } from "preact/hooks";

/** Pause after the last key press before the hub is asked, ms. */
const PAUSE_MS = 300;

interface Props {
  label: string;
  value: string;
  choose(value: string): void;
  placeholder?: string;
  /** What the browser offers for what is written so far: a value, and words for it. */
  offer?(written: string): (readonly [value: string, label: string])[];
}

/** A text in a row of filters; it is taken when the person stops writing. */
export function TextFilter({ label, value, choose, placeholder, offer }: Props) {
  const list = useId();
  const [written, setWritten] = useState(value);
  useEffect(() => setWritten(value), [value]);
  useEffect(() => {
    if (written.trim() === value) return;
    const pause = setTimeout(() => choose(written.trim()), PAUSE_MS);
    return () => clearTimeout(pause);
  }, [written]);
  return (
    <label>
      {label}
      <input
        type="search"
        value={written}
        {...(offer === undefined ? {} : { list })}
        {...(placeholder === undefined ? {} : { placeholder })}
        onInput={(event) => setWritten(event.currentTarget.value)}
      />
      {offer !== undefined && (
        <datalist id={list}>
          {offer(written).map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </datalist>
      )}
    </label>
  );
}
