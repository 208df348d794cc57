use std::collections::BTreeMap;

use super::{Case, JOIN_PAUSE_MS, Policy, Told};
use crate::config::{Alerts, Channel, ChannelKind, Severity};
use crate::fleet::alerts::Alert;
use crate::notify::notice::Event;
use crate::notify::tests::alert;

const NOW: i64 = 1_700_000_000_000;
const MIN: i64 = 60_000;

/// Channels `duty` (warnings), `am` (an Alertmanager, everything), `boss` (escalated only), `quiet` (critical, no ends).
fn policy() -> Policy {
    let channel = |kind, min_severity| Channel { kind: Some(kind), min_severity, ..Channel::default() };
    let quiet = Channel { send_resolved: false, ..channel(ChannelKind::Webhook, Severity::Critical) };
    let channels = [
        ("duty", channel(ChannelKind::Dingtalk, Severity::Warning)),
        ("am", channel(ChannelKind::Alertmanager, Severity::Info)),
        ("boss", channel(ChannelKind::Wecom, Severity::Warning)),
        ("quiet", quiet),
    ];
    Policy::new(&Alerts {
        repeat_after_h: 4.0,
        escalate_after_min: 30.0,
        escalate_to: Some("boss".into()),
        channels: channels.into_iter().map(|(name, channel)| (name.to_owned(), channel)).collect(),
        ..Alerts::default()
    })
}

/// An alert that began `began` minutes ago, with what was told.
struct Given {
    alert: Alert,
    acknowledged: bool,
    silenced: bool,
    told: BTreeMap<String, Told>,
}

fn given(severity: Severity, began_min: i64) -> Given {
    let alert = Alert { severity, starts_at: NOW - began_min * MIN, ..alert("a") };
    Given { alert, acknowledged: false, silenced: false, told: BTreeMap::new() }
}

impl Given {
    /// First and last told so many minutes ago, of a warning at one station.
    fn told(mut self, channel: &str, first_min: i64, last_min: i64) -> Self {
        let told = Told {
            at: NOW - last_min * MIN,
            first_at: NOW - first_min * MIN,
            severity: Severity::Warning,
            stations: 1,
        };
        self.told.insert(channel.to_owned(), told);
        self
    }

    fn acknowledged(mut self) -> Self {
        self.acknowledged = true;
        self
    }

    fn silenced(mut self) -> Self {
        self.silenced = true;
        self
    }

    fn ended(mut self, min: i64) -> Self {
        self.alert.ends_at = Some(NOW - min * MIN);
        self
    }

    fn merged(mut self) -> Self {
        self.alert.values.insert("merged_into".into(), "b".into());
        self
    }

    fn stations(mut self, count: usize) -> Self {
        self.alert.stations = (0..count).map(|number| format!("dx-{number}").parse().unwrap()).collect();
        self
    }
}

fn check(given: Given, expected: &[(&str, Event)]) {
    let policy = policy();
    let Given { alert, acknowledged, silenced, told } = &given;
    let case = Case { alert, acknowledged: *acknowledged, silenced: *silenced };
    let decided = policy.decide(case, told, NOW);
    let decided: Vec<(&str, Event)> =
        decided.iter().map(|(rules, event)| (rules.name.as_str(), *event)).collect();
    assert_eq!(decided, expected, "{alert:?} {told:?}");
}

use Event::{Changed, Escalated, Firing, Repeated, Resolved};
use Severity::{Critical, Info, Warning};

#[test]
fn a_new_alert_goes_to_whoever_wants_its_severity() {
    check(given(Info, 0), &[("am", Firing)]);
    check(given(Warning, 0), &[("am", Firing), ("duty", Firing)]);
    check(given(Critical, 0), &[("am", Firing), ("duty", Firing), ("quiet", Firing)]);
}

#[test]
fn nobody_is_told_what_is_silenced_and_people_not_what_is_acknowledged() {
    check(given(Critical, 0).silenced(), &[]);
    check(given(Critical, 0).acknowledged(), &[("am", Firing)]);
    let told = || given(Warning, 600).told("duty", 599, 599).told("am", 599, 599);
    check(told().silenced(), &[]);
    check(told().acknowledged(), &[]);
}

#[test]
fn an_alert_is_repeated_on_its_schedule_only() {
    check(given(Warning, 240).told("duty", 239, 239).told("boss", 200, 200).told("am", 239, 239), &[]);
    let told = given(Warning, 240).told("duty", 240, 240).told("boss", 200, 200).told("am", 240, 240);
    check(told, &[("duty", Repeated)]);
}

#[test]
fn it_escalates_when_nobody_acknowledges_it_in_time() {
    let told = |min| given(Warning, 600).told("duty", min, min).told("am", min, min);
    check(told(29), &[]);
    check(told(30), &[("boss", Escalated)]);
    check(told(30).acknowledged(), &[]);
    check(told(30).silenced(), &[]);
    // Time counts from when somebody was told, not from a start under a silence.
    check(given(Warning, 600).told("am", 0, 0).told("duty", 0, 0), &[]);
    check(given(Info, 600).told("am", 599, 599), &[("am", Changed)]);
}

#[test]
fn what_gets_worse_is_told_at_once_and_what_gets_larger_together() {
    let told = || given(Critical, 60).told("duty", 1, 1).told("am", 1, 1).told("quiet", 1, 1);
    check(told(), &[("am", Changed), ("duty", Changed), ("quiet", Changed)]);
    check(told().acknowledged(), &[("am", Changed), ("duty", Changed), ("quiet", Changed)]);
    let pause = JOIN_PAUSE_MS / MIN;
    let joined = |min| given(Warning, 60).stations(9).told("duty", 20, min).told("am", min, min);
    check(joined(pause - 1), &[]);
    check(joined(pause), &[("duty", Changed)]);
    check(joined(pause).acknowledged(), &[]);
    // Less severe again: news only for who keeps the state.
    check(given(Info, 60).told("duty", 1, 1).told("am", 1, 1), &[("am", Changed)]);
}

#[test]
fn the_end_is_told_to_whoever_was_told_the_beginning() {
    let told = || given(Critical, 60).told("am", 9, 9).told("boss", 9, 9).told("quiet", 9, 9);
    check(told().told("duty", 9, 9).ended(0), &[("am", Resolved), ("boss", Resolved), ("duty", Resolved)]);
    check(
        told().told("duty", 9, 9).ended(0).silenced(),
        &[("am", Resolved), ("boss", Resolved), ("duty", Resolved)],
    );
    check(given(Warning, 60).ended(0), &[]);
    // It went into a larger one: not over for people, but for who keeps the state.
    check(told().told("duty", 9, 9).ended(0).merged(), &[("am", Resolved)]);
}

#[test]
fn a_critical_alert_between_two_looks_is_told_late() {
    check(given(Critical, 5).ended(1), &[("duty", Resolved), ("quiet", Resolved)]);
    check(given(Critical, 5).ended(1).silenced(), &[]);
    check(given(Critical, 200).ended(61), &[]);
    check(given(Critical, 5).ended(1).merged(), &[]);
}
