//! Records that are lost: dropped by the agent, or missing for as long as the rule waits.
//!
//! What was missing at some moment lies at or below the highest number that was missing then, so a mark of that number
//! tells later, without a list of gaps, which of those that are missing still are old enough.

use super::alert::EVIDENCE_MAX;
use super::watch::{Change, Details, Judge, Watch};
use crate::config::Rule;
use crate::fleet::{Ledger, OutboxView, Totals};
use serde::{Deserialize, Serialize};
use waystation_protocol::OutboxId;

/// How long an alert stays after the last loss, ms [J].
const LOST_MS: i64 = 3_600_000;
/// How often the text of an alert is put right, ms [J].
const LOOK_MS: i64 = 60_000;
/// Marks of one outbox that are not old enough [J]; past that the newest waits for longer.
const MARKS_MAX: usize = 8;

/// What a station has lost, from its first loss until all is told, or nothing is lost any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Losses {
    /// Lost before, and no news.
    told: Loss,
    /// Lost by the word of a gateway that keeps no ledger.
    reported: u64,
    marks: Vec<Mark>,
    /// What the alert says, since when.
    said: Loss,
    last_ms: i64,
    looked_ms: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Loss {
    dropped: u64,
    missing: u64,
}

/// At this time all numbers up to this one were received, dropped, or missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    at: i64,
    outbox: OutboxId,
    up_to: u64,
}

impl Losses {
    /// Those of a station whose ledger held this so far.
    pub fn since(before: Totals) -> Self {
        Self { told: Loss { dropped: before.dropped, missing: before.missing }, ..Self::default() }
    }

    /// Those of a station whose ledger is not at hand: whatever it says at the first look is no news.
    pub fn unknown() -> Self {
        Self { told: Loss { dropped: u64::MAX, missing: u64::MAX }, ..Self::default() }
    }

    /// A gateway says that it lost so many.
    pub fn reported(&mut self, more: u64) {
        self.reported = self.reported.saturating_add(more);
    }

    /// More is missing in the outbox that was used last.
    pub fn more_missing(&mut self, ledger: &Ledger, now: i64) {
        let Some(used) = ledger.outboxes().last() else { return };
        let Some((_, up_to)) = used.gaps.last() else { return };
        let Ok(outbox) = OutboxId::try_from(used.outbox.as_str()) else { return }; // it was one
        let of_outbox = self.marks.iter().filter(|mark| mark.outbox == outbox).count();
        if of_outbox >= MARKS_MAX
            && let Some(newest) = self.marks.iter().rposition(|mark| mark.outbox == outbox)
        {
            self.marks.remove(newest);
        }
        self.marks.push(Mark { at: now, outbox, up_to: *up_to });
    }

    /// Judges what the ledger says now. Gives whether anything is left to be remembered.
    pub fn look(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, ledger: &Ledger) -> bool {
        let (now, totals) = (judge.now, ledger.totals());
        let for_ms = judge.settings.of(Rule::RecordsLost).for_ms;
        if !ledger.is_empty() {
            self.reported = 0; // the ledger knows it better
        }
        self.told.dropped = self.told.dropped.min(totals.dropped);
        self.told.missing = self.told.missing.min(totals.missing);
        let outboxes: Vec<OutboxView> = ledger.outboxes().collect();
        self.forget_marks(&outboxes, now - for_ms);
        let missing = outboxes.iter().fold(0_u64, |sum, view| {
            let closed = view.missing_total.saturating_sub(length(view.gaps.iter().copied()));
            sum.saturating_add(closed).saturating_add(length(self.old_gaps(view, now - for_ms)))
        });
        let found = Loss {
            dropped: (totals.dropped - self.told.dropped).saturating_add(self.reported),
            missing: missing.saturating_sub(self.told.missing),
        };
        let waits = totals.missing > self.told.missing;
        if found.sum() > self.said.sum() {
            self.last_ms = now;
        }
        let at = watches.iter().position(|watch| watch.rule == Rule::RecordsLost);
        let firing = at.is_some_and(|at| watches[at].firing.is_some());
        let over = firing && now - self.last_ms >= LOST_MS;
        if over {
            self.told = Loss { dropped: totals.dropped, missing: self.told.missing + found.missing };
            self.reported = 0;
        }
        let any = waits || found.sum() > 0;
        if over || !any || !judge.judges(Rule::RecordsLost) {
            self.said = Loss::default();
            at.into_iter().for_each(|at| judge.end(&watches.swap_remove(at)));
            return over && totals.missing > self.told.missing;
        }
        let at = at.unwrap_or_else(|| {
            watches.push(Watch::begun(Rule::RecordsLost, now));
            watches.len() - 1
        });
        let watch = &mut watches[at];
        if !firing && found.sum() > 0 {
            judge.fire(
                watch,
                super::settings::Verdict::Set,
                self.details(found, &outboxes, now - for_ms, now),
            );
            (self.said, self.looked_ms, self.last_ms) = (found, now, now);
        } else if firing && self.said != found && now - self.looked_ms >= LOOK_MS {
            let details = self.details(found, &outboxes, now - for_ms, now);
            let (id, severity) = (judge.id(watch), judge.settings.of(Rule::RecordsLost).severity);
            judge.changes.push(Change::Worse { id, severity, details });
            (self.said, self.looked_ms) = (found, now);
        }
        watch.due = self.due(watch.firing.is_some(), self.said != found, for_ms, now);
        true
    }

    /// When time alone next changes something.
    fn due(&self, firing: bool, differs: bool, for_ms: i64, now: i64) -> Option<i64> {
        let old = self.marks.iter().map(|mark| mark.at + for_ms).filter(|at| *at > now);
        let over = firing.then_some(self.last_ms + LOST_MS);
        let look = (firing && differs).then_some(self.looked_ms + LOOK_MS);
        old.chain(over).chain(look).min()
    }

    /// Forgets marks that a newer one makes needless, and those of outboxes that are gone.
    fn forget_marks(&mut self, outboxes: &[OutboxView], old_ms: i64) {
        let marks = std::mem::take(&mut self.marks);
        for (at, mark) in marks.iter().enumerate() {
            let newer = |other: &Mark| other.outbox == mark.outbox && other.at <= old_ms;
            let open =
                outboxes.iter().any(|view| view.outbox == mark.outbox.as_str() && !view.gaps.is_empty());
            if open && !marks[at + 1..].iter().any(newer) {
                self.marks.push(mark.clone());
            }
        }
    }

    /// What has been missing for long enough.
    fn old_gaps<'a>(&self, view: &'a OutboxView, old_ms: i64) -> impl Iterator<Item = (u64, u64)> + 'a {
        let is_old = |mark: &&Mark| mark.at <= old_ms && mark.outbox.as_str() == view.outbox;
        let up_to = self.marks.iter().filter(is_old).map(|mark| mark.up_to).max();
        let gaps = view.gaps.iter().copied();
        gaps.filter_map(move |(from, to)| {
            let up_to = up_to.filter(|up_to| *up_to >= from)?;
            Some((from, to.min(up_to)))
        })
    }

    fn details(&self, found: Loss, outboxes: &[OutboxView], old_ms: i64, now: i64) -> Details {
        let Loss { dropped, missing } = found;
        let details = Details::default().value("value", found.sum());
        let mut details = details.value("dropped", dropped).value("missing", missing);
        let shown = |details: Details, view: &OutboxView, what: &str, (from, to): (u64, u64)| {
            details.shown_as(now, &view.outbox, what, format!("{from}-{to}"))
        };
        let mut told = self.told.missing; // the lowest, as a rule
        for view in outboxes {
            // The newest are those of this alert.
            let half = if missing > 0 { EVIDENCE_MAX / 2 } else { EVIDENCE_MAX };
            for range in view.dropped.iter().rev().take(half).filter(|_| dropped > 0) {
                details = shown(details, view, "dropped", *range);
            }
            let is_news = |(from, to): &(u64, u64)| {
                let is_news = to - from >= told;
                told = told.saturating_sub(to - from).saturating_sub(1);
                is_news && missing > 0
            };
            for range in self.old_gaps(view, old_ms).filter(is_news).take(EVIDENCE_MAX) {
                details = shown(details, view, "missing", range);
            }
        }
        details
    }
}

impl Loss {
    fn sum(self) -> u64 {
        self.dropped.saturating_add(self.missing)
    }
}

/// How many numbers there are in these ranges, saturating.
fn length(ranges: impl Iterator<Item = (u64, u64)>) -> u64 {
    ranges.fold(0, |sum, (from, to)| sum.saturating_add(to - from).saturating_add(1))
}
