use super::*;
use std::cell::RefCell;
use waystation_durable_log::{Cursor, Options, WhenFull, Writer};

const SEGMENT_BYTES: u64 = 64 << 10;
const START_MS: i64 = 1_763_798_400_000;

/// An outbox whose hub does not answer.
struct Offline {
    writer: Writer,
    log: Log,
    policy: Policy,
    told: watch::Receiver<GivenUp>,
    /// Bytes of the readings, and of what was written for them.
    taken: u64,
    folder: tempfile::TempDir,
    _cursor: Cursor,
    written: RefCell<u64>,
}

impl Offline {
    fn open(max_bytes: u64, age_hours: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            max_bytes,
            when_full: WhenFull::DropOldest,
            max_record_bytes: 1 << 20,
        };
        let (writer, log, _) = waystation_durable_log::open(&folder.path().join("outbox"), options).unwrap();
        let cursor = log.cursor("hub").unwrap();
        let (sender, told) = watch::channel(GivenUp::default());
        let age_max = Duration::from_secs(age_hours * 3600);
        let path = folder.path().join("given-up");
        let policy = Policy::new(log.clone(), max_bytes, SEGMENT_BYTES, age_max, sender, path);
        Self { writer, log, policy, told, taken: 0, folder, _cursor: cursor, written: RefCell::new(0) }
    }

    fn take(&mut self, record: &str) {
        self.writer.append(record.as_bytes()).unwrap();
        self.taken += record.len() as u64;
    }

    fn commit(&mut self, ms: i64) {
        let lost = |log: &Log| log.lost().iter().map(|(from, to)| to - from + 1).sum::<u64>();
        let levels = |log: &Log| -> Vec<_> {
            log.closed_segments().iter().map(|segment| (segment.first_seq, segment.level)).collect()
        };
        let levels_before = levels(&self.log);
        self.policy.make_room(self.writer.pending_bytes() as u64);
        for segment in self.log.closed_segments() {
            if !levels_before.contains(&(segment.first_seq, segment.level)) {
                *self.written.borrow_mut() += segment.bytes;
            }
        }
        let before = lost(&self.log);
        self.writer.commit().unwrap();
        self.policy.follow(lost(&self.log) - before, Some(ms));
    }

    /// Minutes of a station that reports its room every 2 s, and a door event every 20 minutes.
    fn run(&mut self, minutes: std::ops::Range<i64>) {
        for minute in minutes {
            let ms = START_MS + minute * 60_000;
            for sample in 0..30 {
                let ts = ms + sample * 2_000;
                self.take(&format!(
                    r#"{{"kind":"environment","ts":{ts},"device":"env-1","temperature_c":20.5,"co2_ppm":612}}"#
                ));
            }
            if minute % 20 == 15 {
                self.take(&format!(r#"{{"kind":"door","ts":{ms},"device":"front","event":"open"}}"#));
            }
            if minute % 10 == 9 {
                self.commit(ms);
            }
        }
    }

    /// Minutes of the readings of a kind that are left.
    fn left(&self, kind: &str) -> Vec<i64> {
        let start = format!(r#"{{"kind":"{kind}""#);
        let (mut reader, mut minutes) = (self.log.reader(0), Vec::new());
        while let Some((_, record)) = reader.next().unwrap() {
            if record.starts_with(start.as_bytes()) {
                minutes.push((time_ms(record).unwrap() - START_MS) / 60_000);
            }
        }
        minutes.dedup();
        minutes
    }
}

#[test]
fn the_oldest_readings_are_thinned_then_stripped_then_dropped() {
    let mut outbox = Offline::open(1 << 20, 10_000);
    // 180 KiB an hour: full after about four hours.
    outbox.run(0..360);
    let environment = outbox.left("environment");
    assert!(environment.iter().any(|minute| minute % 60 >= 10 && *minute > 200), "{environment:?}");
    assert!((0..60).all(|minute| environment.contains(&minute) == (minute < 10)), "{environment:?}");
    assert_eq!(outbox.left("door").len(), 18);
    let told = *outbox.told.borrow();
    assert!(told.thinned > 0 && told.stripped == 0 && told.dropped == 0, "{told:?}");

    outbox.run(360..3_600);
    let told = *outbox.told.borrow();
    assert!(told.stripped > 0, "{told:?}");
    assert_eq!(outbox.left("door").len(), 180, "a door event went before environment readings");
    assert!(outbox.log.bytes() <= 1 << 20);
    let lost: u64 = outbox.log.lost().iter().map(|(from, to)| to - from + 1).sum();
    assert_eq!(told.total(), lost);
    assert!(outbox.log.lost().len() <= RANGES_MAX);
    // What is kept for people outlives the process.
    assert_eq!(GivenUp::read(&outbox.folder.path().join("given-up")), told);

    let rewritten = *outbox.written.borrow();
    let amplification = (outbox.taken + rewritten) as f64 / outbox.taken as f64;
    println!("amplification by thinning: {amplification:.2}");
    assert!(amplification < 1.5, "{amplification}");
}

#[test]
fn nothing_but_vital_readings_is_dropped_at_last() {
    let mut outbox = Offline::open(1 << 20, 10_000);
    for event in 0..30_000_i64 {
        let ts = START_MS + event;
        outbox.take(&format!(r#"{{"kind":"door","ts":{ts},"device":"front","event":"open"}}"#));
        if event % 100 == 99 {
            outbox.commit(ts);
        }
    }
    let told = *outbox.told.borrow();
    assert!(told.dropped > 0 && told.thinned == 0 && told.stripped == 0, "{told:?}");
    assert_eq!(outbox.log.lost(), [(1, told.dropped)]);
    assert!(outbox.log.bytes() <= 1 << 20);
}

#[test]
fn what_is_too_old_for_the_hub_goes() {
    let mut outbox = Offline::open(8 << 20, 5);
    outbox.run(0..600);
    let told = *outbox.told.borrow();
    assert!(told.expired > 0 && told.total() == told.expired, "{told:?}");
    let oldest = outbox.left("environment")[0];
    assert!((250..=300).contains(&oldest), "{oldest}");
}
