//! How long stations were up, for the figures that need it.

use super::{App, Problem, audit};
use crate::clock::now_ms;
use crate::fleet::availability::{figures, planned};
use crate::fleet::{Outage, OutageFilter};
use crate::history::Uptime;
use crate::registry::Station;
use std::collections::HashMap;
use waystation_protocol::StationId;

/// What the outages of a stretch say; asked for each station and part of the stretch. A station counts from its first
/// contact on, and until now.
pub fn uptimes(
    app: &App,
    from: i64,
    to: i64,
) -> Result<impl Fn(&Station, i64, i64) -> Uptime + use<'_>, Problem> {
    let now_ms = now_ms();
    let mut outages: HashMap<StationId, Vec<Outage>> = HashMap::new();
    let filter = OutageFilter { station: None, from, to };
    let visit = |outage: Outage| match outages.get_mut(&outage.station) {
        Some(known) => known.push(outage),
        None => drop(outages.insert(outage.station.clone(), vec![outage])),
    };
    app.sources.store.each_outage(&filter, visit).map_err(|error| {
        tracing::error!(%error, "the outages cannot be read");
        Problem::unavailable("the outages cannot be read now; the hub's log says why")
    })?;
    let maintenance = app.sources.operations.maintenance().map_err(audit::failed)?;
    Ok(move |station: &Station, from: i64, to: i64| {
        let id = station.id.as_str();
        let first_seen = app.sources.fleet.lock().station(id).and_then(|known| known.first_seen_ms());
        let Some(first_seen_ms) = first_seen else { return Uptime::default() };
        let (from, to) = (from.max(first_seen_ms), to.min(now_ms));
        let of_station = outages.get(&station.id).map_or(&[][..], Vec::as_slice);
        let windows = planned(&maintenance, id, station.district.as_deref());
        let found = figures(of_station, &windows, from, to);
        Uptime {
            total_ms: (to - from).max(0),
            down_ms: found.down_ms,
            link_down_ms: found.link_down_ms,
            unknown_ms: found.unknown_ms,
            planned_ms: found.planned_ms,
        }
    })
}
