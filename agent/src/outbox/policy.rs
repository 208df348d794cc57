//! What goes when the outbox is full: the oldest first, in three steps.
//!
//! 1. Thin: of each hour the first ten minutes stay, and what is vital (module class).
//! 2. Strip: only what is vital stays.
//! 3. Drop: the log itself gives up its oldest segment.
//!
//! Every segment is thinned before the first is stripped, and a segment is rewritten at most once for each step: what
//! is written for it is at most a third of what was written by then, and mostly a sixth. The ranges of what is lost
//! stay few, because the hub keeps 1,000 of an outbox: where there would be more, the shortest stretches stay.
//!
//! What is older than the hub takes goes as well: a segment is emptied when the next one begins with a reading of that
//! age.

use super::class::{is_vital, opens_hour};
use super::unstamped::time_ms;
use crate::clock::now_ms;
use crate::files;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use waystation_durable_log::{ClosedSegment, Log, Seq, Thinned};

const THINNED: u32 = 1;
const STRIPPED: u32 = 2;
const EXPIRED: u32 = 3;

/// Ranges of lost readings that the hub does not know yet; with more, no segment is thinned.
const RANGES_MAX: usize = 400;
/// Ranges that any one segment may cost.
const RANGES_OF_SEGMENT: usize = 8;

/// What was given up since the outbox was made. Readings that the hub had already are not counted. For people: a kill
/// between a thinning and its count costs the count, not what the hub is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GivenUp {
    pub thinned: u64,
    pub stripped: u64,
    pub dropped: u64,
    /// Older than the hub takes.
    pub expired: u64,
    /// The first and the last time that something went, ms since the Unix epoch.
    pub since_ms: Option<i64>,
    pub last_ms: Option<i64>,
}

/// Makes room, on the thread that writes.
pub struct Policy {
    log: Log,
    bytes_max: u64,
    /// A write may begin so many bytes more than it holds: the rest of a segment, and the header of the next.
    spare: u64,
    age_max: Duration,
    told: watch::Sender<GivenUp>,
    path: PathBuf,
    /// The newest closed segment when ages were last looked at.
    looked_at: Option<Seq>,
}

impl GivenUp {
    /// As kept; a file that cannot be read costs the history only.
    pub fn read(path: &std::path::Path) -> Self {
        let read = std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        read.unwrap_or_default()
    }

    pub fn total(&self) -> u64 {
        self.thinned + self.stripped + self.dropped + self.expired
    }
}

impl Policy {
    pub fn new(
        log: Log,
        max_bytes: u64,
        segment_bytes: u64,
        age_max: Duration,
        told: watch::Sender<GivenUp>,
        path: PathBuf,
    ) -> Self {
        let spare = 2 * segment_bytes.min(max_bytes / 8);
        Self { log, bytes_max: max_bytes, spare, age_max, told, path, looked_at: None }
    }

    /// Makes room for a commit of `bytes`. Where it cannot, the log drops its oldest segment.
    pub fn make_room(&self, bytes: u64) {
        if let Err(error) = self.give_up_until(self.bytes_max.saturating_sub(self.spare + bytes)) {
            tracing::warn!(%error, "the outbox cannot be thinned; it drops its oldest readings instead");
        }
    }

    /// After a commit: `dropped` is what the log gave up by itself, `newest_ms` the time of the newest reading.
    pub fn follow(&mut self, dropped: u64, newest_ms: Option<i64>) {
        self.note(GivenUp { dropped, ..GivenUp::default() });
        if let Err(error) = self.expire(newest_ms) {
            tracing::warn!(%error, "what is too old for the hub stays in the outbox");
        }
    }

    fn give_up_until(&self, bytes_max: u64) -> io::Result<()> {
        while self.log.bytes() > bytes_max {
            let segments = self.log.closed_segments();
            let untouched = segments.iter().filter(|segment| segment.level < THINNED);
            let ranges_left = RANGES_MAX.saturating_sub(self.log.lost().len());
            let ranges_max =
                ranges_left.min(RANGES_OF_SEGMENT.max(ranges_left / untouched.clone().count().max(1)));
            let thin = untouched.clone().next().filter(|_| ranges_max > 0);
            if let Some(segment) = thin {
                let lost = self
                    .rewrite(segment, THINNED, ranges_max, |record| is_vital(record) || opens_hour(record))?;
                self.note(GivenUp { thinned: lost, ..GivenUp::default() });
            } else if let Some(segment) = segments.iter().find(|segment| segment.level < STRIPPED) {
                let lost = self.rewrite(segment, STRIPPED, RANGES_OF_SEGMENT, is_vital)?;
                self.note(GivenUp { stripped: lost, ..GivenUp::default() });
            } else {
                // The log drops its oldest segment with the next one that it begins.
                break;
            }
        }
        Ok(())
    }

    /// A look at one record for each segment that may be too old, whenever a segment has been closed.
    fn expire(&mut self, newest_ms: Option<i64>) -> io::Result<()> {
        let segments = self.log.closed_segments();
        let newest = segments.last().map(|segment| segment.first_seq);
        if std::mem::replace(&mut self.looked_at, newest) == newest {
            return Ok(());
        }
        let age_ms = i64::try_from(self.age_max.as_millis()).unwrap_or(i64::MAX);
        let Some(oldest_ms) = newest_ms.and_then(|newest_ms| newest_ms.checked_sub(age_ms)) else {
            return Ok(());
        };
        for segment in segments.iter().filter(|segment| segment.level < EXPIRED) {
            let mut reader = self.log.reader(segment.last_seq + 1);
            let next_ms = reader.next().map_err(io::Error::other)?.and_then(|(_, record)| time_ms(record));
            if next_ms.is_none_or(|ms| ms >= oldest_ms) {
                break;
            }
            let lost = self.rewrite(segment, EXPIRED, 1, |_| false)?;
            self.note(GivenUp { expired: lost, ..GivenUp::default() });
        }
        Ok(())
    }

    /// Gives how many readings went.
    fn rewrite(
        &self,
        segment: &ClosedSegment,
        level: u32,
        ranges_max: usize,
        keep: impl Fn(&[u8]) -> bool,
    ) -> io::Result<u64> {
        let thinned = self.log.thin(segment.first_seq, level, ranges_max, |_, record| keep(record))?;
        let Thinned { lost, bytes_before, bytes_after } = thinned.unwrap_or_default();
        if lost > 0 {
            tracing::info!(
                level,
                lost,
                bytes_before,
                bytes_after,
                "the outbox is full; old readings were thinned"
            );
        }
        Ok(lost)
    }

    fn note(&self, gone: GivenUp) {
        if gone.total() == 0 {
            return;
        }
        let now_ms = now_ms();
        self.told.send_modify(|told| {
            told.thinned += gone.thinned;
            told.stripped += gone.stripped;
            told.dropped += gone.dropped;
            told.expired += gone.expired;
            told.since_ms = told.since_ms.or(Some(now_ms));
            told.last_ms = Some(now_ms);
        });
        let kept = serde_json::to_vec(&*self.told.borrow())
            .map_err(io::Error::from)
            .and_then(|text| files::replace(&self.path, &text));
        if let Err(error) = kept {
            tracing::warn!(%error, path = %self.path.display(), "what was thinned cannot be kept for people");
        }
    }
}

#[cfg(test)]
mod tests;
