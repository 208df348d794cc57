//! A notice: one thing that a channel is to say about one alert.

use serde::{Deserialize, Serialize};

use crate::config::Severity;
use crate::fleet::alerts::Alert;

/// Why people hear of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Firing,
    /// It became worse, or more stations joined.
    Changed,
    /// It still fires, and nobody has acknowledged it.
    Repeated,
    /// Nobody has acknowledged it in time.
    Escalated,
    Resolved,
    /// Somebody tries the channel.
    Test,
}

impl Event {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Changed => "changed",
            Self::Repeated => "repeated",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }
}

/// What waits in a channel's queue, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub event: Event,
    pub alert: Alert,
    /// What the channel was told before, if it was another severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Severity>,
}

impl Notice {
    /// The rule's name, as messages give it: a test is none of an alert's.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        if self.event == Event::Test { "test" } else { self.alert.rule.as_str() }
    }

    /// Whether somebody may have to act on it.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.event != Event::Resolved
    }

    /// The more severe, the greater.
    #[must_use]
    pub fn rank(&self) -> i64 {
        rank(self.alert.severity)
    }
}

/// The more severe, the greater.
#[must_use]
pub fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

/// What is left to say when several notices go into one message: of each alert the last word, the worst first. An
/// alert of which the beginning and the end both waited is one line, not two.
#[must_use]
pub fn latest(notices: Vec<Notice>) -> Vec<Notice> {
    let mut last: Vec<Notice> = Vec::with_capacity(notices.len());
    for notice in notices {
        match last.iter_mut().find(|known| known.alert.id == notice.alert.id) {
            // That it was escalated is not forgotten because more stations joined.
            Some(known) if notice.event == Event::Changed || notice.event == Event::Repeated => {
                let (event, was) = (known.event, known.was);
                *known = Notice { event, was, ..notice };
            }
            Some(known) => *known = notice,
            None => last.push(notice),
        }
    }
    last.sort_by_key(|notice| (!notice.is_urgent(), -notice.rank(), notice.alert.starts_at));
    last
}
