//! What the hub sends to a station: its subscriptions, and what it has not acknowledged.

use super::Session;
use crate::access::Identity;
use crate::listener::codec::{self, Flags, Qos};
use crate::listener::commands::{Mail, Subscription};
use std::net::IpAddr;
use waystation_protocol::{Channel, StationId, TimeAnswer, TimeQuestion, Topic, topic_name};

/// Messages that may wait for a station's PUBACK. One more is not taken: a station that does not acknowledge does
/// not obey either.
const UNACKNOWLEDGED_MAX: usize = 16;

/// What a station that listens to the hub takes of a connection.
pub(super) struct Downlink {
    station: StationId,
    commands: Option<(Subscription, Qos)>,
    config: Option<(Subscription, Qos)>,
    time: bool,
    last_id: u16,
    unacknowledged: Vec<u16>,
}

impl Session {
    /// Notes the station's subscription to a channel of its own, granted at `qos`.
    pub(super) fn subscribe_own(&mut self, filter: &str, qos: u8) {
        let Identity::Station(station) = &self.admitted.identity else { return };
        let Some(topic) = Topic::parse(filter) else { return };
        let qos = if qos == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce };
        let is_private = is_private(self.transport.is_encrypted(), self.address);
        let downlink = self.downlink.get_or_insert_with(|| Box::new(Downlink::new(station)));
        match (topic.channel, downlink.side(topic.channel)) {
            (Channel::Time, _) => downlink.time = true,
            (_, Some(Some((_, granted)))) => *granted = qos,
            (channel, Some(side @ None)) => {
                let commands = &self.registration.shard.shared.commands;
                *side =
                    Some((commands.subscribe(station, channel, self.registration.seat(), is_private), qos));
            }
            (_, None) => {}
        }
    }

    /// Ends the subscriptions among these filters; gives whether each was subscribed to.
    pub(super) fn unsubscribe_own(&mut self, filters: &[&str]) -> Vec<bool> {
        filters.iter().map(|filter| self.downlink.as_mut().is_some_and(|own| own.leave(filter))).collect()
    }

    /// Writes what the shard has for this session.
    pub(super) fn take_mail(&mut self) {
        for Mail { channel, payload, taken } in self.handle.mail.take() {
            if taken.is_closed() {
                continue;
            }
            let Some(downlink) = &mut self.downlink else { continue };
            let Some((_, qos)) = downlink.side(channel).and_then(|side| side.as_ref()) else { continue };
            let qos = *qos;
            let Some(packet_id) = downlink.next_id(qos, self.receive_maximum) else { continue };
            let topic = topic_name(&downlink.station, channel);
            let flags = Flags { qos, retain: false, dup: false };
            codec::publish(self.version, topic.as_bytes(), &payload, flags, packet_id, &mut self.out.bytes);
            if taken.send(()).is_err() {
                tracing::debug!(who = ?self.admitted.identity, "a message left after nobody waited for it");
            }
        }
    }

    /// Answers a question for the time, if the station listens. Nothing of it is kept.
    pub(super) fn tell_time(&mut self, topic: &str, question: &[u8], received_ms: i64) {
        let metrics = &self.registration.shard.shared.metrics;
        let listens = self.downlink.as_ref().is_some_and(|downlink| downlink.time);
        match TimeQuestion::parse(question) {
            Ok(TimeQuestion { t }) if listens => {
                let answer = TimeAnswer { t, hub: received_ms }.to_json();
                let flags = Flags { qos: Qos::AtMostOnce, retain: false, dup: false };
                codec::publish(self.version, topic.as_bytes(), &answer, flags, 0, &mut self.out.bytes);
                metrics.mqtt_time_answers.inc();
            }
            Ok(_) => {}
            Err(rejected) => {
                metrics.mqtt_refusals.with_label_values(&["time"]).inc();
                tracing::info!(
                    who = ?self.admitted.identity, reason = %rejected.reason, member = rejected.member,
                    "a question for the time is not understood"
                );
            }
        }
    }

    pub(super) fn acknowledge_mail(&mut self, packet_id: u16) {
        if let Some(downlink) = &mut self.downlink {
            downlink.unacknowledged.retain(|id| *id != packet_id);
        }
    }
}

/// Whether nobody else can read what goes to a client: it comes over TLS, or does not leave this machine.
fn is_private(is_encrypted: bool, address: Option<IpAddr>) -> bool {
    is_encrypted || address.is_some_and(|address| address.to_canonical().is_loopback())
}

impl Downlink {
    fn new(station: &StationId) -> Self {
        Self {
            station: station.clone(),
            commands: None,
            config: None,
            time: false,
            last_id: 0,
            unacknowledged: Vec::new(),
        }
    }

    /// Where the subscription to a channel is kept.
    fn side(&mut self, channel: Channel) -> Option<&mut Option<(Subscription, Qos)>> {
        match channel {
            Channel::Command => Some(&mut self.commands),
            Channel::Config => Some(&mut self.config),
            _ => None,
        }
    }

    fn leave(&mut self, filter: &str) -> bool {
        match Topic::parse(filter) {
            Some(topic) if topic.station != self.station.as_str() => false,
            Some(Topic { channel: Channel::Time, .. }) => std::mem::take(&mut self.time),
            Some(topic) => self.side(topic.channel).and_then(Option::take).is_some(),
            None => false,
        }
    }

    /// A packet id for one more message, 0 where none is needed; `None` while too many are unacknowledged.
    fn next_id(&mut self, qos: Qos, receive_maximum: u16) -> Option<u16> {
        if qos == Qos::AtMostOnce {
            return Some(0);
        }
        if self.unacknowledged.len() >= UNACKNOWLEDGED_MAX.min(usize::from(receive_maximum)) {
            return None;
        }
        loop {
            self.last_id = self.last_id.wrapping_add(1);
            if self.last_id != 0 && !self.unacknowledged.contains(&self.last_id) {
                self.unacknowledged.push(self.last_id);
                return Some(self.last_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn only_tls_and_this_machine_are_private() {
        let check = |is_encrypted, address: &str, expected: bool| {
            let address = address.parse().expect("an address");
            assert_eq!(is_private(is_encrypted, Some(address)), expected, "{is_encrypted} {address}");
        };
        check(false, "192.0.2.7", false);
        check(false, "10.0.0.1", false);
        check(false, "fe80::1", false);
        check(false, "::ffff:10.0.0.1", false);
        check(true, "192.0.2.7", true);
        check(false, "127.0.0.1", true);
        check(false, "127.8.0.1", true);
        check(false, "::1", true);
        check(false, "::ffff:127.0.0.1", true);
        assert!(!is_private(false, None));
    }
}
