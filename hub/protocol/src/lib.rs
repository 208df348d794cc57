//! The wire contract of Waystation as types: ids, topics, readings, batches, presence and commands.
//!
//! Bytes are parsed once, at the edge, into these types; inner code sees nothing else. Nothing here does I/O or
//! knows the time: the caller hands in `now_ms` (milliseconds since the Unix epoch, UTC).
//!
//! What a payload may hold stands in one table per kind (`reading/*.rs`): name, type and physical range of every
//! member. The JSON reader, the JSON writer, the binary codec of the durable log, the visitor and [`members`] are
//! all derived from that table, so they cannot disagree.

mod codec;
mod command;
mod configuration;
mod filter;
mod ids;
mod kind;
mod members;
mod names;
mod parse;
mod presence;
mod reading;
mod reason;
mod reporting;
mod time;
mod token_offer;
mod topic;
mod whole;

pub use codec::CodecError;
pub use command::{Action, Command, CommandResult, Outcome};
pub use configuration::Configuration;
pub use filter::{filter_matches, valid_filter, valid_topic_name};
pub use ids::{DeviceId, IdError, OutboxId, StationId};
pub use kind::Kind;
pub use members::{MemberSpec, MemberType, Value, members};
pub use names::UnknownName;
pub use parse::{
    Accepted, BatchHeader, Decoded, Limits, READINGS_MAX, compress_batch, decode_batch, decode_channel,
    write_batch,
};
pub use presence::{Presence, PresenceState};
pub use reading::{
    Access, Amenity, AmenityState, AmenityType, Body, Cabinet, CabinetStatus, Contact, DenyReason, Door,
    DoorEvent, Environment, Fund, Gateway, Lock, Occupancy, Reading, Slot, SlotState, SourceKind,
    SourceState, Swap, SwapResult, UnlockMethod, VoltageClass,
};
pub use reason::{Reason, Rejected};
pub use reporting::{INTERVAL_S_MAX, MIN_INTERVAL_S_MAX, Reporting, ReportingError, measured};
pub use time::{TimeAnswer, TimeQuestion};
pub use token_offer::TokenOffer;
pub use topic::{Channel, Topic, topic_name};
