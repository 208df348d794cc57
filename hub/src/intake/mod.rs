//! From a publish's bytes to records of the log: decode, validate, drop repeats, set aside what cannot be taken.
//!
//! One [`Intake`] serves one connection thread. It fills an open chunk; the thread's flusher seals it once all
//! sockets that had something to say were read, and hands it to the recorder. What must wait until the records are
//! on disk (the ledger's entry, the readers' copy) is kept beside the chunk and let go in [`Intake::committed`].
//!
//! Invariants:
//! - [`Intake::take`] always returns the ticket whose completion makes the message durable, be it good, bad or a
//!   repeat: there is no path on which a message is acknowledged and dropped.
//! - The ledger holds only what is on disk. A batch that is sent again while its first copy is still on its way is
//!   recorded twice; consumers know it by its place.

mod after;
mod ledgers;
#[cfg(test)]
mod tests;
mod told;

pub use ledgers::Ledgers;

use crate::broker::Broker;
use crate::entry::{
    self, Place, PresenceChange, QUARANTINED_BYTES_MAX, Quarantined, encode_batch, encode_presence,
    encode_quarantined, encode_readings,
};
use crate::fleet::New;
use crate::metrics::Metrics;
use crate::recorder::{Chunk, Done, Ticket};
use after::{After, Forward};
use std::collections::VecDeque;
use std::sync::Arc;
use told::Told;
use waystation_protocol::{
    BatchHeader, Channel, CommandResult, Decoded, Kind, Limits, Presence, Reason, Rejected, StationId,
    decode_batch, decode_channel,
};

/// An open chunk of this size is handed over without waiting for the flusher, so that the recorder can start.
const CHUNK_BYTES_EARLY: usize = 512 << 10;
/// Above this no further publish is read until the recorder has taken the chunk.
const CHUNK_BYTES_MAX: usize = 4 << 20;

/// A ticket that was done before the first.
pub const NOTHING_TO_WAIT_FOR: Ticket = 0;

/// One publish on a channel of a station.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub station: &'a StationId,
    pub channel: Channel,
    pub topic: &'a str,
    pub payload: &'a [u8],
    /// Hub's clock, ms since the Unix epoch.
    pub received_ms: i64,
    /// Published by the hub because the connection broke.
    pub is_will: bool,
}

/// The intake of one connection thread.
pub struct Intake {
    limits: Limits,
    ledgers: Arc<Ledgers>,
    broker: Broker,
    metrics: Metrics,
    done: Arc<Done>,
    open: Chunk,
    open_after: After,
    /// Handed over, not yet known to be on disk, oldest first.
    waiting: VecDeque<(Ticket, After)>,
    /// Reused from message to message.
    decoded: Decoded,
    told: Told,
}

impl Intake {
    /// An empty intake that counts tickets on `done`.
    #[must_use]
    pub fn new(
        limits: Limits,
        ledgers: Arc<Ledgers>,
        broker: Broker,
        metrics: Metrics,
        done: Arc<Done>,
    ) -> Self {
        Self {
            limits,
            ledgers,
            broker,
            metrics,
            open: Chunk::new(1, done.clone()),
            done,
            open_after: After::default(),
            waiting: VecDeque::new(),
            decoded: Decoded::default(),
            told: Told::default(),
        }
    }

    /// Takes one message in. Its records are on disk when the returned ticket is done; a message that left none (a
    /// batch with nothing new) has nothing to wait for.
    pub fn take(&mut self, message: &Message<'_>) -> Ticket {
        let records_before = self.open.records_len();
        match message.channel {
            Channel::Kind(kind) => self.take_readings(kind, message),
            Channel::Batch => self.take_batch(message),
            Channel::Presence => self.take_presence(message),
            Channel::Result => self.take_result(message),
            // The listener lets none of these through, but a will may be anything: it is kept for a look.
            Channel::Command | Channel::Config | Channel::Time => {
                self.set_aside(message, Reason::UnknownTopic, None, message.payload)
            }
        }
        if self.open.records_len() == records_before { NOTHING_TO_WAIT_FOR } else { self.open.ticket() }
    }

    /// Whether another message may be read.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.open.len() < CHUNK_BYTES_MAX
    }

    /// Whether the open chunk is worth handing over before the flusher comes round.
    #[must_use]
    pub fn is_worth_handing_over(&self) -> bool {
        self.open.len() >= CHUNK_BYTES_EARLY
    }

    /// Takes the open chunk away to be handed over, if there is anything in it.
    pub fn seal(&mut self) -> Option<Chunk> {
        if self.open.is_empty() {
            return None;
        }
        let ticket = self.open.ticket();
        let sealed = std::mem::replace(&mut self.open, Chunk::new(ticket + 1, self.done.clone()));
        self.waiting.push_back((ticket, std::mem::take(&mut self.open_after)));
        Some(sealed)
    }

    /// Lets go what waited for tickets that are now done: ledger entries and readers' copies.
    pub fn committed(&mut self) {
        let committed = self.done.committed();
        while self.waiting.front().is_some_and(|(ticket, _)| *ticket <= committed) {
            if let Some((_, after)) = self.waiting.pop_front() {
                after.run(&self.ledgers, &self.broker);
            }
        }
    }

    fn take_readings(&mut self, kind: Kind, message: &Message<'_>) {
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        decode_channel(kind, message.payload, message.received_ms, &self.limits, &mut decoded);
        if !decoded.accepted.is_empty() {
            let readings = decoded.accepted.iter().map(|accepted| &accepted.reading);
            self.open.record(|out| encode_readings(out, message.station, message.received_ms, readings));
            self.metrics.readings.of(kind).inc_by(decoded.accepted.len() as u64);
        }
        self.set_aside_all(message, &decoded.rejected);
        if self.broker.has_readers() {
            self.open_after.forward(Forward::readings(message, &decoded));
        }
        self.decoded = decoded;
    }

    fn take_batch(&mut self, message: &Message<'_>) {
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        let header = decode_batch(message.payload, message.received_ms, &self.limits, &mut decoded);
        match header {
            Some(header) => self.record_batch(message, header, &mut decoded),
            None => self.set_aside_all(message, &decoded.rejected),
        }
        self.decoded = decoded;
    }

    fn record_batch(&mut self, message: &Message<'_>, header: BatchHeader, decoded: &mut Decoded) {
        let BatchHeader { outbox, first_seq, count, lost } = header;
        let new = self.ledgers.new_in(message.station, &outbox, first_seq, count);
        if new == New::None && lost.is_empty() {
            self.metrics.readings_duplicate.inc_by(u64::from(count));
            return;
        }
        let sent = decoded.accepted.len() + decoded.rejected.len();
        decoded.accepted.retain(|accepted| new.contains(accepted.index));
        decoded.rejected.retain(|rejected| new.contains(rejected.index));
        let repeats = sent - decoded.accepted.len() - decoded.rejected.len();
        self.metrics.readings_duplicate.inc_by(repeats as u64);
        for accepted in &decoded.accepted {
            self.metrics.readings.of(accepted.reading.body.kind()).inc();
        }
        self.set_aside_all(message, &decoded.rejected);
        let place = Place { outbox, first_seq, count, lost };
        let readings = decoded.accepted.iter().map(|accepted| &accepted.reading);
        self.open.record(|out| encode_batch(out, message.station, message.received_ms, &place, readings));
        self.open_after.places.push((message.station.clone(), place));
        if self.broker.has_readers() {
            self.open_after.forward(Forward::batch(message, decoded, repeats == 0));
        }
    }

    fn take_presence(&mut self, message: &Message<'_>) {
        let presence = match Presence::parse(message.payload) {
            Ok(presence) => presence,
            Err(rejected) => return self.set_aside_all(message, &[rejected]),
        };
        let now = message.received_ms;
        // A will was written when the connection began: its time says nothing about when the connection ended.
        let in_window = |ts: &i64| *ts <= now + self.limits.future_ms && *ts >= now - self.limits.past_ms;
        let ts = presence.ts.filter(|ts| !message.is_will && in_window(ts)).unwrap_or(now);
        let change = PresenceChange {
            state: presence.state,
            ts,
            agent: presence.agent.map(|agent| agent.to_string()),
        };
        self.open.record(|out| encode_presence(out, message.station, now, &change));
        self.open_after.presences.push((message.station.clone(), message.payload.to_vec().into()));
    }

    fn take_result(&mut self, message: &Message<'_>) {
        if let Err(rejected) = CommandResult::parse(message.payload) {
            return self.set_aside_all(message, &[rejected]);
        }
        let what = entry::What::Result(message.payload.to_vec());
        let (station, received_ms) = (message.station.clone(), message.received_ms);
        self.open.record(|out| entry::Entry { station, received_ms, what }.encode(out));
        if self.broker.has_readers() {
            self.open_after.forward(Forward::as_it_came(message));
        }
    }

    fn set_aside_all(&mut self, message: &Message<'_>, rejected: &[Rejected]) {
        for one in rejected {
            self.set_aside(message, one.reason, one.member.as_deref(), &one.payload);
        }
    }

    fn set_aside(&mut self, message: &Message<'_>, reason: Reason, member: Option<&str>, payload: &[u8]) {
        self.metrics.readings_quarantined.with_label_values(&[reason.as_str()]).inc();
        if let Some(untold) = self.told.note(message.station, reason, member, message.received_ms) {
            tracing::warn!(
                station = %message.station, channel = message.channel.as_str(), reason = reason.as_str(), member, untold,
                "a reading cannot be taken and is kept in the quarantine; /api/v1/quarantine shows it"
            );
        }
        let item = Quarantined {
            channel: message.channel.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
            member: member.map(str::to_owned),
            payload: payload[..payload.len().min(QUARANTINED_BYTES_MAX)].to_vec(),
        };
        self.open.record(|out| encode_quarantined(out, message.station, message.received_ms, &item));
    }
}
