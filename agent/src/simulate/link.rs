//! The link of one simulated station.

use super::outbox::MemoryBatch;
use super::tokens::StationLogin;
use crate::clock::now_ms;
use crate::connection::{ConnectError, Connection, ConnectionLost, Event};
use std::collections::VecDeque;
use std::pin::Pin;
use tokio::time::{Instant, sleep_until};
use waystation_protocol::{Channel, Presence, PresenceState, topic_name};

pub type Connecting = Pin<Box<dyn Future<Output = Result<Connection, ConnectError>> + Send>>;

/// The way to the hub.
pub enum Link {
    Down { retry_at: Instant },
    Connecting(Connecting),
    Up(Session),
}

/// An open connection and what is in flight on it.
pub struct Session {
    pub connection: Connection,
    pub in_flight: VecDeque<(u16, InFlight)>,
    /// Everything in the outbox up to here was sent on this connection.
    pub sent_to: u64,
}

/// A publish that waits for its acknowledgement.
pub enum InFlight {
    /// As it goes into an outbox: with its kind.
    Reading(Box<[u8]>),
    Batch(MemoryBatch),
    Presence,
}

/// What a station waits for.
pub enum Woken {
    Time,
    Connected(Result<Connection, ConnectError>),
    Event(Result<Event, ConnectionLost>),
}

impl Link {
    /// Waits for the link or the time, whichever comes first. Cancel-safe.
    pub async fn wait(&mut self, wake_at: Instant) -> Woken {
        let time = sleep_until(wake_at);
        match self {
            Self::Down { .. } => {
                time.await;
                Woken::Time
            }
            Self::Connecting(connecting) => tokio::select! {
                connected = connecting => Woken::Connected(connected),
                () = time => Woken::Time,
            },
            Self::Up(session) => tokio::select! {
                event = session.connection.event() => Woken::Event(event),
                () = time => Woken::Time,
            },
        }
    }
}

impl Session {
    pub fn publish_presence(&mut self, login: &StationLogin, state: PresenceState) {
        let presence = Presence { state, ts: Some(now_ms()), agent: Some(env!("CARGO_PKG_VERSION").into()) };
        let topic = topic_name(&login.station, Channel::Presence);
        let packet_id = self.connection.publish(&topic, presence.to_json().into(), true);
        self.in_flight.push_back((packet_id, InFlight::Presence));
    }

    pub fn batches_in_flight(&self) -> usize {
        self.in_flight.iter().filter(|(_, sent)| matches!(sent, InFlight::Batch(_))).count()
    }
}
