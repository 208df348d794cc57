//! The room: how full it is, and its air.

use super::mean::{Mean, Span};
use super::profile::Profile;
use super::settings::Verdict;
use super::useless::{self, Stillness};
use super::watch::{Details, Judge, Subject, Watch, number};
use crate::config::Rule;
use serde::{Deserialize, Serialize};
use waystation_protocol::{DeviceId, Environment, Occupancy};

/// Changes of a counter that make an hour busy [J].
const CHANGES_BUSY: u16 = 3;

/// What is remembered of a zone's counter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OccupancyMemory {
    capacity: Option<i64>,
    /// Entries, exits, people of the last reading.
    counts: (Option<i64>, Option<i64>, Option<i64>),
    pub profile: Profile,
}

impl OccupancyMemory {
    pub fn observe(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        reading: &Occupancy,
        room_capacity: Option<i64>,
    ) {
        self.capacity = reading.capacity.or(self.capacity);
        let capacity = self.capacity.or(room_capacity).filter(|capacity| *capacity > 0);
        if let Some((people, capacity)) = reading.people.zip(capacity) {
            let limits = judge.settings.of(Rule::Crowded);
            #[allow(clippy::cast_precision_loss)] // people in a room
            let percent = 100.0 * people as f64 / capacity as f64;
            let details = || {
                let details = Details::default().number("value", percent).number("limit", limits.set);
                let details = details.value("people", people).value("capacity", capacity);
                details.shown_by(ts, id, "people", people)
            };
            judge.judge(watches, Subject::device(Rule::Crowded, id), limits.verdict(percent), details);
        }
        let counts = (
            reading.entries_total.or(self.counts.0),
            reading.exits_total.or(self.counts.1),
            reading.people.or(self.counts.2),
        );
        let changed = std::mem::replace(&mut self.counts, counts) != counts;
        let idle = self.profile.heard(judge.now, u16::from(changed), CHANGES_BUSY, judge.facts.calendar());
        useless::judge_idle(judge, watches, Rule::StuckCounter, id, &self.profile, idle, changed);
    }
}

/// What is remembered of an environment sensor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentMemory {
    co2: Mean,
    pm2_5: Mean,
    hcho: Mean,
    tvoc: Mean,
    stillness: Stillness,
}

impl EnvironmentMemory {
    pub fn observe(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        reading: &Environment,
    ) {
        let means = [
            (Rule::Co2High, "co2_ppm", reading.co2_ppm, &mut self.co2, Span::HOUR),
            (Rule::Pm25High, "pm2_5_ugm3", reading.pm2_5_ugm3, &mut self.pm2_5, Span::DAY),
            (Rule::HchoHigh, "hcho_mgm3", reading.hcho_mgm3, &mut self.hcho, Span::HOUR),
            (Rule::TvocHigh, "tvoc_mgm3", reading.tvoc_mgm3, &mut self.tvoc, Span::EIGHT_HOURS),
        ];
        for (rule, member, value, mean, span) in means {
            let Some(value) = value else { continue };
            #[allow(clippy::cast_possible_truncation)] // a sensor's value has fewer digits
            if let Some(mean) = mean.add(span, ts, value as f32) {
                value_against(judge, watches, rule, id, f64::from(mean), (ts, member, value));
            }
        }
        if let Some(co2) = reading.co2_ppm {
            value_against(judge, watches, Rule::Co2Peak, id, co2, (ts, "co2_ppm", co2));
        }
        if let Some(temperature) = reading.temperature_c {
            room_temperature(judge, watches, id, ts, temperature);
        }
        self.stillness.observe(judge, watches, id, reading);
    }
}

/// In opening hours only; what is closed may be cold.
fn room_temperature(judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId, ts: i64, value: f64) {
    let limits = judge.settings.of(Rule::RoomTemperature);
    let verdict = match limits.verdict(value) {
        Verdict::Clear => Verdict::Clear,
        _ if !judge.facts.calendar().is_open(judge.now) => Verdict::Clear,
        verdict => verdict,
    };
    let details =
        || outside(limits.set, limits.low_set, value).shown_by(ts, id, "temperature_c", number(value));
    judge.judge(watches, Subject::device(Rule::RoomTemperature, id), verdict, details);
}

/// The value and the limit that it has passed.
pub fn outside(set: f64, low_set: f64, value: f64) -> Details {
    let limit = if value < low_set { low_set } else { set };
    Details::default().number("value", value).number("limit", limit)
}

/// Judges a value by its rule's limits; `shown` is the reading that tells it: time, member, value.
pub fn value_against(
    judge: &mut Judge<'_>,
    watches: &mut Vec<Watch>,
    rule: Rule,
    id: &DeviceId,
    value: f64,
    (ts, member, reading): (i64, &str, f64),
) {
    let limits = judge.settings.of(rule);
    let details = || outside(limits.set, limits.low_set, value).shown_by(ts, id, member, number(reading));
    judge.judge(watches, Subject::device(rule, id), limits.verdict(value), details);
}
