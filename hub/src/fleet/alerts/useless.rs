//! Online but useless: what reports that it is well and does nothing. Judged by the device's own past, never by a
//! fixed number: a quiet station is not a broken one.

use super::profile::{Profile, UNHEARD_MS};
use super::settings::Verdict;
use super::watch::{Details, Judge, Subject, Watch, number};
use crate::calendar::HOUR_MS;
use crate::config::Rule;
use serde::{Deserialize, Serialize};
use waystation_protocol::{DeviceId, Environment};

/// How long a sensor must be known before its stillness says anything, ms: three weeks.
const LEARNED_MS: i64 = 21 * 24 * HOUR_MS;

/// Judges hours without an event by those that are busy every week.
pub fn judge_idle(
    judge: &mut Judge<'_>,
    watches: &mut Vec<Watch>,
    rule: Rule,
    id: &DeviceId,
    profile: &Profile,
    ended_idle: bool,
    happens: bool,
) {
    let verdict = if happens {
        Verdict::Clear
    } else if ended_idle && f64::from(profile.idle) >= judge.settings.of(rule).set {
        Verdict::Set
    } else {
        return;
    };
    let details = || {
        let details = Details::default().value("hours", profile.idle).value("since", profile.idle_since);
        details.shown_by(profile.idle_since, id, "events", 0)
    };
    judge.judge(watches, Subject::device(rule, id), verdict, details);
}

const MEMBERS: [&str; 8] = [
    "temperature_c",
    "humidity_pct",
    "co2_ppm",
    "pm2_5_ugm3",
    "pm10_ugm3",
    "hcho_mgm3",
    "tvoc_mgm3",
    "noise_dba",
];

fn measured(reading: &Environment) -> [Option<f64>; MEMBERS.len()] {
    [
        reading.temperature_c,
        reading.humidity_pct,
        reading.co2_ppm,
        reading.pm2_5_ugm3,
        reading.pm10_ugm3,
        reading.hcho_mgm3,
        reading.tvoc_mgm3,
        reading.noise_dba,
    ]
}

/// How long each measurement of a sensor has stood still, and ever stood still before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stillness {
    known_since: i64,
    #[serde(default)]
    heard: i64,
    /// Those that an alert is about, a bit each: a gap does not end it, only another value does.
    #[serde(default)]
    stuck: u8,
    runs: [Run; MEMBERS.len()],
}

/// Whole seconds, to be small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Run {
    value: f32,
    since_s: u32,
    longest_s: u32,
}

impl Stillness {
    pub fn observe(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        reading: &Environment,
    ) {
        if self.known_since == 0 {
            self.known_since = judge.now;
        }
        let learned = judge.now - self.known_since >= LEARNED_MS;
        let now_s = u32::try_from(judge.now / 1_000).unwrap_or(u32::MAX); // until 2106
        let least_s = judge.settings.of(Rule::StuckSensor).set * 3_600.0;
        let subject = Subject::device(Rule::StuckSensor, id);
        if judge.now - std::mem::replace(&mut self.heard, judge.now) > UNHEARD_MS {
            self.runs.iter_mut().for_each(|run| run.since_s = 0);
            if !watches.iter().any(|watch| subject.is(watch)) {
                self.stuck = 0;
            }
        }
        for (at, value) in measured(reading).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let run = &mut self.runs[at];
            #[allow(clippy::cast_possible_truncation)] // compared with itself only
            let value_kept = value as f32;
            let still_s = now_s.saturating_sub(run.since_s);
            if run.since_s == 0 || run.value != value_kept {
                if run.since_s != 0 {
                    run.longest_s = run.longest_s.max(still_s);
                }
                if run.value != value_kept {
                    self.stuck &= !(1 << at);
                }
                (run.value, run.since_s) = (value_kept, now_s);
            } else if learned && f64::from(still_s) >= least_s && still_s / 2 >= run.longest_s {
                self.stuck |= 1 << at;
            }
        }
        let details = || self.details(now_s, id);
        judge.judge(watches, subject, Verdict::set_if(self.stuck != 0), details);
    }

    /// One alert for all that hangs: mostly it is the sensor as a whole.
    fn details(&self, now_s: u32, id: &DeviceId) -> Details {
        let stuck = || (0..MEMBERS.len()).filter(|at| self.stuck & (1 << at) != 0);
        let runs = || stuck().map(|at| &self.runs[at]);
        let value = |at: usize| number(f64::from(self.runs[at].value));
        let shown: Vec<String> = stuck().map(|at| format!("{} {}", MEMBERS[at], value(at))).collect();
        let hours = runs().map(|run| now_s.saturating_sub(run.since_s) / 3_600).min().unwrap_or(0);
        let longest_s = runs().map(|run| run.longest_s).max().unwrap_or(0);
        let details = Details::default().value("members", shown.join(", ")).value("hours", hours);
        let details = details.number("longest_hours", f64::from(longest_s) / 3_600.0);
        stuck().fold(details, |details, at| {
            details.shown_by(i64::from(self.runs[at].since_s) * 1_000, id, MEMBERS[at], value(at))
        })
    }
}
