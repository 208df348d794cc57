//! Reads the outbox from a position on and makes batches of it, oldest first.
//!
//! A source belongs to one connection: when that breaks, it is dropped, and the next one starts behind what the hub
//! acknowledged. Reading and compressing happen on a blocking thread, one batch ahead.

use super::OutboxView;
use super::unstamped::with_time;
use crate::clock::Clock;
use bytes::Bytes;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use waystation_durable_log::{Log, ReadError, Reader, Seq};
use waystation_protocol::{OutboxId, compress_batch};

/// Below this a zstd frame saves nothing worth its time.
const COMPRESS_FROM_BYTES: usize = 1024;
/// Lost ranges told in one batch; the others follow when these are acknowledged.
const LOST_RANGES_MAX: usize = 100;
/// Between two attempts to read a record that the disk does not give, or that waits for its time.
const READ_RETRY: Duration = Duration::from_secs(1);
/// After so many attempts the stretch counts as damaged, so that a bad sector does not stop the station for good.
const READ_ATTEMPTS_MAX: u32 = 10;

/// How large a batch may be.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    pub readings_max: usize,
    /// Before compression.
    pub bytes_max: usize,
    pub zstd: bool,
}

/// A payload for the `batch` channel.
#[derive(Debug)]
pub struct Batch {
    pub payload: Bytes,
    /// Everything up to here is done with when this batch and those before are acknowledged.
    pub last: Seq,
    pub readings: usize,
    /// The hub knows of everything lost up to here once the batch is acknowledged.
    pub lost_to: Option<Seq>,
}

/// No batch could be made.
#[derive(Debug, Error)]
#[error("the thread that reads the outbox failed: {0}")]
pub struct BatchError(#[from] JoinError);

/// A tail of the outbox as batches.
pub struct BatchSource {
    maker: Option<Maker>,
    building: Option<JoinHandle<Built>>,
    durable: watch::Receiver<Seq>,
    /// Everything up to here went into batches.
    position: Seq,
    readings_max: usize,
    /// When a batch that waits for more readings leaves at the latest.
    leave_at: Option<Instant>,
    /// When reading is tried again after an error, or without the time.
    retry_at: Option<Instant>,
    /// Changes when the time may have become known.
    settled: watch::Receiver<()>,
}

struct Built {
    maker: Maker,
    outcome: Result<Option<Batch>, ReadError>,
    /// The next record waits for its time, and nothing is sent before it.
    timeless: bool,
}

impl BatchSource {
    /// Batches of everything behind `position`.
    pub fn new(
        view: &OutboxView,
        position: Seq,
        durable: watch::Receiver<Seq>,
        limits: BatchLimits,
        clock: Clock,
    ) -> Self {
        let settled = clock.settled();
        let maker = Maker {
            reader: view.log.reader(position + 1),
            log: view.log.clone(),
            id: view.id.clone(),
            limits,
            clock,
            left_over: None,
            attempts: 0,
        };
        Self {
            maker: Some(maker),
            building: None,
            durable,
            position,
            readings_max: limits.readings_max,
            leave_at: None,
            retry_at: None,
            settled,
        }
    }

    /// Readings on disk that are in no batch yet.
    pub fn backlog(&self) -> u64 {
        self.durable.borrow().saturating_sub(self.position)
    }

    /// The next batch; a small one waits `linger` for more readings. Cancel-safe.
    pub async fn next(&mut self, linger: Duration) -> Result<Batch, BatchError> {
        loop {
            if self.building.is_none() {
                self.wait_for_readings(linger).await;
                self.start_building();
            }
            if let Some(batch) = self.finish_building().await? {
                if self.backlog() >= self.readings_max as u64 {
                    self.start_building();
                }
                return Ok(batch);
            }
        }
    }

    async fn wait_for_readings(&mut self, linger: Duration) {
        if let Some(retry_at) = self.retry_at {
            tokio::select! {
                () = sleep_until(retry_at) => {}
                Ok(()) = self.settled.changed() => {}
            }
            self.retry_at = None;
        }
        while self.backlog() == 0 {
            if self.durable.changed().await.is_err() {
                // The writer has ended: nothing more will come, which is no failure of this connection.
                std::future::pending::<()>().await;
            }
        }
        let leave_at = *self.leave_at.get_or_insert_with(|| Instant::now() + linger);
        while self.backlog() < self.readings_max as u64 {
            tokio::select! {
                // A closed channel says that nothing more will come.
                changed = self.durable.changed() => if changed.is_err() { break },
                () = sleep_until(leave_at) => break,
            }
        }
        self.leave_at = None;
    }

    fn start_building(&mut self) {
        if let Some(maker) = self.maker.take() {
            self.building = Some(spawn_blocking(move || maker.build()));
        }
    }

    async fn finish_building(&mut self) -> Result<Option<Batch>, BatchError> {
        let Some(building) = &mut self.building else { return Ok(None) };
        let Built { mut maker, outcome, timeless } = building.await?;
        self.building = None;
        let batch = match outcome {
            Ok(batch) => {
                maker.attempts = 0;
                if timeless {
                    tracing::debug!("readings wait until the time is known");
                    self.retry_at = Some(Instant::now() + READ_RETRY);
                }
                batch
            }
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                maker.retry_later();
                self.retry_at = Some(Instant::now() + READ_RETRY);
                None
            }
        };
        // Where nothing was found up to the durable end, that stretch is gone: damaged or dropped.
        self.position = self.position.max(batch.as_ref().map_or(maker.position(), |batch| batch.last));
        self.maker = Some(maker);
        Ok(batch)
    }
}

/// Makes batches, on a thread that may block.
struct Maker {
    reader: Reader,
    log: Log,
    id: OutboxId,
    limits: BatchLimits,
    clock: Clock,
    /// A record that was read but belongs into the next batch.
    left_over: Option<(Seq, Vec<u8>)>,
    attempts: u32,
}

impl Maker {
    fn build(mut self) -> Built {
        let outcome = self.collect().map(|body| body.map(|body| self.finish(body)));
        let timeless = matches!((&outcome, &self.left_over), (Ok(None), Some(_)));
        Built { maker: self, outcome, timeless }
    }

    /// The last record that was read and does not wait for the next batch.
    fn position(&self) -> Seq {
        self.left_over.as_ref().map_or(self.reader.position(), |(seq, _)| seq - 1)
    }

    /// Records without a gap, up to the limits, and up to one that waits for its time.
    fn collect(&mut self) -> Result<Option<Body>, ReadError> {
        let Some((seq, record)) = self.next_record()? else { return Ok(None) };
        let Some(json) = with_time(&record, &self.clock) else {
            self.left_over = Some((seq, record));
            return Ok(None);
        };
        let mut body = Body::new(seq, &json);
        while body.readings < self.limits.readings_max {
            let next = match self.reader.next() {
                Ok(next) => next,
                // What was read so far leaves now; the error comes again with the next batch.
                Err(error) => {
                    tracing::debug!(%error, "a batch is cut short");
                    break;
                }
            };
            let Some((seq, record)) = next else { break };
            let json = with_time(record, &self.clock)
                .filter(|json| seq == body.last + 1 && body.json.len() + json.len() <= self.limits.bytes_max);
            let Some(json) = json else {
                self.left_over = Some((seq, record.to_vec()));
                break;
            };
            body.add(&json);
        }
        Ok(Some(body))
    }

    fn next_record(&mut self) -> Result<Option<(Seq, Vec<u8>)>, ReadError> {
        if let Some(left_over) = self.left_over.take() {
            return Ok(Some(left_over));
        }
        Ok(self.reader.next()?.map(|(seq, record)| (seq, record.to_vec())))
    }

    fn finish(&self, body: Body) -> Batch {
        let mut lost = self.log.lost();
        lost.truncate(LOST_RANGES_MAX);
        let mut json = header(&self.id, body.first, &lost);
        json.extend_from_slice(&body.json);
        json.extend_from_slice(b"]}");
        Batch {
            payload: self.compress(json),
            last: body.last,
            readings: body.readings,
            lost_to: lost.last().map(|&(_, to)| to),
        }
    }

    fn compress(&self, json: Vec<u8>) -> Bytes {
        if !self.limits.zstd || json.len() <= COMPRESS_FROM_BYTES {
            return json.into();
        }
        match compress_batch(&json) {
            Ok(frame) => frame.into(),
            Err(error) => {
                tracing::warn!(%error, "a batch is sent uncompressed");
                json.into()
            }
        }
    }

    fn retry_later(&mut self) {
        self.attempts += 1;
        if self.attempts >= READ_ATTEMPTS_MAX {
            tracing::error!("unreadable blocks are given up; what stood in them is reported as lost");
            self.reader.skip_unreadable();
        }
    }
}

struct Body {
    first: Seq,
    last: Seq,
    readings: usize,
    json: Vec<u8>,
}

impl Body {
    fn new(seq: Seq, record: &[u8]) -> Self {
        Self { first: seq, last: seq, readings: 1, json: record.to_vec() }
    }

    fn add(&mut self, record: &[u8]) {
        self.json.push(b',');
        self.json.extend_from_slice(record);
        self.last += 1;
        self.readings += 1;
    }
}

fn header(id: &OutboxId, first_seq: Seq, lost: &[(Seq, Seq)]) -> Vec<u8> {
    let ranges: Vec<_> = lost.iter().map(|(first, last)| format!("[{first},{last}]")).collect();
    let lost = ranges.join(",");
    format!(r#"{{"outbox":"{id}","first_seq":{first_seq},"lost":[{lost}],"readings":["#).into_bytes()
}

#[cfg(test)]
#[path = "batches_tests.rs"]
mod tests;
