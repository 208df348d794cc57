//! One connection with what is in flight on it and the tail of the outbox that feeds it.

use super::orders::Orders;
use super::presence;
use super::window::{SentBatch, Window};
use crate::connection::{Connection, ConnectionLost, Event};
use crate::outbox::{Batch, BatchError, BatchSource, Done};
use std::time::Duration;
use thiserror::Error;
use tokio::time::Instant;
use waystation_protocol::{Channel, PresenceState, StationId, topic_name};

/// More than so many readings behind, and the session catches up.
const BEHIND_READINGS: u64 = 5_000;

/// How much may be in flight, and how long a small batch waits for more.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub linger: Duration,
    pub batches_max: usize,
    pub bytes_max: usize,
}

/// A session ended.
#[derive(Debug, Error)]
pub enum Broken {
    #[error(transparent)]
    Connection(#[from] ConnectionLost),
    #[error(transparent)]
    Outbox(#[from] BatchError),
}

/// An open connection at work.
pub struct Session {
    pub connection: Connection,
    pub started: Instant,
    source: BatchSource,
    window: Window,
    topics: Topics,
}

struct Topics {
    batch: String,
    presence: String,
    command: String,
    result: String,
}

impl Session {
    pub fn new(connection: Connection, source: BatchSource, station: &StationId, started: Instant) -> Self {
        let topic = |channel| topic_name(station, channel);
        let topics = Topics {
            batch: topic(Channel::Batch),
            presence: topic(Channel::Presence),
            command: topic(Channel::Command),
            result: topic(Channel::Result),
        };
        Self { connection, source, window: Window::default(), topics, started }
    }

    /// The birth message, and the subscription to commands.
    pub fn greet(&mut self) {
        self.publish_presence(PresenceState::Online);
        self.connection.subscribe(&self.topics.command);
    }

    pub fn publish_presence(&mut self, state: PresenceState) {
        let packet_id = self.connection.publish(&self.topics.presence, presence(state).into(), true);
        self.window.push(packet_id, None);
    }

    /// Everything on disk is acknowledged.
    pub fn is_caught_up(&self) -> bool {
        self.source.backlog() == 0 && self.window.batches() == 0
    }

    /// Readings come faster than they leave.
    pub fn is_behind(&self) -> bool {
        self.source.backlog() > BEHIND_READINGS
    }

    /// Waits for one event and handles it; gives what the hub has now, if that grew. Cancel-safe.
    pub async fn turn(&mut self, pace: Pace, orders: &mut Orders) -> Result<Option<Done>, Broken> {
        let has_room = self.window.batches() < pace.batches_max && self.window.bytes() < pace.bytes_max;
        tokio::select! {
            event = self.connection.event() => Ok(self.take_event(event?, orders)),
            batch = self.source.next(pace.linger), if has_room => {
                self.publish_batch(batch?);
                Ok(None)
            }
        }
    }

    fn take_event(&mut self, event: Event, orders: &mut Orders) -> Option<Done> {
        match event {
            Event::Acknowledged(packet_id) => self.window.acknowledge(packet_id),
            Event::Subscribed { granted } => {
                if !granted {
                    tracing::warn!("the hub does not grant the command channel");
                }
                None
            }
            Event::Message { topic, payload, .. } => {
                if topic == self.topics.command
                    && let Some(result) = orders.obey(&payload)
                {
                    let packet_id = self.connection.publish(&self.topics.result, result.into(), false);
                    self.window.push(packet_id, None);
                }
                None
            }
        }
    }

    fn publish_batch(&mut self, batch: Batch) {
        let sent = SentBatch { last: batch.last, lost_to: batch.lost_to, bytes: batch.payload.len() };
        tracing::debug!(readings = batch.readings, bytes = sent.bytes, last = sent.last, "batch");
        let packet_id = self.connection.publish(&self.topics.batch, batch.payload, false);
        self.window.push(packet_id, Some(sent));
    }
}
