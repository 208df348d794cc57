// Answers of endpoints that the hub's OpenAPI document does not describe yet.

import type { Station } from "./schema";

type Severity = "critical" | "warning" | "info";
type Role = "viewer" | "operator" | "admin";
interface Bilingual {
  zh: string;
  en: string;
}

export interface Me {
  name: string | null;
  role: Role;
}

export interface FleetItem {
  id: string;
  name: Bilingual;
  district: string | null;
  grid: string | null;
  kind: Station["kind"];
  host_type: string | null;
  lat: number | null;
  lon: number | null;
  state: Station["state"];
  last_seen: number | null;
  people: number | null;
  capacity: number | null;
  /** Batteries ready now; null without cabinets. */
  ready: number | null;
  /** Slots installed. */
  slots: number | null;
  /** The worst severity that fires. */
  alert: Severity | null;
  alerts: number;
}

export interface FleetView {
  at: number;
  event_id: string;
  items: FleetItem[];
}

export interface Stock {
  ready: number;
  installed: number;
}

export interface Screen {
  at: number;
  name: Bilingual;
  stations: { total: number; online: number; away: number };
  bands: { free: number; moderate: number; crowded: number; unknown: number };
  batteries: { "48V": Stock; "60V": Stock };
  fund_total_fen: number | null;
  breakfasts_total: number | null;
  visits_today: number | null;
  districts: {
    district: string;
    stations: number;
    online: number;
    free: number;
    moderate: number;
    crowded: number;
  }[];
}

export interface Channel {
  name: string;
  kind: string;
  address: string;
  min_severity: Severity;
  waiting: number;
  last_sent_at: number | null;
  last_failed_at: number | null;
  last_error: string | null;
}
