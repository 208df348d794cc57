//! Commands on their way to stations: which sessions have asked for them, and how one is handed over.
//!
//! Invariants
//! - A command goes to the sessions that are subscribed at that moment, or nowhere: nothing is queued for a station
//!   that is away, nothing is sent a second time, nothing is retained. A door must not open because a link came back.
//! - Whoever sends learns how many sessions have it in their socket's buffer. Once he no longer waits for that, a
//!   session that has not come to it leaves it.

use super::sessions::Seat;
use super::shard::{Inbox, Shards};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::sync::oneshot;
use waystation_protocol::StationId;

/// The way to the stations. The default one leads nowhere until connection threads have started. Cheap to clone.
#[derive(Clone, Default)]
pub struct Commands(Arc<Inner>);

#[derive(Default)]
struct Inner {
    seats: Mutex<HashMap<StationId, Vec<Seat>>>,
    shards: OnceLock<Weak<Shards>>,
}

/// A command in the hands of a shard.
pub(super) struct Mail {
    pub(super) payload: Bytes,
    /// Told when the session has written it; dropped when it will not.
    pub(super) taken: oneshot::Sender<()>,
}

impl Commands {
    /// Hands the payload of a command to every session of the station that is subscribed to its commands; gives the
    /// number of those that took it. Cancel-safe: what no session has taken by then is taken by none.
    pub async fn send(&self, station: &StationId, payload: Bytes) -> usize {
        let Some(shards) = self.0.shards.get().and_then(Weak::upgrade) else { return 0 };
        let seats = self.seats().get(station).cloned().unwrap_or_default();
        let mut answers = Vec::with_capacity(seats.len());
        for seat in seats {
            let (taken, answer) = oneshot::channel();
            let mail = Mail { payload: payload.clone(), taken };
            shards.tell(seat.shard, Inbox::Command(seat.session, mail)).await;
            answers.push(answer);
        }
        let mut sessions = 0;
        for answer in answers {
            sessions += usize::from(answer.await.is_ok());
        }
        sessions
    }

    /// Names the threads that hold the sessions; only the first call counts.
    pub(super) fn set_shards(&self, shards: &Arc<Shards>) {
        self.0.shards.get_or_init(|| Arc::downgrade(shards));
    }

    /// Notes that a session wants its station's commands, until the subscription is dropped.
    pub(super) fn subscribe(&self, station: &StationId, seat: Seat) -> Subscription {
        self.seats().entry(station.clone()).or_default().push(seat);
        Subscription { commands: self.clone(), station: station.clone(), seat }
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<StationId, Vec<Seat>>> {
        // One push or retain at a time: a panic elsewhere leaves the map whole.
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's subscription to commands.
pub(super) struct Subscription {
    commands: Commands,
    pub(super) station: StationId,
    seat: Seat,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut seats = self.commands.seats();
        if let Some(of_station) = seats.get_mut(&self.station) {
            of_station.retain(|seat| *seat != self.seat);
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
        let seats = |commands: &Commands| commands.seats().get(&station).map_or(0, Vec::len);
        let first = commands.subscribe(&station, Seat { shard: 0, session: 1 });
        let second = commands.subscribe(&station, Seat { shard: 1, session: 1 });
        assert_eq!(seats(&commands), 2);
        drop(first);
        assert_eq!(seats(&commands), 1);
        drop(second);
        assert!(commands.seats().is_empty());
    }
}
