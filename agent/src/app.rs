//! Wires the agent, top to bottom in flow order, and stops it in the same order.

use crate::config::Config;
use crate::connection::{Endpoint, TlsError, client_config};
use crate::outbox::{BatchLimits, Done, Growth, Keeper, Outbox, OutboxError};
use crate::publisher::{Parts, Publisher, State};
use crate::sources::{Feed, GatewayFacts, GatewaySource, JsonLines, ListenError, Tally};
use crate::status::{StatusError, StatusServer, StatusSources};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

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

/// The address of the hub, with TLS set up when it asks for it.
pub fn endpoint(config: &Config) -> Result<Endpoint, TlsError> {
    let tls = if config.hub.is_tls() { Some(client_config(config.ca.as_deref())?) } else { None };
    Ok(Endpoint { address: config.hub.clone(), tls })
}

/// Runs the agent until `shutdown` resolves.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), AppError> {
    let endpoint = endpoint(&config)?;
    let Outbox { sender, write_loop, view, cursor, durable } =
        Outbox::open(&config.data_dir, &config.outbox)?;
    let acknowledged = cursor.position();
    let (done_sender, done) = watch::channel(Done { last: acknowledged, lost_to: 0 });
    let (state_sender, state) = watch::channel(State::Offline);
    let (report_now_sender, report_now) = mpsc::channel(1);
    let (stop_sources_sender, stop_sources) = watch::channel(false);
    let (stop_publisher_sender, stop_publisher) = watch::channel(false);
    let (growth, horizon_s) = Growth::new();
    let (lost_told, tally) = (Arc::new(AtomicU64::new(0)), Arc::new(Tally::default()));

    let path = config.sources.jsonl_path.as_deref();
    let json_lines =
        JsonLines::bind(path, config.sources.jsonl_listen, sender.clone(), tally.clone()).await?;
    let status = StatusServer::bind(
        &config.data_dir,
        StatusSources {
            station: config.station.clone(),
            view: view.clone(),
            state,
            horizon_s: horizon_s.clone(),
            lost_told: lost_told.clone(),
            tally: tally.clone(),
        },
    )?;
    let gateway = GatewaySource {
        config: config.gateway.clone(),
        facts: GatewayFacts {
            view: view.clone(),
            lost_told: lost_told.clone(),
            horizon_s,
            data_dir: config.data_dir.clone(),
            started: Instant::now(),
        },
        outbox: sender.clone(),
        report_now,
    };
    let publisher = Publisher::new(Parts {
        endpoint,
        station: config.station.clone(),
        token: config.token.clone(),
        view: view.clone(),
        durable,
        limits: BatchLimits {
            readings_max: config.batch.readings_max,
            bytes_max: config.batch.bytes_max,
            zstd: config.batch.zstd,
        },
        acknowledged,
        done: done_sender,
        state: state_sender,
        report_now: report_now_sender,
        stop: stop_publisher,
    });
    let keeper = Keeper { cursor, view, done, lost_told, growth };

    let mut sources = JoinSet::new();
    sources.spawn(json_lines.run(stop_sources.clone()));
    let gateway_stop = stop_sources.clone();
    sources.spawn(async move {
        if let Err(error) = gateway.run(gateway_stop).await {
            tracing::debug!(%error, "gateway readings ended");
        }
    });
    sources.spawn(status.run(stop_sources.clone()));
    let stdin_ended = config.sources.stdin.then(|| {
        let feed = Feed::new(sender.clone(), tally, tokio::io::stdout());
        let (ended_sender, ended) = watch::channel(false);
        sources.spawn(read_stdin(feed, stop_sources, ended_sender));
        ended
    });
    drop(sender);
    let mut writing = tokio::spawn(write_loop.run());
    let publishing = tokio::spawn(publisher.run());
    let keeping = tokio::spawn(keeper.run());
    tracing::info!(station = %config.station, hub = %config.hub, data_dir = %config.data_dir.display(), "running");

    let exit_at_end = stdin_ended.filter(|_| config.sources.stdin_exit_at_end);
    let write_failed = wait_for_end(shutdown, exit_at_end, &mut writing).await;

    stop_sources_sender.send_replace(true);
    while let Some(ended) = sources.join_next().await {
        ended?;
    }
    // The writer ends by itself once no source is left.
    match write_failed {
        Some(failure) => failure?,
        None => writing.await??,
    }
    stop_publisher_sender.send_replace(true);
    publishing.await?;
    keeping.await??;
    tracing::info!("stopped");
    Ok(())
}

/// Resolves at shutdown, at the end of standard input if that was asked for, or when the disk's writer failed; then
/// with what it ended with.
async fn wait_for_end(
    shutdown: impl Future<Output = ()>,
    stdin_ended: Option<watch::Receiver<bool>>,
    writing: &mut JoinHandle<Result<(), JoinError>>,
) -> Option<Result<(), JoinError>> {
    let input_ends = async {
        match stdin_ended {
            Some(mut ended) => drop(ended.wait_for(|ended| *ended).await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = shutdown => None,
        () = input_ends => None,
        ended = writing => Some(ended.and_then(|inner| inner)),
    }
}

async fn read_stdin(
    feed: Feed<tokio::io::Stdout>,
    mut stop: watch::Receiver<bool>,
    ended: watch::Sender<bool>,
) {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        outcome = feed.run(tokio::io::stdin()) => {
            if let Err(error) = outcome {
                tracing::warn!(%error, "standard input was dropped");
            }
            ended.send_replace(true);
        }
    }
}
