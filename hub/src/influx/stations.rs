//! The registered stations as points of `station`: one a station and UTC day, at its beginning, so that a dashboard
//! knows names and places by a query of a day. Written at the start and when a day begins, and of what changed, again.
//!
//! What is compared are two snapshots of the registry, of which one is the hub's present one: a fleet of any size costs
//! no more than a second snapshot while InfluxDB is behind. A round is finished before the next begins, so that
//! a registry that changes all the time starves nobody.

use super::derived::{DerivedError, DerivedSource};
use super::line::{DerivedPoint, Measurement};
use crate::calendar::DAY_MS;
use crate::registry::{Directory, SharedDirectory, Station};
use std::sync::{Arc, Mutex, PoisonError};
use waystation_protocol::Value;

/// The source of the points. Its numbers count points; what was written is known in memory alone, so each start
/// writes all of them again, over themselves.
pub struct Stations {
    directory: SharedDirectory,
    now_ms: fn() -> i64,
    round: Mutex<Option<Round>>,
}

/// One walk over a snapshot of the registry.
struct Round {
    /// 00:00 UTC of its day, ms since the Unix epoch.
    day: i64,
    to: Arc<Directory>,
    /// What the points of this day say so far.
    from: Option<Arc<Directory>>,
    /// Place in `to` of the next station to look at.
    next: usize,
}

impl Stations {
    #[must_use]
    pub fn new(directory: SharedDirectory, now_ms: fn() -> i64) -> Self {
        Self { directory, now_ms, round: Mutex::new(None) }
    }

    /// The round that is under way, or the next one if there is something new to say.
    fn go_on(&self, last: Option<Round>) -> Round {
        let now_ms = (self.now_ms)();
        let day = now_ms - now_ms.rem_euclid(DAY_MS);
        match last {
            Some(round) if !round.is_done() => round,
            Some(round) if round.day == day => {
                let to = self.directory.load_full();
                if Arc::ptr_eq(&to, &round.to) {
                    return round;
                }
                Round { day, to, from: Some(round.to), next: 0 }
            }
            _ => Round { day, to: self.directory.load_full(), from: None, next: 0 },
        }
    }
}

impl DerivedSource for Stations {
    fn name(&self) -> &'static str {
        "stations"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError> {
        // A panic half-way leaves no round, and the next one begins anew.
        let mut last = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        let mut round = self.go_on(last.take());
        let (day, mut written) = (round.day, 0);
        while written < limit
            && let Some(station) = round.step()
        {
            if let Some(station) = station {
                take(&point(station, day));
                written += 1;
            }
        }
        if round.is_done() {
            round.from = None;
        }
        *last = Some(round);
        Ok(place.saturating_add(i64::try_from(written).unwrap_or(i64::MAX)))
    }
}

impl Round {
    fn is_done(&self) -> bool {
        self.next >= self.to.len()
    }

    /// Passes one station; it is given if its point has to be written. `None` at the end.
    fn step(&mut self) -> Option<Option<&Station>> {
        let station = self.to.stations().get(self.next)?;
        self.next += 1;
        let before = self.from.as_ref().and_then(|from| from.station(station.id.as_str()));
        Some((before != Some(station)).then_some(station))
    }
}

/// Members that the registry does not have are no fields.
fn point(station: &Station, day: i64) -> DerivedPoint<'_> {
    let mut fields = vec![("kind", Value::Text(station.kind.as_str()))];
    let texts = [
        ("name_zh", Some(station.name_zh.as_str())),
        ("name_en", Some(station.name_en.as_str())),
        ("host_type", station.host_type.as_deref()),
    ];
    for (name, text) in texts {
        fields.extend(text.filter(|text| !text.is_empty()).map(|text| (name, Value::Text(text))));
    }
    let numbers = [
        ("latitude", station.latitude),
        ("longitude", station.longitude),
        ("capacity", station.capacity.map(f64::from)),
    ];
    for (name, number) in numbers {
        fields.extend(number.map(|number| (name, Value::Float(number))));
    }
    DerivedPoint {
        measurement: Measurement::Station,
        station: Some(station.id.as_str()),
        district: station.district.as_deref(),
        fields,
        ts: day,
        ..DerivedPoint::default()
    }
}

#[cfg(test)]
#[path = "stations_tests.rs"]
mod tests;
