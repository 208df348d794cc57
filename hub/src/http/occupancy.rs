//! `/public/occupancy`: how full stations are, for screens and maps that everybody sees.
//!
//! Privacy: a band, never a number of people, and no event of a door. Where a room is made for fewer than
//! [`CAPACITY_MIN`] people, a band would tell of single persons, so there is none.

use super::access::PublicReading;
use super::query::Parameters;
use super::stations::{Page, STATIONS_PER_LOCK, is_fresh, of_kind};
use super::{App, Problem};
use crate::clock::now_ms;
use crate::fleet::{State, StationState};
use crate::registry::Station;
use axum::Json;
use axum::extract::State as AppState;
use serde::Serialize;
use waystation_protocol::{Body, Kind};

/// Counts below this one are suppressed.
const CAPACITY_MIN: i64 = 5;
/// From so many percent of the capacity on a station is no longer free, and then crowded (as for crowded hours).
const MODERATE_PCT: i64 = 50;
const CROWDED_PCT: i64 = 80;

/// How full a station is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Band {
    Free,
    Moderate,
    Crowded,
}

impl Band {
    pub const NAMES: [&'static str; 3] = ["free", "moderate", "crowded"];

    /// `None` for a room that is too small to tell without telling of single persons.
    fn of(people: i64, capacity: i64) -> Option<Self> {
        if capacity < CAPACITY_MIN {
            return None;
        }
        Some(match people.saturating_mul(100) / capacity {
            CROWDED_PCT.. => Self::Crowded,
            MODERATE_PCT.. => Self::Moderate,
            _ => Self::Free,
        })
    }

    fn text(self) -> Text {
        match self {
            Self::Free => Text { zh: "空闲", en: "free" },
            Self::Moderate => Text { zh: "适中", en: "moderate" },
            Self::Crowded => Text { zh: "拥挤", en: "crowded" },
        }
    }
}

#[derive(Serialize)]
struct Text {
    zh: &'static str,
    en: &'static str,
}

#[derive(Serialize)]
struct Name {
    zh: String,
    en: String,
}

#[derive(Serialize)]
pub struct Item {
    station: String,
    name: Name,
    /// Null when it is not known now, or not to be told.
    band: Option<Band>,
    text: Option<Text>,
}

pub(super) async fn list(
    AppState(app): AppState<App>,
    _: PublicReading,
    parameters: Parameters,
) -> Result<Json<Page<Item>>, Problem> {
    parameters.allow(&["limit", "after", "cursor", "district"])?;
    let limit = parameters.limit()?;
    let after = parameters.cursor().unwrap_or_default().to_owned();
    let district = parameters.text("district").map(str::to_owned);
    app.blocking(move |app| Ok(Json(page(app, &after, district.as_deref(), limit)))).await
}

fn page(app: &App, after: &str, district: Option<&str>, limit: usize) -> Page<Item> {
    let directory = app.sources.directory.load();
    let mut items: Vec<Item> = Vec::new();
    for stations in directory.stations_after(after).chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations {
            if district.is_some_and(|district| station.district.as_deref() != Some(district)) {
                continue;
            }
            if items.len() == limit {
                let next = items.last().map(|last| last.station.clone());
                return Page { items, next };
            }
            items.push(item(station, fleet.station(station.id.as_str())));
        }
    }
    Page { items, next: None }
}

fn item(station: &Station, known: Option<&StationState>) -> Item {
    let present = known.filter(|known| matches!(known.state(), State::Online | State::Late));
    let band = present.and_then(|known| band(station, known));
    Item {
        station: station.id.to_string(),
        name: Name { zh: station.name_zh.to_string(), en: station.name_en.to_string() },
        band,
        text: band.map(Band::text),
    }
}

/// How full the station is, over all zones that report.
pub fn band(station: &Station, known: &StationState) -> Option<Band> {
    let (people, capacity) = people(known, now_ms());
    Band::of(people?, capacity.or(station.capacity.map(i64::from))?)
}

/// People and capacity over all zones that reported lately; never for everybody's eyes.
pub fn people(known: &StationState, now_ms: i64) -> (Option<i64>, Option<i64>) {
    let fresh = of_kind(known, Kind::Occupancy).filter(|reading| is_fresh(reading, now_ms));
    let zones = fresh.filter_map(|reading| match &reading.body {
        Body::Occupancy(zone) => Some(zone),
        _ => None,
    });
    let (mut people, mut capacity) = (None, None);
    for zone in zones {
        people = zone.people.map(|more| more + people.unwrap_or(0)).or(people);
        capacity = zone.capacity.map(|more| more + capacity.unwrap_or(0)).or(capacity);
    }
    (people, capacity)
}

#[cfg(test)]
mod tests {
    use super::Band;

    #[test]
    fn bands_tell_of_no_single_person() {
        for (people, capacity, expected) in [
            (0, 10, Some(Band::Free)),
            (4, 10, Some(Band::Free)),
            (5, 10, Some(Band::Moderate)),
            (7, 10, Some(Band::Moderate)),
            (8, 10, Some(Band::Crowded)),
            (30, 10, Some(Band::Crowded)),
            (4, 4, None),
            (0, 0, None),
        ] {
            assert_eq!(Band::of(people, capacity), expected, "{people} of {capacity}");
        }
    }
}
