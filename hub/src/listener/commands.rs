//! What the hub sends to stations, on its way: which sessions have asked for it, and how it is handed over.
//!
//! Invariants
//! - A command or a configuration goes to the sessions that are subscribed at that moment, or nowhere: nothing is queued for a station
//!   that is away, nothing is sent a second time, nothing is retained. A door must not open because a link came back.
//! - Whoever sends learns how many sessions have it in their socket's buffer. Once he no longer waits for that, a
//!   session that has not come to it leaves it.

use super::sessions::Seat;
use super::shard::{Inbox, Shards};
use crate::registry::TokenHash;
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::sync::{Notify, oneshot};
use waystation_protocol::{Channel, StationId};

/// The way to the stations. The default one leads nowhere until connection threads have started. Cheap to clone.
#[derive(Clone, Default)]
pub struct Commands(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Somebody began to listen to its configuration, or one was set.
    wants_configuration: Notify,
    /// Stations that have begun to listen to their configuration since somebody looked.
    new_listeners: Mutex<HashSet<StationId>>,
    wants_rotation: Notify,
    /// Second tokens that stations have logged in with, one a station.
    used_successors: Mutex<HashMap<StationId, TokenHash>>,
    seats: Mutex<HashMap<StationId, Vec<Listening>>>,
    shards: OnceLock<Weak<Shards>>,
}

/// A session that wants what comes on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listening {
    channel: Channel,
    seat: Seat,
    /// Over TLS, or from this machine.
    is_private: bool,
}

/// A message in the hands of a shard.
pub(super) struct Mail {
    pub(super) channel: Channel,
    pub(super) payload: Bytes,
    /// Told when the session has written it; dropped when it will not.
    pub(super) taken: oneshot::Sender<()>,
}

impl Commands {
    /// Hands a payload to every session of the station that is subscribed to its channel; gives the number of those
    /// that took it. Cancel-safe: what no session has taken by then is taken by none.
    pub async fn send(&self, station: &StationId, channel: Channel, payload: Bytes) -> usize {
        self.send_to(self.seats_of(station, channel), channel, payload).await
    }

    /// The same to these sessions only.
    pub(super) async fn send_to(&self, seats: Vec<Seat>, channel: Channel, payload: Bytes) -> usize {
        let Some(shards) = self.0.shards.get().and_then(Weak::upgrade) else { return 0 };
        let mut answers = Vec::with_capacity(seats.len());
        for seat in seats {
            let (taken, answer) = oneshot::channel();
            let mail = Mail { channel, payload: payload.clone(), taken };
            shards.tell(seat.shard, Inbox::Command(seat.session, mail)).await;
            answers.push(answer);
        }
        let mut sessions = 0;
        for answer in answers {
            sessions += usize::from(answer.await.is_ok());
        }
        sessions
    }

    /// To be called when a configuration was set.
    pub fn configuration_is_wanted(&self) {
        self.0.wants_configuration.notify_one();
    }

    /// Resolves when a configuration may have to be sent.
    pub(super) async fn configuration_wanted(&self) {
        self.0.wants_configuration.notified().await;
    }

    /// The stations that have begun to listen to their configuration since the last call.
    pub(super) fn take_new_listeners(&self) -> HashSet<StationId> {
        // One insert at a time: a panic elsewhere leaves the set whole.
        std::mem::take(&mut *self.0.new_listeners.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// To be called when a rotation of a token was asked for.
    pub fn rotation_is_wanted(&self) {
        self.0.wants_rotation.notify_one();
    }

    /// Resolves when there may be something to do about a rotation.
    pub(super) async fn rotation_wanted(&self) {
        self.0.wants_rotation.notified().await;
    }

    /// Notes that a station has logged in with its second token.
    pub(super) fn successor_used(&self, station: &StationId, hash: TokenHash) {
        self.used_successors().insert(station.clone(), hash);
        self.rotation_is_wanted();
    }

    /// The second tokens that were used and for which nothing has been done yet.
    pub(super) fn used_successors(&self) -> MutexGuard<'_, HashMap<StationId, TokenHash>> {
        // One insert or remove at a time: a panic elsewhere leaves the map whole.
        self.0.used_successors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the threads that hold the sessions; only the first call counts.
    pub(super) fn set_shards(&self, shards: &Arc<Shards>) {
        self.0.shards.get_or_init(|| Arc::downgrade(shards));
    }

    /// Notes that a session wants what comes on a channel of its station, until the subscription is dropped.
    pub(super) fn subscribe(
        &self,
        station: &StationId,
        channel: Channel,
        seat: Seat,
        is_private: bool,
    ) -> Subscription {
        self.seats().entry(station.clone()).or_default().push(Listening { channel, seat, is_private });
        if channel == Channel::Config {
            let mut anew = self.0.new_listeners.lock().unwrap_or_else(PoisonError::into_inner);
            anew.insert(station.clone());
            drop(anew);
            self.configuration_is_wanted();
            self.rotation_is_wanted();
        }
        Subscription { commands: self.clone(), station: station.clone(), channel, seat }
    }

    /// The sessions that are subscribed to a channel of their station now.
    pub(super) fn seats_of(&self, station: &StationId, channel: Channel) -> Vec<Seat> {
        self.seats_where(station, |listening| listening.channel == channel)
    }

    /// Those of them over whose way nobody else can read.
    pub(super) fn private_seats_of(&self, station: &StationId, channel: Channel) -> Vec<Seat> {
        self.seats_where(station, |listening| listening.channel == channel && listening.is_private)
    }

    fn seats_where(&self, station: &StationId, wanted: impl Fn(&Listening) -> bool) -> Vec<Seat> {
        let seats = self.seats();
        let of_station = seats.get(station).map(Vec::as_slice).unwrap_or_default();
        of_station.iter().filter(|listening| wanted(listening)).map(|listening| listening.seat).collect()
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<StationId, Vec<Listening>>> {
        // One push or retain at a time: a panic elsewhere leaves the map whole.
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's subscription to a channel.
pub(super) struct Subscription {
    commands: Commands,
    station: StationId,
    channel: Channel,
    seat: Seat,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut seats = self.commands.seats();
        if let Some(of_station) = seats.get_mut(&self.station) {
            of_station.retain(|listening| (listening.channel, listening.seat) != (self.channel, self.seat));
            if of_station.is_empty() {
                seats.remove(&self.station);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_has_a_seat_as_long_as_a_session_is_subscribed() {
        let commands = Commands::default();
        let station = StationId::try_from("jb-001").expect("id");
        let seats = |commands: &Commands| {
            [Channel::Command, Channel::Config].map(|channel| commands.seats_of(&station, channel).len())
        };
        let subscribe =
            |channel, shard| commands.subscribe(&station, channel, Seat { shard, session: 1 }, false);
        let first = subscribe(Channel::Command, 0);
        let second = subscribe(Channel::Command, 1);
        let settings = subscribe(Channel::Config, 0);
        assert_eq!(seats(&commands), [2, 1]);
        drop(first);
        assert_eq!(seats(&commands), [1, 1]);
        drop(settings);
        drop(second);
        assert!(commands.seats().is_empty());
    }

    #[test]
    fn what_is_secret_goes_only_where_nobody_else_can_read() {
        let commands = Commands::default();
        let station = StationId::try_from("jb-001").expect("id");
        let seat = |session| Seat { shard: 0, session };
        let plain = commands.subscribe(&station, Channel::Config, seat(1), false);
        let private = commands.subscribe(&station, Channel::Config, seat(2), true);
        let orders = commands.subscribe(&station, Channel::Command, seat(3), true);
        assert_eq!(commands.private_seats_of(&station, Channel::Config), [seat(2)]);
        drop(private);
        assert!(commands.private_seats_of(&station, Channel::Config).is_empty());
        assert_eq!(commands.seats_of(&station, Channel::Config), [seat(1)]);
        drop((plain, orders));
    }
}
