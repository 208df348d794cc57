//! `/api/v1/stream`: server-sent events for the page: the stations asked for, then each of them when it changes.
//!
//! Nothing is queued: once a second a stream asks which of its stations have changed since it last looked. A client
//! that reads slowly is asked less often, and gets the newest state when it reads on.
//!
//! Events: `station` (an item as in the list, or with `view=brief` as in `/api/v1/fleet`, then of all stations), `alert` (likewise: those that fire, then each that changes), `counts`
//! (registered stations by state, and `ready`).
//!
//! Each look ends with an id. A client that comes back with it in `Last-Event-ID`, as browsers do, gets only what
//! changed since; after a restart of the hub, whose changes are numbered anew, it gets everything.

use super::access::{Reading, token_hash};
use super::alerts;
use super::brief::Brief;
use super::query::Parameters;
use super::stations::{Filter, Item, STATIONS_PER_LOCK, count_states};
use super::{App, Problem};
use crate::clock::now_ms;
use crate::fleet::{Alert, State};
use crate::registry::{Station, TokenHash};
use crate::shutdown::Shutdown;
use crate::texts::Said;
use axum::body::{Body, Bytes};
use axum::extract::State as AppState;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior};
use waystation_protocol::StationId;

/// Streams open at once.
pub const STREAMS_MAX: usize = 200;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks between two counts of all stations, and between two signs of life.
const COUNTS_EVERY: u64 = 5;
const ALIVE_EVERY: u64 = 15;
/// Changed alerts of one look; more follow with the next.
const ALERTS_PER_LOOK: u32 = 200;
/// Changes of alerts that may be on their way to the disk when a stream begins; sent twice is no harm.
const SAVED_WITHIN_MS: i64 = 10_000;

struct Stream {
    app: App,
    /// With which it was opened; the stream ends when it is withdrawn.
    token: Option<TokenHash>,
    stations: Vec<Arc<Station>>,
    view: View,
    /// Changes up to this one were sent; `None`: nothing yet.
    seen: Option<u64>,
    /// Alerts up to this revision were sent; `None`: nothing yet.
    alerts_seen: Option<i64>,
    looks: u64,
    interval: Interval,
    shutdown: Shutdown,
    _permit: OwnedSemaphorePermit,
}

/// How much a stream says of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    /// An item as in the list.
    Full,
    /// As in `/api/v1/fleet`.
    Brief,
}

impl View {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "full" => Some(Self::Full),
            "brief" => Some(Self::Brief),
            _ => None,
        }
    }
}

pub(super) async fn open(
    AppState(app): AppState<App>,
    _: Reading,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let view = parameters.chosen("view", &["full", "brief"], View::from_name)?.unwrap_or(View::Full);
    let filter = match view {
        View::Full => Filter::from(&parameters, &["view"])?,
        View::Brief => Filter::from(&parameters, &["view"])?.without_limit(&parameters),
    };
    let permit = Arc::clone(&app.streams).try_acquire_owned();
    let permit = permit.map_err(|_| Problem::unavailable(Said::new("refusal.streams")))?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let (seen, alerts_seen) = resume(&app, last.unwrap_or_default());
    let stations = app.blocking(move |app| Ok(members(app, &filter))).await?;
    let mut interval = tokio::time::interval(LOOK_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let shutdown = app.shutdown.clone();
    let token = token_hash(&headers);
    let stream = Stream {
        app,
        token,
        stations,
        view,
        seen,
        alerts_seen,
        looks: 0,
        interval,
        shutdown,
        _permit: permit,
    };
    let body = Body::from_stream(futures_util::stream::unfold(stream, next));
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body))
}

/// The stations that the stream speaks of, whatever becomes of their state.
fn members(app: &App, filter: &Filter) -> Vec<Arc<Station>> {
    let mut stations = Vec::new();
    filter.each(app, |station, _| stations.push(Arc::clone(station)));
    stations
}

async fn next(mut stream: Stream) -> Option<(Result<Bytes, Infallible>, Stream)> {
    loop {
        tokio::select! {
            () = stream.shutdown.stopped() => return None,
            _ = stream.interval.tick() => {}
        }
        if !stream.is_allowed() {
            return None;
        }
        let app = stream.app.clone();
        let look = app.blocking(move |_| {
            let events = stream.look();
            Ok((stream, events))
        });
        let events;
        (stream, events) = look.await.ok()?;
        if !events.is_empty() {
            return Some((Ok(events.into()), stream));
        }
    }
}

impl Stream {
    fn is_allowed(&self) -> bool {
        self.token.as_ref().is_none_or(|token| self.app.sources.directory.load().is_login_token(token))
    }

    fn look_at_alerts(&mut self, out: &mut Vec<u8>) {
        let mut revision = match self.alerts_seen {
            Some(revision) => revision,
            None => {
                let firing: Vec<Alert> = self.app.sources.fleet.lock().alerts().cloned().collect();
                self.send_alerts(out, firing);
                // Revisions are times; a save may be under way since a moment ago.
                now_ms() - SAVED_WITHIN_MS
            }
        };
        match self.app.sources.store.alerts_since(revision, ALERTS_PER_LOOK) {
            Ok(changed) => {
                revision = changed.last().map_or(revision, |(last, _)| *last);
                self.send_alerts(out, changed.into_iter().map(|(_, alert)| alert));
            }
            Err(error) => tracing::error!(%error, "a stream cannot read the alerts"),
        }
        self.alerts_seen = Some(revision);
    }

    fn send_alerts(&self, out: &mut Vec<u8>, alerts: impl IntoIterator<Item = Alert>) {
        for alert in alerts {
            if concerns(&alert, &self.stations) {
                event(out, "alert", &alerts::Item::of(&self.app, alert));
            }
        }
    }

    fn look(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let (since, now_ms) = (self.seen, now_ms());
        let version = self.app.sources.fleet.lock().version();
        self.seen = Some(version);
        for stations in self.stations.chunks(STATIONS_PER_LOCK) {
            let fleet = self.app.sources.fleet.lock();
            for station in stations {
                let known = fleet.station(station.id.as_str());
                let is_news = |since| known.is_some_and(|known| known.version() > since);
                match self.view {
                    _ if !since.is_none_or(is_news) => {}
                    View::Full => event(&mut out, "station", &Item::of(station, known)),
                    View::Brief => event(&mut out, "station", &Brief::of(station, known, now_ms)),
                }
            }
        }
        self.look_at_alerts(&mut out);
        if self.looks.is_multiple_of(COUNTS_EVERY) {
            event(&mut out, "counts", &Counts::of(&self.app));
        }
        if !out.is_empty() {
            let (started_ms, revision) = (self.app.started_ms, self.alerts_seen.unwrap_or(0));
            out.extend_from_slice(format!("id: {started_ms}-{version}-{revision}\n\n").as_bytes());
        } else if self.looks.is_multiple_of(ALIVE_EVERY) {
            out.extend_from_slice(b": alive\n\n");
        }
        self.looks += 1;
        out
    }
}

/// What an id says was sent: the stations' version, if it is of this run of the hub, and the alerts' revision, which
/// holds over restarts.
fn resume(app: &App, id: &str) -> (Option<u64>, Option<i64>) {
    let mut parts = id.splitn(3, '-');
    let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
    let (started_ms, version, revision) = (number(), number(), number());
    let newest = app.sources.fleet.lock().version();
    let version =
        version.and_then(|version| u64::try_from(version).ok()).filter(|version| *version <= newest);
    (version.filter(|_| started_ms == Some(app.started_ms)), revision)
}

/// Whether an alert speaks of one of these stations, or of the hub.
fn concerns(alert: &Alert, stations: &[Arc<Station>]) -> bool {
    let is_member =
        |id: &StationId| stations.binary_search_by(|station| station.id.as_str().cmp(id.as_str())).is_ok();
    alert.stations.is_empty() || alert.stations.iter().any(is_member)
}

#[derive(Serialize)]
struct Counts {
    total: u64,
    states: BTreeMap<&'static str, u64>,
    ready: bool,
}

impl Counts {
    fn of(app: &App) -> Self {
        let counts = count_states(app);
        let states = State::ALL.iter().map(|state| state.as_str()).zip(counts).collect();
        Self { total: counts.iter().sum(), states, ready: app.sources.health.ready() }
    }
}

fn event(out: &mut Vec<u8>, name: &str, data: &impl Serialize) {
    let before = out.len();
    out.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    // JSON on one line: it holds no line break outside of strings, and none unescaped inside.
    if let Err(error) = serde_json::to_writer(&mut *out, data) {
        tracing::error!(%error, name, "an event could not be written");
        out.truncate(before);
        return;
    }
    out.extend_from_slice(b"\n\n");
}
