//! One connection with what is in flight on it and the tail of the outbox that feeds it.

use super::presence;
use super::time::{Due, TimeAsking};
use super::window::{SentBatch, Window};
use crate::clock::Clock;
use crate::connection::{Connection, ConnectionLost, Event};
use crate::orders::{Desk, Order};
use crate::outbox::{Batch, BatchError, BatchSource, Done};
use std::time::Duration;
use thiserror::Error;
use tokio::time::{Instant, sleep};
use waystation_protocol::{Channel, PresenceState, StationId, TimeAnswer, TimeQuestion, topic_name};

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
    clock: Clock,
    time: TimeAsking,
}

struct Topics {
    batch: String,
    presence: String,
    command: String,
    config: String,
    result: String,
    time: String,
}

impl Session {
    pub fn new(connection: Connection, source: BatchSource, station: &StationId, clock: Clock) -> Self {
        let topic = |channel| topic_name(station, channel);
        let topics = Topics {
            batch: topic(Channel::Batch),
            presence: topic(Channel::Presence),
            command: topic(Channel::Command),
            config: topic(Channel::Config),
            result: topic(Channel::Result),
            time: topic(Channel::Time),
        };
        let time = TimeAsking::new(clock.mono_ms());
        let (started, window) = (Instant::now(), Window::default());
        Self { connection, source, window, topics, clock, time, started }
    }

    /// The birth message, and the subscriptions to what the hub sends.
    pub fn greet(&mut self) {
        self.publish_presence(PresenceState::Online);
        self.connection.subscribe(&self.topics.command);
        self.connection.subscribe(&self.topics.config);
        self.connection.subscribe(&self.topics.time);
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
    pub async fn turn(&mut self, pace: Pace, desk: &mut Desk) -> Result<Option<Done>, Broken> {
        let has_room = self.window.batches() < pace.batches_max && self.window.bytes() < pace.bytes_max;
        let until_time_ms = self.time.due_ms().saturating_sub(self.clock.mono_ms()).max(0).unsigned_abs();
        tokio::select! {
            event = self.connection.event() => Ok(self.take_event(event?, desk)),
            batch = self.source.next(pace.linger), if has_room => {
                self.publish_batch(batch?);
                Ok(None)
            }
            () = sleep(Duration::from_millis(until_time_ms)) => {
                let due = self.time.look(self.clock.mono_ms());
                self.follow(due, desk);
                Ok(None)
            }
            () = desk.has_answer() => {
                self.send_answers(desk);
                Ok(None)
            }
        }
    }

    fn take_event(&mut self, event: Event, desk: &mut Desk) -> Option<Done> {
        match event {
            Event::Acknowledged(packet_id) => {
                desk.acknowledge(packet_id);
                self.window.acknowledge(packet_id)
            }
            Event::Subscribed { granted } => {
                if !granted {
                    tracing::warn!(
                        "the hub does not grant one of the channels command, config and time; is it older than this agent?"
                    );
                }
                None
            }
            Event::TooLarge { topic } => {
                tracing::warn!(topic, "the hub sent a message that is too large; it was left out");
                None
            }
            Event::Message { topic, payload, .. } => {
                if topic == self.topics.command {
                    desk.hand_in(Order::Command(payload));
                } else if topic == self.topics.config {
                    desk.hand_in(Order::Config(payload));
                } else if topic == self.topics.time
                    && let Ok(answer) = TimeAnswer::parse(&payload)
                {
                    let due = self.time.answered(answer, self.clock.mono_ms());
                    self.follow(due, desk);
                }
                None
            }
        }
    }

    /// Sends the answers that this session has not sent.
    pub fn send_answers(&mut self, desk: &mut Desk) {
        let Self { connection, window, topics, .. } = self;
        desk.send(|answer| {
            let packet_id = connection.publish(&topics.result, answer, false);
            window.push(packet_id, None);
            packet_id
        });
    }

    fn follow(&mut self, due: Due, desk: &Desk) {
        match due {
            Due::Nothing => {}
            Due::Ask(t) => {
                let question = TimeQuestion { t }.to_json();
                self.connection.publish_unacknowledged(&self.topics.time, question.into());
            }
            Due::Known(Some(sample)) => {
                self.clock.sync(sample.t0_ms, sample.hub_ms, sample.t1_ms);
                desk.freshness.told(sample.way_ms());
            }
            Due::Known(None) => self.clock.unanswered(),
        }
    }

    fn publish_batch(&mut self, batch: Batch) {
        let sent = SentBatch { last: batch.last, lost_to: batch.lost_to, bytes: batch.payload.len() };
        tracing::debug!(readings = batch.readings, bytes = sent.bytes, last = sent.last, "batch");
        let packet_id = self.connection.publish(&self.topics.batch, batch.payload, false);
        self.window.push(packet_id, Some(sent));
    }
}
