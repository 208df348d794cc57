//! What a script implies, worked out from the script alone and in another way than the hub does.

use super::player::{at_ms, station_id};
use super::script::{
    Happening, HubStop, READING_S, STEP_S, Script, Trouble, has_outbox, phase_s, reconnect_s,
};
use crate::fleet::{Alert, Outage, OutageKind};

/// Silences at least this long are outages.
pub const OFFLINE_S: i64 = 900;
/// Absences of the hub at least this long leave something unknown.
pub const LATE_S: i64 = 180;
/// Absences of the hub at least this long make an alert.
const HUB_BLIND_S: i64 = 120;
/// How long the hub must see again until that alert ends.
const CALM_S: i64 = 30;
/// How long an alert of a silent station is held back, to see who else goes.
const GROUP_WINDOW_S: i64 = 75;
/// A twelfth of the window in which sessions are counted.
const FLAP_PART_S: i64 = 50;
/// A hut shows no work where its readings are further apart.
const WORKING_GAP_S: i64 = 600;

/// Every outage of the script, by station and time.
pub fn outages(script: &Script) -> Vec<Outage> {
    (0..script.stations).flat_map(|station| of_station(script, station)).collect()
}

fn of_station(script: &Script, station: usize) -> Vec<Outage> {
    let mut silences: Vec<(i64, i64, OutageKind)> = Vec::new();
    for happening in script.of(station) {
        let length_s = happening.to_s - happening.from_s;
        if length_s >= OFFLINE_S && happening.cuts_off(happening.from_s) {
            silences.push((happening.from_s, happening.to_s, OutageKind::StationDown));
        }
    }
    for stop in script.hub_stops.iter().filter(|stop| stop.to_s - stop.from_s >= LATE_S) {
        silences.push((seen_until_s(stop), stop.to_s + reconnect_s(station), OutageKind::Unknown));
    }
    silences.sort_unstable();
    silences.into_iter().flat_map(|silence| parts(script, station, silence)).collect()
}

/// Until when the hub had listened: a killed one is known by its last record.
fn seen_until_s(stop: &HubStop) -> i64 {
    if stop.killed { stop.from_s - STEP_S } else { stop.from_s }
}

/// The silence, cut into what readings of that time show and what they do not.
fn parts(script: &Script, station: usize, (from_s, to_s, kind): (i64, i64, OutageKind)) -> Vec<Outage> {
    let mut signs = vec![from_s];
    signs.extend((from_s + 1..to_s).filter(|at_s| makes_reading(script, station, *at_s)));
    signs.push(to_s);
    let mut parts: Vec<(i64, i64, OutageKind)> = Vec::new();
    for pair in signs.windows(2) {
        let kind = if pair[1] - pair[0] <= WORKING_GAP_S { OutageKind::LinkDown } else { kind };
        match parts.last_mut() {
            Some(last) if last.2 == kind => last.1 = pair[1],
            _ => parts.push((pair[0], pair[1], kind)),
        }
    }
    let outage = |(from_s, to_s, kind)| Outage {
        station: station_id(station),
        starts_at: at_ms(from_s),
        ends_at: Some(at_ms(to_s)),
        kind,
        planned: false,
    };
    parts.into_iter().map(outage).collect()
}

/// Whether a reading of this second reaches the hub one day.
fn makes_reading(script: &Script, station: usize, at_s: i64) -> bool {
    let in_turn = at_s % READING_S == phase_s(station);
    let dark = || script.of(station).iter().any(|happening| happening.is_dark(at_s));
    in_turn && has_outbox(station) && !dark()
}

/// Every alert of the script, by start, each as one line.
pub fn alerts(script: &Script) -> Vec<String> {
    let mut found: Vec<(i64, String)> = Vec::new();
    for happening in &script.happenings {
        found.extend(of_happening(happening));
    }
    for (stations, from_s, to_s) in &script.shared {
        let range = format!("10.0.{}.0/24", script.range(stations.start));
        let subject = format!("address {range}, {} stations", stations.len());
        found.extend(gone(&subject, *from_s, *to_s));
    }
    let stops = script.hub_stops.iter().filter(|stop| stop.to_s - stop.from_s >= HUB_BLIND_S);
    found.extend(stops.map(|stop| {
        let starts_s = stop.from_s - STEP_S;
        (starts_s, line(starts_s, sees_again_s(script, stop), "hub_blind", "warning", "hub stopped"))
    }));
    found.sort();
    found.into_iter().map(|(_, line)| line).collect()
}

fn of_happening(happening: &Happening) -> Option<(i64, String)> {
    let Happening { station, trouble, from_s, to_s } = *happening;
    let id = station_id(station).to_string();
    match trouble {
        Trouble::Power | Trouble::Link | Trouble::LinkAndPower { .. } => gone(&id, from_s, to_s),
        Trouble::TakeOvers => {
            // The sixth session within the window; then until at most one is left in it.
            let starts_s = from_s + 5 * STEP_S;
            let last_s = to_s - STEP_S;
            let parts = if last_s % FLAP_PART_S == 0 { 11 } else { 12 };
            let ends_s = last_s + parts * FLAP_PART_S;
            Some((starts_s, line(starts_s, ends_s, "flapping", "warning", &id)))
        }
        Trouble::Clock { .. } => {
            // Set by the first reading, confirmed by the second, and cleared by the first right one.
            let first_s = next_reading_s(station, from_s);
            let (starts_s, ends_s) = (first_s + READING_S, next_reading_s(station, to_s));
            let fires = starts_s < to_s;
            fires
                .then(|| (starts_s, line(starts_s, ends_s, "clock_off", "warning", &format!("{id} gateway"))))
        }
    }
}

/// Late at the first look after the patience; told of once it has lasted for the window in which others may follow; critical once
/// it has lasted for as long as makes a station offline.
fn gone(subject: &str, from_s: i64, to_s: i64) -> Option<(i64, String)> {
    let late_s = from_s + LATE_S + STEP_S;
    let told_s = late_s + (GROUP_WINDOW_S + STEP_S - 1) / STEP_S * STEP_S;
    let severity = if to_s > from_s + OFFLINE_S { "critical" } else { "warning" };
    (to_s > told_s).then(|| (late_s, line(late_s, to_s, "offline", severity, subject)))
}

/// When nearly all stations are back, and have been for a while.
fn sees_again_s(script: &Script, stop: &HubStop) -> i64 {
    let mut at_s = stop.to_s;
    while (0..script.stations).filter(|station| stop.to_s + reconnect_s(*station) > at_s).count() * 10
        > script.stations
    {
        at_s += STEP_S;
    }
    at_s + CALM_S
}

fn next_reading_s(station: usize, from_s: i64) -> i64 {
    from_s + (phase_s(station) - from_s).rem_euclid(READING_S)
}

/// What the hub says of an alert, in the same words.
pub fn shown(alert: &Alert) -> (i64, String) {
    let seconds = |ms: i64| (ms - at_ms(0)) / 1_000;
    let starts_s = seconds(alert.starts_at);
    let mut subject = match (&alert.common, &alert.station) {
        (Some(common), _) if alert.stations.is_empty() => {
            format!("{} {}", common.factor.as_str(), common.value)
        }
        (Some(common), _) => {
            format!("{} {}, {} stations", common.factor.as_str(), common.value, alert.stations.len())
        }
        (None, Some(station)) => station.to_string(),
        (None, None) => "nothing".to_owned(),
    };
    if let Some(device) = &alert.device {
        subject.push_str(&format!(" {device}"));
    }
    let ends_s = alert.ends_at.map_or(-1, seconds);
    (starts_s, line(starts_s, ends_s, alert.rule.as_str(), alert.severity.as_str(), &subject))
}

fn line(starts_s: i64, ends_s: i64, rule: &str, severity: &str, subject: &str) -> String {
    let clock = |at_s: i64| {
        let (day, rest) = (at_s.div_euclid(86_400), at_s.rem_euclid(86_400));
        format!("day {day:02} {:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
    };
    format!("{} to {}: {rule}, {severity}, {subject}", clock(starts_s), clock(ends_s))
}

/// Whether a trouble of this sort is in the script, so that the test tests something.
pub fn has(script: &Script, of: fn(&Trouble) -> bool) -> bool {
    script.happenings.iter().any(|happening| of(&happening.trouble))
}
