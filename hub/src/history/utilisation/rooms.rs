//! People in the zones of a station.

use super::counter::{Count, step};
use super::parts::{Part, Parts};
use super::sweep::{EXPECTED_MS, Segment, VALID_MS, Window, together, track};
use super::window::ByDevice;
use crate::calendar::{Calendar, DAY_MS};
use waystation_protocol::Occupancy;

/// What the peak is a mean of.
pub const QUARTER_MS: i64 = 15 * 60_000;
/// A quarter of an hour counts for the peak when 80 % of it was observed, as for every figure.
const QUARTER_OBSERVED_MS: i64 = QUARTER_MS * 8 / 10;
/// How far back a counter's value before the window is looked for, and how far an empty room.
pub const LOOKBACK_MS: i64 = DAY_MS;

/// People and places of a zone. Without places: none are known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Load {
    people: i64,
    places: i64,
}

/// Adds what the zones say. `places` is the registry's, for zones that do not say how many they have.
pub fn add(
    parts: &mut Parts,
    window: Window,
    zones: &ByDevice<'_, Occupancy>,
    calendar: &Calendar,
    places: Option<u32>,
) {
    let expected: Vec<_> = zones
        .values()
        .filter(|samples| samples.last().is_some_and(|(ts, _)| *ts >= window.start_ms - EXPECTED_MS))
        .collect();
    let share = places.map_or(0, i64::from) / i64::try_from(expected.len().max(1)).unwrap_or(1);
    let mut tracks = Vec::new();
    for samples in expected {
        add_visits(parts, window, samples, calendar);
        let loads = loads(parts, window, samples, share);
        if loads.iter().any(|(ts, _)| *ts >= window.start_ms - EXPECTED_MS) {
            tracks.push(track(&loads, VALID_MS, window));
        }
    }
    add_load(parts, window, &tracks, calendar);
}

/// Entries and exits belong to the hour in which the counter showed them.
fn add_visits(parts: &mut Parts, window: Window, samples: &[(i64, &Occupancy)], calendar: &Calendar) {
    let mut before: [Option<Count>; 2] = [None, None];
    for (ts, occupancy) in samples {
        let totals = [occupancy.entries_total, occupancy.exits_total];
        let within = window.contains(*ts);
        if within && totals[0].is_some() {
            parts.add(Part::CounterSamples, 1);
        }
        for (at, part) in [Part::Entries, Part::Exits].into_iter().enumerate() {
            let Some(total) = totals[at] else { continue };
            let last = before[at].replace((*ts, total));
            let Some(last) = last.filter(|_| within) else { continue };
            let step = step(last, (*ts, total));
            parts.add(part, step.increase);
            parts.add(Part::CounterResets, i64::from(step.reset));
            if part == Part::Entries && !calendar.is_staffed(*ts) {
                parts.add(Part::NightEntries, step.increase);
            }
        }
    }
}

/// People at each sample. Where a device does not say how many there are, they are entries less exits; such a balance
/// drifts, so it is anchored: the room was empty when the balance was least within the day before, and holds at
/// least those who sit.
fn loads(parts: &mut Parts, window: Window, samples: &[(i64, &Occupancy)], share: i64) -> Vec<(i64, Load)> {
    let mut found = Vec::with_capacity(samples.len());
    let mut balance = Balance::default();
    let mut places = share;
    for (ts, occupancy) in samples {
        places = occupancy.capacity.unwrap_or(places);
        let counted = balance.take(*ts, occupancy);
        if let Some((_, clamped)) = counted.filter(|_| occupancy.people.is_none() && window.contains(*ts)) {
            parts.add(Part::Clamped, clamped);
        }
        let people = occupancy.people.or(counted.map(|(people, _)| people));
        let seated = occupancy.seats_taken;
        let Some(people) = people.map_or(seated, |people| Some(people.max(seated.unwrap_or(0)))) else {
            continue;
        };
        found.push((*ts, Load { people: people.max(0), places }));
    }
    found
}

/// Entries less exits since the first sample, and the least that it was.
#[derive(Default)]
struct Balance {
    last: Option<(Count, Count)>,
    inside: i64,
    least: i64,
}

impl Balance {
    /// People inside, and by how many they fell below zero with this sample.
    fn take(&mut self, ts: i64, occupancy: &Occupancy) -> Option<(i64, i64)> {
        let (entries, exits) = ((ts, occupancy.entries_total?), (ts, occupancy.exits_total?));
        if let Some((last_entries, last_exits)) = self.last.replace((entries, exits)) {
            self.inside += step(last_entries, entries).increase - step(last_exits, exits).increase;
        }
        let below = (self.least - self.inside).max(0);
        self.least -= below;
        Some((self.inside - self.least, below))
    }
}

fn add_load(parts: &mut Parts, window: Window, tracks: &[Vec<Segment<Load>>], calendar: &Calendar) {
    let open = calendar.open_spans(window.start_ms, window.end_ms);
    let quarters = window.len_ms() / QUARTER_MS;
    let mut cuts: Vec<i64> = (0..=quarters).map(|quarter| window.start_ms + quarter * QUARTER_MS).collect();
    cuts.extend(open.iter().flat_map(|(from, to)| [*from, *to]));
    // Observed ms, people · ms and places · ms of each quarter.
    let mut of_quarter = vec![[0i64; 3]; usize::try_from(quarters).unwrap_or(0) + 1];
    together(tracks, &cuts, |from, to, loads| {
        let ms = to - from;
        let people: i64 = loads.iter().map(|load| load.people).sum();
        let places: i64 = loads.iter().map(|load| load.places).sum();
        let seated: i64 = loads.iter().map(|load| load.people.min(load.places)).sum();
        let is_open = open.iter().any(|(opens, closes)| *opens <= from && to <= *closes);
        for (part, amount, when_open) in [
            (Part::Observed, 1, false),
            (Part::People, people, false),
            (Part::Seated, seated, false),
            (Part::Capacity, places, false),
            (Part::Crowded, i64::from(places > 0 && people * 10 >= places * 8), false),
            (Part::ObservedOpen, 1, true),
            (Part::PeopleOpen, people, true),
            (Part::SeatedOpen, seated, true),
            (Part::CapacityOpen, places, true),
        ] {
            if is_open || !when_open {
                parts.add(part, amount * ms);
            }
        }
        let quarter = usize::try_from((from - window.start_ms) / QUARTER_MS).unwrap_or(0);
        if let Some(sums) = of_quarter.get_mut(quarter) {
            sums.iter_mut().zip([1, people, places]).for_each(|(sum, amount)| *sum += amount * ms);
        }
    });
    for [observed, people, places] in of_quarter {
        if observed >= QUARTER_OBSERVED_MS && places > 0 {
            parts.raise(Part::PeakPpm, people.saturating_mul(1_000_000) / places);
        }
    }
}
