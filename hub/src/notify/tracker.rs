//! The task that looks at the alerts: whenever some were saved, and now and then for what time alone brings (repeats,
//! escalation, silences that end). What it decides is on disk before it counts as told.
//!
//! In memory: the alerts that fire, and what channels were told of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use super::feed::{AlertFeed, FeedError};
use super::notice::{Event, Notice, rank};
use super::policy::{Case, MISSED_MS, Policy, Told};
use super::{Clock, Pauses};
use crate::config::Severity;
use crate::fleet::alerts::Alert;
use crate::metrics::Metrics;
use crate::operations::{DeliveryDraft, Handed, NoticeMark, Operations, OperationsError};
use crate::shutdown::Shutdown;

/// Alerts read at once.
const PAGE: usize = 500;

/// What fires and was told, for the channels that want the state.
pub type Active = Arc<ArcSwap<BTreeMap<String, Vec<Notice>>>>;

pub struct Tracker {
    pub feed: Arc<dyn AlertFeed>,
    pub operations: Operations,
    pub policy: Policy,
    pub pauses: Pauses,
    pub clock: Clock,
    pub active: Active,
    /// Rung when a channel has something to send.
    pub wake: HashMap<String, Arc<Notify>>,
    pub metrics: Metrics,
    pub shutdown: Shutdown,
}

/// What is known of the alerts.
struct Known {
    /// Alerts up to here have been looked at.
    revision: i64,
    /// The revision that is on disk.
    saved: i64,
    alerts: BTreeMap<String, Entry>,
    /// Alerts that people were told of and that are known no more.
    lost: Vec<String>,
}

struct Entry {
    alert: Alert,
    told: BTreeMap<String, Told>,
}

#[derive(Debug, thiserror::Error)]
enum TrackError {
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Operations(#[from] OperationsError),
    #[error("a look at the alerts stopped half-way: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

impl Tracker {
    pub async fn run(mut self) {
        let mut known = None;
        let mut failing = false;
        loop {
            // Asked for before the look: a bell that rings meanwhile is not missed.
            let feed = self.feed.clone();
            let rung = feed.changed();
            // After an error everything is read again: what is on disk is the truth.
            match self.look(known.take()).await {
                Ok(now) => {
                    known = Some(now);
                    failing = false;
                }
                Err(error) => {
                    if !failing {
                        tracing::error!(%error, "alerts cannot be handed to their channels; tried again");
                    }
                    failing = true;
                }
            }
            tokio::select! {
                () = rung => {}
                () = tokio::time::sleep(self.pauses.look) => {}
                () = self.shutdown.stopped() => return,
            }
        }
    }

    /// One look, from what was known to what is.
    async fn look(&self, known: Option<Known>) -> Result<Known, TrackError> {
        let (feed, operations) = (self.feed.clone(), self.operations.clone());
        let (policy, now_ms) = (self.policy.clone(), (self.clock)());
        let looked = tokio::task::spawn_blocking(move || {
            let first = known.is_none();
            let mut known = match known {
                Some(known) => known,
                None => load(&*feed, &operations)?,
            };
            loop {
                let page = feed.alerts_since(known.revision, PAGE)?;
                let more = page.len() == PAGE;
                for (revision, alert) in page {
                    known.revision = known.revision.max(revision);
                    // A first look goes through all alerts that there ever were: they are not kept in memory.
                    let long_over = alert.ends_at.is_some_and(|ends_at| now_ms - ends_at >= MISSED_MS);
                    if !long_over || known.alerts.contains_key(&alert.id) {
                        known.see(alert);
                    }
                }
                if !more {
                    break;
                }
            }
            let (handed, woken) = known.decide(&policy, &operations, now_ms);
            let dropped = match &handed {
                Some(handed) => operations.hand_over(handed, now_ms)?,
                None => Vec::new(),
            };
            Ok::<_, TrackError>((known, woken, dropped, handed.is_some() || first))
        });
        let (known, woken, dropped, changed) = looked.await??;
        if changed {
            self.active.store(Arc::new(known.active(&self.policy)));
        }
        for (channel, count) in dropped {
            self.metrics.alert_notifications.with_label_values(&[&channel, "dropped"]).inc_by(count as u64);
            tracing::error!(
                channel,
                count,
                "too many notices wait for a channel: the least severe were dropped"
            );
        }
        woken.iter().filter_map(|channel| self.wake.get(channel)).for_each(|wake| wake.notify_one());
        Ok(known)
    }
}

/// What was known before the hub stopped.
fn load(feed: &dyn AlertFeed, operations: &Operations) -> Result<Known, TrackError> {
    let (revision, marks) = operations.handed()?;
    let mut known = Known { revision, saved: revision, alerts: BTreeMap::new(), lost: Vec::new() };
    for alert in feed.firing()? {
        known.see(alert);
    }
    for mark in marks {
        if !known.alerts.contains_key(&mark.alert)
            && let Some(alert) = feed.alert(&mark.alert)?
        {
            known.see(alert);
        }
        let severity = Severity::ALL.into_iter().find(|severity| severity.as_str() == mark.severity);
        let told = Told {
            at: mark.told_at,
            first_at: mark.first_at,
            severity: severity.unwrap_or(Severity::Warning),
            stations: usize::try_from(mark.stations).unwrap_or(0),
        };
        if let Some(entry) = known.alerts.get_mut(&mark.alert) {
            entry.told.insert(mark.channel, told);
        } else {
            tracing::warn!(alert = mark.alert, "an alert that people were told of is known no more");
            known.lost.push(mark.alert);
        }
    }
    Ok(known)
}

impl Known {
    fn see(&mut self, alert: Alert) {
        match self.alerts.get_mut(&alert.id) {
            Some(entry) => entry.alert = alert,
            None => drop(self.alerts.insert(alert.id.clone(), Entry { alert, told: BTreeMap::new() })),
        }
    }

    /// Decides about every alert; gives what is to be written, if anything, and the channels that get something.
    fn decide(
        &mut self,
        policy: &Policy,
        operations: &Operations,
        now_ms: i64,
    ) -> (Option<Handed>, Vec<String>) {
        let silences = operations.silences_now();
        let over = std::mem::take(&mut self.lost);
        let mut handed = Handed { revision: self.revision, over, ..Handed::default() };
        let mut woken = Vec::new();
        for (id, entry) in &mut self.alerts {
            let alert = &entry.alert;
            let silenced = silences
                .iter()
                .any(|silence| silence.is_active(now_ms) && silence.matches(|name| member(alert, name)));
            let acknowledged = operations.acknowledgement(id).is_some();
            let case = Case { alert, acknowledged, silenced };
            for (rules, event) in policy.decide(case, &entry.told, now_ms) {
                let before = entry.told.get(&rules.name).copied();
                let was = before.map(|before| before.severity).filter(|was| *was != alert.severity);
                let notice = Notice { event, alert: alert.clone(), was };
                // An alert is made of texts and numbers, which JSON always has words for.
                let Ok(text) = serde_json::to_string(&notice) else { continue };
                let rank = rank(alert.severity);
                handed.drafts.push(DeliveryDraft { channel: rules.name.clone(), rank, notice: text });
                woken.push(rules.name.clone());
                if event != Event::Resolved {
                    let told = Told {
                        at: now_ms,
                        first_at: before.map_or(now_ms, |before| before.first_at),
                        severity: alert.severity,
                        stations: alert.stations.len(),
                    };
                    handed.marks.push(mark(id, &rules.name, told));
                    entry.told.insert(rules.name.clone(), told);
                }
            }
            if entry.alert.ends_at.is_some() && !entry.told.is_empty() {
                handed.over.push(id.clone());
            }
        }
        self.alerts.retain(|_, entry| entry.alert.ends_at.is_none());
        let news = !handed.drafts.is_empty() || !handed.over.is_empty() || self.revision > self.saved;
        self.saved = self.revision;
        (news.then_some(handed), woken)
    }

    fn active(&self, policy: &Policy) -> BTreeMap<String, Vec<Notice>> {
        let of = |name: &str| {
            let told = self.alerts.values().filter(|entry| entry.told.contains_key(name));
            told.map(|entry| Notice { event: Event::Firing, alert: entry.alert.clone(), was: None }).collect()
        };
        let channels = policy.channels.iter().filter(|rules| rules.wants_state);
        channels.map(|rules| (rules.name.clone(), of(&rules.name))).collect()
    }
}

fn mark(alert: &str, channel: &str, told: Told) -> NoticeMark {
    NoticeMark {
        alert: alert.to_owned(),
        channel: channel.to_owned(),
        told_at: told.at,
        first_at: told.first_at,
        severity: told.severity.as_str().to_owned(),
        stations: i64::try_from(told.stations).unwrap_or(i64::MAX),
    }
}

/// The member of an alert that a silence asks for.
fn member(alert: &Alert, name: &str) -> Option<String> {
    match name {
        "rule" => Some(alert.rule.as_str().to_owned()),
        "severity" => Some(alert.severity.as_str().to_owned()),
        "station" => alert.station.as_ref().map(ToString::to_string),
        "district" => alert.district.clone(),
        _ => None,
    }
}
