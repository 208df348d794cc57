import { pick } from "../words";
import { stationByText, stationsNear } from "./place-name";
import { TextFilter } from "./text-filter";

interface Props {
  label: string;
  /** A station's id, or empty. */
  value: string;
  choose(id: string): void;
}

/** One station in a row of filters, by id or name; the browser offers those that fit. */
export function StationFilter({ label, value, choose }: Props) {
  return (
    <TextFilter
      label={label}
      value={value}
      choose={(text) => choose(stationByText(text))}
      offer={(text) => stationsNear(text).map(({ id, name }) => [id, pick(name)] as const)}
    />
  );
}
