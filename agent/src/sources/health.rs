//! How each source fares, for the status and the log. Errors never carry a device's values.

use crate::clock::now_ms;
use crate::diagnosis::Message;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A source at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceHealth {
    /// As in the configuration: mqtt, modbus, http …
    pub kind: String,
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

/// Whether a source works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    Ok,
    /// It has not been reached yet.
    Waiting,
    Failing,
}

/// The health of all sources. Cheap to clone.
#[derive(Clone, Default)]
pub struct Board(Arc<Mutex<Vec<Health>>>);

/// One source's entry. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Mutex<SourceHealth>>);

impl Board {
    /// A new entry, waiting.
    pub fn register(&self, kind: &'static str, name: &str) -> Health {
        let health = Health(Arc::new(Mutex::new(SourceHealth {
            kind: kind.to_owned(),
            name: name.to_owned(),
            state: SourceState::Waiting,
            since_ms: now_ms(),
            taken: 0,
            refused: 0,
            last_error: None,
        })));
        lock(&self.0).push(health.clone());
        health
    }

    pub fn list(&self) -> Vec<SourceHealth> {
        lock(&self.0).iter().map(Health::get).collect()
    }
}

impl Health {
    pub fn get(&self) -> SourceHealth {
        lock(&self.0).clone()
    }

    /// The device answers.
    pub fn ok(&self) {
        let mut health = lock(&self.0);
        if health.state != SourceState::Ok {
            tracing::info!(source = health.name, kind = health.kind, "source works");
            health.enter(SourceState::Ok);
        }
    }

    /// The device does not answer; said in the log once, until it changes.
    pub fn failing(&self, problem: &Message) {
        let error = problem.for_log();
        let mut health = lock(&self.0);
        if health.state != SourceState::Failing || health.last_error.as_deref() != Some(error.as_str()) {
            tracing::warn!(source = health.name, kind = health.kind, error, "source does not work");
        }
        if health.state != SourceState::Failing {
            health.enter(SourceState::Failing);
        }
        health.last_error = Some(error);
    }

    /// Something is wrong with what a device says, though it answers.
    pub fn note(&self, problem: &Message) {
        let error = problem.for_log();
        let mut health = lock(&self.0);
        if health.last_error.as_deref() != Some(error.as_str()) {
            tracing::warn!(source = health.name, kind = health.kind, error, "source");
            health.last_error = Some(error);
        }
    }

    pub fn count(&self, taken: usize, refused: usize) {
        let mut health = lock(&self.0);
        health.taken += taken as u64;
        health.refused += refused as u64;
    }
}

impl SourceHealth {
    fn enter(&mut self, state: SourceState) {
        self.state = state;
        self.since_ms = now_ms();
    }
}

/// Nothing is left half done while it is held, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
