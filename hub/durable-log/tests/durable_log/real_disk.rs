//! The everyday path, on the real disk.

use std::process::Command;
use std::time::Duration;

use waystation_durable_log::{CommitError, Log, Options, Seq, WhenFull, open};

fn small(max_bytes: u64, when_full: WhenFull) -> Options {
    Options { segment_bytes: 4096, max_bytes, when_full, ..Options::default() }
}

fn record(seq: Seq) -> Vec<u8> {
    format!("record {seq} {}", "x".repeat((seq % 97) as usize)).into_bytes()
}

fn read_from(log: &Log, from: Seq) -> Vec<(Seq, Vec<u8>)> {
    let mut reader = log.reader(from);
    let mut records = Vec::new();
    while let Some((seq, record)) = reader.next().unwrap() {
        records.push((seq, record.to_vec()));
    }
    assert_eq!(reader.skipped(), []);
    records
}

fn check_holds(log: &Log, from: Seq, to: Seq) {
    let expected: Vec<_> = (from..=to).map(|seq| (seq, record(seq))).collect();
    assert_eq!(read_from(log, from), expected);
}

#[test]
fn what_is_committed_is_read_back_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let mut next = 1;
    let mut id = String::new();
    for commits in [0, 1, 20, 1] {
        let (mut writer, log, recovery) = open(dir.path(), small(u64::MAX, WhenFull::Refuse)).unwrap();
        assert_eq!((recovery.next_seq, recovery.records_damaged, recovery.torn_bytes), (next, 0, 0));
        assert!(id.is_empty() || id == log.id());
        id = log.id().to_owned();
        for _ in 0..commits {
            for _ in 0..17 {
                assert_eq!(writer.append(&record(next)).unwrap(), next);
                next += 1;
            }
            assert_eq!(log.durable(), next - 18);
            assert_eq!(writer.commit().unwrap(), next - 1);
        }
        assert_eq!(log.durable(), next - 1);
        check_holds(&log, 1, next - 1);
        check_holds(&log, next / 2 + 1, next - 1);
    }
}

#[test]
fn a_segment_goes_when_every_cursor_has_saved_beyond_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = small(u64::MAX, WhenFull::Refuse);
    let (mut writer, log, _) = open(dir.path(), options.clone()).unwrap();
    let (mut fast, mut slow) = (log.cursor("fast").unwrap(), log.cursor("slow").unwrap());
    for seq in 1..=1000 {
        writer.append(&record(seq)).unwrap();
    }
    writer.commit().unwrap();
    fast.advance(900);
    fast.save().unwrap();
    slow.advance(500);
    assert_eq!((log.first(), log.unread_bytes() > 0), (1, true));
    slow.save().unwrap();
    assert!((400..=501).contains(&log.first()), "{}", log.first());
    slow.advance(u64::MAX);
    fast.advance(1000);
    slow.save().unwrap();
    fast.save().unwrap();
    assert_eq!((log.unread_bytes(), log.oldest_unread_ms()), (0, None));
    drop((fast, slow, writer, log));
    let (_writer, log, recovery) = open(dir.path(), options).unwrap();
    assert_eq!(log.cursors(), [("fast".to_owned(), 1000), ("slow".to_owned(), 1000)]);
    assert_eq!((recovery.segments, recovery.next_seq), (1, 1001));
}

#[test]
fn a_full_log_refuses_until_its_readers_have_caught_up() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, log, _) = open(dir.path(), small(64 << 10, WhenFull::Refuse)).unwrap();
    let mut cursor = log.cursor("reader").unwrap();
    let (refused, last) = loop {
        let last = writer.append(&[7; 1000]).unwrap();
        if let Err(error) = writer.commit() {
            break (error, last);
        }
    };
    assert!(refused.to_string().contains("full"), "{refused}");
    assert!(writer.commit().is_err());
    assert!(writer.pending_bytes() > 0 && log.bytes() <= 64 << 10);
    cursor.advance(last / 2);
    cursor.save().unwrap();
    assert_eq!(writer.commit().unwrap(), last);
    assert_eq!(writer.pending_bytes(), 0);
}

#[test]
fn a_full_log_drops_the_oldest_and_remembers_what() {
    let dir = tempfile::tempdir().unwrap();
    let options = small(64 << 10, WhenFull::DropOldest);
    let (mut writer, log, _) = open(dir.path(), options.clone()).unwrap();
    let mut cursor = log.cursor("publisher").unwrap();
    for seq in 1..=2000 {
        writer.append(&record(seq)).unwrap();
        writer.commit().unwrap();
        if seq == 10 {
            cursor.advance(10);
        }
    }
    let first = log.first();
    assert!(first > 100 && log.bytes() <= 64 << 10);
    assert_eq!(log.lost(), [(11, first - 1)]);
    check_holds(&log, first, 2000);
    drop((cursor, writer, log));
    let (_writer, log, _) = open(dir.path(), options).unwrap();
    assert_eq!((log.first(), log.lost()), (first, vec![(11, first - 1)]));
    log.forget_lost(first).unwrap();
    assert_eq!(log.lost(), []);
}

#[test]
fn a_reader_that_waits_is_woken_by_a_commit_and_by_closing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, log, _) = open(dir.path(), Options::default()).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| log.wait_durable(0, Duration::MAX));
        writer.append(b"one").unwrap();
        writer.commit().unwrap();
        assert_eq!(waiting.join().unwrap(), 1);
        let waiting = scope.spawn(|| log.wait_durable(1, Duration::MAX));
        log.close_waiters();
        assert_eq!(waiting.join().unwrap(), 1);
    });
}

#[test]
fn a_directory_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, log, _) = open(dir.path(), Options::default()).unwrap();
    let refused = open(dir.path(), Options::default()).err().unwrap().to_string();
    assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
    drop((writer, log));
    open(dir.path(), Options::default()).unwrap();
}

/// A file system of its own, for as long as the value lives.
struct SmallFileSystem(tempfile::TempDir);

impl SmallFileSystem {
    /// `None` where this user may not mount.
    fn of(kib: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(dir))
    }
}

impl Drop for SmallFileSystem {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_full_disk_stops_commits_loses_nothing_and_heals() {
    let Some(disk) = SmallFileSystem::of(512) else {
        return eprintln!("skipped: no right to mount a small file system; the faulty disk covers the same");
    };
    let options = Options { segment_bytes: 64 << 10, ..Options::default() };
    let ballast = disk.0.path().join("ballast");
    let (mut writer, log, _) = open(&disk.0.path().join("log"), options.clone()).unwrap();
    std::fs::write(&ballast, vec![0; 200 << 10]).unwrap();
    let mut seq = 0;
    let refused = loop {
        seq += 1;
        writer.append(&record(seq)).unwrap();
        if let Err(error) = writer.commit() {
            break error;
        }
    };
    assert!(matches!(refused, CommitError::NoSpace { .. }), "{refused}");
    check_holds(&log, 1, seq - 1);
    drop((writer, log));
    // A restart in the middle of it.
    let (mut writer, log, _) = open(&disk.0.path().join("log"), options).unwrap();
    check_holds(&log, 1, seq - 1);
    writer.append(&record(seq)).unwrap();
    assert!(writer.commit().is_err());
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(writer.commit().unwrap(), seq);
    check_holds(&log, 1, seq);
}

/// Thins every closed segment and reads what is left, also after reopening.
#[test]
fn a_thinned_log_keeps_its_numbers_and_says_what_went() {
    let dir = tempfile::tempdir().unwrap();
    let options = small(1 << 20, WhenFull::DropOldest);
    let (mut writer, log, _) = open(dir.path(), options.clone()).unwrap();
    let mut cursor = log.cursor("publisher").unwrap();
    for seq in 1..=1000 {
        writer.append(&record(seq)).unwrap();
    }
    writer.commit().unwrap();
    cursor.advance(20);
    // Of a hundred records the first ten stay.
    let keep = |seq: Seq| seq % 100 < 10;
    let mut reader = log.reader(21);
    assert_eq!(reader.next().unwrap().unwrap().0, 21);
    let before = log.bytes();
    for segment in log.closed_segments() {
        let thinned = log.thin(segment.first_seq, 1, 100, |seq, _| keep(seq)).unwrap().unwrap();
        assert_eq!(thinned.bytes_before, segment.bytes);
    }
    assert!(log.closed_segments().iter().all(|segment| segment.level == 1));
    assert!(log.bytes() < before / 2, "{} of {before}", log.bytes());
    let closed_to = log.closed_segments().last().unwrap().last_seq;
    let stays = |seq: &Seq| keep(*seq) || *seq > closed_to;
    // The reader that was in the middle of a segment goes on with what is left.
    let rest: Vec<_> = std::iter::from_fn(|| reader.next().unwrap().map(|(seq, _)| seq)).collect();
    assert_eq!(rest, (22..=1000).filter(stays).collect::<Vec<_>>());
    assert_eq!(log.lost()[..2], [(21, 99), (110, 199)]);
    assert_eq!(log.unread_records(), (21..=1000).filter(stays).count() as u64);
    drop((cursor, reader, writer, log));
    let (_writer, log, recovery) = open(dir.path(), options).unwrap();
    assert_eq!((recovery.records_damaged, recovery.next_seq), (0, 1001));
    assert!(log.closed_segments().iter().rev().skip(1).all(|segment| segment.level == 1));
    let mut reader = log.reader(21);
    let read: Vec<_> = std::iter::from_fn(|| reader.next().unwrap().map(|(seq, _)| seq)).collect();
    assert_eq!(read, (21..=1000).filter(stays).collect::<Vec<_>>());
    // Once more, with nothing to stay: a segment of nothing is still a segment.
    let first = log.closed_segments()[1].first_seq;
    assert!(log.thin(first, 2, 1, |_, _| false).unwrap().unwrap().bytes_after < 100);
    assert_eq!(log.thin(log.durable(), 2, 1, |_, _| false).unwrap(), None);
}
