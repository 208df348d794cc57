//! A station's half of commands: its subscription, and what it has not acknowledged.

use super::Session;
use crate::access::Identity;
use crate::listener::codec::{self, Flags, Qos};
use crate::listener::commands::{Mail, Subscription};
use waystation_protocol::{Channel, topic_name};

/// Commands that may wait for a station's PUBACK. One more is not taken: a station that does not acknowledge does
/// not obey either.
const UNACKNOWLEDGED_MAX: usize = 16;

/// What a station that is subscribed to its commands takes of a connection.
pub(super) struct CommandSide {
    subscription: Subscription,
    qos: Qos,
    last_id: u16,
    unacknowledged: Vec<u16>,
}

impl Session {
    /// Notes the station's subscription to its commands, granted at `qos`.
    pub(super) fn subscribe_commands(&mut self, qos: u8) {
        let Identity::Station(station) = &self.admitted.identity else { return };
        let qos = if qos == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce };
        if let Some(side) = &mut self.commands {
            side.qos = qos;
            return;
        }
        let subscription =
            self.registration.shard.shared.commands.subscribe(station, self.registration.seat());
        let side = CommandSide { subscription, qos, last_id: 0, unacknowledged: Vec::new() };
        self.commands = Some(Box::new(side));
    }

    /// Ends the subscription if it is among these filters; gives whether each was subscribed to.
    pub(super) fn unsubscribe_commands(&mut self, filters: &[&str]) -> Vec<bool> {
        let own = self.commands.as_ref().map(|side| topic_name(&side.subscription.station, Channel::Command));
        let known: Vec<bool> = filters.iter().map(|filter| own.as_deref() == Some(*filter)).collect();
        if known.contains(&true) {
            self.commands = None;
        }
        known
    }

    /// Writes the commands that the shard has for this session.
    pub(super) fn take_commands(&mut self) {
        for Mail { payload, taken } in self.handle.mail.take() {
            if taken.is_closed() {
                continue;
            }
            let Some(side) = &mut self.commands else { continue };
            let Some(packet_id) = side.next_id(self.receive_maximum) else { continue };
            let topic = topic_name(&side.subscription.station, Channel::Command);
            let flags = Flags { qos: side.qos, retain: false, dup: false };
            codec::publish(self.version, topic.as_bytes(), &payload, flags, packet_id, &mut self.out.bytes);
            if taken.send(()).is_err() {
                tracing::debug!(who = ?self.admitted.identity, "a command left after nobody waited for it");
            }
        }
    }

    pub(super) fn acknowledge_command(&mut self, packet_id: u16) {
        if let Some(side) = &mut self.commands {
            side.unacknowledged.retain(|id| *id != packet_id);
        }
    }
}

impl CommandSide {
    /// A packet id for one more command, 0 where none is needed; `None` while too many are unacknowledged.
    fn next_id(&mut self, receive_maximum: u16) -> Option<u16> {
        if self.qos == Qos::AtMostOnce {
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
