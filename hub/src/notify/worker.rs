//! One channel's task: takes what is due from its queue on disk, merges it into one message, sends it, and notes what
//! became of it. Nothing here waits for another channel.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::bucket::Bucket;
use super::channels::{REFRESH_MS, Sender};
use super::notice::{Notice, latest};
use super::outcome::Outcome;
use super::tracker::Active;
use super::words::Words;
use super::{Clock, Pauses};
use crate::metrics::Metrics;
use crate::operations::{Attempt, Audit, Delivery, HUB, Operations, OperationsError};
use crate::shutdown::Shutdown;

/// Notices in one message.
const MERGED_MAX: usize = 100;
/// A notice that could not be delivered for so long is given up, ms: 7 days.
const GIVEN_UP_MS: i64 = 7 * 86_400_000;

pub struct Worker {
    pub name: String,
    pub sender: Sender,
    pub operations: Operations,
    pub words: Words,
    pub active: Active,
    pub wake: Arc<Notify>,
    pub bucket: Bucket,
    pub pauses: Pauses,
    pub clock: Clock,
    pub metrics: Metrics,
    pub shutdown: Shutdown,
}

/// What the task does next.
enum Mode {
    /// Looks what is due.
    Look,
    /// These go out as one message.
    Send(Vec<Delivery>),
    /// What fires is told again.
    Refresh,
    /// Nothing can be done before this time.
    Wait(i64),
    Stopped,
}

/// How the channel fares.
struct State {
    /// Failures in a row.
    failures: u32,
    /// Nothing is sent before, ms.
    not_before: i64,
    /// When what fires is told again, ms.
    refresh_at: i64,
    /// What is wrong, as the log was told.
    trouble: Option<&'static str>,
}

impl Worker {
    pub async fn run(mut self) {
        let mut state = State { failures: 0, not_before: 0, refresh_at: 0, trouble: None };
        let mut mode = Mode::Look;
        loop {
            mode = match mode {
                Mode::Look => self.look(&state).await,
                Mode::Send(due) => self.deliver(&mut state, due).await,
                Mode::Refresh => self.refresh(&mut state).await,
                Mode::Wait(until) => self.wait(until, &state).await,
                Mode::Stopped => return,
            };
        }
    }

    async fn look(&mut self, state: &State) -> Mode {
        if self.shutdown.stopping() {
            return Mode::Stopped;
        }
        let now = (self.clock)();
        if now < state.not_before {
            return Mode::Wait(state.not_before);
        }
        let (operations, name) = (self.operations.clone(), self.name.clone());
        let looked =
            blocking(move || Ok((operations.due(&name, now, MERGED_MAX)?, operations.next_due_at(&name)?)));
        let (due, next_due_at) = match looked.await {
            Ok(looked) => looked,
            Err(error) => {
                tracing::error!(
                    channel = self.name,
                    error,
                    "the notices that wait cannot be read; tried again"
                );
                return Mode::Wait(now + ms(self.pauses.longest));
            }
        };
        let refresh = self.sender.wants_state().then_some(state.refresh_at);
        if due.is_empty() && refresh.is_none_or(|at| now < at) {
            // A minute at most: a clock that is set forward or back must not stop the channel.
            let next = [next_due_at, refresh].into_iter().flatten().min().unwrap_or(i64::MAX);
            return Mode::Wait(next.min(now + 60_000));
        }
        match self.bucket.take(now) {
            Err(wait) => Mode::Wait(now + wait),
            Ok(()) if due.is_empty() => Mode::Refresh,
            Ok(()) => Mode::Send(chosen(due)),
        }
    }

    async fn wait(&mut self, until: i64, state: &State) -> Mode {
        let pause = u64::try_from(until - (self.clock)()).unwrap_or(0);
        let held = (self.clock)() < state.not_before;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause)) => Mode::Look,
            // Something new to send does not end a pause that the service asked for.
            () = self.wake.notified(), if !held => Mode::Look,
            () = self.shutdown.stopped() => Mode::Stopped,
        }
    }

    async fn deliver(&mut self, state: &mut State, due: Vec<Delivery>) -> Mode {
        let now = (self.clock)();
        let (over, due): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|delivery| now - delivery.created_at > GIVEN_UP_MS);
        let mut ids: Vec<i64> = over.iter().map(|delivery| delivery.id).collect();
        let mut entries: Vec<Audit> = over
            .iter()
            .map(|delivery| {
                self.entry(now, "notice.give_up", delivery, delivery.last_error.as_deref().unwrap_or(""))
            })
            .collect();
        self.count("expired", over.len());
        // What a newer hub wrote and this one cannot read is given up as well.
        let notices: Vec<Notice> =
            due.iter().filter_map(|delivery| serde_json::from_str(&delivery.notice).ok()).collect();
        if notices.is_empty() {
            ids.extend(due.iter().map(|delivery| delivery.id));
            return self.settle(ids, entries).await;
        }
        let outcome = match self.send(&latest(notices)).await {
            Some(outcome) => outcome,
            None => return Mode::Stopped,
        };
        self.count(outcome.result(), due.len());
        self.tell(state, &outcome);
        if outcome == Outcome::Delivered {
            state.failures = 0;
            ids.extend(due.iter().map(|delivery| delivery.id));
            entries.extend(due.iter().map(|delivery| self.entry(now, "notice.send", delivery, "")));
            return self.settle(ids, entries).await;
        }
        if !ids.is_empty()
            && let Mode::Wait(until) = self.settle(ids, entries).await
        {
            state.not_before = state.not_before.max(until);
        }
        self.postpone(state, &outcome, due).await
    }

    /// None: the hub stopped. What was under way then is sent again after the start.
    async fn send(&mut self, notices: &[Notice]) -> Option<Outcome> {
        let now = (self.clock)();
        let mut shutdown = self.shutdown.clone();
        let grace = self.pauses.stop_grace;
        tokio::select! {
            outcome = self.sender.send(notices, &self.words, now) => Some(outcome),
            () = async { shutdown.stopped().await; tokio::time::sleep(grace).await } => None,
        }
    }

    async fn settle(&self, ids: Vec<i64>, entries: Vec<Audit>) -> Mode {
        let operations = self.operations.clone();
        match blocking(move || operations.settle(&ids, &entries)).await {
            Ok(()) => Mode::Look,
            Err(error) => {
                tracing::error!(
                    channel = self.name,
                    error,
                    "what was sent cannot be noted; it may be sent again"
                );
                Mode::Wait((self.clock)() + ms(self.pauses.longest))
            }
        }
    }

    async fn postpone(&self, state: &mut State, outcome: &Outcome, due: Vec<Delivery>) -> Mode {
        let now = (self.clock)();
        let refused = matches!(outcome, Outcome::Refused { .. });
        let alone = due.len() == 1;
        let pause = match outcome {
            Outcome::Busy { after, .. } => *after,
            Outcome::Held { .. } => self.pauses.held,
            // Of several the one that is refused is looked for, one by one and at once.
            Outcome::Refused { .. } if !alone => Duration::ZERO,
            Outcome::Refused { .. } => self.pauses.held,
            Outcome::Failed { .. } | Outcome::Delivered => self.pauses.backoff(state.failures),
        };
        state.failures = state.failures.saturating_add(1);
        let next_at = now + ms(pause);
        if !refused {
            state.not_before = next_at;
        }
        let first = due.iter().find(|delivery| delivery.attempts == 0);
        let entry = first.map(|delivery| self.entry(now, "notice.fail", delivery, outcome.message()));
        let ids = due.iter().map(|delivery| delivery.id).collect();
        let attempt = Attempt { ids, next_at, error: outcome.message().to_owned(), refused };
        let operations = self.operations.clone();
        if let Err(error) = blocking(move || operations.postpone(&attempt, entry.as_ref())).await {
            tracing::error!(channel = self.name, error, "a failed attempt cannot be noted");
            return Mode::Wait(now + ms(self.pauses.longest));
        }
        Mode::Look
    }

    async fn refresh(&mut self, state: &mut State) -> Mode {
        let now = (self.clock)();
        let notices = self.active.load().get(&self.name).cloned().unwrap_or_default();
        state.refresh_at = now + REFRESH_MS.min(ms(self.pauses.refresh));
        for part in notices.chunks(500) {
            let outcome = match self.send(part).await {
                Some(outcome) => outcome,
                None => return Mode::Stopped,
            };
            self.tell(state, &outcome);
            if outcome != Outcome::Delivered {
                self.count(outcome.result(), part.len());
                state.not_before = now + ms(self.pauses.backoff(state.failures));
                state.failures = state.failures.saturating_add(1);
                break;
            }
            state.failures = 0;
        }
        Mode::Look
    }

    /// Logs a change of the channel's fortune once.
    fn tell(&self, state: &mut State, outcome: &Outcome) {
        let (channel, message) = (&self.name, outcome.message());
        let class = Some(outcome.result()).filter(|_| *outcome != Outcome::Delivered);
        let news = class != state.trouble;
        state.trouble = class;
        match outcome {
            _ if !news => tracing::debug!(channel, message, "a channel fares as before"),
            Outcome::Delivered => tracing::info!(channel, "the channel takes notices again"),
            Outcome::Held { advice, .. } => {
                tracing::error!(
                    channel,
                    message,
                    advice = advice.en,
                    "a channel takes no notices; they wait"
                );
            }
            _ => {
                tracing::warn!(channel, message, "a channel takes no notices; they wait and are tried again")
            }
        }
    }

    fn count(&self, result: &str, notices: usize) {
        self.metrics.alert_notifications.with_label_values(&[&self.name, result]).inc_by(notices as u64);
    }

    fn entry(&self, now_ms: i64, action: &str, delivery: &Delivery, more: &str) -> Audit {
        let notice: Option<Notice> = serde_json::from_str(&delivery.notice).ok();
        let (alert, what) = notice.as_ref().map_or(("", String::new()), |notice| {
            (notice.alert.id.as_str(), format!("{} {}", notice.event.as_str(), notice.alert.rule.as_str()))
        });
        let detail = [what.as_str(), more].join(" ");
        Audit::new(now_ms, &self.name, HUB, action, alert, detail.trim())
    }
}

/// What goes into the next message: all that is due, but what was refused goes alone.
fn chosen(due: Vec<Delivery>) -> Vec<Delivery> {
    let (refused, mut fresh): (Vec<_>, Vec<_>) = due.into_iter().partition(|delivery| delivery.refused > 0);
    if fresh.is_empty() {
        fresh.extend(refused.into_iter().next());
    }
    fresh
}

async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, OperationsError> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(run).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn ms(pause: Duration) -> i64 {
    i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2)
}
