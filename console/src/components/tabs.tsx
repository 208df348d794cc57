import { Link } from "wouter-preact";
import { changed, place } from "../state/place";

interface Props {
  label: string;
  /** The member of the query that keeps the choice. */
  name: string;
  chosen: string;
  /** What there is to choose, with the words for it; the first is what an address without a choice means. */
  choices: readonly (readonly [value: string, label: string])[];
}

/** Parts of a page, each with an address of its own. */
export function Tabs({ label, name, chosen, choices }: Props) {
  const { path, query } = place.value;
  const address = (value: string, isFirst: boolean): string => {
    const text = changed(query, { [name]: isFirst ? null : value }).toString();
    return text === "" ? path : `${path}?${text}`;
  };
  return (
    <nav class="tabs no-print" aria-label={label}>
      {choices.map(([value, text], index) => (
        <Link
          key={value}
          href={address(value, index === 0)}
          {...(value === chosen ? { "aria-current": "page" as const } : {})}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
