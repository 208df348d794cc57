//! When a running agent looks into why it cannot reach its hub.

use super::{Findings, check_clock, check_network};
use crate::clock::now_ms;
use crate::config::Config;
use crate::publisher::State;
use crate::texts::{Language, find};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long an agent that is offline waits before each diagnosis.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub first: Duration,
    pub then: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { first: Duration::from_secs(5 * 60), then: Duration::from_secs(3_600) }
    }
}

/// Logs why the hub cannot be reached, once that has lasted, until `stop` is turned.
pub async fn watch(config: Config, state: watch::Receiver<State>, mut stop: watch::Receiver<bool>) {
    let language = Language::of_environment();
    let mut offline = Offline { state, patience: Patience::default(), since: None };
    let watching = async {
        while let Some(lasted) = offline.too_long().await {
            let mut findings = Findings::default();
            findings.measure("clock", || check_clock(now_ms()));
            check_network(&config, &mut findings).await;
            tell(&findings, lasted, language);
        }
    };
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = watching => {}
    }
}

/// How long the publisher has had no connection.
struct Offline {
    state: watch::Receiver<State>,
    patience: Patience,
    /// When it began, and when the next look is due.
    since: Option<(Instant, Instant)>,
}

impl Offline {
    /// Resolves with how long it has lasted, whenever a look is due; `None` once the publisher has ended.
    async fn too_long(&mut self) -> Option<Duration> {
        loop {
            let is_offline = *self.state.borrow_and_update() == State::Offline;
            let Some((since, next)) = self.since.filter(|_| is_offline) else {
                self.since = None;
                self.state.wait_for(|state| *state == State::Offline).await.ok()?;
                self.since = Some((Instant::now(), Instant::now() + self.patience.first));
                continue;
            };
            tokio::select! {
                changed = self.state.changed() => changed.ok()?,
                () = sleep_until(next) => {
                    self.since = Some((since, next + self.patience.then));
                    return Some(since.elapsed());
                }
            }
        }
    }
}

fn tell(findings: &Findings, offline: Duration, language: Language) {
    let minutes = (offline.as_secs() / 60).to_string();
    let say = |name, facts: &[(&str, &str)]| {
        let text = find("log", name, language).unwrap_or(name).replace("{minutes}", &minutes);
        facts.iter().fold(text, |text, (fact, value)| text.replace(&format!("{{{fact}}}"), value))
    };
    if findings.is_well() {
        tracing::warn!("{}", say("reachable", &[]));
    }
    for finding in findings.failures() {
        let (detail, fix) = (finding.detail(language), finding.fix(language).unwrap_or_default());
        let problem = finding.outcome.as_ref().err().map(|problem| problem.name);
        let text = say("unreachable", &[("problem", &detail), ("fix", &fix)]);
        tracing::error!(trial = finding.trial, problem, "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { first: Duration::from_secs(300), then: Duration::from_secs(3_600) };

    async fn pass(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_looks_after_five_minutes_offline_and_then_hourly() {
        let (state, watched) = watch::channel(State::Offline);
        let mut looks = Vec::new();
        let day = async {
            pass(299).await;
            // A connection, however short, starts the wait anew.
            state.send_replace(State::CatchingUp);
            pass(1).await;
            state.send_replace(State::Offline);
            pass(300 + 2 * 3_600 + 60).await;
            state.send_replace(State::Live);
            pass(86_400).await;
            drop(state);
        };
        let mut offline = Offline { state: watched, patience: PATIENCE, since: None };
        let watching = async {
            while let Some(lasted) = offline.too_long().await {
                looks.push(lasted.as_secs());
            }
        };
        tokio::join!(day, watching);
        assert_eq!(looks, [300, 3_900, 7_500]);
    }
}
