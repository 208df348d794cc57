//! Not a storm: stations that go together are one alert, which names what they have in common and lists them.
//!
//! When the first alert that was held back is due, the stations that went lately are counted by district, grid, host
//! type and address range. What is shared by enough of them, and by enough of all that share it, makes a group: of
//! several, the one that explains most and includes least. Stations that follow join it. It ends when nearly all are
//! back; who is still gone then gets an alert of its own.

use super::address::AddressRange;
use super::alert::{self, Alert, Common, EVIDENCE_MAX, Evidence, Factor};
use super::book::Book;
use super::facts::Facts;
use super::presence::{Told, alert_id};
use crate::config::{Rule, Severity};
use crate::fleet::{State, StationState};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Stations that went within this time may have gone together, ms.
pub(super) const RECENT_MS: i64 = 600_000;
/// A group's list is sent again at most this often, ms.
const LIST_EVERY_MS: i64 = 15_000;
/// All stations are counted at most this often, ms.
const COUNT_EVERY_MS: i64 = 5_000;
/// While stations still go, singles are held back up to so many windows.
const WINDOWS_MAX: i64 = 3;
/// Stations still go if one went within this time, ms.
const GROWING_MS: i64 = 20_000;
/// A group is over when no more than one in so many is gone.
const NEARLY_ALL: usize = 10;

/// A group alert that fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: CompactString,
    common: Common,
    /// How many of its stations are gone now.
    gone: usize,
    /// Since when nearly all are back.
    back_since: Option<i64>,
    /// When its list was last sent, and whether stations joined since.
    sent: i64,
    joined: bool,
}

/// A value that stations share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Shared<'a> {
    Range(AddressRange),
    Text(Factor, &'a str),
}

impl Shared<'_> {
    fn common(self) -> Common {
        match self {
            Self::Range(range) => Common { factor: Factor::Address, value: range.to_string() },
            Self::Text(factor, value) => Common { factor, value: value.to_owned() },
        }
    }
}

fn shared<'a>(station: &StationState, facts: &'a Facts) -> impl Iterator<Item = Shared<'a>> {
    let range = station.alerts.address.map(Shared::Range);
    let texts = [Factor::Grid, Factor::Host, Factor::District]
        .into_iter()
        .filter_map(|factor| facts.factor(factor).map(|value| Shared::Text(factor, value)));
    range.into_iter().chain(texts)
}

/// How many of those that share a value are gone, and are online.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub gone: usize,
    /// Of those, the ones of which nothing was said yet.
    pub held: usize,
    pub online: usize,
}

impl Counts {
    #[allow(clippy::cast_precision_loss)] // stations
    pub fn share(self) -> f64 {
        self.gone as f64 / (self.gone + self.online).max(1) as f64
    }

    /// What explains most and includes least: gone² ÷ all.
    #[allow(clippy::cast_precision_loss)]
    fn score(self) -> f64 {
        self.gone as f64 * self.share()
    }
}

impl Book {
    /// Tells of stations that are gone, once it can be seen whether they went together. Gives the places of stations
    /// that changed.
    pub fn tell_of_gone(&mut self, stations: &mut [StationState], facts: &[Facts], now: i64) -> Vec<u32> {
        let mut touched = Vec::new();
        self.join(stations, facts, &mut touched);
        while self.is_due(stations, now) && now >= self.count_at {
            self.count_at = now + COUNT_EVERY_MS;
            // Who has been told of already gives weight to a cause, but is no reason to tell of it again: so each group
            // takes stations away from those that are held back, and this comes to an end.
            match self.best(stations, facts, |counts| counts.held > 0 && 2 * counts.held >= counts.gone) {
                Some((common, _)) => {
                    self.gather(common, stations, facts, now, &mut touched);
                    self.count_at = now; // the others may have something in common, too
                }
                None => {
                    self.release(stations, facts, now, &mut touched);
                    break;
                }
            }
        }
        self.keep_groups(stations, facts, now, &mut touched);
        touched
    }

    /// Forgets what is back, and who went long ago.
    pub fn forget(&mut self, stations: &[StationState], now: i64) {
        while self.recent.front().is_some_and(|(since, _)| *since < now - RECENT_MS) {
            self.recent.pop_front();
        }
        self.held.retain(|place| is_held(&stations[*place as usize]));
    }

    /// Places of the stations that went lately and are still gone.
    pub(super) fn gone_lately<'a>(
        &'a self,
        stations: &'a [StationState],
    ) -> impl Iterator<Item = usize> + 'a {
        self.recent.iter().filter_map(|(since, place)| {
            let station = &stations[*place as usize];
            let gone = matches!(station.state(), State::Late | State::Offline);
            let same = station.alerts.episode.as_ref().is_some_and(|episode| episode.since == *since);
            (gone && same).then_some(*place as usize)
        })
    }

    /// Whether an alert was held back for long enough, and the storm, if it is one, no longer grows.
    fn is_due(&self, stations: &[StationState], now: i64) -> bool {
        let window = self.settings.group_window_ms;
        let since = |place: &u32| stations[*place as usize].alerts.episode.as_ref().map(|held| held.since);
        let Some(first) = self.held.iter().filter_map(since).min() else { return false };
        let last = self.recent.back().map_or(first, |(since, _)| *since);
        let growing = self.held.len() >= self.settings.group_stations_min
            && self.held.len() * NEARLY_ALL >= stations.len()
            && now - last < GROWING_MS;
        now - first >= if growing { WINDOWS_MAX * window } else { window }
    }

    /// What the stations that went lately have in common, if they do, of what `accept` takes.
    pub(super) fn best(
        &self,
        stations: &[StationState],
        facts: &[Facts],
        accept: impl Fn(&Counts) -> bool,
    ) -> Option<(Common, Counts)> {
        let mut counts: HashMap<Shared<'_>, Counts> = HashMap::new();
        for place in self.gone_lately(stations) {
            for value in shared(&stations[place], &facts[place]) {
                let counts = counts.entry(value).or_default();
                counts.gone += 1;
                counts.held += usize::from(is_held(&stations[place]));
            }
        }
        counts.retain(|_, counts| counts.gone >= self.settings.group_stations_min && accept(counts));
        if counts.is_empty() {
            return None;
        }
        for (station, facts) in
            stations.iter().zip(facts).filter(|(station, _)| station.state() == State::Online)
        {
            for value in shared(station, facts) {
                if let Some(counts) = counts.get_mut(&value) {
                    counts.online += 1;
                }
            }
        }
        let enough = counts.into_iter().filter(|(_, counts)| counts.share() >= self.settings.group_share);
        // The last of equals in this order: the narrowest, an address before a district.
        let best = enough.max_by(|(left, one), (right, other)| {
            one.score().total_cmp(&other.score()).then_with(|| right.cmp(left))
        });
        best.map(|(value, counts)| (value.common(), counts))
    }

    /// Makes one alert of the stations that went lately and have this in common.
    fn gather(
        &mut self,
        common: Common,
        stations: &mut [StationState],
        facts: &[Facts],
        now: i64,
        touched: &mut Vec<u32>,
    ) {
        let is_member = |place: &usize| has(&stations[*place], &facts[*place], &common);
        let mut members: Vec<usize> = self.gone_lately(stations).filter(is_member).collect();
        members.sort_unstable_by_key(|place| &stations[*place].id);
        let episodes = || members.iter().filter_map(|place| stations[*place].alerts.episode.as_ref());
        let starts_at = episodes().map(|episode| episode.since).min().unwrap_or(now);
        let severity = episodes().map(|episode| episode.severity).min().unwrap_or(Severity::Warning);
        let fingerprint = alert::fingerprint(Rule::Offline, &[common.factor.as_str(), &common.value]);
        let id = CompactString::from(alert::id(&fingerprint, starts_at));
        let mut districts = members.iter().map(|place| facts[*place].district());
        let district = districts.next().flatten().map(str::to_owned);
        let district = district.filter(|one| districts.all(|other| other == Some(one)));
        let evidence = members.iter().take(EVIDENCE_MAX).filter_map(|place| {
            let ts = stations[*place].last_seen_ms()?;
            let (member, value) = ("last_seen".into(), stations[*place].id.to_string());
            Some(Evidence { ts, device: String::new(), member, value })
        });
        let alert = Alert {
            id: id.to_string(),
            fingerprint,
            rule: Rule::Offline,
            severity,
            station: None,
            district,
            device: None,
            stations: members.iter().map(|place| stations[*place].id.clone()).collect(),
            common: Some(common.clone()),
            starts_at,
            ends_at: None,
            evidence: evidence.collect(),
            values: BTreeMap::new(),
        };
        self.fire(alert);
        for place in &members {
            self.absorb(&mut stations[*place], &id, now);
            touched.push(u32::try_from(*place).unwrap_or(u32::MAX)); // places are u32
        }
        let gone = members.len();
        self.groups.push(Group { id, common, gone, back_since: None, sent: now, joined: false });
        self.forget(stations, now);
    }

    /// Moves a station into a group; what was said of it before ends there.
    fn absorb(&mut self, station: &mut StationState, group: &CompactString, now: i64) {
        let Some(episode) = &mut station.alerts.episode else { return };
        let since = episode.since;
        if episode.told == Told::Group(group.clone()) {
            return;
        }
        match std::mem::replace(&mut episode.told, Told::Group(group.clone())) {
            Told::Held => {}
            Told::Alone => self.merge(&alert_id(station.id.as_str(), since), group, now),
            Told::Group(other) => {
                self.left_group(&other, now);
                if self.groups.iter().all(|known| known.id != other || known.gone == 0) {
                    self.merge(&other, group, now);
                }
            }
        }
    }

    fn merge(&mut self, id: &str, into: &str, now: i64) {
        self.change_silently(id, |alert| drop(alert.values.insert("merged_into".into(), into.to_owned())));
        self.resolve(id, now);
    }

    /// Stations that went after the others join them.
    fn join(&mut self, stations: &mut [StationState], facts: &[Facts], touched: &mut Vec<u32>) {
        if self.groups.is_empty() || self.held.is_empty() {
            return;
        }
        for place in std::mem::take(&mut self.held) {
            let at = place as usize;
            let Some(group) =
                self.groups.iter_mut().find(|group| has(&stations[at], &facts[at], &group.common))
            else {
                self.held.push(place);
                continue;
            };
            (group.gone, group.joined, group.back_since) = (group.gone + 1, true, None);
            let id = group.id.clone();
            let Some(episode) = &mut stations[at].alerts.episode else { continue };
            episode.told = Told::Group(id.clone());
            let severity = episode.severity;
            let station = &stations[at].id;
            self.change_silently(&id, |alert| {
                // A list, for people: one that went again since stands in it twice until it is sent.
                alert.stations.push(station.clone());
                alert.severity = alert.severity.min(severity);
            });
            touched.push(place);
        }
    }

    fn release(&mut self, stations: &mut [StationState], facts: &[Facts], now: i64, touched: &mut Vec<u32>) {
        for place in std::mem::take(&mut self.held) {
            let station = &mut stations[place as usize];
            let waited = station
                .alerts
                .episode
                .as_ref()
                .is_some_and(|episode| now - episode.since >= self.settings.group_window_ms);
            if waited && matches!(station.state(), State::Late | State::Offline) {
                self.tell(station, &facts[place as usize]);
                touched.push(place);
            } else {
                self.held.push(place);
            }
        }
    }

    /// A station of a group is back, or has left it.
    pub(super) fn left_group(&mut self, id: &str, now: i64) {
        let Some(group) = self.groups.iter_mut().find(|group| group.id == id) else { return };
        group.gone = group.gone.saturating_sub(1);
        if group.gone == 0 {
            self.groups.retain(|group| group.id != id);
            self.resolve(id, now);
        }
    }

    fn keep_groups(
        &mut self,
        stations: &mut [StationState],
        facts: &[Facts],
        now: i64,
        touched: &mut Vec<u32>,
    ) {
        let mut over = Vec::new();
        let mut grown = Vec::new();
        let window = self.settings.group_window_ms;
        for at in 0..self.groups.len() {
            let covered = self.covered(at);
            let group = &mut self.groups[at];
            if group.gone * NEARLY_ALL <= covered {
                let since = *group.back_since.get_or_insert(now);
                if now - since >= window {
                    over.push(group.id.clone());
                }
            } else {
                group.back_since = None;
            }
            if group.joined && now - group.sent >= LIST_EVERY_MS {
                (group.joined, group.sent) = (false, now);
                grown.push(group.id.clone());
            }
        }
        for id in grown {
            let mut listed = HashSet::new();
            self.change(&id, |alert| alert.stations.retain(|station| listed.insert(station.clone())));
        }
        for id in over {
            self.groups.retain(|group| group.id != id);
            self.resolve(&id, now);
            // A group ends rarely: a look at every station is no burden.
            for (place, station) in (0..).zip(stations.iter_mut()) {
                let here = station
                    .alerts
                    .episode
                    .as_ref()
                    .is_some_and(|episode| episode.told == Told::Group(id.clone()));
                if here {
                    self.tell(station, &facts[place as usize]);
                    touched.push(place);
                }
            }
        }
    }

    fn covered(&self, at: usize) -> usize {
        self.alert(&self.groups[at].id).map_or(0, |alert| alert.stations.len())
    }
}

/// Whether nothing was said yet of a station that is gone.
fn is_held(station: &StationState) -> bool {
    station.alerts.episode.as_ref().is_some_and(|episode| episode.told == Told::Held)
}

/// Whether a station has this in common with others.
fn has(station: &StationState, facts: &Facts, common: &Common) -> bool {
    match common.factor {
        Factor::Address => station.alerts.address.is_some_and(|range| range.to_string() == common.value),
        factor => facts.factor(factor) == Some(&common.value),
    }
}
