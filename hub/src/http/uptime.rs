//! How long stations were up, for the figures that need it.

use super::stations::STATIONS_PER_LOCK;
use super::{App, Problem, audit};
use crate::calendar::HOUR_MS;
use crate::clock::now_ms;
use crate::fleet::availability::{Interval, figures, planned, within};
use crate::fleet::{Outage, OutageFilter};
use crate::history::Uptime;
use crate::registry::Station;
use crate::texts::Said;
use std::collections::HashMap;
use std::ops::ControlFlow;
use waystation_protocol::StationId;

/// What is known of one station in the stretch.
struct Known {
    first_seen_ms: i64,
    /// By time.
    outages: Vec<Outage>,
    /// Sorted and disjoint.
    planned: Vec<Interval>,
}

/// What the outages of a stretch say, of one station or of all; asked for each station and part of the stretch. A station
/// counts from its first contact on, and until now.
pub fn uptimes(
    app: &App,
    from: i64,
    to: i64,
    station: Option<&str>,
) -> Result<impl Fn(&Station, i64, i64) -> Uptime + use<>, Problem> {
    let mut stations = seen(app, station)?;
    let station = station.and_then(|id| StationId::try_from(id).ok());
    let visit = |outage: Outage| {
        if let Some(known) = stations.get_mut(&outage.station) {
            known.outages.push(outage);
        }
        ControlFlow::Continue(())
    };
    // A row counts its last hour whole.
    let filter = OutageFilter { station, from, to: to.saturating_add(HOUR_MS), after: None };
    app.sources.store.each_outage(&filter, visit).map_err(|error| {
        tracing::error!(%error, "the outages cannot be read");
        Problem::unavailable(Said::new("refusal.outages_fails"))
    })?;
    let now_ms = now_ms();
    Ok(move |station: &Station, from: i64, to: i64| {
        let Some(known) = stations.get(&station.id) else { return Uptime::default() };
        let (from, to) = (from.max(known.first_seen_ms), to.min(now_ms));
        let found = figures(within(&known.outages, from, to), &known.planned, from, to);
        Uptime {
            total_ms: (to - from).max(0),
            down_ms: found.down_ms,
            link_down_ms: found.link_down_ms,
            unknown_ms: found.unknown_ms,
            planned_ms: found.planned_ms,
        }
    })
}

/// Registered stations that were ever heard of, with their maintenance windows.
fn seen(app: &App, station: Option<&str>) -> Result<HashMap<StationId, Known>, Problem> {
    let maintenance = app.sources.operations.maintenance().map_err(audit::failed)?;
    let directory = app.sources.directory.load();
    let wanted = |id: &str| station.is_none_or(|station| station == id);
    let mut found = HashMap::new();
    for stations in directory.stations().chunks(STATIONS_PER_LOCK) {
        let first_seen: Vec<Option<i64>> = {
            let fleet = app.sources.fleet.lock();
            stations.iter().map(|station| fleet.station(station.id.as_str())?.first_seen_ms()).collect()
        };
        for (station, first_seen_ms) in stations.iter().zip(first_seen) {
            let id = station.id.as_str();
            if let Some(first_seen_ms) = first_seen_ms.filter(|_| wanted(id)) {
                let planned = planned(&maintenance, id, station.district.as_deref());
                found.insert(station.id.clone(), Known { first_seen_ms, outages: Vec::new(), planned });
            }
        }
    }
    Ok(found)
}
