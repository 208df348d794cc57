//! The HTTP server: API, probes, metrics and the console.
//!
//! - Reads take the fleet's lock for a few hundred stations at a time, on threads for blocking work: neither the
//!   runtime nor the projector waits for a long list.
//! - Every error is a problem document (RFC 9457). Odd input is a 4xx; a 5xx means that the hub itself fails.
//! - Whatever writes needs a token, and is in the audit log before it is done.
//! - Bounded: connections, streams, requests a second, the size of a list and of a body, the time for a head.

mod access;
mod alerts;
mod assets;
mod audit;
mod brief;
mod channels;
mod claims;
mod commands;
mod configuration;
mod coverage;
mod csv;
mod gbfs;
mod history;
mod input;
mod kept;
mod language;
mod ledger;
mod limits;
mod maintenance;
mod mark;
mod me;
mod misfit;
mod occupancy;
mod openapi;
mod outages;
mod probes;
mod problem;
mod proposals;
mod quarantine;
mod query;
mod readings;
mod registration;
mod registry;
mod scrape;
mod screen;
mod server;
mod silences;
mod squeeze;
mod stations;
mod stream;
mod time;
mod tokens;
mod uptime;
mod utilisation;
mod window;

pub use openapi::document as openapi_document;
pub use problem::Problem;
pub use server::{TlsNow, serve};

use crate::clock::now_ms;
use crate::config::Config;
use crate::fleet::{SharedFleet, Store};
use crate::health::Health;
use crate::history::{History, LowUse};
use crate::listener::Commands;
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::registry::{Registry, SharedDirectory};
use crate::shutdown::Shutdown;
use access::LocalReading;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};
use kept::Kept;
use language::Language;
use limits::Limits;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use waystation_durable_log::Log;

/// What the server shows, and how.
pub struct Sources {
    pub config: Config,
    pub directory: SharedDirectory,
    pub fleet: SharedFleet,
    pub store: Arc<Store>,
    /// Absent when it is switched off.
    pub history: Option<History>,
    pub log: Log,
    pub metrics: Metrics,
    pub health: Health,
    pub registry: Arc<Registry>,
    pub operations: Operations,
    pub commands: Commands,
}

/// Shared by all requests.
#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    sources: Sources,
    local_reading: LocalReading,
    limits: Limits,
    /// Tells one run of the hub from another.
    started_ms: i64,
    guesses: claims::Guesses,
    scrape: scrape::Scrape,
    feeds: gbfs::Feeds,
    low_use: Kept<Vec<LowUse>>,
    coverage: coverage::Known,
    screen: Kept<Vec<u8>>,
    visits_today: Kept<Option<f64>>,
    streams: Arc<Semaphore>,
    shutdown: Shutdown,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    fn new(sources: Sources, listen: SocketAddr, shutdown: Shutdown) -> Self {
        let local_reading = LocalReading::of(listen, sources.config.http.require_token);
        let streams = Arc::new(Semaphore::new(stream::STREAMS_MAX));
        let scrape = scrape::Scrape::default();
        let limits = Limits::new(sources.config.http.requests_per_second_max);
        let started_ms = now_ms();
        Self(Arc::new(Shared {
            sources,
            local_reading,
            limits,
            started_ms,
            guesses: claims::Guesses::default(),
            scrape,
            feeds: gbfs::Feeds::default(),
            low_use: Kept::default(),
            coverage: coverage::Known::default(),
            screen: Kept::default(),
            visits_today: Kept::default(),
            streams,
            shutdown,
        }))
    }

    /// Runs what takes a lock or reads a disk on a thread for blocking work.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        tokio::task::spawn_blocking(move || work(&app)).await.map_err(|_| Problem::internal())?
    }
}

fn router(app: App) -> Router {
    let api = Router::new()
        .route("/stations", get(stations::list).post(registry::add))
        .route("/stations/{id}", get(stations::one).delete(registry::remove))
        .route("/stations/{id}/registration", get(registration::show).patch(registration::edit))
        .route("/stations/{id}/token", post(registry::rotate_token))
        .route("/stations/{id}/claim", post(claims::make))
        .route("/stations/{id}/commands", get(commands::list).post(commands::send))
        .route("/stations/{id}/commands/{command}/confirm", post(commands::confirm))
        .route("/stations/{id}/configuration", get(configuration::show).put(configuration::set))
        .route("/stations/{id}/readings", get(readings::list))
        .route("/utilisation", get(utilisation::list))
        .route("/coverage", get(coverage::show))
        .route("/low-use", get(proposals::low_use))
        .route("/stars", get(proposals::stars))
        .route("/stations/{id}/availability", get(outages::availability))
        .route("/outages", get(outages::list))
        .route("/alerts", get(alerts::list))
        .route("/alerts/{id}", get(alerts::one))
        .route("/alerts/{id}/acknowledge", post(alerts::acknowledge))
        .route("/me", get(me::show))
        .route("/fleet", get(brief::fleet))
        .route("/channels", get(channels::list))
        .route("/channels/{name}/test", post(channels::test))
        .route("/tokens", get(tokens::list).post(tokens::add))
        .route("/tokens/{name}", delete(tokens::remove))
        .route("/silences", get(silences::list).post(silences::add))
        .route("/silences/{id}", delete(silences::end))
        .route("/maintenance", get(maintenance::list).post(maintenance::add))
        .route("/maintenance/{id}", delete(maintenance::end))
        .route("/audit", get(audit::list))
        .route("/quarantine", get(quarantine::list))
        .route("/ledger", get(ledger::list))
        .route("/stream", get(stream::open))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    Router::new()
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .route("/metrics", get(scrape::metrics))
        .route("/claim", post(claims::redeem))
        .route("/openapi.json", get(openapi::show))
        .route("/gbfs/3.0/", get(gbfs::index))
        .route("/gbfs/3.0/{file}", get(gbfs::feed))
        .route("/public/occupancy", get(occupancy::list))
        .route("/public/screen", get(screen::show))
        .route("/", get(assets::page))
        .route("/assets/{name}", get(assets::asset))
        .nest("/api/v1", api)
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), finish))
        .with_state(app)
}

/// Headers of every answer. The page loads nothing from anywhere else and runs no inline script.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = problem::in_language(next.run(request).await, language);
    app.sources.metrics.http_requests.with_label_values(&[response.status().as_str()]).inc();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
