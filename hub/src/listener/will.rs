//! The will: what the hub publishes in a station's name when its connection breaks.

use super::codec::Will;
use crate::access::{Identity, PublishRefusal, may_publish};
use crate::registry::Directory;
use waystation_protocol::{Channel, StationId};

/// A will that was found good at CONNECT.
#[derive(Debug)]
pub(super) struct OwnWill {
    pub(super) station: StationId,
    pub(super) channel: Channel,
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}

impl OwnWill {
    /// Copies the will if its owner may publish it.
    pub(super) fn check(
        will: &Will<'_>,
        owner: &Identity,
        directory: &Directory,
    ) -> Result<Self, PublishRefusal> {
        let (station, channel) = may_publish(owner, will.topic, directory)?;
        Ok(Self { station, channel, topic: will.topic.to_owned(), payload: will.payload.to_vec() })
    }
}
