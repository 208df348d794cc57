import type { StationDetail } from "../../api/schema";
import { stations } from "../../state/fleet";
import { useAsked, type Asked } from "../asked";
import { useSeldom } from "../seldom";

/** The page is asked for anew at most this often, ms. */
const REFRESH_MS = 2_000;

export const pathOf = (id: string): string => `/api/v1/stations/${encodeURIComponent(id)}`;

/** The station, anew whenever the fleet's stream says that it has changed. */
export function useStation(id: string): Asked<StationDetail> {
  const asked = useAsked<StationDetail>(pathOf(id));
  const item = stations.value.get(id);
  useSeldom(item, REFRESH_MS, () => {
    if (asked.answer !== null) asked.again();
  });
  return asked;
}
