//! `/api/v1/outages` and `/api/v1/stations/{id}/availability`: when stations were not there, why, and what share of
//! the time that makes. Both figures: as the hub saw it, and the station's own, whose link is not its fault.

use super::access::Reading;
use super::alerts::failed;
use super::audit;
use super::history::stretch;
use super::query::{Named, Parameters};
use super::stations::{Page, unknown_station};
use super::{App, Problem};
use crate::calendar::DAY_MS;
use crate::clock::now_ms;
use crate::fleet::availability::{Interval, figures, planned, with_planned};
use crate::fleet::{Availability, Outage, OutageFilter};
use crate::operations::Maintenance;
use crate::registry::Directory;
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::ops::ControlFlow;
use waystation_protocol::StationId;

/// The stretch when the caller names none, and the longest.
const STRETCH_DEFAULT_MS: i64 = 30 * DAY_MS;
const STRETCH_MAX_MS: i64 = 366 * DAY_MS;

pub(super) async fn list(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Json<Page<Outage>>, Problem> {
    parameters.allow(&["station", "from", "to", "limit", "cursor", "after"])?;
    let (from, to) = period(&parameters)?;
    let station = parameters.text("station").map(|id| registered(&app, id)).transpose()?;
    let limit = parameters.limit()?;
    let after = parameters.cursor_of(cursor)?;
    app.blocking(move |app| {
        let mut found: Vec<Outage> = Vec::new();
        let filter = OutageFilter { station, from, to, after };
        let visit = |outage| {
            found.push(outage);
            // One more than asked for tells that there is a next page.
            if found.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        app.sources.store.each_outage(&filter, visit).map_err(failed)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| format!("{}-{}", last.starts_at, last.station));
        let maintenance = app.sources.operations.maintenance().map_err(audit::failed)?;
        let directory = app.sources.directory.load();
        let mark = |outage: Outage| {
            let windows = windows(&maintenance, &directory, &outage.station);
            with_planned(vec![outage], &windows)
        };
        Ok(Json(Page { items: found.into_iter().flat_map(mark).collect(), next }))
    })
    .await
}

/// Start and station of the last outage of the page before.
fn cursor(text: &str) -> Option<(StationId, i64)> {
    let (starts_at, station) = text.split_once('-')?;
    Some((StationId::try_from(station).ok()?, starts_at.parse().ok()?))
}

#[derive(Serialize)]
pub struct Answer {
    station: StationId,
    /// ms since the Unix epoch: what was asked for, but not before the first contact, nor after now.
    from: i64,
    to: i64,
    #[serde(flatten)]
    figures: Availability,
    outages: Vec<Outage>,
}

pub(super) async fn availability(
    State(app): State<App>,
    _: Reading,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Json<Answer>, Problem> {
    parameters.allow(&["from", "to"])?;
    let (from, to) = period(&parameters)?;
    let station = registered(&app, &id)?;
    app.blocking(move |app| {
        let now_ms = now_ms();
        // A station that was never heard has nothing to be available.
        let first_seen =
            app.sources.fleet.lock().station(station.as_str()).and_then(|known| known.first_seen_ms());
        let to = to.min(now_ms);
        let from = from.max(first_seen.unwrap_or(now_ms)).min(to);
        let filter = OutageFilter { station: Some(station.clone()), from, to, after: None };
        let outages = app.sources.store.outages(&filter).map_err(failed)?;
        let maintenance = app.sources.operations.maintenance().map_err(audit::failed)?;
        let windows = windows(&maintenance, &app.sources.directory.load(), &station);
        let figures = figures(&outages, &windows, from, to);
        Ok(Json(Answer { station, from, to, figures, outages: with_planned(outages, &windows) }))
    })
    .await
}

fn period(parameters: &Parameters) -> Result<(i64, i64), Problem> {
    let (from, to) = stretch(parameters.time("from")?, parameters.time("to")?, STRETCH_DEFAULT_MS, now_ms())?;
    if to.saturating_sub(from) > STRETCH_MAX_MS {
        return Err(Problem::bad_request(Said::new("refusal.year")));
    }
    Ok((from, to))
}

fn registered(app: &App, id: &str) -> Result<StationId, Problem> {
    let station = app.sources.directory.load().station(id).map(|station| station.id.clone());
    station.ok_or_else(|| unknown_station(id))
}

fn windows(maintenance: &[Maintenance], directory: &Directory, station: &StationId) -> Vec<Interval> {
    let district = directory.station(station.as_str()).and_then(|station| station.district.as_deref());
    planned(maintenance, station.as_str(), district)
}
