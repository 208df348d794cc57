//! Ratios, worked out last, each with the share of the time that was observed.

use super::Measures;
use super::parts::{ClassParts, Part, Parts};
use super::rooms::QUARTER_MS;
use crate::calendar::{DAY_MS, HOUR_MS};
use serde::Serialize;
use waystation_protocol::VoltageClass;

/// Below it a figure is "not enough data" (domain).
pub const COVERAGE_MIN: f64 = 0.8;

/// A day on which clocks go forward: rates per day are of whole days, never of a part that is taken for a day.
const DAY_LEAST_MS: i64 = 23 * HOUR_MS;

/// Why there is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Observed for less than 80 % of the time, or over too short a time: a rate per day needs a whole day, a peak a
    /// quarter of an hour.
    NotEnoughData,
    /// Nothing here measures it.
    NotMeasured,
    /// Measured, but nothing happened that a ratio could be of.
    NothingHappened,
}

/// A number with the share of the time that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    pub value: Option<f64>,
    /// Observed ÷ scheduled time, 0–1.
    pub data_coverage: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Missing>,
}

/// The same figure of each class of batteries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ByClass {
    #[serde(rename = "48V")]
    pub v48: Figure,
    #[serde(rename = "60V")]
    pub v60: Figure,
}

/// Attempts to swap, by result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Swaps {
    pub ok: i64,
    pub no_ready: i64,
    pub no_empty: i64,
    pub not_inserted: i64,
    pub not_taken: i64,
    pub door_open: i64,
    pub timeout: i64,
    pub wrong_battery: i64,
    pub offline: i64,
}

/// Station time by what it was, ms; adds up over stations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uptime {
    /// 0: unknown, there is no figure.
    pub total_ms: i64,
    pub down_ms: i64,
    pub link_down_ms: i64,
    pub unknown_ms: i64,
    pub planned_ms: i64,
}

impl Uptime {
    pub fn merge(&mut self, other: &Uptime) {
        self.total_ms += other.total_ms;
        self.down_ms += other.down_ms;
        self.link_down_ms += other.link_down_ms;
        self.unknown_ms += other.unknown_ms;
        self.planned_ms += other.planned_ms;
    }

    /// 1 − (down + unknown) ÷ (T − planned).
    fn figure(&self, down_ms: i64) -> Figure {
        let due = self.total_ms - self.planned_ms;
        if due <= 0 {
            return Figure::missing(Missing::NotMeasured, 0.0);
        }
        let known = 1.0 - share(self.unknown_ms, due);
        Figure {
            value: Some(rounded(1.0 - share(down_ms + self.unknown_ms, due))),
            data_coverage: rounded(known),
            reason: None,
        }
    }
}

/// What figures are made of: the parts of one station or many, and the time in which they were due. All of it adds up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Basis {
    pub stations: i64,
    pub parts: Parts,
    /// Station time, whether or not anything was heard in it.
    pub total_ms: i64,
    /// The longest stretch of a station that is in it.
    pub longest_ms: i64,
    /// The same of stations with zones, with counters, with cabinets; and scheduled opening time of those with zones.
    pub zones_ms: i64,
    pub zones_open_ms: i64,
    pub counted_ms: i64,
    pub cabinets_ms: i64,
    pub uptime: Uptime,
}

impl Basis {
    /// One station in a stretch of which `total_ms` and `open_ms` were due, without the parts that were observed of it.
    #[must_use]
    pub fn due(measures: Measures, total_ms: i64, open_ms: i64, uptime: Uptime) -> Self {
        let when = |is: bool, ms: i64| if is { ms } else { 0 };
        Self {
            stations: 1,
            parts: Parts::default(),
            total_ms,
            longest_ms: total_ms,
            zones_ms: when(measures.zones(), total_ms),
            zones_open_ms: when(measures.zones(), open_ms),
            counted_ms: when(measures.counters(), total_ms),
            cabinets_ms: when(measures.cabinets(), total_ms),
            uptime,
        }
    }

    /// Adds the parts of one station in the whole of the stretch.
    pub fn observed(&mut self, mut parts: Parts) {
        parts.finish_station();
        self.parts.merge(&parts);
    }

    pub fn merge(&mut self, other: &Basis) {
        self.stations += other.stations;
        self.parts.merge(&other.parts);
        self.total_ms += other.total_ms;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        self.zones_ms += other.zones_ms;
        self.zones_open_ms += other.zones_open_ms;
        self.counted_ms += other.counted_ms;
        self.cabinets_ms += other.cabinets_ms;
        self.uptime.merge(&other.uptime);
    }
}

/// The figures of domain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// ∫ min(people, capacity) dt ÷ ∫ capacity dt, over scheduled opening time.
    pub seat_utilisation: Figure,
    /// The same over 24 hours.
    pub seat_utilisation_24h: Figure,
    /// Entries.
    pub visits: Figure,
    /// Entries per station and day, of a stretch of a day or more.
    pub visits_per_day: Figure,
    /// The largest mean of a quarter of an hour of people ÷ capacity; of several stations, the highest of them. Of at
    /// least one quarter that was observed.
    pub peak_load: Figure,
    /// Hours with people at 80 % of the capacity or more.
    pub crowded_hours: Figure,
    /// Mean people ÷ arrival rate (Little's law), minutes, of a stretch of a day or more.
    pub mean_dwell_min: Figure,
    /// Entries outside 08:00–18:00 ÷ all entries.
    pub night_share: Figure,
    /// Denied ÷ (granted + denied), outside staffed hours.
    pub door_denied_ratio: Figure,
    /// Share of the time with a ready battery.
    pub battery_availability: ByClass,
    /// ∫ ready dt ÷ ∫ installed dt.
    pub stock_ratio: ByClass,
    pub swaps: Swaps,
    /// Successful swaps per enabled slot and day, of a stretch of a day or more.
    pub swaps_per_slot_day: Figure,
    /// (no_ready + no_empty) ÷ attempts.
    pub denied_swap_ratio: Figure,
    /// Share of amenities' time without a fault.
    pub amenities_ok: Figure,
    /// Share of the time with air within the limits of GB/T 18883: an indication.
    pub air_ok: Figure,
    /// 1 − (down + unknown) ÷ (T − planned), as the hub saw it: a broken link is down.
    pub availability: Figure,
    /// The same, where a station that went on working behind a broken link is up.
    pub availability_station: Figure,
}

impl Figures {
    /// Works them out.
    #[must_use]
    pub fn of(basis: &Basis) -> Self {
        let get = |part| basis.parts.get(part);
        let seated = Cover { observed_ms: get(Part::Observed), due_ms: basis.zones_ms };
        let seated_open = Cover { observed_ms: get(Part::ObservedOpen), due_ms: basis.zones_open_ms };
        let counted = Cover { observed_ms: get(Part::CountedObserved), due_ms: basis.counted_ms };
        let heard = Cover { observed_ms: get(Part::Heard), due_ms: basis.total_ms };
        let batteries = Cover { observed_ms: get(Part::CabinetObserved), due_ms: basis.cabinets_ms };
        let swaps = Swaps::of(&basis.parts);
        let entries = get(Part::Entries);
        let unstaffed = get(Part::GrantedUnstaffed) + get(Part::DeniedUnstaffed);
        let part_of_a_day = basis.longest_ms < DAY_LEAST_MS;
        // A largest mean of 0 where people were there: no quarter of an hour was observed.
        let no_quarter = basis.longest_ms < QUARTER_MS || get(Part::PeakPpm) == 0 && get(Part::People) > 0;
        let counted_days = basis.counted_ms as f64 / DAY_MS as f64;
        let dwell = |entries: i64| {
            let mean_people = share(get(Part::CountedPeople), get(Part::CountedObserved));
            mean_people * basis.counted_ms as f64 / entries as f64 / 60_000.0
        };
        let with_places = |cover: Cover, places: Part, value: &dyn Fn() -> f64| {
            if get(places) == 0 { cover.not_measured() } else { cover.value(value()) }
        };
        let by_class = |figure: &dyn Fn(ClassParts) -> Figure| ByClass {
            v48: figure(ClassParts::of(VoltageClass::V48)),
            v60: figure(ClassParts::of(VoltageClass::V60)),
        };
        Self {
            seat_utilisation: with_places(seated_open, Part::CapacityOpen, &|| {
                share(get(Part::SeatedOpen), get(Part::CapacityOpen))
            }),
            seat_utilisation_24h: with_places(seated, Part::Capacity, &|| {
                share(get(Part::Seated), get(Part::Capacity))
            }),
            visits: counted.value(entries as f64),
            visits_per_day: counted.value(entries as f64 / counted_days).unless(part_of_a_day),
            peak_load: with_places(seated, Part::Capacity, &|| get(Part::PeakPpm) as f64 / 1e6)
                .unless(no_quarter),
            crowded_hours: with_places(seated, Part::Capacity, &|| {
                get(Part::Crowded) as f64 / HOUR_MS as f64
            }),
            mean_dwell_min: counted.of_some(entries, dwell).unless(part_of_a_day),
            night_share: counted.of_some(entries, |entries| share(get(Part::NightEntries), entries)),
            door_denied_ratio: heard.of_some(unstaffed, |all| share(get(Part::DeniedUnstaffed), all)),
            battery_availability: by_class(&|class| {
                batteries.of_class(get(class.observed), |observed| share(get(class.available), observed))
            }),
            stock_ratio: by_class(&|class| {
                batteries.of_class(get(class.installed), |installed| share(get(class.ready), installed))
            }),
            swaps_per_slot_day: batteries
                .of_class(get(Part::Slots), |slots| swaps.ok as f64 * DAY_MS as f64 / slots as f64)
                .unless(part_of_a_day),
            denied_swap_ratio: batteries
                .of_some(swaps.attempts(), |all| share(swaps.no_ready + swaps.no_empty, all)),
            swaps,
            amenities_ok: heard.of_class(get(Part::Amenity), |all| share(get(Part::AmenityGood), all)),
            air_ok: heard.of_class(get(Part::Air), |all| share(get(Part::AirGood), all)),
            availability: basis.uptime.figure(basis.uptime.down_ms + basis.uptime.link_down_ms),
            availability_station: basis.uptime.figure(basis.uptime.down_ms),
        }
    }
}

impl Swaps {
    fn of(parts: &Parts) -> Self {
        Self {
            ok: parts.get(Part::SwapOk),
            no_ready: parts.get(Part::SwapNoReady),
            no_empty: parts.get(Part::SwapNoEmpty),
            not_inserted: parts.get(Part::SwapNotInserted),
            not_taken: parts.get(Part::SwapNotTaken),
            door_open: parts.get(Part::SwapDoorOpen),
            timeout: parts.get(Part::SwapTimeout),
            wrong_battery: parts.get(Part::SwapWrongBattery),
            offline: parts.get(Part::SwapOffline),
        }
    }

    #[must_use]
    pub fn attempts(&self) -> i64 {
        self.ok
            + self.no_ready
            + self.no_empty
            + self.not_inserted
            + self.not_taken
            + self.door_open
            + self.timeout
            + self.wrong_battery
            + self.offline
    }
}

impl Figure {
    fn missing(reason: Missing, data_coverage: f64) -> Self {
        Self { value: None, data_coverage, reason: Some(reason) }
    }

    /// No number where `too_short` says that the stretch does not carry it.
    fn unless(self, too_short: bool) -> Self {
        match self.value {
            Some(_) if too_short => Self::missing(Missing::NotEnoughData, self.data_coverage),
            _ => self,
        }
    }
}

/// The time that a figure rests on, and the time in which it was due.
#[derive(Clone, Copy)]
struct Cover {
    observed_ms: i64,
    due_ms: i64,
}

impl Cover {
    fn value(self, value: f64) -> Figure {
        if self.due_ms <= 0 {
            return self.not_measured();
        }
        let data_coverage = rounded(share(self.observed_ms, self.due_ms).min(1.0));
        if data_coverage < COVERAGE_MIN {
            return Figure::missing(Missing::NotEnoughData, data_coverage);
        }
        Figure { value: Some(rounded(value)), data_coverage, reason: None }
    }

    fn not_measured(self) -> Figure {
        Figure::missing(Missing::NotMeasured, 0.0)
    }

    /// A ratio of events.
    fn of_some(self, events: i64, value: impl FnOnce(i64) -> f64) -> Figure {
        if events > 0 {
            return self.value(value(events));
        }
        match self.value(0.0) {
            Figure { value: Some(_), data_coverage, .. } => {
                Figure::missing(Missing::NothingHappened, data_coverage)
            }
            missing => missing,
        }
    }

    /// A ratio of time, which a station without the device has none of.
    fn of_class(self, time: i64, value: impl FnOnce(i64) -> f64) -> Figure {
        if time > 0 { self.value(value(time)) } else { self.not_measured() }
    }
}

fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Six decimals: more than is known, and the same text on every machine.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
