//! What a session does with each packet.

use super::{End, Session};
use crate::access::may_subscribe;
use crate::broker::Request;
use crate::listener::codec::{
    self, Frame, FrameError, Packet, Subscribe, Unsubscribe, Version, kind, reason,
};
use crate::listener::now_ms;
use std::time::Instant;

/// Carries on with the next packet, or stops reading until something has happened, or ends the session.
pub(super) enum Next {
    Packet,
    Wait,
    End(End),
}

impl Session {
    /// Handles the packets in `partial` and in the `len` bytes that were read behind it.
    pub(super) fn handle_received(&mut self, len: usize) -> Option<End> {
        let shard = self.registration.shard.clone();
        let mut scratch = shard.scratch.borrow_mut();
        let before = self.partial.len();
        if scratch.len() < before + len {
            return Some(End::Refused(reason::PACKET_TOO_LARGE, "packet_too_large"));
        }
        scratch[..before].copy_from_slice(&self.partial);
        let bytes = &scratch[..before + len];
        if len > 0 {
            self.heard = Instant::now();
        }
        let (used, end) = self.handle_packets(bytes);
        self.partial.clear();
        self.partial.extend_from_slice(&bytes[used..]);
        self.after_packets();
        end
    }

    fn handle_packets(&mut self, bytes: &[u8]) -> (usize, Option<End>) {
        let bytes_max = self.registration.shard.shared.config.packet_bytes_max.as_usize();
        let received = (Instant::now(), now_ms());
        let mut used = 0;
        while used < bytes.len() {
            let frame = match codec::frame(&bytes[used..], bytes_max) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(FrameError::TooLarge(_)) => {
                    return (used, Some(End::Refused(reason::PACKET_TOO_LARGE, "packet_too_large")));
                }
                Err(FrameError::Length) => return (used, Some(End::Refused(reason::MALFORMED, "malformed"))),
            };
            match self.handle_frame(&frame, received) {
                Next::Packet => used += frame.len,
                Next::Wait => break,
                Next::End(end) => return (used + frame.len, Some(end)),
            }
        }
        (used, None)
    }

    fn handle_frame(&mut self, frame: &Frame<'_>, received: (Instant, i64)) -> Next {
        let packet = match codec::decode(self.version, frame) {
            Ok(packet) => packet,
            Err(error) => {
                tracing::debug!(%error, who = ?self.admitted.identity, "malformed packet");
                return Next::End(End::Refused(reason::MALFORMED, "malformed"));
            }
        };
        match packet {
            Packet::Publish(publish) => return self.handle_publish(&publish, received),
            Packet::PubRel(packet_id) => self.handle_release(packet_id),
            Packet::PubAck(packet_id) | Packet::PubComp(packet_id) => self.handle_reader_ack(packet_id),
            // Nothing goes out at QoS 2, so nothing can be received at it.
            Packet::PubRec(packet_id, refused) => self.handle_stray_receipt(packet_id, refused),
            Packet::Subscribe(subscribe) => self.handle_subscribe(&subscribe),
            Packet::Unsubscribe(unsubscribe) => self.handle_unsubscribe(&unsubscribe),
            Packet::PingReq => codec::ping_response(&mut self.out.bytes),
            Packet::Disconnect { with_will } => return Next::End(End::Left { with_will }),
        }
        Next::Packet
    }

    fn handle_release(&mut self, packet_id: u16) {
        let known = self.unreleased.iter().position(|id| *id == packet_id);
        let code = match known {
            Some(at) => {
                self.unreleased.swap_remove(at);
                reason::SUCCESS
            }
            None => reason::PACKET_ID_NOT_FOUND,
        };
        codec::ack(self.version, kind::PUBCOMP, packet_id, code, &mut self.out.bytes);
    }

    fn handle_reader_ack(&mut self, packet_id: u16) {
        match &mut self.reader {
            Some(reader) => reader.acknowledged(packet_id),
            None => self.acknowledge_mail(packet_id),
        }
    }

    fn handle_stray_receipt(&mut self, packet_id: u16, refused: bool) {
        if !refused {
            let code = reason::PACKET_ID_NOT_FOUND;
            codec::ack(self.version, kind::PUBREL, packet_id, code, &mut self.out.bytes);
        }
    }

    fn handle_subscribe(&mut self, subscribe: &Subscribe<'_>) {
        let refused = |code: u8| if self.version == Version::V5 { code } else { 0x80 };
        let not_authorized = refused(reason::NOT_AUTHORIZED);
        let over_quota = refused(reason::QUOTA_EXCEEDED);
        let mut codes = vec![not_authorized; subscribe.filters.len()];
        let mut places = Vec::new();
        let mut wanted = Vec::new();
        for (place, filter) in subscribe.filters.iter().enumerate() {
            if subscribe.identified {
                codes[place] = reason::SUBSCRIPTION_IDS_NOT_SUPPORTED;
            } else if may_subscribe(&self.admitted.identity, filter.path) {
                // At most QoS 1 goes out: readings are idempotent, exactly-once has nothing to add.
                codes[place] = (filter.qos as u8).min(1);
                places.push(place);
                let (filter, retained) = (filter.path.to_owned(), filter.retained);
                wanted.push(Request { filter, qos: codes[place], retained });
            } else {
                self.count_refused_subscription(filter.path);
            }
        }
        if let Some(reader) = &mut self.reader {
            for (place, granted) in places.into_iter().zip(reader.subscribe(&wanted)) {
                codes[place] = granted.unwrap_or(over_quota);
            }
        } else {
            places.iter().for_each(|place| self.subscribe_own(subscribe.filters[*place].path, codes[*place]));
        }
        codec::sub_ack(self.version, subscribe.packet_id, &codes, &mut self.out.bytes);
    }

    fn count_refused_subscription(&self, filter: &str) {
        let metrics = &self.registration.shard.shared.metrics;
        metrics.mqtt_refusals.with_label_values(&["subscribe"]).inc();
        tracing::info!(who = ?self.admitted.identity, filter, "subscription refused");
    }

    fn handle_unsubscribe(&mut self, unsubscribe: &Unsubscribe<'_>) {
        let known = match &mut self.reader {
            Some(reader) => reader.unsubscribe(&unsubscribe.filters),
            None => self.unsubscribe_own(&unsubscribe.filters),
        };
        let code = |known| if known { reason::SUCCESS } else { reason::NO_SUBSCRIPTION };
        let codes: Vec<u8> = known.into_iter().map(code).collect();
        codec::unsub_ack(self.version, unsubscribe.packet_id, &codes, &mut self.out.bytes);
    }
}
