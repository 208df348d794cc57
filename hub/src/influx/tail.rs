//! The thread that follows the log: decodes entries, gathers their lines, hands batches over, moves the cursor.
//!
//! It blocks freely, being a thread of its own: on the log when there is nothing new, on the bounded channel when
//! InfluxDB is slower than the log. Invariant: the cursor never passes a record whose lines are not all in
//! InfluxDB or in the quarantine, so that a crash at any moment repeats lines and loses none.

use super::batch::{Batch, Body, Lines};
use super::deliver::Link;
use super::line::{Origin, write_other, write_reading};
use super::progress::Progress;
use super::quarantine::RefusedLine;
use crate::entry::{Entry, EntryError, What};
use crate::registry::{Directory, SharedDirectory};
use crate::shutdown::Shutdown;
use bytes::BytesMut;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use waystation_durable_log::{Cursor, Log, ReadError, Reader, Seq};
use waystation_protocol::Reading;

/// How long a wait lasts before shutdown and progress are looked at again.
const LOOK_UP: Duration = Duration::from_millis(100);
/// How often the cursor is saved while things go well; a crash repeats at most this much.
const SAVE_EVERY: Duration = Duration::from_millis(500);
/// Attempts at a part of the log that cannot be read, [`LOOK_UP`] apart, before it is passed over as damaged.
const READ_ATTEMPTS_MAX: u32 = 600;
/// How long the writing task may take to end; longer than the grace of its requests.
const WRITER_GRACE: Duration = Duration::from_secs(6);

/// The most bytes of lines that are gathered, but for one reading's.
const WINDOW_BYTES_MAX: usize = 16 << 20;

/// The thread is asked to stop, or the writing task is gone.
struct Stop;

/// What the thread works with.
pub struct Tail {
    pub log: Log,
    pub cursor: Cursor,
    pub directory: SharedDirectory,
    pub link: Arc<Link>,
    pub batches: Sender<Batch>,
    /// Bodies that are done with; closed when the writing task has ended.
    pub spent: Receiver<BytesMut>,
    pub progress: Arc<Progress>,
    pub batch_lines: usize,
    /// Lines that are ordered together before they are cut into batches.
    pub window_lines: usize,
    pub batch_age: Duration,
    pub shutdown: Shutdown,
}

/// Lines that wait for a fuller window.
struct Gathered {
    lines: Lines,
    /// When the first of them came.
    since: Instant,
    /// All lines of the records up to this one have been gathered, if not handed over already.
    last: Seq,
    /// The same, when the last batch was handed over.
    handed_over: Seq,
    next_order: u64,
}

impl Tail {
    /// Runs until the hub stops.
    pub fn run(mut self) {
        let position = self.cursor.position();
        let mut reader = self.log.reader(position + 1);
        let mut gathered = Gathered {
            lines: Lines::default(),
            since: Instant::now(),
            last: position,
            handed_over: position,
            next_order: 0,
        };
        // `Stop` is the only way out, and asks for what follows.
        let Err(Stop) = self.follow(&mut reader, &mut gathered);
        self.finish();
    }

    fn follow(
        &mut self,
        reader: &mut Reader,
        gathered: &mut Gathered,
    ) -> Result<std::convert::Infallible, Stop> {
        let mut saved = Instant::now();
        let mut failures = 0;
        loop {
            if self.shutdown.stopping() {
                return Err(Stop);
            }
            let found = self.gather_some(reader, gathered);
            if saved.elapsed() >= SAVE_EVERY {
                self.save();
                saved = Instant::now();
            }
            for (from, to) in reader.skipped() {
                self.link.metrics.influx_errors.with_label_values(&["damaged_log"]).inc();
                tracing::error!(from, to, "records of the log are damaged or gone and do not reach InfluxDB");
            }
            match found? {
                Ok(true) => failures = 0,
                Ok(false) => self.idle(reader, gathered)?,
                Err(error) => {
                    failures += 1;
                    self.unreadable(&error, failures, reader);
                }
            }
        }
    }

    /// Reads up to a thousand records; false when there is nothing more to read.
    fn gather_some(
        &self,
        reader: &mut Reader,
        gathered: &mut Gathered,
    ) -> Result<Result<bool, ReadError>, Stop> {
        let directory = self.directory.load();
        for _ in 0..1000 {
            match reader.next() {
                Ok(Some((seq, record))) => self.gather(&directory, seq, record, gathered)?,
                Ok(None) => {
                    // Records passed over at the end count as read.
                    gathered.last = gathered.last.max(reader.position());
                    return Ok(Ok(false));
                }
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(true))
    }

    fn gather(
        &self,
        directory: &Directory,
        seq: Seq,
        record: &[u8],
        gathered: &mut Gathered,
    ) -> Result<(), Stop> {
        let entry = match Entry::decode(record) {
            Ok(entry) => entry,
            Err(error) => return self.undecodable(seq, record, &error, gathered),
        };
        let station = directory.station(entry.station.as_str());
        let district = station.and_then(|station| station.district.as_deref());
        let origin = Origin { station: entry.station.as_str(), district };
        if gathered.lines.count() == 0 {
            gathered.since = Instant::now();
        }
        for reading in readings(&entry) {
            write_reading(origin, reading, &mut gathered.lines);
            if self.full(&gathered.lines) {
                self.hand_over(gathered)?;
            }
        }
        write_other(origin, &entry, &mut gathered.lines);
        gathered.last = seq;
        Ok(())
    }

    fn full(&self, lines: &Lines) -> bool {
        lines.count() >= self.window_lines || lines.bytes() >= WINDOW_BYTES_MAX
    }

    /// Nothing new: lines that are old enough go, then the thread waits for more.
    fn idle(&mut self, reader: &Reader, gathered: &mut Gathered) -> Result<(), Stop> {
        if gathered.lines.count() == 0 {
            self.pass_over(gathered);
        } else if gathered.since.elapsed() >= self.batch_age {
            self.hand_over(gathered)?;
        }
        let patience = match gathered.lines.count() {
            0 => LOOK_UP,
            _ => self.batch_age.saturating_sub(gathered.since.elapsed()).min(LOOK_UP),
        };
        self.log.wait_durable(reader.position(), patience);
        Ok(())
    }

    /// Records without a line are done with as soon as all before them are.
    fn pass_over(&self, gathered: &mut Gathered) {
        if gathered.last > gathered.handed_over {
            self.progress.finish(gathered.next_order, gathered.last);
            gathered.next_order += 1;
            gathered.handed_over = gathered.last;
        }
    }

    /// Blocks while InfluxDB is slower than the log: what waits, waits on disk.
    fn hand_over(&self, gathered: &mut Gathered) -> Result<(), Stop> {
        let mut leaving = gathered.lines.drain();
        let bytes_max = self.link.body_bytes_max.load(Relaxed);
        while let Some(body) = leaving.next_body(self.batch_lines, bytes_max, self.spent.try_recv().ok()) {
            let gzip = self.link.client.compresses().then(|| compress(&body)).flatten();
            if leaving.is_empty() {
                gathered.handed_over = gathered.last;
            }
            let batch = Batch { order: gathered.next_order, last: gathered.handed_over, body, gzip };
            gathered.next_order += 1;
            self.batches.blocking_send(batch).map_err(|_| Stop)?;
        }
        drop(leaving);
        gathered.since = Instant::now();
        Ok(())
    }

    /// A record of a newer hub waits for that hub; one that is not valid goes to the quarantine.
    fn undecodable(
        &self,
        seq: Seq,
        record: &[u8],
        error: &EntryError,
        gathered: &mut Gathered,
    ) -> Result<(), Stop> {
        if let EntryError::Newer(_) = error {
            if gathered.lines.count() > 0 {
                self.hand_over(gathered)?;
            }
            return self.wait_for_newer_hub(seq, error);
        }
        let beginning = String::from_utf8_lossy(&record[..record.len().min(1024)]);
        let line = RefusedLine { line: format!("record {seq}: {beginning}"), reason: error.to_string() };
        while let Err(trouble) = self.link.quarantine.quarantine(std::slice::from_ref(&line)) {
            self.link.health.trouble_with(
                "quarantine",
                &trouble.to_string(),
                Some("see the quarantine's message"),
            );
            self.wait()?;
        }
        tracing::error!(seq, %error, "a record of the log is not valid; it is in the quarantine");
        gathered.last = seq;
        Ok(())
    }

    fn wait_for_newer_hub(&self, seq: Seq, error: &EntryError) -> Result<(), Stop> {
        let message = format!("record {seq}: {error}");
        self.link.health.trouble_with(
            "newer_record",
            &message,
            Some("run the newer version of the hub again"),
        );
        loop {
            self.wait()?;
        }
    }

    fn unreadable(&self, error: &ReadError, failures: u32, reader: &mut Reader) {
        self.link.health.trouble_with("log", &error.to_string(), Some("check the disk of data_dir"));
        if failures >= READ_ATTEMPTS_MAX {
            reader.skip_unreadable();
        }
        if self.wait().is_err() {
            tracing::debug!("stopping while the log cannot be read");
        }
    }

    /// A short wait that nothing ends early: what it is for is rare.
    fn wait(&self) -> Result<(), Stop> {
        self.log.wait_durable(Seq::MAX, LOOK_UP);
        if self.shutdown.stopping() { Err(Stop) } else { Ok(()) }
    }

    /// Lets the writing task end, then keeps how far it came.
    fn finish(mut self) {
        let (closed, _) = tokio::sync::mpsc::channel(1);
        drop(std::mem::replace(&mut self.batches, closed));
        let deadline = Instant::now() + WRITER_GRACE;
        loop {
            match self.spent.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    tracing::warn!("writes to InfluxDB did not end in time; they will be repeated");
                    break;
                }
            }
        }
        self.save();
    }

    /// A cursor that cannot be saved only repeats more after a crash; the next save may do better.
    fn save(&mut self) {
        let position = self.progress.position();
        let lag = self.log.durable().saturating_sub(position);
        self.link.metrics.influx_cursor_lag_records.set(i64::try_from(lag).unwrap_or(i64::MAX));
        if position > self.cursor.position() {
            self.cursor.advance(position);
            if let Err(error) = self.cursor.save() {
                tracing::warn!(%error, "how far InfluxDB has come could not be saved; check the disk of data_dir");
            }
        }
    }
}

fn readings(entry: &Entry) -> &[Reading] {
    match &entry.what {
        What::Readings(readings) | What::Batch(_, readings) => readings,
        _ => &[],
    }
}

fn compress(body: &Body) -> Option<bytes::Bytes> {
    // Writing into memory does not fail; if it did, the plain body would serve as well.
    body.gzip().ok()
}
