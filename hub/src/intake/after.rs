//! What happens once a chunk's records are on disk, and not before.

use super::{Ledgers, Message};
use crate::broker::Broker;
use crate::entry::Place;
use bytes::Bytes;
use waystation_protocol::{Channel, Decoded, StationId, topic_name};

/// Kept beside a chunk until it is durable.
#[derive(Debug, Default)]
pub(super) struct After {
    pub(super) places: Vec<(StationId, Place)>,
    pub(super) presences: Vec<(StationId, Bytes)>,
    forwards: Vec<Forward>,
}

/// A message for readers.
#[derive(Debug)]
pub(super) struct Forward {
    topic: String,
    payload: Bytes,
}

impl After {
    pub(super) fn forward(&mut self, messages: Vec<Forward>) {
        self.forwards.extend(messages);
    }

    pub(super) fn run(self, ledgers: &Ledgers, broker: &Broker) {
        for (station, place) in self.places {
            ledgers.record(station, &place);
        }
        for (station, payload) in self.presences {
            broker.set_presence(&station, payload, true);
        }
        for Forward { topic, payload } in self.forwards {
            broker.publish(topic.into(), payload);
        }
    }
}

impl Forward {
    /// The message byte for byte.
    pub(super) fn as_it_came(message: &Message<'_>) -> Vec<Self> {
        vec![Self { topic: message.topic.to_owned(), payload: Bytes::copy_from_slice(message.payload) }]
    }

    /// Readings of one channel: the message as it came, or, when some were set aside, the good ones each alone.
    pub(super) fn readings(message: &Message<'_>, decoded: &Decoded) -> Vec<Self> {
        if decoded.rejected.is_empty() { Self::as_it_came(message) } else { Self::unfold(message, decoded) }
    }

    /// A batch: as it came for whoever reads `batch`, if it is whole and new, and each reading on its own channel.
    pub(super) fn batch(message: &Message<'_>, decoded: &Decoded, is_new: bool) -> Vec<Self> {
        let whole = is_new && decoded.rejected.is_empty();
        let mut messages = if whole { Self::as_it_came(message) } else { Vec::new() };
        messages.extend(Self::unfold(message, decoded));
        messages
    }

    fn unfold(message: &Message<'_>, decoded: &Decoded) -> Vec<Self> {
        let one = |reading: &waystation_protocol::Reading| {
            let mut json = Vec::new();
            reading.write_json(false, &mut json);
            Self {
                topic: topic_name(message.station, Channel::Kind(reading.body.kind())),
                payload: json.into(),
            }
        };
        decoded.accepted.iter().map(|accepted| one(&accepted.reading)).collect()
    }
}
