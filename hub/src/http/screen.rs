//! `/public/screen`: the sums that a wall in a hall shows to everybody.
//!
//! Privacy: stations by band, batteries, money; no station by name, no number of people in a room, no event of a door,
//! and a count of visits only from [`VISITS_MIN`] on.

use super::access::PublicReading;
use super::occupancy::{Band, band};
use super::query::Parameters;
use super::stations::{STATIONS_PER_LOCK, is_fresh, json};
use super::{App, Problem};
use crate::calendar::{Calendar, Hours};
use crate::clock::now_ms;
use crate::fleet::{State, StationState};
use crate::history::{By, Resolution, Uptime, UtilisationQuery};
use crate::registry::StationKind;
use axum::extract::State as AppState;
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use waystation_protocol::{Body, CabinetStatus, SlotState, VoltageClass};

/// Smaller counts are not told.
const VISITS_MIN: f64 = 5.0;
/// Walls ask often, and all see the same.
const KEPT_FOR: Duration = Duration::from_secs(5);
const VISITS_KEPT_FOR: Duration = Duration::from_secs(60);

/// What a wall shows.
#[derive(Debug, Serialize)]
struct Screen {
    /// ms since the Unix epoch.
    at: i64,
    name: Name,
    stations: Stations,
    bands: Bands,
    batteries: BTreeMap<&'static str, Batteries>,
    /// 0.01 yuan; the sum of what all tills say. Null without a till.
    fund_total_fen: Option<i64>,
    breakfasts_total: Option<i64>,
    /// Of rest stations, since midnight; null when it is not known, or too small to tell.
    visits_today: Option<f64>,
    districts: Vec<District>,
}

#[derive(Debug, Serialize)]
struct Name {
    zh: String,
    en: String,
}

#[derive(Debug, Default, Serialize)]
struct Stations {
    total: u64,
    online: u64,
    away: u64,
}

#[derive(Debug, Default, Serialize)]
struct Bands {
    free: u64,
    moderate: u64,
    crowded: u64,
    unknown: u64,
}

#[derive(Debug, Default, Serialize)]
struct Batteries {
    ready: u64,
    installed: u64,
}

#[derive(Debug, Serialize)]
struct District {
    district: String,
    stations: u64,
    online: u64,
    free: u64,
    moderate: u64,
    crowded: u64,
}

/// Stations by what everybody may know of them.
#[derive(Debug, Default)]
struct Sums {
    stations: u64,
    online: u64,
    bands: Bands,
}

impl Sums {
    fn add(&mut self, present: bool, band: Option<Band>) {
        self.stations += 1;
        self.online += u64::from(present);
        match band {
            Some(Band::Free) => self.bands.free += 1,
            Some(Band::Moderate) => self.bands.moderate += 1,
            Some(Band::Crowded) => self.bands.crowded += 1,
            None => self.bands.unknown += 1,
        }
    }
}

impl District {
    fn of((district, Sums { stations, online, bands }): (String, Sums)) -> Self {
        let Bands { free, moderate, crowded, .. } = bands;
        Self { district, stations, online, free, moderate, crowded }
    }
}

/// What cabinets and tills say, added up.
#[derive(Debug)]
struct Goods {
    batteries: BTreeMap<&'static str, Batteries>,
    fund_total_fen: Option<i64>,
    breakfasts_total: Option<i64>,
}

pub(super) async fn show(
    AppState(app): AppState<App>,
    _: PublicReading,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.allow(&[])?;
    let body = app.blocking(|app| {
        let make = || serde_json::to_vec(&make(app)?).map_err(|_| Problem::internal());
        app.screen.get(KEPT_FOR, make)
    });
    Ok(json(body.await?.to_vec()))
}

fn make(app: &App) -> Result<Screen, Problem> {
    let now_ms = now_ms();
    let (mut all, mut goods) = (Sums::default(), Goods::new());
    let mut districts: BTreeMap<String, Sums> = BTreeMap::new();
    let directory = app.sources.directory.load();
    for stations in directory.stations().chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations {
            let known = fleet.station(station.id.as_str());
            let present = known.filter(|known| matches!(known.state(), State::Online | State::Late));
            let band = present.and_then(|known| band(station, known));
            all.add(present.is_some(), band);
            if let Some(district) = &station.district {
                districts.entry(district.to_string()).or_default().add(present.is_some(), band);
            }
            if let Some(known) = known {
                goods.add(known, present.is_some(), now_ms);
            }
        }
    }
    let http = &app.sources.config.http;
    let Goods { batteries, fund_total_fen, breakfasts_total } = goods;
    Ok(Screen {
        at: now_ms,
        name: Name { zh: http.name_zh.clone(), en: http.name_en.clone() },
        stations: Stations { total: all.stations, online: all.online, away: all.stations - all.online },
        bands: all.bands,
        batteries,
        fund_total_fen,
        breakfasts_total,
        visits_today: *app.visits_today.get(VISITS_KEPT_FOR, || visits_today(app, now_ms))?,
        districts: districts.into_iter().map(District::of).collect(),
    })
}

impl Goods {
    fn new() -> Self {
        let batteries = VoltageClass::ALL.iter().map(|class| (class.as_str(), Batteries::default()));
        Self { batteries: batteries.collect(), fund_total_fen: None, breakfasts_total: None }
    }

    fn add(&mut self, known: &StationState, present: bool, now_ms: i64) {
        for reading in known.latest.readings() {
            match &reading.body {
                // Totals that only rise: an old one is still true.
                Body::Fund(fund) => {
                    add_to(&mut self.fund_total_fen, fund.fund_total_fen);
                    add_to(&mut self.breakfasts_total, fund.breakfasts_total);
                }
                Body::Cabinet(cabinet) => {
                    let works = present
                        && is_fresh(reading, now_ms)
                        && !matches!(cabinet.status, Some(CabinetStatus::Fault | CabinetStatus::Disabled));
                    for slot in cabinet.slots.iter().flatten() {
                        self.add_slot(slot.class, slot.state, works);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_slot(&mut self, class: Option<VoltageClass>, state: Option<SlotState>, works: bool) {
        let (Some(class), Some(state)) = (class, state) else { return };
        if state == SlotState::Empty {
            return;
        }
        let batteries = self.batteries.entry(class.as_str()).or_default();
        batteries.installed += 1;
        batteries.ready += u64::from(works && state == SlotState::Ready);
    }
}

fn add_to(sum: &mut Option<i64>, more: Option<i64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0).saturating_add(more));
    }
}

/// Entries of rest stations since midnight in the hub's time zone. Kinds are never added up together.
fn visits_today(app: &App, now_ms: i64) -> Result<Option<f64>, Problem> {
    let Some(history) = &app.sources.history else { return Ok(None) };
    let calendar = Calendar::new(app.sources.config.calendar.zone(), Hours::default());
    let query = UtilisationQuery {
        from: calendar.day_start(now_ms),
        to: now_ms,
        by: By::Kind,
        resolution: Resolution::Total,
        station: None,
        district: None,
    };
    let items = history.utilisation(&query, &|_, _, _| Uptime::default()).map_err(super::history::failed)?;
    let rest = items.iter().find(|item| item.kind == StationKind::Rest);
    Ok(rest.and_then(|item| item.figures.visits.value).filter(|visits| *visits >= VISITS_MIN))
}
