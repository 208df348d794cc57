//! Finds out why a gateway does not work, step by step: what was tried, what was found, and what to do about it. The
//! installer's check runs all of it, and a running agent that cannot reach its hub the part that leads there.

mod date;
mod explain;
mod explain_tls;
mod hub_clock;
mod local;
mod network;
mod patience;
mod storage;

pub use local::{check_clock, check_disk, check_sources};
pub use network::check_network;
pub use patience::{Patience, watch};

pub use crate::texts::Message;

use crate::texts::Language;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A trial that takes longer has failed.
pub const TRIAL_MAX: Duration = Duration::from_secs(15);

/// The trial that there is one of for each source.
const SOURCE: &str = "source";

/// One trial.
#[derive(Debug)]
pub struct Finding {
    /// A stable name.
    pub trial: &'static str,
    /// Which of several, such as the name of a source.
    pub subject: Option<String>,
    pub took: Duration,
    /// What was found, by `found.*`, or what is wrong, by `problem.*` and `fix.*`.
    pub outcome: Result<Message, Message>,
}

impl Finding {
    pub fn detail(&self, language: Language) -> String {
        match &self.outcome {
            Ok(found) => found.text("found", language),
            Err(problem) => problem.text("problem", language),
        }
    }

    /// What to do, if something is wrong.
    pub fn fix(&self, language: Language) -> Option<String> {
        self.outcome.as_ref().err().map(|problem| problem.text("fix", language))
    }
}

/// Trials so far, in order.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn measure<T>(
        &mut self,
        trial: &'static str,
        attempt: impl FnOnce() -> Result<(T, Message), Message>,
    ) -> Option<T> {
        let started = Instant::now();
        self.note(trial, started, attempt())
    }

    /// Gives up after [`TRIAL_MAX`], which is what `silent` says.
    pub async fn measure_async<T>(
        &mut self,
        trial: &'static str,
        silent: Message,
        attempt: impl Future<Output = Result<(T, Message), Message>>,
    ) -> Option<T> {
        let started = Instant::now();
        let outcome = timeout(TRIAL_MAX, attempt).await;
        self.note(
            trial,
            started,
            outcome.unwrap_or_else(|_| Err(silent.with("seconds", TRIAL_MAX.as_secs()))),
        )
    }

    pub fn is_well(&self) -> bool {
        self.failures().next().is_none()
    }

    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter().filter(|finding| finding.outcome.is_err())
    }

    /// A look at one of the sources.
    pub fn note_source(&mut self, name: String, took: Duration, outcome: Result<Message, Message>) {
        self.0.push(Finding { trial: SOURCE, subject: Some(name), took, outcome });
    }

    fn note<T>(
        &mut self,
        trial: &'static str,
        started: Instant,
        outcome: Result<(T, Message), Message>,
    ) -> Option<T> {
        let (found, outcome) = match outcome {
            Ok((found, message)) => (Some(found), Ok(message)),
            Err(problem) => (None, Err(problem)),
        };
        self.0.push(Finding { trial, subject: None, took: started.elapsed(), outcome });
        found
    }
}
