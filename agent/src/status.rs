//! What waits on disk and what was lost, for people: answered by the running agent over a Unix socket in `data_dir`,
//! or read from the outbox itself when no agent runs. The log belongs to one process, so nobody else opens it.

use crate::outbox::{GivenUp, OutboxView};
use crate::publisher::State;
use crate::sources::{Board, SourceHealth, Tally};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;
use waystation_protocol::StationId;

/// The socket's name in `data_dir`.
const SOCKET: &str = "status.sock";
/// A status is a short text.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The outbox at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub running: bool,
    /// offline, catching_up or live; absent when no agent runs.
    pub state: Option<String>,
    pub station: String,
    pub outbox: String,
    /// Readings that the hub has not acknowledged.
    pub records: u64,
    pub bytes: u64,
    /// When the oldest of them was written, ms since the Unix epoch.
    pub oldest_ms: Option<u64>,
    pub disk_bytes: u64,
    pub disk_bytes_max: u64,
    /// Seconds until the outbox is full at the present rate, or its oldest reading too old for the hub; absent while it
    /// does not fill.
    pub horizon_s: Option<f64>,
    /// Ranges of readings that are gone and that the hub does not know of yet.
    pub lost: Vec<(u64, u64)>,
    /// What a full outbox gave up since it was made.
    #[serde(default)]
    pub given_up: GivenUp,
    /// Readings lost since the agent started, those that the hub knows of included.
    pub lost_total: u64,
    /// Readings that sources sent since the agent started: taken, and refused for what they said.
    pub accepted_total: u64,
    pub refused_total: u64,
    /// How each source that polls or listens by itself fares.
    #[serde(default)]
    pub sources: Vec<SourceHealth>,
}

/// The status cannot be had.
#[derive(Debug, Error)]
pub enum StatusError {
    #[error("{path}: {error}; check data_dir and its owner (a path of a socket has at most 107 bytes)")]
    Socket { path: PathBuf, error: io::Error },
    #[error("the running agent did not answer within {} s", ANSWER_MAX.as_secs())]
    Silent,
    #[error("the running agent's answer was not understood: {0}")]
    Answer(#[from] serde_json::Error),
}

/// What a running agent's status is made of.
pub struct StatusSources {
    pub station: StationId,
    pub view: OutboxView,
    pub state: watch::Receiver<State>,
    pub horizon_s: watch::Receiver<Option<f64>>,
    pub lost_told: Arc<AtomicU64>,
    pub tally: Arc<Tally>,
    pub board: Board,
}

/// Answers on the socket.
pub struct StatusServer {
    listener: UnixListener,
    sources: StatusSources,
}

impl StatusServer {
    /// The caller holds the outbox, so that a socket file found here is left from a crash.
    pub fn bind(data_dir: &Path, sources: StatusSources) -> Result<Self, StatusError> {
        let path = data_dir.join(SOCKET);
        let wrong = |error| StatusError::Socket { path: path.clone(), error };
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(error)),
            _ => {}
        }
        Ok(Self { listener: UnixListener::bind(&path).map_err(wrong)?, sources })
    }

    /// Serves one asker after the other until `stop` is turned.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            let asker = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                asker = self.listener.accept() => asker,
            };
            let answered = match asker {
                Ok((asker, _)) => self.answer(asker).await,
                Err(error) => Err(error),
            };
            if let Err(error) = answered {
                tracing::debug!(%error, "status not delivered");
            }
        }
    }

    async fn answer(&self, mut asker: UnixStream) -> io::Result<()> {
        let text = serde_json::to_vec(&self.sources.status())?;
        timeout(ANSWER_MAX, asker.write_all(&text)).await?
    }
}

impl StatusSources {
    pub fn status(&self) -> Status {
        let state = *self.state.borrow();
        let state = match state {
            State::Offline => "offline",
            State::CatchingUp => "catching_up",
            State::Live => "live",
        };
        Status {
            running: true,
            state: Some(state.to_owned()),
            horizon_s: *self.horizon_s.borrow(),
            lost_total: self.lost_told.load(Relaxed) + self.view.lost_readings(),
            accepted_total: self.tally.accepted.load(Relaxed),
            refused_total: self.tally.refused.load(Relaxed),
            sources: self.board.list(),
            ..Status::of_view(&self.station, &self.view)
        }
    }
}

impl Status {
    /// The status of an outbox that no agent runs.
    pub fn of_view(station: &StationId, view: &OutboxView) -> Self {
        Self {
            running: false,
            state: None,
            station: station.to_string(),
            outbox: view.id().to_string(),
            records: view.records(),
            bytes: view.waiting_bytes(),
            oldest_ms: view.oldest_ms(),
            disk_bytes: view.disk_bytes(),
            disk_bytes_max: view.max_bytes(),
            horizon_s: None,
            lost: view.lost(),
            given_up: view.given_up(),
            lost_total: view.lost_readings(),
            accepted_total: 0,
            refused_total: 0,
            sources: Vec::new(),
        }
    }

    /// Asks the agent that runs on `data_dir`; `None` when there is none.
    pub async fn of_running(data_dir: &Path) -> Result<Option<Self>, StatusError> {
        let path = data_dir.join(SOCKET);
        let mut agent = match UnixStream::connect(&path).await {
            Ok(agent) => agent.take(ANSWER_BYTES_MAX),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(StatusError::Socket { path, error }),
        };
        let mut text = Vec::new();
        timeout(ANSWER_MAX, agent.read_to_end(&mut text))
            .await
            .map_err(|_| StatusError::Silent)?
            .map_err(|error| StatusError::Socket { path, error })?;
        Ok(Some(serde_json::from_slice(&text)?))
    }
}
