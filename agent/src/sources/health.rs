//! How each source fares, for the status, the log and the hub. Errors never carry a device's values.

use crate::clock::now_ms;
use crate::diagnosis::Message;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use waystation_protocol::{SourceKind, SourceState};

/// A source at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceHealth {
    pub kind: SourceKind,
    pub name: String,
    pub state: SourceState,
    /// When the state began, ms since the Unix epoch.
    pub since_ms: i64,
    /// Readings that were taken, and refused for what they said, since the agent started.
    pub taken: u64,
    pub refused: u64,
    /// The last thing that went wrong, also when it has been mended since.
    pub last_error: Option<String>,
}

/// The health of all sources. Cheap to clone.
#[derive(Clone, Default)]
pub struct Board {
    entries: Arc<Mutex<Vec<Health>>>,
    changed: Arc<Notify>,
}

/// One source's entry. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    entry: Arc<Mutex<SourceHealth>>,
    /// The board's: some state is another one.
    changed: Arc<Notify>,
}

impl Board {
    /// A new entry, waiting.
    pub fn register(&self, kind: SourceKind, name: &str) -> Health {
        let entry = SourceHealth {
            kind,
            name: name.to_owned(),
            state: SourceState::Waiting,
            since_ms: now_ms(),
            taken: 0,
            refused: 0,
            last_error: None,
        };
        let health = Health { entry: Arc::new(Mutex::new(entry)), changed: self.changed.clone() };
        lock(&self.entries).push(health.clone());
        self.changed.notify_one();
        health
    }

    pub fn list(&self) -> Vec<SourceHealth> {
        lock(&self.entries).iter().map(Health::get).collect()
    }

    /// Resolves when the state of a source has changed since the last time that it did; for one who asks. Cancel-safe.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Health {
    pub fn get(&self) -> SourceHealth {
        lock(&self.entry).clone()
    }

    /// The device answers.
    pub fn ok(&self) {
        let mut health = lock(&self.entry);
        if health.state != SourceState::Ok {
            tracing::info!(source = health.name, kind = health.kind.as_str(), "source works");
            self.enter(&mut health, SourceState::Ok);
        }
    }

    /// The device does not answer; said in the log once, until it changes.
    pub fn failing(&self, problem: &Message) {
        let error = problem.for_log();
        let mut health = lock(&self.entry);
        if health.state != SourceState::Failing || health.last_error.as_deref() != Some(error.as_str()) {
            tracing::warn!(source = health.name, kind = health.kind.as_str(), error, "source does not work");
        }
        if health.state != SourceState::Failing {
            self.enter(&mut health, SourceState::Failing);
        }
        health.last_error = Some(error);
    }

    /// Something is wrong with what a device says, though it answers.
    pub fn note(&self, problem: &Message) {
        let error = problem.for_log();
        let mut health = lock(&self.entry);
        if health.last_error.as_deref() != Some(error.as_str()) {
            tracing::warn!(source = health.name, kind = health.kind.as_str(), error, "source");
            health.last_error = Some(error);
        }
    }

    pub fn count(&self, taken: usize, refused: usize) {
        let mut health = lock(&self.entry);
        health.taken += taken as u64;
        health.refused += refused as u64;
    }

    fn enter(&self, health: &mut SourceHealth, state: SourceState) {
        (health.state, health.since_ms) = (state, now_ms());
        self.changed.notify_one();
    }
}

/// Nothing is left half done while it is held, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
