//! The gateway: its clock, its outbox, what it had to drop, and the sources that it gets readings from.

use super::room::value_against;
use super::settings::Verdict;
use super::watch::{Details, Judge, Subject, Watch};
use crate::config::Rule;
use serde::{Deserialize, Serialize};
use waystation_protocol::{DeviceId, Gateway, SourceKind, SourceState};

/// What is remembered of a gateway.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GatewayMemory {
    waiting: Option<i64>,
    pub lost: Option<i64>,
}

impl GatewayMemory {
    /// Gives how many records more it says were lost.
    pub fn observe(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        reading: &Gateway,
    ) -> u64 {
        if let Some(source) = reading.source {
            source_works(judge, watches, id, ts, source, reading.source_state);
            return 0;
        }
        if let Some(offset) = reading.clock_offset_ms {
            #[allow(clippy::cast_precision_loss)] // a sum of seconds to show
            let seconds = offset as f64 / 1_000.0;
            let limits = judge.settings.of(Rule::ClockOff);
            let details = || {
                let details = Details::default().number("value", seconds).number("limit", limits.set);
                details.shown_by(ts, id, "clock_offset_ms", offset)
            };
            let verdict = limits.verdict(seconds.abs());
            judge.judge(watches, Subject::device(Rule::ClockOff, id), verdict, details);
        }
        if let Some(horizon) = reading.outbox_horizon_s {
            let hours = horizon / 3_600.0;
            value_against(judge, watches, Rule::OutboxHorizon, id, hours, (ts, "outbox_horizon_s", horizon));
        }
        if let Some(waiting) = reading.outbox_records {
            self.growing(judge, watches, id, ts, waiting);
        }
        let lost = reading.lost_total.map_or(0, |lost| match self.lost.replace(lost) {
            Some(before) => u64::try_from(lost.saturating_sub(before)).unwrap_or(0), // a counter that began anew
            None => 0,
        });
        self.waiting = reading.outbox_records.or(self.waiting);
        lost
    }

    fn growing(&self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId, ts: i64, waiting: i64) {
        let Some(before) = self.waiting else { return };
        let limits = judge.settings.of(Rule::OutboxGrowing);
        let many = waiting >= i64::from(limits.count_min);
        let verdict = match waiting.cmp(&before) {
            _ if !many => Verdict::Clear,
            std::cmp::Ordering::Greater => Verdict::Set,
            std::cmp::Ordering::Equal => Verdict::Between,
            std::cmp::Ordering::Less => Verdict::Clear,
        };
        let minutes = limits.for_ms / 60_000;
        let details = || {
            let details = Details::default().value("value", waiting).value("minutes", minutes);
            details.shown_by(ts, id, "outbox_records", waiting)
        };
        judge.judge(watches, Subject::device(Rule::OutboxGrowing, id), verdict, details);
    }
}

/// A source that has not been reached since the agent's start neither raises the alert nor ends it.
fn source_works(
    judge: &mut Judge<'_>,
    watches: &mut Vec<Watch>,
    id: &DeviceId,
    ts: i64,
    source: SourceKind,
    state: Option<SourceState>,
) {
    let Some(state) = state else { return };
    let verdict = match state {
        SourceState::Ok => Verdict::Clear,
        SourceState::Waiting => Verdict::Between,
        SourceState::Failing => Verdict::Set,
    };
    let minutes = judge.settings.of(Rule::SourceFailing).for_ms / 60_000;
    let details = || {
        let details = Details::default().value("source", source).value("minutes", minutes);
        details.shown_by(ts, id, "source_state", state)
    };
    judge.judge(watches, Subject::device(Rule::SourceFailing, id), verdict, details);
}
