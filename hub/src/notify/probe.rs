//! Trying the channels, for `hub check`.

use std::time::{Duration, Instant};

use super::channels::Sender;
use super::notice::{Event, Notice};
use super::outcome::Outcome;
use super::words;
use crate::config::{Channel, Config, Rule, Severity};
use crate::fleet::alerts::Alert;
use crate::registry::SharedDirectory;

/// How a channel fared.
#[derive(Debug, Clone)]
pub struct Trial {
    pub channel: String,
    /// Where it sends to, without secrets.
    pub address: String,
    pub outcome: Outcome,
    pub elapsed: Duration,
}

/// Looks whether each channel can be reached; nobody is told anything. An Alertmanager must be ready.
pub async fn probe(config: &Config) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, channel) in &config.alerts.channels {
        let started = Instant::now();
        let (address, outcome) = match Sender::new(name, channel) {
            Ok(sender) => (sender.address(), sender.probe().await),
            Err(error) => (String::new(), Outcome::Failed { message: error.what }),
        };
        trials.push(Trial { channel: name.clone(), address, outcome, elapsed: started.elapsed() });
    }
    trials
}

/// Sends a test message through each channel.
pub async fn send_test(config: &Config, directory: &SharedDirectory, now_ms: i64) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, channel) in &config.alerts.channels {
        trials.push(send_test_to(config, directory, name, channel, now_ms).await);
    }
    trials
}

/// Sends a test message through one channel.
pub async fn send_test_to(
    config: &Config,
    directory: &SharedDirectory,
    name: &str,
    channel: &Channel,
    now_ms: i64,
) -> Trial {
    let (notice, words) = (test_notice(now_ms), words(config, directory));
    let started = Instant::now();
    let (address, outcome) = match Sender::new(name, channel) {
        Ok(sender) => (sender.address(), sender.send(std::slice::from_ref(&notice), &words, now_ms).await),
        Err(error) => (String::new(), Outcome::Failed { message: error.what }),
    };
    Trial { channel: name.to_owned(), address, outcome, elapsed: started.elapsed() }
}

/// Where a channel sends to, without secrets; empty if its configuration cannot be used.
#[must_use]
pub fn address(name: &str, channel: &Channel) -> String {
    Sender::new(name, channel).map(|sender| sender.address()).unwrap_or_default()
}

/// An alert has a rule, so this one has too; what is sent names [`Notice::rule`] instead, and says that it is a test.
pub(super) fn test_notice(now_ms: i64) -> Notice {
    let alert = Alert {
        id: format!("{now_ms:016x}"),
        fingerprint: "test".into(),
        rule: Rule::HubBlind,
        severity: Severity::Info,
        station: None,
        district: None,
        device: None,
        stations: Vec::new(),
        common: None,
        starts_at: now_ms,
        ends_at: None,
        evidence: Vec::new(),
        values: std::collections::BTreeMap::new(),
    };
    Notice { event: Event::Test, alert, was: None }
}
