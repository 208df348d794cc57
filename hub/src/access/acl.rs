//! Which topics an identity may publish on and subscribe to.

use super::Identity;
use crate::registry::Directory;
use waystation_protocol::{Channel, StationId, Topic, valid_filter};

/// Why a publish is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishRefusal {
    /// A reader publishes nothing.
    Reader,
    /// Not a topic of the wire contract.
    UnknownTopic,
    /// Another station's topic, or one that is not registered.
    NotYours,
    /// Only the hub publishes commands and configurations.
    HubsOwn,
}

impl PublishRefusal {
    /// Label of `mqtt_refusals_total`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "publish_reader",
            Self::UnknownTopic => "publish_unknown_topic",
            Self::NotYours => "publish_other_station",
            Self::HubsOwn => "publish_command",
        }
    }
}

/// The station and channel of a publish that `identity` may make.
///
/// # Errors
/// See [`PublishRefusal`].
pub fn may_publish(
    identity: &Identity,
    topic: &str,
    directory: &Directory,
) -> Result<(StationId, Channel), PublishRefusal> {
    if let Identity::Reader(_) = identity {
        return Err(PublishRefusal::Reader);
    }
    let topic = Topic::parse(topic).ok_or(PublishRefusal::UnknownTopic)?;
    if matches!(topic.channel, Channel::Command | Channel::Config) {
        return Err(PublishRefusal::HubsOwn);
    }
    let station = match identity {
        Identity::Station(own) => (own.as_str() == topic.station).then(|| own.clone()),
        // Who relays a question for the time would get the way there and back of another.
        Identity::Service(_) if topic.channel == Channel::Time => None,
        Identity::Service(_) => directory.station(topic.station).map(|station| station.id.clone()),
        Identity::Reader(_) => None,
    };
    Ok((station.ok_or(PublishRefusal::NotYours)?, topic.channel))
}

/// Whether `identity` may subscribe to `filter`: a station to what the hub sends to it alone, readers and services to
/// any valid filter.
#[must_use]
pub fn may_subscribe(identity: &Identity, filter: &str) -> bool {
    match identity {
        Identity::Station(own) => Topic::parse(filter)
            .is_some_and(|topic| topic.station == own.as_str() && is_downlink(topic.channel)),
        Identity::Reader(_) | Identity::Service(_) => valid_filter(filter),
    }
}

/// What the hub sends to a station.
fn is_downlink(channel: Channel) -> bool {
    matches!(channel, Channel::Command | Channel::Config | Channel::Time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{NewStation, TokenHash};

    fn station() -> Identity {
        Identity::Station(StationId::try_from("jb-001").expect("id"))
    }

    fn check_publish(identity: &Identity, topic: &str, expected: Result<&str, PublishRefusal>) {
        let known = NewStation::named("jb-001").check().expect("station");
        let directory = Directory::new(vec![(known, TokenHash::of(b"x"))], vec![]);
        let judged = may_publish(identity, topic, &directory).map(|(_, channel)| channel.as_str());
        assert_eq!(judged, expected, "{topic}");
    }

    #[test]
    fn publishing() {
        let service = Identity::Service("bridge".into());
        check_publish(&station(), "v1/stations/jb-001/door", Ok("door"));
        check_publish(&station(), "v1/stations/jb-001/batch", Ok("batch"));
        check_publish(&station(), "v1/stations/jb-001/command", Err(PublishRefusal::HubsOwn));
        check_publish(&station(), "v1/stations/jb-001/config", Err(PublishRefusal::HubsOwn));
        check_publish(&station(), "v1/stations/jb-001/time", Ok("time"));
        check_publish(&service, "v1/stations/jb-001/time", Err(PublishRefusal::NotYours));
        check_publish(&station(), "v1/stations/jb-002/door", Err(PublishRefusal::NotYours));
        check_publish(&station(), "v1/stations/jb-001/window", Err(PublishRefusal::UnknownTopic));
        check_publish(&station(), "hello", Err(PublishRefusal::UnknownTopic));
        check_publish(&service, "v1/stations/jb-001/door", Ok("door"));
        check_publish(&service, "v1/stations/jb-002/door", Err(PublishRefusal::NotYours));
        check_publish(&Identity::Reader("r".into()), "v1/stations/jb-001/door", Err(PublishRefusal::Reader));
    }

    #[test]
    fn subscribing() {
        let reader = Identity::Reader("r".into());
        assert!(may_subscribe(&station(), "v1/stations/jb-001/command"));
        assert!(may_subscribe(&station(), "v1/stations/jb-001/config"));
        assert!(may_subscribe(&station(), "v1/stations/jb-001/time"));
        assert!(!may_subscribe(&station(), "v1/stations/jb-001/result"));
        assert!(!may_subscribe(&station(), "v1/stations/jb-002/time"));
        assert!(!may_subscribe(&station(), "v1/stations/jb-001/#"));
        assert!(!may_subscribe(&station(), "v1/stations/jb-002/command"));
        assert!(!may_subscribe(&station(), "v1/stations/+/command"));
        assert!(may_subscribe(&reader, "#"));
        assert!(may_subscribe(&reader, "$share/g/v1/stations/+/door"));
        assert!(!may_subscribe(&reader, "a/#/b"));
    }
}
