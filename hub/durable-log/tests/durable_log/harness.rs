//! A log on the faulty disk beside a model of what it has promised.

use std::collections::BTreeSet;
use std::path::Path;

use waystation_durable_log::{Cursor, Log, Options, Seq, WhenFull, Writer, open_with};

use crate::faulty_disk::FaultyDisk;

pub struct Harness {
    pub disk: FaultyDisk,
    options: Options,
    open: Option<Open>,
    /// Payload of record `seq` at `seq - 1`: everything appended and not known to be cut off by a crash.
    appended: Vec<Vec<u8>>,
    /// The last record that was promised, or shown to a reader.
    durable: Seq,
    cursors: Vec<CursorModel>,
    records_made: u64,
    /// Losses up to here have been reported and forgotten.
    told: Seq,
    /// What a thinning was asked to drop; it may have stayed, and where it did not, it is remembered or was passed.
    thinned: BTreeSet<Seq>,
}

struct Open {
    writer: Writer,
    log: Log,
    cursors: Vec<Cursor>,
}

#[derive(Clone, Copy, Default)]
struct CursorModel {
    /// What a save that succeeded has promised.
    saved: Seq,
    /// What a save that failed may have written.
    advanced: Seq,
}

/// Of one thinning.
const RANGES_MAX: usize = 2;
const DIR: &str = "/log";
const CURSOR_NAMES: [&str; 2] = ["influx", "history"];

impl Harness {
    pub fn new(seed: u64, when_full: WhenFull) -> Self {
        let options = Options { segment_bytes: 512, max_bytes: 4096, when_full, max_record_bytes: 1500 };
        let cursors = vec![CursorModel::default(); CURSOR_NAMES.len()];
        let disk = FaultyDisk::new(seed);
        let mut this = Self {
            disk,
            options,
            open: None,
            appended: Vec::new(),
            durable: 0,
            cursors,
            records_made: 0,
            told: 0,
            thinned: BTreeSet::new(),
        };
        this.reopen();
        this
    }

    fn parts(&mut self) -> &mut Open {
        self.open.as_mut().unwrap()
    }

    pub fn log(&self) -> &Log {
        &self.open.as_ref().unwrap().log
    }

    pub fn append(&mut self, bytes: usize) {
        // Unlike every other record, and full of what could be mistaken for the start of a frame.
        self.records_made += 1;
        let mut record = format!("<{}>", self.records_made).into_bytes();
        record.resize(record.len().max(bytes), 12);
        let seq = self.parts().writer.append(&record).unwrap();
        self.appended.push(record);
        assert_eq!(seq, self.appended.len() as Seq);
    }

    /// Commits; whether it worked.
    pub fn commit(&mut self) -> bool {
        let log = self.log().clone();
        let (lost_before, passed) = (log.lost(), self.passed());
        let outcome = self.parts().writer.commit();
        match &outcome {
            Ok(durable) => {
                assert_eq!(*durable, self.appended.len() as Seq);
                assert_eq!(self.parts().writer.pending_bytes(), 0);
                assert_eq!(log.durable(), *durable);
            }
            Err(_) => assert!(log.durable() < self.appended.len() as Seq || self.disk.stopped()),
        }
        self.durable = self.durable.max(log.durable());
        for (from, to) in log.lost() {
            let known =
                lost_before.iter().any(|&(known_from, known_to)| known_from <= from && to <= known_to);
            let grown = lost_before.iter().any(|&(known_from, _)| known_from == from);
            assert!(known || grown || from > passed, "{from} was passed by all, who stand at {passed}");
        }
        self.revive_if_stopped();
        outcome.is_ok()
    }

    /// Every cursor is there or beyond.
    fn passed(&self) -> Seq {
        self.log().cursors().iter().map(|(_, position)| *position).min().unwrap_or(0)
    }

    /// Moves a cursor in memory only.
    pub fn advance(&mut self, which: usize, records: u64) {
        let which = which % CURSOR_NAMES.len();
        let cursor = &mut self.parts().cursors[which];
        cursor.advance(cursor.position() + records);
        let position = cursor.position();
        self.cursors[which].advanced = position;
    }

    pub fn advance_and_save(&mut self, which: usize, records: u64) {
        let which = which % CURSOR_NAMES.len();
        let Some(cursor) = self.parts().cursors.get_mut(which) else { return };
        cursor.advance(cursor.position() + records);
        let position = cursor.position();
        let saved = cursor.save().is_ok();
        self.cursors[which].advanced = position;
        if saved {
            self.cursors[which].saved = position;
        }
        self.revive_if_stopped();
    }

    /// Drops all but every `modulus`th record of a closed segment, in at most two ranges.
    pub fn thin(&mut self, which: usize, modulus: u64) {
        let log = self.log().clone();
        let segments = log.closed_segments();
        let Some(segment) = segments.get(which % segments.len().max(1)) else { return };
        let keep = |seq: Seq| seq.is_multiple_of(modulus);
        self.thinned.extend((segment.first_seq..=segment.last_seq).filter(|seq| !keep(*seq)));
        let (before, passed) = (log.lost(), self.passed());
        let appended = &self.appended;
        let thinned = log.thin(segment.first_seq, 1, RANGES_MAX, |seq, record| {
            assert_eq!(record, &appended[seq as usize - 1]);
            keep(seq)
        });
        if let Ok(Some(thinned)) = thinned {
            assert!(thinned.bytes_after <= thinned.bytes_before);
            let of_segment = |lost: &[(Seq, Seq)]| {
                let inside =
                    lost.iter().filter(|(from, to)| *to >= segment.first_seq && *from <= segment.last_seq);
                inside.count()
            };
            assert!(of_segment(&log.lost()) <= of_segment(&before) + RANGES_MAX);
            assert!(passed > 0 || log.closed_segments().iter().any(|one| one.level == 1));
        }
        self.revive_if_stopped();
    }

    pub fn forget_lost(&mut self) {
        let upto = self.log().lost().last().map_or(0, |&(_, to)| to);
        self.told = upto.max(self.told);
        // What fails stays in memory, and is written with the next change.
        self.log().forget_lost(upto).ok();
        self.revive_if_stopped();
    }

    fn revive_if_stopped(&mut self) {
        if self.disk.stopped() {
            self.cut_power();
        }
    }

    pub fn cut_power(&mut self) {
        self.close();
        self.disk.cut_power();
        self.reopen();
    }

    pub fn kill(&mut self) {
        self.close();
        self.disk.kill();
        self.reopen();
    }

    fn close(&mut self) {
        self.durable = self.durable.max(self.open.as_ref().map_or(0, |open| open.log.durable()));
        self.open = None;
    }

    /// Opens the log, however often faults get in the way, and holds it against the model.
    fn reopen(&mut self) {
        for attempt in 0.. {
            assert!(attempt < 100, "the log does not open");
            self.disk_is_up();
            match open_with(self.disk.clone(), Path::new(DIR), self.options.clone()) {
                Ok((writer, log, recovery)) => {
                    assert_eq!(recovery.records_damaged, 0, "{recovery:?}");
                    assert!(recovery.files_damaged.is_empty(), "{recovery:?}");
                    assert_eq!(recovery.next_seq, log.durable() + 1);
                    assert!(log.durable() >= self.durable, "{} was durable: {recovery:?}", self.durable);
                    self.durable = log.durable();
                    self.appended.truncate(self.durable as usize);
                    assert_eq!(self.appended.len() as Seq, self.durable);
                    self.open = Some(Open { writer, log, cursors: Vec::new() });
                }
                Err(_) => {
                    self.disk.kill();
                    continue;
                }
            }
            if self.open_cursors() {
                return self.check();
            }
            self.open = None;
            self.disk.kill();
        }
    }

    fn disk_is_up(&self) {
        if self.disk.stopped() {
            self.disk.cut_power();
        }
    }

    fn open_cursors(&mut self) -> bool {
        for (name, model) in CURSOR_NAMES.iter().zip(&mut self.cursors) {
            let open = self.open.as_mut().unwrap();
            let Ok(cursor) = open.log.cursor(name) else { return false };
            let position = cursor.position();
            assert!(position >= model.saved, "{name} at {position}, saved at {}", model.saved);
            assert!(position <= model.advanced.max(open.log.first() - 1));
            *model = CursorModel { saved: position, advanced: position };
            open.cursors.push(cursor);
        }
        true
    }

    /// Everything that must hold at any time.
    pub fn check(&mut self) {
        let log = self.log().clone();
        let first = log.first();
        let mut reader = log.reader(0);
        let mut next = first;
        let lost = log.lost();
        loop {
            match reader.next() {
                Ok(Some((seq, record))) => {
                    self.check_gone(next..seq, &lost);
                    next = seq;
                    assert!(!lost.iter().any(|(from, to)| (*from..=*to).contains(&seq)), "{seq} is lost");
                    assert_eq!(record, &self.appended[seq as usize - 1], "record {seq}");
                    next += 1;
                }
                Ok(None) => break,
                // Faults strike once; a machine that stopped is dealt with after the check.
                Err(_) if self.disk.stopped() => break,
                Err(_) => {}
            }
        }
        if !self.disk.stopped() {
            self.check_gone(next..log.durable() + 1, &lost);
            for (from, to) in reader.skipped() {
                self.check_gone(from..to + 1, &lost);
            }
        }
        self.check_losses(first);
        self.revive_if_stopped();
    }

    /// These were dropped by a thinning, and it is remembered, unless everybody had passed them or was told.
    fn check_gone(&self, mut range: std::ops::Range<Seq>, lost: &[(Seq, Seq)]) {
        let done = self.passed().max(self.told);
        assert!(range.clone().all(|seq| self.thinned.contains(&seq) || seq <= done), "{range:?}");
        let known = |seq| seq <= done || lost.iter().any(|(from, to)| (*from..=*to).contains(&seq));
        assert!(range.all(known), "not in {lost:?}");
    }

    fn check_losses(&self, first: Seq) {
        let lost = self.log().lost();
        let passed = self.passed();
        match self.options.when_full {
            WhenFull::Refuse => {
                assert_eq!(lost, []);
                assert!(first <= passed + 1, "record {} was deleted, cursors stand at {passed}", first - 1);
            }
            WhenFull::DropOldest => {
                let mut kept = lost.iter().flat_map(|&(from, to)| from.max(first)..=to);
                assert!(
                    kept.all(|seq| self.thinned.contains(&seq)),
                    "{lost:?} is still there from {first} on"
                );
            }
        }
    }

    /// Whether every record before `first()` was passed by both cursors, or is remembered as lost.
    pub fn check_nothing_vanished(&self) {
        let log = self.log();
        let passed = self.passed();
        let lost = log.lost();
        for seq in passed.max(self.told) + 1..log.first() {
            assert!(lost.iter().any(|&(from, to)| (from..=to).contains(&seq)), "{seq} is not in {lost:?}");
        }
    }

    /// Without faults, everything goes on as if nothing had happened.
    pub fn check_heals(&mut self) {
        self.disk.heal();
        for which in 0..CURSOR_NAMES.len() {
            self.advance_and_save(which, u64::MAX / 2);
        }
        for bytes in [10, 600, 10] {
            self.append(bytes);
            // Whoever reads makes room.
            for _ in 0..20 {
                if self.commit() {
                    break;
                }
                for which in 0..CURSOR_NAMES.len() {
                    self.advance_and_save(which, u64::MAX / 2);
                }
            }
            assert_eq!(self.log().durable(), self.appended.len() as Seq);
        }
        self.check();
        self.cut_power();
    }
}
