//! A publish: is it allowed, what becomes of it, and when is it acknowledged.

use super::handle_packet::Next;
use super::{End, Session};
use crate::access::{PublishRefusal, may_publish};
use crate::intake::Message;
use crate::listener::codec::{self, Publish, Qos, Version, kind, reason};
use std::time::{Duration, Instant};
use waystation_protocol::Channel;

impl Session {
    pub(super) fn handle_publish(&mut self, publish: &Publish<'_>, received: (Instant, i64)) -> Next {
        if publish.aliased {
            return Next::End(End::Refused(reason::TOPIC_ALIAS_INVALID, "topic_alias"));
        }
        if publish.qos != Qos::AtMostOnce && self.inflight() >= self.inflight_max() {
            return match self.version {
                // 5.0 clients were told the maximum.
                Version::V5 => Next::End(End::Refused(reason::RECEIVE_MAXIMUM_EXCEEDED, "receive_maximum")),
                // 3.1.1 knows none: such a client waits.
                Version::V311 if self.acks.is_empty() => {
                    Next::End(End::Refused(reason::RECEIVE_MAXIMUM_EXCEEDED, "receive_maximum"))
                }
                Version::V311 => Next::Wait,
            };
        }
        if self.is_over_rate() || !self.registration.shard.intake.borrow().has_room() {
            return Next::Wait;
        }
        self.count_publish(received.0);
        if publish.qos == Qos::ExactlyOnce && self.unreleased.contains(&publish.packet_id) {
            // Sent again: it was recorded under this id, PUBREC goes out again once that is on disk.
            let ticket = self.acks.last_ticket().unwrap_or(0);
            self.acknowledge(publish, ticket, received.0);
            return Next::Packet;
        }
        self.take(publish, received)
    }

    fn take(&mut self, publish: &Publish<'_>, received: (Instant, i64)) -> Next {
        let shard = &self.registration.shard;
        let allowed = may_publish(&self.admitted.identity, publish.topic, &shard.shared.directory.load());
        let (station, channel) = match allowed {
            Ok(allowed) => allowed,
            Err(refusal) => return self.refuse_publish(publish, refusal),
        };
        if channel == Channel::Time {
            self.tell_time(publish.topic, publish.payload, received.1);
            if publish.qos != Qos::AtMostOnce {
                let ticket = self.acks.last_ticket().unwrap_or(0);
                self.acknowledge(publish, ticket, received.0);
            }
            return Next::Packet;
        }
        let message = Message {
            station: &station,
            channel,
            topic: publish.topic,
            payload: publish.payload,
            received_ms: received.1,
            is_will: false,
        };
        let ticket = shard.intake.borrow_mut().take(&message);
        shard.took();
        match publish.qos {
            Qos::AtMostOnce => shard.shared.metrics.mqtt_publishes_qos0.inc(),
            Qos::AtLeastOnce => self.acknowledge(publish, ticket, received.0),
            Qos::ExactlyOnce => {
                self.unreleased.push(publish.packet_id);
                self.acknowledge(publish, ticket, received.0);
            }
        }
        Next::Packet
    }

    /// Queues PUBACK or PUBREC behind the commit of `ticket`.
    fn acknowledge(&mut self, publish: &Publish<'_>, ticket: u64, received: Instant) {
        let packet_kind = if publish.qos == Qos::ExactlyOnce { kind::PUBREC } else { kind::PUBACK };
        let (version, packet_id) = (self.version, publish.packet_id);
        self.acks.push(ticket, received, |out| {
            codec::ack(version, packet_kind, packet_id, reason::SUCCESS, out);
        });
    }

    /// 5.0 is told, 3.1.1 has no word for it and is disconnected.
    fn refuse_publish(&mut self, publish: &Publish<'_>, refusal: PublishRefusal) -> Next {
        tracing::info!(
            who = ?self.admitted.identity, topic = publish.topic, reason = refusal.as_str(), "publish refused"
        );
        if self.version == Version::V311 {
            return Next::End(End::Refused(reason::NOT_AUTHORIZED, refusal.as_str()));
        }
        self.registration.shard.shared.metrics.mqtt_refusals.with_label_values(&[refusal.as_str()]).inc();
        let packet_kind = match publish.qos {
            Qos::AtMostOnce => return Next::Packet,
            Qos::AtLeastOnce => kind::PUBACK,
            Qos::ExactlyOnce => kind::PUBREC,
        };
        // Behind the acknowledgements that wait, so that the order is kept.
        let (version, packet_id) = (self.version, publish.packet_id);
        self.acks.push(0, Instant::now(), |out| {
            codec::ack(version, packet_kind, packet_id, reason::NOT_AUTHORIZED, out);
        });
        Next::Packet
    }

    fn count_publish(&mut self, now: Instant) {
        if now.duration_since(self.rate.second) >= Duration::from_secs(1) {
            self.rate.second = now;
            self.rate.count = 0;
        }
        self.rate.count += 1;
    }

    /// Lets go what may leave already, and asks to be woken for the rest.
    pub(super) fn after_packets(&mut self) {
        self.release_acks();
        if let Some(ticket) = self.acks.last_ticket().filter(|ticket| *ticket > self.wake_asked) {
            self.wake_asked = ticket;
            self.registration.shard.wake_at(ticket, &self.handle);
        }
    }
}
