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
        if judge.now - std::mem::replace(&mut self.heard, judge.now) > UNHEARD_MS {
            self.runs.iter_mut().for_each(|run| run.since_s = 0);
        }
        let mut stuck = None;
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
                (run.value, run.since_s) = (value_kept, now_s);
            } else if learned && f64::from(still_s) >= least_s && still_s / 2 >= run.longest_s {
                stuck.get_or_insert((at, value, still_s, *run));
            }
        }
        let details = || {
            let Some((at, value, still_s, run)) = stuck else { return Details::default() };
            let details = Details::default().value("member", MEMBERS[at]).number("value", value);
            let details = details.value("hours", still_s / 3_600);
            let details = details.number("longest_hours", f64::from(run.longest_s) / 3_600.0);
            details.shown_by(i64::from(run.since_s) * 1_000, id, MEMBERS[at], number(value))
        };
        let verdict = Verdict::set_if(stuck.is_some());
        judge.judge(watches, Subject::device(Rule::StuckSensor, id), verdict, details);
    }
}
