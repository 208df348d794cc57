//! Alerts to people: by Alertmanager, webhook, DingTalk, WeCom, Feishu and mail.
//!
//! ```text
//! state.db ─bell─▶ tracker: policy (pure) ─▶ operations.db: queue a channel ─▶ worker a channel ─▶ service
//!                     ▲ silences, acknowledgements                               rate, backoff, audit
//! ```
//! Invariants: what the tracker decided is on disk together with the note that it was decided, so that a crash neither
//! loses nor doubles a decision; a message that was under way in a crash may come twice, none is lost. A channel
//! that is dead, slow or wrong holds up its own queue alone, and that is bounded (in [`crate::operations`]). Each
//! delivery is in the audit log and in `alert_notifications_total`.

mod bucket;
mod channels;
mod client;
mod feed;
mod notice;
mod outcome;
mod policy;
mod probe;
mod sign;
mod tracker;
mod trust;
mod words;
mod worker;

pub use client::ChannelError;
pub use feed::{AlertFeed, FeedError, SavedAlerts};
pub use outcome::Outcome;
pub use probe::{Trial, address, probe, send_test, send_test_to};

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::operations::{Operations, OperationsError};
use crate::registry::SharedDirectory;
use crate::shutdown::Shutdown;
use bucket::Bucket;
use channels::Sender;
use policy::Policy;
use tracker::{Active, Tracker};
use words::Words;
use worker::Worker;

/// The wall clock, ms since the Unix epoch.
pub type Clock = fn() -> i64;

/// The pauses of this stage.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// Between two looks at the alerts when no bell rings.
    pub look: Duration,
    /// The first after a failure; it doubles up to `longest`, each time shortened at random by up to a half.
    pub first: Duration,
    pub longest: Duration,
    /// While a person has something to mend.
    pub held: Duration,
    /// Between two tellings of the state; at most what an Alertmanager needs.
    pub refresh: Duration,
    /// How long a message that is under way may still take when the hub stops.
    pub stop_grace: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(5),
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
            held: Duration::from_secs(300),
            refresh: Duration::from_secs(60),
            stop_grace: Duration::from_secs(3),
        }
    }
}

impl Pauses {
    fn backoff(&self, failures: u32) -> Duration {
        let pause = self.first.saturating_mul(1 << failures.min(16)).min(self.longest);
        // Without randomness channels would only come back together, which is a pity and no fault.
        let random = getrandom::u32().unwrap_or(u32::MAX / 2);
        pause.mul_f64(1.0 - 0.5 * f64::from(random) / f64::from(u32::MAX))
    }
}

/// The stage cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error(transparent)]
    Operations(#[from] OperationsError),
    #[error("a task of the start panicked: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

/// The running stage: the tracker and a task a channel.
pub struct Running(JoinSet<()>);

/// What the stage works with.
pub struct Sources {
    pub feed: Arc<dyn AlertFeed>,
    pub operations: Operations,
    pub directory: SharedDirectory,
    pub metrics: Metrics,
    pub clock: Clock,
    pub shutdown: Shutdown,
}

/// Starts the stage on the present runtime. Without channels nothing runs.
///
/// # Errors
/// If a channel cannot be used as it is configured, or `operations.db` cannot be written.
pub async fn spawn(config: &Config, sources: Sources, pauses: Pauses) -> Result<Running, StartError> {
    let channels = &config.alerts.channels;
    let names: Vec<String> = channels.keys().cloned().collect();
    let now_ms = (sources.clock)();
    let operations = sources.operations.clone();
    let dropped = tokio::task::spawn_blocking(move || operations.keep_channels(&names, now_ms)).await??;
    if dropped > 0 {
        tracing::warn!(dropped, "notices for channels that are configured no more were dropped");
    }
    let mut tasks = JoinSet::new();
    if channels.is_empty() {
        return Ok(Running(tasks));
    }
    let active = Active::default();
    let mut wake = HashMap::new();
    for (name, channel) in channels {
        let sender = Sender::new(name, channel)?;
        let rung = Arc::new(Notify::new());
        wake.insert(name.clone(), rung.clone());
        let worker = Worker {
            name: name.clone(),
            bucket: Bucket::new(sender.rate(), now_ms),
            sender,
            operations: sources.operations.clone(),
            words: words(config, &sources.directory),
            active: active.clone(),
            wake: rung,
            pauses,
            clock: sources.clock,
            metrics: sources.metrics.clone(),
            shutdown: sources.shutdown.clone(),
        };
        tasks.spawn(worker.run());
    }
    let Sources { feed, operations, metrics, clock, shutdown, .. } = sources;
    let policy = Policy::new(&config.alerts);
    tasks.spawn(Tracker { feed, operations, policy, pauses, clock, active, wake, metrics, shutdown }.run());
    Ok(Running(tasks))
}

impl Running {
    /// Waits until all of it has ended, which takes the hub's shutdown and a few seconds.
    pub async fn join(mut self) {
        while let Some(ended) = self.0.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task that notifies people panicked");
            }
        }
    }
}

fn words(config: &Config, directory: &SharedDirectory) -> Words {
    Words {
        directory: directory.clone(),
        zone: config.calendar.zone(),
        public_url: config.http.public_url.clone(),
    }
}

#[cfg(test)]
mod tests;
