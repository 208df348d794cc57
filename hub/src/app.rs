//! The hub, wired: read it top to bottom.
//!
//! Start: registry, log, state (which replays the rest of the log), and only then what feeds them: recorder,
//! connection threads, listeners. Stop: first what takes in, then the recorder, then what reads the log, so that
//! everything acknowledged is on disk and the consumers have seen it.

use crate::access::{Addresses, Throttle};
use crate::broker::{self, Broker, BrokerError, BrokerThreads};
use crate::clock::now_ms;
use crate::config::{self, Config};
use crate::fleet::{self, AlertLog, Effect, ProjectorHandle, Recovered, SessionEvents, StoreError, Uptimes};
use crate::health::Health;
use crate::history::{self, ConsumerHandle, History, HistoryError};
use crate::http;
use crate::influx::{self, Influx};
use crate::intake::Ledgers;
use crate::listener::{
    self, BindError, Books, Bound, Commands, ReloadingTls, Sessions, ShardsError, Shared, TlsError,
};
use crate::metrics::Metrics;
use crate::notify::{self, SavedAlerts};
use crate::operations::{self, Operations, OperationsError};
use crate::recorder;
use crate::registry::{self, Registry, RegistryError, SharedDirectory};
use crate::shutdown::{self, Shutdown, Trigger};
use derived::derived;
use files::Files;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use thiserror::Error;
use tokio::task::{JoinError, JoinSet};
use waystation_durable_log::{Log, OpenError, Options, WhenFull, Writer};
use waystation_protocol::{Presence, PresenceState};

mod derived;
mod files;

/// Why the hub does not start; each says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    #[error("cannot create {path}: {source}; data_dir must be a folder that the hub may write to")]
    DataDir { path: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Operations(#[from] OperationsError),
    #[error(transparent)]
    Log(#[from] OpenError),
    #[error(transparent)]
    State(#[from] StoreError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Shards(#[from] ShardsError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Influx(#[from] influx::StartError),
    #[error(transparent)]
    Notify(#[from] notify::StartError),
    #[error("cannot start a thread: {0}; check the limit on processes (ulimit -u)")]
    Thread(#[from] std::io::Error),
    #[error("a task of the start panicked: {0}")]
    Panicked(#[from] JoinError),
}

/// Where the hub listens, ports as the system gave them.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    pub mqtt: Option<SocketAddr>,
    pub mqtt_tls: Option<SocketAddr>,
    pub mqtt_ws: Option<SocketAddr>,
    pub http: Option<SocketAddr>,
}

/// A running hub.
pub struct Hub {
    pub listening: Listening,
    pub registry: Arc<Registry>,
    pub directory: SharedDirectory,
    pub operations: Operations,
    intake: IntakeStage,
    consumers: Consumers,
    broker: BrokerThreads,
    http: JoinSet<()>,
    http_stop: Trigger,
}

/// What takes in: listeners, connection threads, recorder.
struct IntakeStage {
    stop: Trigger,
    tasks: JoinSet<()>,
    shards: Vec<JoinHandle<()>>,
    recorder: JoinHandle<()>,
}

/// What reads the log.
struct Consumers {
    stop: Trigger,
    log: Log,
    projector: ProjectorHandle,
    history: Option<ConsumerHandle>,
    influx: Option<Influx>,
    notify: notify::Running,
    notify_stop: Trigger,
}

/// Starts the hub on the present runtime.
///
/// # Errors
/// See [`StartError`]. What was started before the error is stopped.
pub async fn start(config: Config) -> Result<Hub, StartError> {
    let metrics = Metrics::new();
    let health = Health::default();
    let (http_stop, http_shutdown) = shutdown::switch();
    let (intake_stop, intake_shutdown) = shutdown::switch();
    let (consumers_stop, consumers_shutdown) = shutdown::switch();
    let (notify_stop, notify_shutdown) = shutdown::switch();

    let recovering = (config.clone(), metrics.clone(), health.clone());
    let recovered = tokio::task::spawn_blocking(move || recover(&recovering.0, recovering.1, recovering.2));
    let Opened { registry, directory, operations, writer, log, state, history } = recovered.await??;
    let Recovered { fleet, store, ledgers, bell, projector } = state;

    let (broker, broker_threads) = Broker::start(broker::Options::default(), metrics.clone())?;
    for station in fleet.lock().stations() {
        if let Some(said) = station.retained() {
            broker.set_presence(&station.id, presence_json(&said), false);
        }
    }
    let events = SessionEvents::default();
    let publishes = broker.clone();
    let (history, history_consumer) = history.unzip();
    let finds = history.clone();
    let mut alert_log = AlertLog::default();
    let on_effect = move |effect| match effect {
        Effect::PresencePublish { station, change } => {
            if let Some(history) = &finds {
                history.note_presence(&station, change.state == PresenceState::Online, change.ts);
            }
            publishes.set_presence(&station, presence_json(&change), true);
        }
        // Saved by the projector, whose bell calls those who read them.
        Effect::Alert(alert) => alert_log.tell(&alert),
    };
    let projector = projector.spawn(events.clone(), on_effect, consumers_shutdown.clone())?;
    let uptimes = Uptimes { fleet: fleet.clone(), store: store.clone(), operations: operations.clone() };
    let history_consumer = history_consumer
        .map(|consumer| consumer.with_uptimes(uptimes).spawn(consumers_shutdown.clone()))
        .transpose()?;
    let influx = match &config.influx {
        Some(influx) => {
            let (quarantine, known) = (store.clone(), directory.clone());
            let (log, directory, metrics) = (log.clone(), directory.clone(), metrics.clone());
            let stopping = consumers_shutdown.clone();
            let running = influx::spawn(influx, log, directory, quarantine, metrics, consumers_shutdown)?;
            let sources = derived(&store, &known, history.as_ref());
            Some(running.with_derived(sources, &config.data_dir, stopping))
        }
        None => {
            give_up_cursor(&log, influx::CURSOR, "[influx] is gone from the configuration");
            None
        }
    };

    let sources = notify::Sources {
        feed: Arc::new(SavedAlerts { store: store.clone(), bell }),
        operations: operations.clone(),
        directory: directory.clone(),
        metrics: metrics.clone(),
        clock: now_ms,
        shutdown: notify_shutdown,
    };
    let notify = notify::spawn(&config, sources, notify::Pauses::default()).await?;

    let (chunks, recorder) = recorder::spawn(
        writer,
        log.clone(),
        Duration::from_millis(config.log.commit_delay_ms),
        health.clone(),
        metrics.clone(),
        intake_shutdown.clone(),
    )?;
    let shared = Arc::new(Shared {
        config: config.mqtt.clone(),
        directory: directory.clone(),
        addresses: Addresses::new(config.mqtt.connections_per_address_max),
        throttle: Throttle::default(),
        sessions: Sessions::default(),
        commands: Commands::default(),
        broker,
        events,
        metrics: metrics.clone(),
    });
    let ledgers = Arc::new(Ledgers::new(ledgers));
    let count = threads(&config.mqtt);
    let (shards, shard_threads) = listener::start(count, &shared, &ledgers, &chunks, &intake_shutdown)?;
    drop(chunks);

    let mut listening = Listening::default();
    let mut tasks = JoinSet::new();
    for bound in bind(&config.mqtt, &mut listening, &mut tasks, &intake_shutdown)? {
        let (addresses, metrics) = (shared.addresses.clone(), metrics.clone());
        tasks.spawn(bound.accept(shards.clone(), addresses, metrics, intake_shutdown.clone()));
    }
    tasks.spawn(registry::watch(registry.clone(), directory.clone(), intake_shutdown.clone()));
    tasks.spawn(listener::configure(shared.commands.clone(), operations.clone(), intake_shutdown.clone()));
    let books =
        Books { registry: registry.clone(), directory: directory.clone(), operations: operations.clone() };
    tasks.spawn(listener::rotate(shared.commands.clone(), books, intake_shutdown.clone()));
    tasks.spawn(operations::watch(operations.clone(), now_ms, intake_shutdown.clone()));

    let sources = http::Sources {
        config: config.clone(),
        directory: directory.clone(),
        fleet,
        store,
        history,
        log: log.clone(),
        metrics,
        health,
        registry: registry.clone(),
        operations: operations.clone(),
        commands: shared.commands.clone(),
    };
    let mut http = JoinSet::new();
    if let Some(address) = config.http.listen {
        let bound = tokio::net::TcpListener::bind(address).await;
        let bound = bound.map_err(|source| BindError { key: "http.listen", address, source })?;
        listening.http = bound.local_addr().ok();
        let tls = config.http.tls.as_ref().map(ReloadingTls::load).transpose()?;
        if let Some(tls) = &tls {
            http.spawn(tls.clone().watch(http_shutdown.clone()));
        }
        let tls_now = tls.map(|tls| -> http::TlsNow { Arc::new(move || tls.current()) });
        http.spawn(http::serve(sources, bound, tls_now, http_shutdown));
    }
    let intake = IntakeStage { stop: intake_stop, tasks, shards: shard_threads, recorder };
    let consumers = Consumers {
        stop: consumers_stop,
        log,
        projector,
        history: history_consumer,
        influx,
        notify,
        notify_stop,
    };
    Ok(Hub {
        listening,
        registry,
        directory,
        operations,
        intake,
        consumers,
        broker: broker_threads,
        http,
        http_stop,
    })
}

impl Hub {
    /// Stops in flow order and waits for every thread and task.
    pub async fn stop(self) {
        let Self { intake, consumers, broker, mut http, http_stop, .. } = self;
        intake.stop().await;
        consumers.stop().await;
        http_stop.stop();
        drain(&mut http, "http").await;
        blocking("broker", move || broker.join()).await;
        tracing::info!("stopped");
    }
}

impl IntakeStage {
    async fn stop(mut self) {
        self.stop.stop();
        drain(&mut self.tasks, "listeners").await;
        for shard in self.shards {
            blocking("connection thread", move || join(shard, "connection thread")).await;
        }
        let recorder = self.recorder;
        blocking("recorder", move || join(recorder, "recorder")).await;
    }
}

impl Consumers {
    async fn stop(self) {
        self.stop.stop();
        self.log.close_waiters();
        if let Some(influx) = self.influx
            && let Err(error) = influx.join().await
        {
            tracing::error!(%error, "the InfluxDB stage did not end well");
        }
        if let Some(history) = self.history {
            blocking("history", move || history.join()).await;
        }
        let projector = self.projector;
        blocking("state", move || projector.join()).await;
        // After the state: what its last save raised is looked at at the next start.
        self.notify_stop.stop();
        self.notify.join().await;
    }
}

/// What stands on disk.
struct Opened {
    registry: Arc<Registry>,
    directory: SharedDirectory,
    operations: Operations,
    writer: Writer,
    log: Log,
    state: Recovered,
    history: Option<(History, history::Consumer)>,
}

/// Opens everything on disk; blocks.
fn recover(config: &Config, metrics: Metrics, health: Health) -> Result<Opened, StartError> {
    let data_dir = &config.data_dir;
    // Readings and tokens' hashes are nobody else's business.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|source| StartError::DataDir { path: data_dir.clone(), source })?;
    let registry = Arc::new(Registry::open(data_dir)?);
    let directory = registry.load()?.shared();
    let has_run = data_dir.join("log").exists();
    let (writer, log, recovery) =
        waystation_durable_log::open(&data_dir.join("log"), log_options(&config.log, &config.mqtt))?;
    tracing::info!(
        records = recovery.next_seq - recovery.first_seq,
        bytes = recovery.bytes,
        torn_bytes = recovery.torn_bytes,
        "log opened"
    );
    if recovery.records_damaged > 0 {
        tracing::error!(
            records = recovery.records_damaged,
            ranges = ?recovery.damaged_ranges,
            "the disk has damaged records that were acknowledged: they are lost; check the disk"
        );
    }
    // The log is ours alone from here on: nobody else has these files open.
    let files = Files { data_dir, metrics: &metrics };
    let open = |found: &files::Found| files::open_operations(data_dir, found);
    let operations = files.open(&files::OPERATIONS, has_run, OperationsError::is_damage, open)?;
    let has_history = log.cursors().iter().any(|(name, _)| name == history::CURSOR);
    let open = |_: &files::Found| open_history(config, &directory, &log, &metrics, &health);
    let expected = has_history && config.history.enabled;
    let history = files.open(&files::HISTORY, expected, HistoryError::is_damage, open)?;
    let settings = fleet::Settings::from(config);
    let open = |_: &files::Found| {
        fleet::recover(
            data_dir,
            &log,
            settings.clone(),
            directory.clone(),
            metrics.clone(),
            health.clone(),
            now_ms,
            operations.clone(),
        )
    };
    let state = files.open(&files::STATE, has_run, StoreError::is_damage, open)?;
    Ok(Opened { registry, directory, operations, writer, log, state, history })
}

/// The embedded store and what fills it, unless it is switched off.
fn open_history(
    config: &Config,
    directory: &SharedDirectory,
    log: &Log,
    metrics: &Metrics,
    health: &Health,
) -> Result<Option<(History, history::Consumer)>, HistoryError> {
    if !config.history.enabled {
        give_up_cursor(log, history::CURSOR, "[history] is switched off");
        return Ok(None);
    }
    let history = History::open(&config.data_dir, directory.clone(), config.calendar.zone(), now_ms)?;
    let retention = history::Retention::from(&config.history);
    let log_bytes_max = config.log.max_bytes.0;
    let consumer = history::Consumer::new(
        history.clone(),
        log.clone(),
        retention,
        metrics.clone(),
        health.clone(),
        log_bytes_max,
    )?;
    Ok(Some((history, consumer)))
}

fn log_options(log: &config::Log, mqtt: &config::Mqtt) -> Options {
    // A batch's record is smaller than its JSON; twice its size leaves room for the record's head.
    let record_bytes_max = (2 * mqtt.batch_bytes_max.0.max(mqtt.packet_bytes_max.0)).max(16 << 20);
    Options {
        segment_bytes: log.segment_bytes.0,
        max_bytes: log.max_bytes.0,
        when_full: WhenFull::Refuse,
        max_record_bytes: u32::try_from(record_bytes_max).unwrap_or(u32::MAX),
    }
}

/// The log must not be kept for a consumer that is no more.
fn give_up_cursor(log: &Log, name: &str, why: &'static str) {
    if !log.cursors().iter().any(|(known, _)| known == name) {
        return;
    }
    tracing::warn!("{why}: its place in the log is given up");
    if let Err(error) = log.remove_cursor(name) {
        tracing::error!(%error, "the place cannot be given up; the log keeps growing");
    }
}

fn bind(
    mqtt: &config::Mqtt,
    listening: &mut Listening,
    tasks: &mut JoinSet<()>,
    shutdown: &Shutdown,
) -> Result<Vec<Bound>, StartError> {
    let tls = mqtt.tls.as_ref().map(ReloadingTls::load).transpose()?;
    if let Some(tls) = &tls {
        tasks.spawn(tls.clone().watch(shutdown.clone()));
    }
    let mut bound = Vec::new();
    if let Some(address) = mqtt.listen {
        let plain = Bound::plain(address)?;
        listening.mqtt = plain.address().ok();
        bound.push(plain);
    }
    if let Some((address, tls)) = mqtt.tls_listen.zip(tls.clone()) {
        let secure = Bound::tls(address, tls)?;
        listening.mqtt_tls = secure.address().ok();
        bound.push(secure);
    }
    if let Some(address) = mqtt.ws_listen {
        let web = Bound::websocket(address, tls.filter(|_| mqtt.ws_tls))?;
        listening.mqtt_ws = web.address().ok();
        bound.push(web);
    }
    Ok(bound)
}

fn threads(mqtt: &config::Mqtt) -> usize {
    match mqtt.threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        count => count,
    }
}

fn presence_json(change: &crate::entry::PresenceChange) -> bytes::Bytes {
    let agent = change.agent.as_deref().map(Into::into);
    Presence { state: change.state, ts: Some(change.ts), agent }.to_json().into()
}

async fn drain(tasks: &mut JoinSet<()>, stage: &'static str) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, stage, "a task panicked");
        }
    }
}

async fn blocking(stage: &'static str, wait: impl FnOnce() + Send + 'static) {
    if let Err(error) = tokio::task::spawn_blocking(wait).await {
        tracing::error!(%error, stage, "waiting for it failed");
    }
}

fn join(thread: JoinHandle<()>, stage: &'static str) {
    if thread.join().is_err() {
        tracing::error!(stage, "the thread panicked; its message is in the log above");
    }
}
