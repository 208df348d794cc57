//! Thousands of believable stations from one process, over real MQTT against a real hub.
//!
//! One task per station: its model ([`model`]) says what the devices report, [`station`] publishes it over its [`link`]; while
//! the link is away, readings wait in an outbox of its own ([`outbox`]) and are replayed as batches, as the agent
//! does it. A scenario ([`scenario`]) breaks things on time.

mod alarms;
mod counters;
mod link;
pub mod model;
mod outbox;
pub mod scenario;
mod station;
pub mod tokens;

pub use counters::{Counters, Report};

use crate::backoff::Backoff;
use crate::clock::now_ms;
use crate::connection::{Endpoint, HubAddress, TlsError, client_config};
use crate::dice::Dice;
use scenario::{Scenario, ScenarioError, Timeline};
use station::{Place, SimulatedStation};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokens::StationLogin;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What to simulate, and against which hub.
#[derive(Debug, Clone)]
pub struct Options {
    pub hub: HubAddress,
    /// Authority of the hub's certificate, for `mqtts://`.
    pub ca: Option<PathBuf>,
    /// The stations and their tokens; see [`tokens`].
    pub stations: Vec<StationLogin>,
    /// Simulated seconds per second; readings carry the time on the wall all the same.
    pub speed: f64,
    pub seed: u64,
    /// Simulated local time to start at, minutes after midnight; absent: the time of day now.
    pub start_minute: Option<u32>,
    pub scenario: Scenario,
    /// New connections per second at the start and after an outage of everything.
    pub connects_per_second: f64,
    /// Readings that a station keeps while its link is away; the oldest are dropped and reported as lost.
    pub outbox_readings_max: usize,
    /// How long the stations may take to deliver what is left, after the end.
    pub drain: Duration,
    /// Filled while the simulation runs.
    pub counters: Arc<Counters>,
}

impl Options {
    /// Sensible values for everything but the hub and the stations.
    pub fn new(hub: HubAddress, stations: Vec<StationLogin>) -> Self {
        Self {
            hub,
            ca: None,
            stations,
            speed: 1.0,
            seed: 1,
            start_minute: None,
            scenario: Scenario::default(),
            connects_per_second: 500.0,
            outbox_readings_max: 2_000,
            drain: Duration::from_secs(15),
            counters: Arc::default(),
        }
    }
}

/// The simulation could not start.
#[derive(Debug, Error)]
pub enum SimulateError {
    #[error("no station to simulate: give --stations, or a token file with at least one line")]
    NoStations,
    #[error("--speed must be a number above 0 and at most 100000")]
    Speed,
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Runs the stations until `shutdown` resolves, lets them deliver what is left, and reports.
pub async fn run(options: Options, shutdown: impl Future<Output = ()>) -> Result<Report, SimulateError> {
    if options.stations.is_empty() {
        return Err(SimulateError::NoStations);
    }
    if !(options.speed > 0.0 && options.speed <= 100_000.0) {
        return Err(SimulateError::Speed);
    }
    let (stop, stopped) = watch::channel(false);
    let mut tasks = start(&options, &stopped)?;
    shutdown.await;
    stop.send_replace(true);
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a simulated station failed");
            options.counters.failed.add(1);
        }
    }
    Ok(options.counters.report(options.stations.len()))
}

/// The simulated day, faster or slower than the wall's.
#[derive(Debug, Clone, Copy)]
struct SimulatedTime {
    started: Instant,
    start_ms: i64,
    speed: f64,
}

impl SimulatedTime {
    fn new(options: &Options) -> Self {
        let now = now_ms();
        let start_ms = options.start_minute.map_or(now, |minute| scenario::local_minute(now, minute));
        Self { started: Instant::now(), start_ms, speed: options.speed }
    }

    fn simulated_ms(&self) -> i64 {
        self.start_ms + (self.started.elapsed().as_secs_f64() * self.speed * 1000.0) as i64
    }

    /// When the wall reaches the simulated moment.
    fn instant_of(&self, simulated_ms: i64) -> Instant {
        let seconds = (simulated_ms - self.start_ms).max(0) as f64 / 1000.0 / self.speed;
        self.started + Duration::from_secs_f64(seconds)
    }
}

fn start(options: &Options, stopped: &watch::Receiver<bool>) -> Result<JoinSet<()>, SimulateError> {
    let tls = if options.hub.is_tls() { Some(client_config(options.ca.as_deref(), None)?) } else { None };
    let place = Arc::new(Place {
        endpoint: Endpoint { address: options.hub.clone(), tls },
        time: SimulatedTime::new(options),
        counters: options.counters.clone(),
        drain: options.drain,
        outbox_readings_max: options.outbox_readings_max,
    });
    let timelines = options.scenario.timelines(&options.stations, options.seed)?;
    let ramp = options.stations.len() as f64 / options.connects_per_second.max(1.0);
    let mut tasks = JoinSet::new();
    for ((index, login), timeline) in (0_u64..).zip(&options.stations).zip(timelines) {
        let station = simulated(options, &place, index, login, timeline, ramp);
        tasks.spawn(station.live(stopped.clone()));
    }
    Ok(tasks)
}

fn simulated(
    options: &Options,
    place: &Arc<Place>,
    index: u64,
    login: &StationLogin,
    timeline: Timeline,
    ramp_s: f64,
) -> SimulatedStation {
    let mut dice = Dice::new(options.seed ^ 0x5EED).split(index);
    let connect_at = place.time.started + Duration::from_secs_f64(ramp_s * dice.unit());
    // After an outage of everything the fleet spreads over the time that it took at the start.
    let patience = Duration::from_secs(60).max(Duration::from_secs_f64(ramp_s));
    let backoff = Backoff::new(dice, Duration::from_secs_f64(1.0 + ramp_s.min(10.0)), patience);
    let model = model::Station::new(options.seed, index, place.time.start_ms);
    SimulatedStation::new(place.clone(), login.clone(), model, timeline, backoff, connect_at)
}
