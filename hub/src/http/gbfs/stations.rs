//! Where cabinets stand, and what is in them. Only stations with a position and with slots that were ever reported.

use super::super::stations::{STATIONS_PER_LOCK, is_fresh, of_kind};
use super::super::{App, time};
use super::localized;
use crate::clock::now_ms;
use crate::fleet::{State, StationState};
use crate::registry::Station;
use serde_json::{Value, json};
use waystation_protocol::{Body, Cabinet, CabinetStatus, Kind, SlotState, VoltageClass};

/// The slots of all cabinets of a station.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stock {
    slots: u32,
    /// In the order of [`VoltageClass::ALL`].
    ready: [u32; VoltageClass::ALL.len()],
    empty: u32,
    out_of_order: u32,
    /// Whether any cabinet works.
    works: bool,
    /// The oldest of the cabinets that count, else the newest of the others; ms since the Unix epoch.
    reported_ms: i64,
}

impl Stock {
    /// `None` without any slot. A cabinet that has been silent offers nothing, whatever its gateway says.
    pub fn of(known: &StationState, now_ms: i64) -> Option<Self> {
        let mut stock = Self::default();
        let (mut oldest_ms, mut newest_ms) = (None, 0);
        for reading in of_kind(known, Kind::Cabinet) {
            if let Body::Cabinet(cabinet) = &reading.body {
                let fresh = is_fresh(reading, now_ms);
                if fresh {
                    oldest_ms = Some(oldest_ms.unwrap_or(reading.ts).min(reading.ts));
                }
                newest_ms = newest_ms.max(reading.ts);
                stock.add(cabinet, fresh);
            }
        }
        stock.reported_ms = oldest_ms.unwrap_or(newest_ms);
        (stock.slots > 0).then_some(stock)
    }

    /// Batteries that can be taken, of all classes.
    pub fn ready_sum(&self) -> u32 {
        self.ready.iter().sum()
    }

    pub fn slots(&self) -> u32 {
        self.slots
    }

    fn add(&mut self, cabinet: &Cabinet, fresh: bool) {
        let works = fresh && !matches!(cabinet.status, Some(CabinetStatus::Fault | CabinetStatus::Disabled));
        self.works |= works;
        for slot in cabinet.slots.iter().flatten() {
            self.slots += 1;
            match (slot.state, slot.class) {
                (Some(SlotState::Ready), Some(class)) if works => self.ready[class as usize] += 1,
                (Some(SlotState::Empty), _) if works => self.empty += 1,
                (Some(SlotState::Fault | SlotState::Disabled), _) => self.out_of_order += 1,
                _ => {}
            }
        }
    }
}

pub fn information(app: &App) -> Value {
    stations(app, |station, _, stock| {
        let mut item = json!({
            "station_id": station.id,
            "name": localized(&station.name_zh, &station.name_en, station.id.as_str()),
            "lat": station.latitude,
            "lon": station.longitude,
            "is_virtual_station": false,
            "is_charging_station": true,
            "capacity": stock.slots,
        });
        let parts = [&station.city, &station.district, &station.street];
        let address: String = parts.into_iter().flatten().map(|part| part.as_str()).collect();
        if !address.is_empty() {
            item["address"] = address.into();
        }
        if let Some(hours) = &station.opening_hours {
            item["station_opening_hours"] = osm_hours(hours).into();
        }
        item
    })
}

pub fn status(app: &App) -> Value {
    stations(app, |station, known, stock| {
        // What a station last said hours ago is no offer.
        let serves = stock.works && matches!(known.state(), State::Online | State::Late);
        let classes = VoltageClass::ALL.iter().map(|class| class.as_str());
        let available: Vec<Value> = classes
            .clone()
            .zip(stock.ready)
            .map(|(class, count)| json!({ "vehicle_type_id": class, "count": count }))
            .collect();
        json!({
            "station_id": station.id,
            "num_vehicles_available": stock.ready_sum(),
            "vehicle_types_available": available,
            "num_docks_available": stock.empty,
            "vehicle_docks_available": [{ "vehicle_type_ids": classes.collect::<Vec<_>>(), "count": stock.empty }],
            "num_docks_disabled": stock.out_of_order,
            "is_installed": true,
            "is_renting": serves,
            "is_returning": serves,
            "last_reported": time::rfc3339(stock.reported_ms),
        })
    })
}

fn stations(app: &App, item: impl Fn(&Station, &StationState, &Stock) -> Value) -> Value {
    let directory = app.sources.directory.load();
    let now_ms = now_ms();
    let mut items = Vec::new();
    for stations in directory.stations().chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations.iter().filter(|station| station.latitude.is_some()) {
            let known = fleet.station(station.id.as_str());
            if let Some((known, stock)) = known.and_then(|known| Some((known, Stock::of(known, now_ms)?))) {
                items.push(item(station, known, &stock));
            }
        }
    }
    json!({ "stations": items })
}

/// The registry's hours in OpenStreetMap's format: `24h` is `24/7`, the others hold on every day.
fn osm_hours(hours: &str) -> String {
    if hours == "24h" { "24/7".into() } else { format!("Mo-Su {hours}") }
}
