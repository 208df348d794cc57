//! As much of MQTT 3.1.1 as a load generator needs, without allocation on the way.

mod composer;
mod in_flight;
mod packets;
mod reading;

pub use composer::{Composer, Sender};
pub use in_flight::InFlight;
pub use packets::{
    CONNACK_BYTES, DISCONNECT, PUBACK_BYTES, connack_refusal, connect, publish_packets, subscribe,
};
pub use reading::{JsonLines, Payload, StationClock, line_protocol};
