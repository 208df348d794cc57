//! What may be deleted, and what is remembered about it.

use std::io;
use std::sync::atomic::Ordering;

use crate::Seq;
use crate::error::CommitError;
use crate::losses::Losses;
use crate::options::WhenFull;
use crate::shared::{Shared, locked};
use crate::small_file;

pub(crate) const LOST: &str = "lost";

impl Shared {
    /// Deletes the segments that every cursor's saved position has passed. The last one always stays: it keeps the
    /// numbering. Without a cursor nothing is deleted.
    pub fn reclaim(&self) -> io::Result<()> {
        let _one_at_a_time = locked(&self.reclaiming);
        self.doom_finished();
        self.delete_doomed()
    }

    /// Makes sure that a segment of `needed` bytes fits, by the declared policy.
    ///
    /// `replaces_last`: the last segment holds no record, and the new one takes its place and its name.
    pub fn make_room(&self, needed: u64, replaces_last: bool) -> Result<(), CommitError> {
        loop {
            let (bytes, max) = (self.bytes_that_stay(replaces_last), self.options.max_bytes);
            if bytes.saturating_add(needed) <= max {
                return Ok(());
            }
            if self.options.when_full == WhenFull::Refuse {
                return Err(CommitError::Full { dir: self.dir.clone(), bytes, max });
            }
            if !self.drop_oldest()? {
                // The last segment goes once there is a new one to keep the numbering.
                return Ok(());
            }
        }
    }

    /// Deletes the oldest segment, read or not, unless it is the only one. What no cursor has passed is remembered
    /// first, durably.
    fn drop_oldest(&self) -> Result<bool, CommitError> {
        let _one_at_a_time = locked(&self.reclaiming);
        let last = {
            let state = self.state();
            if state.segments.len() < 2 {
                return Ok(false);
            }
            state.last_seq(0)
        };
        let passed = self.save_cursors();
        let passed = passed.map_err(|error| CommitError::from_disk("write in", &self.dir, error))?;
        self.give_up_oldest(passed, last)?;
        let deleted = self.delete_doomed();
        deleted.map_err(|error| CommitError::from_disk("delete segments in", &self.dir, error))?;
        Ok(true)
    }

    /// Makes the boundary between done with and lost as durable as a loss will be, and what was skipped before it;
    /// gives the position that every cursor has passed.
    pub fn save_cursors(&self) -> io::Result<Seq> {
        let cursors: Vec<_> = self.state().cursors.values().cloned().collect();
        self.save_losses()?;
        let mut passed = Seq::MAX;
        for cursor in &cursors {
            cursor.write(&*self.disk)?;
            passed = passed.min(cursor.saved.load(Ordering::Acquire));
        }
        Ok(if cursors.is_empty() { 0 } else { passed })
    }

    fn give_up_oldest(&self, passed: Seq, last: Seq) -> Result<(), CommitError> {
        let unread_from = self.state().first().max(passed.saturating_add(1));
        if unread_from <= last {
            let remembered = self.remember_losses_durably(&[(unread_from, last)], 0);
            remembered.map_err(|error| CommitError::from_disk("write", &self.dir.join(LOST), error))?;
        }
        let state = &mut *self.state();
        state.doomed.extend(state.segments.pop_front());
        Ok(())
    }

    pub fn remember_loss(&self, from: Seq, to: Seq) {
        locked(&self.losses).add(from, to);
    }

    /// As `remember_loss`, but nothing is lost yet if it fails. What everybody has `passed` is gone without being lost.
    pub fn remember_losses_durably(&self, ranges: &[(Seq, Seq)], passed: Seq) -> io::Result<()> {
        let _one_at_a_time = locked(&self.losses_file);
        let give_up = |losses: &mut Losses| {
            for &(from, to) in ranges {
                losses.give_up(from, to, passed);
            }
        };
        let mut losses = locked(&self.losses).clone();
        give_up(&mut losses);
        self.write_losses(&losses)?;
        give_up(&mut locked(&self.losses));
        Ok(())
    }

    /// Writes `lost` if something in it is in memory only.
    pub fn save_losses(&self) -> io::Result<()> {
        let _one_at_a_time = locked(&self.losses_file);
        let losses = {
            let mut losses = locked(&self.losses);
            if !losses.unsaved {
                return Ok(());
            }
            losses.unsaved = false;
            losses.clone()
        };
        let written = self.write_losses(&losses);
        if written.is_err() {
            locked(&self.losses).unsaved = true;
        }
        written
    }

    fn write_losses(&self, losses: &Losses) -> io::Result<()> {
        small_file::replace(&*self.disk, &self.dir.join(LOST), &losses.to_text())
    }

    /// Bytes of the segments that will still be there after a new one has been made: all but a last one that every
    /// cursor is done with, for it is deleted as soon as the new one keeps the numbering.
    fn bytes_that_stay(&self, replaces_last: bool) -> u64 {
        let state = self.state();
        let last_is_done = state.saved_by_all().is_some_and(|saved| saved >= state.durable);
        let last_bytes = state.segments.back().map_or(0, |segment| segment.disk_bytes);
        state.bytes() - if replaces_last || last_is_done { last_bytes } else { 0 }
    }

    /// Recovery: finishes what a crash interrupted between remembering a loss and deleting the segment.
    pub fn doom_what_was_given_up(&self) {
        let losses = locked(&self.losses).clone();
        let state = &mut *self.state();
        let passed = state.passed_by_all().unwrap_or(0);
        while let Some(oldest) = state.segments.front().filter(|_| state.segments.len() > 1) {
            let (unread_from, last) = (oldest.first_seq.max(passed + 1), state.last_seq(0));
            if unread_from > last || !losses.cover(unread_from, last) {
                break;
            }
            state.doomed.extend(state.segments.pop_front());
        }
    }

    /// A new segment may have been the last straw: drops what keeps the log over its cap, now that there is one to
    /// keep the numbering.
    pub fn trim(&self) -> Result<(), CommitError> {
        let over = || self.state().bytes() > self.options.max_bytes;
        while self.options.when_full == WhenFull::DropOldest && over() && self.drop_oldest()? {}
        Ok(())
    }

    fn doom_finished(&self) {
        let state = &mut *self.state();
        let Some(saved) = state.saved_by_all() else { return };
        while state.segments.get(1).is_some_and(|second| second.first_seq <= saved + 1) {
            state.doomed.extend(state.segments.pop_front());
        }
    }

    /// Under `reclaiming`. What cannot be deleted stays doomed, and counts as space taken.
    fn delete_doomed(&self) -> io::Result<()> {
        let mut deleted = false;
        loop {
            let Some(segment) = self.state().doomed.front().copied() else { break };
            match self.disk.remove(&self.segment_path(segment.first_seq)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => deleted = true,
            }
            self.state().doomed.pop_front();
        }
        if deleted { self.disk.sync_dir(&self.dir) } else { Ok(()) }
    }
}
