interface Props {
  label: string;
  value: string;
  choices: readonly (readonly [value: string, label: string])[];
  choose(value: string): void;
}

/** A choice among a few in a row of filters. */
export function Select({ label, value, choices, choose }: Props) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {choices.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
