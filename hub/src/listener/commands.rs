//! What the hub sends to stations, on its way: which sessions have asked for it, and how it is handed over.
//!
//! Invariants
//! - A command or a configuration goes to the sessions that are subscribed at that moment, or nowhere: nothing is queued for a station
//!   that is away, nothing is sent a second time, nothing is retained. A door must not open because a link came back.
//! - Whoever sends learns how many sessions have it in their socket's buffer. Once he no longer waits for that, a
//!   session that has not come to it leaves it.

use super::sessions::Seat;
use super::shard::{Inbox, Shards};
use bytes::Bytes;
use std::collections::HashMap;
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
    seats: Mutex<HashMap<StationId, Vec<(Channel, Seat)>>>,
    shards: OnceLock<Weak<Shards>>,
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
        let Some(shards) = self.0.shards.get().and_then(Weak::upgrade) else { return 0 };
        let seats = self.seats_of(station, channel);
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

    /// Names the threads that hold the sessions; only the first call counts.
    pub(super) fn set_shards(&self, shards: &Arc<Shards>) {
        self.0.shards.get_or_init(|| Arc::downgrade(shards));
    }

    /// Notes that a session wants what comes on a channel of its station, until the subscription is dropped.
    pub(super) fn subscribe(&self, station: &StationId, channel: Channel, seat: Seat) -> Subscription {
        self.seats().entry(station.clone()).or_default().push((channel, seat));
        if channel == Channel::Config {
            self.configuration_is_wanted();
        }
        Subscription { commands: self.clone(), station: station.clone(), channel, seat }
    }

    /// The sessions that are subscribed to a channel of their station now.
    pub(super) fn seats_of(&self, station: &StationId, channel: Channel) -> Vec<Seat> {
        let seats = self.seats();
        let of_station = seats.get(station).map(Vec::as_slice).unwrap_or_default();
        of_station.iter().filter(|(of, _)| *of == channel).map(|(_, seat)| *seat).collect()
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<StationId, Vec<(Channel, Seat)>>> {
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
            of_station.retain(|seat| *seat != (self.channel, self.seat));
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
        let first = commands.subscribe(&station, Channel::Command, Seat { shard: 0, session: 1 });
        let second = commands.subscribe(&station, Channel::Command, Seat { shard: 1, session: 1 });
        let settings = commands.subscribe(&station, Channel::Config, Seat { shard: 0, session: 1 });
        assert_eq!(seats(&commands), [2, 1]);
        drop(first);
        assert_eq!(seats(&commands), [1, 1]);
        drop(settings);
        drop(second);
        assert!(commands.seats().is_empty());
    }
}
