//! How each source fares, for the status, the log and the hub. Errors never carry a device's values.

use crate::clock::now_ms;
use crate::diagnosis::Message;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use waystation_protocol::{SourceKind, SourceState};

/// An error that goes on, or comes and goes, is said again after so long [J].
const SAY_AGAIN: Duration = Duration::from_secs(3600);
/// Different errors of a source that are said in this time; more are in its status alone.
const ERRORS_MAX: usize = 16;

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
    said: Arc<Mutex<Said>>,
    /// The board's: some state is another one.
    changed: Arc<Notify>,
}

/// What the log was told of a source, so that errors which take turns do not fill it.
#[derive(Default)]
struct Said {
    /// Each error with the time when it was said.
    errors: Vec<(String, Instant)>,
    /// The last word was that the source does not work.
    failure: bool,
}

impl Said {
    /// Whether the log is to be told, which is taken as done.
    fn is_news(&mut self, error: &str) -> bool {
        let now = Instant::now();
        self.errors.retain(|(_, at)| now.duration_since(*at) < SAY_AGAIN);
        let is_known = self.errors.iter().any(|(known, _)| known == error);
        if is_known || self.errors.len() >= ERRORS_MAX {
            return false;
        }
        self.errors.push((error.to_owned(), now));
        true
    }
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
        let (entry, said) = (Arc::new(Mutex::new(entry)), Arc::default());
        let health = Health { entry, said, changed: self.changed.clone() };
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
        let (mut health, mut said) = (lock(&self.entry), lock(&self.said));
        if health.state != SourceState::Ok {
            if health.state == SourceState::Waiting || std::mem::take(&mut said.failure) {
                tracing::info!(source = health.name, kind = health.kind.as_str(), "source works");
            }
            self.enter(&mut health, SourceState::Ok);
        }
    }

    /// The device does not answer; in the log each error has a line an hour at most.
    pub fn failing(&self, problem: &Message) {
        let error = problem.for_log();
        let (mut health, mut said) = (lock(&self.entry), lock(&self.said));
        if said.is_news(&error) {
            tracing::warn!(source = health.name, kind = health.kind.as_str(), error, "source does not work");
            said.failure = true;
        }
        if health.state != SourceState::Failing {
            self.enter(&mut health, SourceState::Failing);
        }
        health.last_error = Some(error);
    }

    /// Something is wrong with what a device says, though it answers.
    pub fn note(&self, problem: &Message) {
        let error = problem.for_log();
        let (mut health, mut said) = (lock(&self.entry), lock(&self.said));
        if said.is_news(&error) {
            tracing::warn!(source = health.name, kind = health.kind.as_str(), error, "source");
        }
        health.last_error = Some(error);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn errors_that_take_turns_are_said_once_an_hour() {
        let mut said = Said::default();
        let mut lines = 0;
        for _ in 0..2 * 3600 / 2 {
            lines += ["no JSON", "out of range"].iter().filter(|error| said.is_news(error)).count();
            tokio::time::advance(Duration::from_secs(2)).await;
        }
        assert_eq!(lines, 4);
        // A device that says something else each time is not let in without end either.
        lines = (0..1000).filter(|number| said.is_news(&number.to_string())).count();
        assert!(lines <= ERRORS_MAX, "{lines}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_state_follows_at_once_though_the_log_does_not() {
        let health = Board::default().register(SourceKind::Exec, "seats");
        for _ in 0..3 {
            health.failing(&Message::new("source_none"));
            assert_eq!(health.get().state, SourceState::Failing);
            health.ok();
            assert_eq!(health.get().state, SourceState::Ok);
        }
        let said = lock(&health.said);
        assert_eq!((said.errors.len(), said.failure), (1, false));
    }
}
