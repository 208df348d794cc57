//! Bits that flip on the disk: what they hit is counted exactly, and everything else is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use waystation_durable_log::{Log, OpenError, Options, Recovery, Seq, Writer, open_with};

use crate::faulty_disk::FaultyDisk;

const DIR: &str = "/log";
const FRAME_HEADER_BYTES: usize = 12;

fn options() -> Options {
    Options { segment_bytes: 2048, ..Options::default() }
}

fn open(disk: &FaultyDisk) -> Result<(Writer, Log, Recovery), OpenError> {
    disk.kill();
    open_with(disk.clone(), Path::new(DIR), options())
}

fn payload(seq: Seq, bytes: usize) -> Vec<u8> {
    // Twice, so that one flipped bit does not make it another's.
    let mut payload = format!("<record {seq} {seq}>").into_bytes();
    payload.resize(payload.len() + bytes, b'.');
    payload
}

/// Records of the given sizes, three to a commit, then one in a commit of its own that proves all others durable.
fn written(sizes: &[usize]) -> FaultyDisk {
    let disk = FaultyDisk::new(1);
    let (mut writer, ..) = open(&disk).unwrap();
    for (index, &bytes) in sizes.iter().enumerate() {
        writer.append(&payload(index as Seq + 1, bytes)).unwrap();
        if index % 3 == 2 {
            writer.commit().unwrap();
        }
    }
    writer.commit().unwrap();
    writer.append(&payload(sizes.len() as Seq + 1, 5)).unwrap();
    writer.commit().unwrap();
    disk
}

/// Where the frame of record `seq` lies, found by its payload.
fn frame_of(disk: &FaultyDisk, seq: Seq, bytes: usize) -> (PathBuf, std::ops::Range<usize>) {
    let payload = payload(seq, bytes);
    let found = disk.files(".seg").into_iter().find_map(|(path, content)| {
        let at = content.windows(payload.len()).position(|window| window == payload)?;
        Some((path, at - FRAME_HEADER_BYTES..at + payload.len()))
    });
    found.unwrap()
}

fn ranges(seqs: &BTreeSet<Seq>) -> Vec<(Seq, Seq)> {
    let mut ranges: Vec<(Seq, Seq)> = Vec::new();
    for &seq in seqs {
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == seq => last.1 = seq,
            _ => ranges.push((seq, seq)),
        }
    }
    ranges
}

fn check_reads_all_but(log: &Log, sizes: &[usize], hit: &BTreeSet<Seq>) {
    let mut reader = log.reader(1);
    let mut seen = Vec::new();
    while let Some((seq, record)) = reader.next().unwrap() {
        let bytes = sizes.get(seq as usize - 1).copied().unwrap_or(5);
        assert_eq!(record, payload(seq, bytes));
        seen.push(seq);
    }
    let expected: Vec<_> = (1..=sizes.len() as Seq + 1).filter(|seq| !hit.contains(seq)).collect();
    assert_eq!(seen, expected);
    assert_eq!((reader.skipped(), reader.skipped()), (ranges(hit), vec![]));
    assert_eq!(log.lost(), ranges(hit));
}

fn check_flips(sizes: &[usize], flips: &[(prop::sample::Index, prop::sample::Index, u8)]) {
    let disk = written(sizes);
    let mut hit = BTreeSet::new();
    for (which, place, bit) in flips {
        let index = which.index(sizes.len());
        // A record that was hit before may not be found any more.
        if hit.insert(index as Seq + 1) {
            let (path, frame) = frame_of(&disk, index as Seq + 1, sizes[index]);
            disk.flip(&path, frame.start + place.index(frame.len()), 1 << (bit % 8));
        }
    }
    let (_writer, log, recovery) = open(&disk).unwrap();
    let in_last_segment: u64 = recovery.damaged_ranges.iter().map(|(from, to)| to - from + 1).sum();
    assert_eq!((recovery.records_damaged, recovery.torn_bytes), (in_last_segment, 0));
    check_reads_all_but(&log, sizes, &hit);
    // A second reader meets the same damage; it is lost once.
    check_reads_all_but(&log, sizes, &hit);
    // Nor is it reported again once it was told.
    let mut cursor = log.cursor("reader").unwrap();
    log.forget_lost(Seq::MAX).unwrap();
    let mut reader = log.reader(1);
    while reader.next().unwrap().is_some() {}
    assert_eq!(log.lost(), []);
    cursor.save().unwrap();
    drop((cursor, reader, log));
    assert_eq!(open(&disk).unwrap().1.lost(), []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_cost_exactly_the_records_they_hit(
        sizes in prop::collection::vec(prop_oneof![0..30_usize, 100..900_usize, Just(3000_usize)], 1..40),
        flips in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index, u8)>(), 1..12),
    ) {
        check_flips(&sizes, &flips);
    }
}

#[test]
fn a_torn_last_commit_is_cut_off_and_not_counted() {
    let sizes = [50; 10];
    let disk = written(&sizes);
    let (path, frame) = frame_of(&disk, 11, 5);
    disk.flip(&path, frame.end - 1, 1);
    let (mut writer, log, recovery) = open(&disk).unwrap();
    assert_eq!(
        (recovery.records_damaged, recovery.torn_bytes, recovery.next_seq),
        (0, frame.len() as u64, 11)
    );
    writer.append(&payload(11, 5)).unwrap();
    assert_eq!(writer.commit().unwrap(), 11);
    check_reads_all_but(&log, &sizes, &BTreeSet::new());
}

#[test]
fn a_cursor_beyond_the_end_proves_that_the_end_was_durable() {
    let sizes = [50; 10];
    let disk = written(&sizes);
    let (_writer, log, _) = open(&disk).unwrap();
    let mut cursor = log.cursor("reader").unwrap();
    cursor.advance(11);
    cursor.save().unwrap();
    let (path, frame) = frame_of(&disk, 11, 5);
    disk.flip(&path, frame.start, 1);
    let (mut writer, log, recovery) = open(&disk).unwrap();
    assert_eq!((recovery.records_damaged, recovery.damaged_ranges), (1, vec![(11, 11)]));
    assert_eq!(log.lost(), [(11, 11)]);
    // Its number is not given again: the cursor would pass the new record over.
    assert_eq!(writer.append(b"new").unwrap(), 12);
    assert_eq!(writer.commit().unwrap(), 12);
    assert_eq!(log.reader(11).next().unwrap().unwrap(), (12, &b"new"[..]));
}

/// Damages one byte of every file that ends in `ending`, and opens the log again.
fn check_survives_damage_to(ending: &str, at: usize) -> (Log, Recovery) {
    let sizes = [300; 20];
    let disk = written(&sizes);
    let (_writer, log, _) = open(&disk).unwrap();
    log.cursor("reader").unwrap().advance(3);
    let damaged: Vec<_> = disk.files(ending).into_iter().map(|(path, _)| path).collect();
    assert!(!damaged.is_empty());
    damaged.iter().for_each(|path| disk.flip(path, at, 0x10));
    let (_writer, log, recovery) = open(&disk).unwrap();
    assert_eq!(recovery.files_damaged, damaged);
    check_reads_all_but(&log, &sizes, &BTreeSet::new());
    (log, recovery)
}

#[test]
fn damage_outside_the_records_costs_no_record() {
    check_survives_damage_to("log.id", 3);
    check_survives_damage_to(".seg", 20);
    check_survives_damage_to(".seg", 60);
    let (log, _) = check_survives_damage_to("cursors/reader", 0);
    assert_eq!(log.cursor("reader").unwrap().position(), 0);
}

#[test]
fn a_log_whose_identity_is_gone_altogether_is_not_overwritten() {
    let disk = written(&[300; 20]);
    for ending in ["log.id", ".seg"] {
        disk.files(ending).iter().for_each(|(path, _)| disk.flip(path, 5, 1));
    }
    assert!(matches!(open(&disk).err(), Some(OpenError::IdentityLost { .. })));
}

#[test]
fn a_segment_of_another_log_is_refused() {
    let (ours, theirs) = (written(&[300; 20]), written(&[300; 30]));
    let (path, content) = theirs.files(".seg").pop().unwrap();
    ours.put(&path, content);
    assert!(matches!(open(&ours).err(), Some(OpenError::Foreign { .. })));
}

#[test]
fn a_segment_that_vanished_is_counted() {
    let sizes = [300; 30];
    let disk = written(&sizes);
    let segments = disk.files(".seg");
    let first_seq =
        |index: usize| -> Seq { segments[index].0.file_stem().unwrap().to_string_lossy().parse().unwrap() };
    disk.unlink(&segments[1].0);
    let (_writer, log, _) = open(&disk).unwrap();
    check_reads_all_but(&log, &sizes, &(first_seq(1)..first_seq(2)).collect());
}
