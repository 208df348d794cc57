//! Wires the agent, in flow order, and stops it in the same order.

use crate::clock::Clock;
use crate::config::Config;
use crate::connection::{Endpoint, TlsError, client_config};
use crate::diagnosis::{self, Message};
use crate::intake::{Intake, Reporting};
use crate::orders::{Desk, Orders, Tools};
use crate::outbox::{BatchLimits, Done, Growth, Keeper, Outbox, OutboxError, OutboxView};
use crate::publisher::{Parts, Publisher, State};
use crate::remote::Remote;
use crate::service::Service;
use crate::sources::{
    self, Board, Feed, GatewayFacts, GatewaySource, JsonLines, ListenError, Machine, Tally, World,
};
use crate::status::{StatusError, StatusServer, StatusSources};
use crate::tokens::Tokens;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};
use waystation_durable_log::{Cursor, Seq};
use waystation_protocol::SourceKind;

/// What a stop may take to put the last readings on disk.
const WRITE_MAX: Duration = Duration::from_secs(5);

/// The agent could not start, or could not go on.
#[derive(Debug, Error)]
pub enum AppError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Status(#[from] StatusError),
    #[error("a task of the agent failed ({0}); it must be started again")]
    Task(#[from] JoinError),
}

/// The address of the hub, with TLS set up when it asks for it; see [`client_config`] for `clock`.
pub fn endpoint(config: &Config, clock: Option<Clock>) -> Result<Endpoint, TlsError> {
    let tls = if config.hub.is_tls() { Some(client_config(config.ca.as_deref(), clock)?) } else { None };
    Ok(Endpoint { address: config.hub.clone(), tls })
}

/// Why the agent ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to, or its input has ended.
    Stopped,
    /// The hub wants it started again.
    Restart,
}

/// Runs the agent until `shutdown` resolves or the hub wants it started again: sources, outbox, publisher.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<Ended, AppError> {
    let Outbox { sender, write_loop, view, cursor, durable } =
        Outbox::open_patiently(&config.data_dir, &config.outbox).await?;
    let (growth, horizon_s) = Growth::new();
    let (state_sender, state) = watch::channel(State::Offline);
    let (report_now, report_requests) = mpsc::channel(1);
    let (lost_told, tally) = (Arc::new(AtomicU64::new(0)), Arc::new(Tally::default()));
    let clock = Clock::open(&config.data_dir);
    let endpoint = endpoint(&config, Some(clock.clone()))?;
    let reporting = watch::Sender::new(config.report.clone());
    let intake = Intake::new(sender, tally.clone(), clock.clone(), reporting.subscribe());
    let (restart, mut restarting) = watch::channel(false);
    let tokens = Tokens::open(config.token.clone(), config.token_file.as_deref());
    let shared = Shared {
        config,
        view,
        horizon_s,
        state,
        lost_told,
        tally,
        clock,
        reporting,
        tokens,
        machine: watch::Sender::default(),
        board: Board::default(),
    };

    let (orders, desk) = shared.orders(intake.clone(), report_now, restart);
    let mut sources = Sources::start(&shared, intake, orders, report_requests).await?;
    let mut writing = tokio::spawn(write_loop.run());
    let (done_sender, done) = watch::channel(Done { last: cursor.position(), lost_to: 0 });
    let (stop_publisher, stop) = watch::channel(false);
    let publisher = shared.publisher(endpoint, durable, done_sender, state_sender, desk, stop);
    let publishing = tokio::spawn(publisher.run());
    let keeping = tokio::spawn(shared.keeper(cursor, done, growth).run());
    shared.announce();
    let service = Service::of_environment();
    service.ready();

    let write_failed = tokio::select! {
        () = service.report(|| shared.status_line()) => None,
        () = shutdown => None,
        // An error means that nobody obeys any more, which happens at a stop alone.
        Ok(_) = restarting.wait_for(|restart| *restart) => None,
        () = sources.input_ended() => None,
        ended = &mut writing => Some(ended),
    };

    service.stopping();
    sources.stop().await?;
    // The writer ends by itself once no source is left.
    match write_failed {
        Some(failure) => failure??,
        None => finish_writing(writing).await?,
    }
    stop_publisher.send_replace(true);
    publishing.await?;
    // The keeper ends with the publisher, after a last save.
    keeping.await??;
    tracing::info!("stopped");
    Ok(if *restarting.borrow() { Ended::Restart } else { Ended::Stopped })
}

/// What several stages are made of.
struct Shared {
    config: Config,
    view: OutboxView,
    horizon_s: watch::Receiver<Option<f64>>,
    state: watch::Receiver<State>,
    lost_told: Arc<AtomicU64>,
    tally: Arc<Tally>,
    clock: Clock,
    /// What is reported; it may be changed at any time.
    reporting: watch::Sender<Reporting>,
    tokens: Tokens,
    board: Board,
    /// What the gateway was found to be.
    machine: watch::Sender<Machine>,
}

impl Shared {
    fn publisher(
        &self,
        endpoint: Endpoint,
        durable: watch::Receiver<Seq>,
        done: watch::Sender<Done>,
        state: watch::Sender<State>,
        desk: Desk,
        stop: watch::Receiver<bool>,
    ) -> Publisher {
        let batch = self.config.batch;
        let limits =
            BatchLimits { readings_max: batch.readings_max, bytes_max: batch.bytes_max, zstd: batch.zstd };
        Publisher::new(Parts {
            endpoint,
            station: self.config.station.clone(),
            tokens: self.tokens.clone(),
            view: self.view.clone(),
            durable,
            limits,
            clock: self.clock.clone(),
            done,
            state,
            desk,
            stop,
        })
    }

    fn orders(
        &self,
        intake: Intake,
        report_now: mpsc::Sender<()>,
        restart: watch::Sender<bool>,
    ) -> (Orders, Desk) {
        let data_dir = &self.config.data_dir;
        let remote = Remote::open(data_dir, self.config.report.clone(), self.reporting.clone());
        let doors = self.config.doors.clone();
        let (remote, tokens) = (Arc::new(Mutex::new(remote)), self.tokens.clone());
        let is_private = self.config.hub.is_private();
        let tools = Tools { doors, intake, report_now, remote, tokens, is_private, restart };
        Orders::open(data_dir, self.clock.clone(), tools)
    }

    fn keeper(&self, cursor: Cursor, done: watch::Receiver<Done>, growth: Growth) -> Keeper {
        Keeper {
            cursor,
            view: self.view.clone(),
            done,
            state: self.state.clone(),
            commit_interval: self.config.outbox.commit_interval,
            lost_told: self.lost_told.clone(),
            growth,
        }
    }

    fn gateway(&self, intake: Intake, report_now: mpsc::Receiver<()>) -> GatewaySource {
        let facts = GatewayFacts {
            view: self.view.clone(),
            lost_told: self.lost_told.clone(),
            horizon_s: self.horizon_s.clone(),
            data_dir: self.config.data_dir.clone(),
            clock: self.clock.clone(),
            started: Instant::now(),
            machine: self.machine.subscribe(),
        };
        GatewaySource {
            config: self.config.gateway.clone(),
            facts,
            intake,
            reporting: self.reporting.subscribe(),
            report_now,
            board: self.board.clone(),
        }
    }

    fn status(&self) -> StatusSources {
        StatusSources {
            station: self.config.station.clone(),
            view: self.view.clone(),
            state: self.state.clone(),
            horizon_s: self.horizon_s.clone(),
            lost_told: self.lost_told.clone(),
            tally: self.tally.clone(),
            board: self.board.clone(),
        }
    }

    fn world(&self, intake: Intake, stop: watch::Receiver<bool>) -> World {
        World {
            station: self.config.station.clone(),
            intake,
            board: self.board.clone(),
            data_dir: self.config.data_dir.clone(),
            stop,
        }
    }

    /// For `systemctl status`.
    fn status_line(&self) -> String {
        let status = self.status().status();
        format!(
            "{}; {} readings wait on disk",
            status.state.unwrap_or_default().replace('_', " "),
            status.records
        )
    }

    fn announce(&self) {
        let Config { station, hub, data_dir, .. } = &self.config;
        tracing::info!(%station, %hub, data_dir = %data_dir.display(), waiting = self.view.records(), "running");
    }
}

/// Everything that puts readings into the outbox, and what answers questions about it.
struct Sources {
    tasks: JoinSet<()>,
    intake: Intake,
    stop: watch::Sender<bool>,
    /// Turned at the end of standard input, if the agent shall end with it.
    input_ended: Option<watch::Receiver<bool>>,
}

impl Sources {
    async fn start(
        shared: &Shared,
        intake: Intake,
        orders: Orders,
        report_requests: mpsc::Receiver<()>,
    ) -> Result<Self, AppError> {
        let config = &shared.config.sources;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let path = config.jsonl_path.as_deref();
        let json_lines = JsonLines::bind(path, config.jsonl_listen, intake.clone(), &shared.board).await?;
        tasks.spawn(json_lines.run(stopped.clone()));
        let status = StatusServer::bind(&shared.config.data_dir, shared.status())?;
        tasks.spawn(status.run(stopped.clone()));
        tasks.spawn(diagnosis::watch(shared.config.clone(), shared.state.clone(), stopped.clone()));
        let gateway = shared.gateway(intake.clone(), report_requests);
        tasks.spawn(gateway.run(stopped.clone()));
        tasks.spawn(orders.run(stopped.clone()));
        tasks.spawn(shared.clock.clone().keep(stopped.clone()));
        tasks.spawn(intake.clone().release_held(stopped.clone()));
        let world = shared.world(intake.clone(), stopped.clone());
        for source in sources::all(config, shared.machine.clone()) {
            tasks.spawn(source.run(world.clone()));
        }
        // The writer ends once nobody holds a way into the outbox any more.
        drop(world);
        let mut input_ended = None;
        if config.stdin {
            let (ended_sender, ended) = watch::channel(false);
            let health = shared.board.register(SourceKind::Stdin, "stdin");
            let feed = Feed::new(intake.clone(), health, tokio::io::stdout());
            tasks.spawn(read_stdin(feed, stopped, ended_sender));
            input_ended = config.stdin_exit_at_end.then_some(ended);
        }
        Ok(Self { tasks, intake, stop, input_ended })
    }

    /// Resolves at the end of standard input, if the agent shall end with it.
    async fn input_ended(&mut self) {
        match &mut self.input_ended {
            // An error means that the task is gone, and the input with it.
            Some(ended) => drop(ended.wait_for(|ended| *ended).await),
            None => std::future::pending().await,
        }
    }

    async fn stop(mut self) -> Result<(), JoinError> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        match timeout(WRITE_MAX, self.intake.finish()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "held readings are not written"),
            Err(_) => tracing::error!("stopping although held readings could not be written"),
        }
        Ok(())
    }
}

/// A disk that fails for good must not keep the agent from ending; nothing on its way was promised to a source.
async fn finish_writing(mut writing: JoinHandle<Result<(), JoinError>>) -> Result<(), JoinError> {
    match timeout(WRITE_MAX, &mut writing).await {
        Ok(ended) => ended?,
        Err(_) => {
            tracing::error!("stopping although the last readings could not be written");
            writing.abort();
            Ok(())
        }
    }
}

async fn read_stdin(
    feed: Feed<tokio::io::Stdout>,
    mut stop: watch::Receiver<bool>,
    ended: watch::Sender<bool>,
) {
    let health = feed.health();
    health.ok();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        outcome = feed.run(tokio::io::stdin()) => {
            let error = outcome.err().map_or_else(|| "it has ended".to_owned(), |error| error.to_string());
            health.failing(&Message::new("stdin").with("error", error));
            ended.send_replace(true);
        }
    }
}
