//! Remote configuration: applied on trial, acknowledged, or rolled back.

use super::Orders;
use crate::remote::{Remote, RemoteError};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use waystation_protocol::{Configuration, Outcome};

/// How long the hub may stay unreached with a new configuration [J]: a usual outage of a link is shorter.
pub(super) const TRIAL_MAX: Duration = Duration::from_secs(600);
/// A disk that did not take the former configuration is tried again after so long [J].
const AGAIN: Duration = Duration::from_secs(60);

/// A version with which the hub has not been reached yet.
pub(super) struct Trial {
    version: u32,
    /// Its answer's.
    number: u64,
    until: Instant,
}

/// How a trial ends.
pub(super) enum TrialEnd {
    Reached,
    Unreached,
}

/// Waits for the end of a trial; for ever if there is none. Cancel-safe.
pub(super) async fn trial_end(trial: Option<&Trial>, mut acknowledged: watch::Receiver<u64>) -> TrialEnd {
    let Some(Trial { number, until, .. }) = trial else { return std::future::pending().await };
    tokio::select! {
        Ok(_) = acknowledged.wait_for(|last| last >= number) => TrialEnd::Reached,
        () = sleep_until(*until) => TrialEnd::Unreached,
    }
}

impl Orders {
    /// A payload without a version is passed over: there is nothing to answer to.
    pub(super) async fn configure(&mut self, payload: &[u8]) {
        let Some(version) = Configuration::version_of(payload) else {
            return tracing::warn!("a configuration without a version was passed over");
        };
        if self.trial.as_ref().is_some_and(|trial| trial.version == version) {
            return tracing::debug!(version, "a configuration came again before its answer was acknowledged");
        }
        let (outcome, detail) = match Configuration::parse(payload) {
            Ok(configuration) => self.apply(configuration).await,
            Err(error) => (Outcome::Refused, error.to_string()),
        };
        tracing::info!(version, %outcome, detail, "configuration");
        self.tell(version, outcome, &detail).await;
    }

    async fn apply(&self, Configuration { version, report }: Configuration) -> (Outcome, String) {
        match self.with_remote(move |remote| remote.apply(version, report)).await {
            Ok(()) => (Outcome::Done, String::new()),
            Err(error @ RemoteError::RolledBack) => (Outcome::Failed, error.to_string()),
            Err(error) => (Outcome::Refused, error.to_string()),
        }
    }

    /// A trial that a restart interrupted begins again.
    pub(super) async fn resume_trial(&mut self) {
        if let Ok(Some(version)) = self.with_remote(|remote| Ok(remote.on_trial())).await {
            self.tell(version, Outcome::Done, "").await;
        }
    }

    pub(super) async fn end_trial(&mut self, end: TrialEnd) {
        let Some(trial) = self.trial.take() else { return };
        match end {
            TrialEnd::Reached => {
                if let Err(error) = self.with_remote(move |remote| remote.settle(trial.version)).await {
                    tracing::warn!(%error, "the configuration's trial goes on with the next start");
                }
            }
            TrialEnd::Unreached => match self.with_remote(Remote::roll_back).await {
                Ok(Some(version)) => {
                    tracing::warn!(
                        version,
                        "the hub was not reached with this configuration; the former is in force"
                    );
                    self.tell(version, Outcome::Failed, &RemoteError::RolledBack.to_string()).await;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "the configuration cannot be rolled back; tried again in a minute");
                    self.trial = Some(Trial { until: Instant::now() + AGAIN, ..trial });
                }
            },
        }
    }

    /// Answers; the acknowledgement of any answer shows that the hub is reached with what is on trial.
    async fn tell(&mut self, version: u32, outcome: Outcome, detail: &str) {
        let on_trial = self.with_remote(|remote| Ok(remote.on_trial())).await.ok().flatten();
        let until = match self.trial.take() {
            Some(trial) if on_trial == Some(trial.version) => trial.until,
            _ => Instant::now() + TRIAL_MAX,
        };
        self.trial = on_trial.map(|version| Trial { version, number: self.last_number + 1, until });
        self.answer(&Configuration::answer_id(version), outcome, detail).await;
    }

    /// Changes what the hub has set, on a thread for blocking work.
    async fn with_remote<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Remote) -> Result<T, RemoteError> + Send + 'static,
    ) -> Result<T, RemoteError> {
        let remote = self.tools.remote.clone();
        // A change is kept in one step: a panic elsewhere leaves it whole.
        let changed =
            spawn_blocking(move || change(&mut remote.lock().unwrap_or_else(PoisonError::into_inner)));
        changed.await.unwrap_or_else(|error| Err(RemoteError::Disk(std::io::Error::other(error))))
    }
}
