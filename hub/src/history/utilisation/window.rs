//! The parts of one window of one station, from its samples alone.

use super::parts::{Part, Parts};
use super::sweep::{EXPECTED_MS, SLOW_VALID_MS, VALID_MS, Window, covered_ms, track};
use super::{cabinets, rooms};
use crate::calendar::{Calendar, Hours, Zone};
use std::collections::BTreeMap;
use waystation_protocol::{
    Amenity, AmenityState, Body, Cabinet, DeviceId, DoorEvent, Environment, Occupancy, Reading, UnlockMethod,
};

/// Samples of each device, in the order of time.
pub type ByDevice<'a, T> = BTreeMap<&'a DeviceId, Vec<(i64, &'a T)>>;

/// What a station's figures depend on besides its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub calendar: Calendar,
    /// Places by the registry.
    pub capacity: Option<u32>,
}

impl Facts {
    /// Of a station that the registry does not know.
    #[must_use]
    pub fn unknown(zone: Zone) -> Self {
        Self { calendar: Calendar::new(zone, Hours::ALL_DAY), capacity: None }
    }
}

/// Works out a window. `samples` are sorted by time, one for each device, kind and time; they reach back
/// [`rooms::LOOKBACK_MS`] before the window (or [`EXPECTED_MS`], where [`reaches_far_enough`]), and those behind its
/// end are not looked at. Pure: the same samples give the same parts, however they arrived.
#[must_use]
pub fn compute(window: Window, samples: &[Reading], facts: &Facts) -> Parts {
    let from_ms = window.start_ms - rooms::LOOKBACK_MS;
    let mut sorted = Sorted::default();
    for sample in samples.iter().filter(|sample| (from_ms..window.end_ms).contains(&sample.ts)) {
        sorted.take(sample);
    }
    let mut parts = Parts::default();
    add_heard(&mut parts, window, samples);
    rooms::add(&mut parts, window, &sorted.zones, &facts.calendar, facts.capacity);
    cabinets::add(&mut parts, window, &sorted.cabinets);
    add_amenities(&mut parts, window, &sorted.amenities);
    add_air(&mut parts, window, &sorted.air);
    samples
        .iter()
        .filter(|sample| window.contains(sample.ts))
        .for_each(|sample| add_event(&mut parts, sample, &facts.calendar));
    parts
}

/// Whether samples of the window and [`EXPECTED_MS`] before it give the same as those of a whole day before it: every
/// zone says how many people there are, and its counter was seen before the window.
#[must_use]
pub fn reaches_far_enough(window: Window, samples: &[Reading]) -> bool {
    let mut sorted = Sorted::default();
    samples.iter().filter(|sample| sample.ts < window.end_ms).for_each(|sample| sorted.take(sample));
    sorted.zones.values().all(|zone| {
        let before = |known: fn(&Occupancy) -> bool| {
            let counted = zone.iter().any(|(ts, sample)| *ts >= window.start_ms && known(sample));
            !counted || zone.iter().any(|(ts, sample)| *ts < window.start_ms && known(sample))
        };
        zone.iter().all(|(_, sample)| sample.people.is_some() && sample.capacity.is_some())
            && before(|sample| sample.entries_total.is_some())
            && before(|sample| sample.exits_total.is_some())
    })
}

#[derive(Default)]
struct Sorted<'a> {
    zones: ByDevice<'a, Occupancy>,
    cabinets: ByDevice<'a, Cabinet>,
    amenities: ByDevice<'a, Amenity>,
    air: ByDevice<'a, Environment>,
}

impl<'a> Sorted<'a> {
    fn take(&mut self, sample: &'a Reading) {
        let (device, ts) = (&sample.device, sample.ts);
        match &sample.body {
            Body::Occupancy(zone) => self.zones.entry(device).or_default().push((ts, zone)),
            Body::Cabinet(cabinet) => self.cabinets.entry(device).or_default().push((ts, cabinet)),
            Body::Amenity(amenity) => self.amenities.entry(device).or_default().push((ts, amenity)),
            Body::Environment(air) => self.air.entry(device).or_default().push((ts, air)),
            Body::Door(_) | Body::Swap(_) | Body::Fund(_) | Body::Gateway(_) => {}
        }
    }
}

fn add_heard(parts: &mut Parts, window: Window, samples: &[Reading]) {
    let clipped = |sample: &Reading| {
        (sample.ts.max(window.start_ms), sample.ts.saturating_add(VALID_MS).min(window.end_ms))
    };
    let valid = samples.iter().filter(|sample| sample.ts < window.end_ms).map(clipped);
    parts.add(Part::Heard, covered_ms(valid.filter(|(from, to)| from < to).collect()));
}

fn add_event(parts: &mut Parts, sample: &Reading, calendar: &Calendar) {
    match &sample.body {
        Body::Swap(swap) => {
            if let Some(result) = swap.result {
                parts.add(Part::of_swap(result), 1);
            }
        }
        Body::Door(door) => {
            // The button inside lets people out; nobody was granted anything.
            let granted =
                door.event == Some(DoorEvent::Unlock) && door.method != Some(UnlockMethod::ExitButton);
            let denied = door.event == Some(DoorEvent::Denied);
            parts.add(Part::Granted, i64::from(granted));
            parts.add(Part::Denied, i64::from(denied));
            if !calendar.is_staffed(sample.ts) {
                parts.add(Part::GrantedUnstaffed, i64::from(granted));
                parts.add(Part::DeniedUnstaffed, i64::from(denied));
            }
        }
        _ => {}
    }
}

fn add_amenities(parts: &mut Parts, window: Window, amenities: &ByDevice<'_, Amenity>) {
    for samples in amenities.values() {
        let states: Vec<_> = samples.iter().filter_map(|(ts, amenity)| Some((*ts, amenity.state?))).collect();
        for segment in track(&states, SLOW_VALID_MS, window) {
            let ms = segment.to_ms - segment.from_ms;
            parts.add(Part::Amenity, ms);
            parts.add(Part::AmenityGood, ms * i64::from(segment.value != AmenityState::Fault));
        }
    }
}

/// Limits of GB/T 18883 and the temperatures of domain, as an indication.
fn add_air(parts: &mut Parts, window: Window, air: &ByDevice<'_, Environment>) {
    let within = |value: Option<f64>, most: f64| value.is_none_or(|value| value <= most);
    for samples in air.values() {
        let judged: Vec<_> = samples
            .iter()
            .filter(|(ts, _)| *ts >= window.start_ms - EXPECTED_MS)
            .map(|(ts, air)| {
                let good = within(air.co2_ppm, 1_000.0)
                    && within(air.pm2_5_ugm3, 50.0)
                    && within(air.hcho_mgm3, 0.08)
                    && within(air.tvoc_mgm3, 0.60)
                    && air.temperature_c.is_none_or(|celsius| (10.0..=35.0).contains(&celsius));
                (*ts, good)
            })
            .collect();
        for segment in track(&judged, VALID_MS, window) {
            let ms = segment.to_ms - segment.from_ms;
            parts.add(Part::Air, ms);
            parts.add(Part::AirGood, ms * i64::from(segment.value));
        }
    }
}
