//! Which client ids are connected, and the sessions of those that are away.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::lock;
use super::reader::{AttachError, LinkEnd};
use super::session::Session;

#[derive(Default)]
pub(super) struct Sessions {
    state: Mutex<State>,
    /// A client id became free.
    freed: Notify,
}

#[derive(Default)]
struct State {
    slots: HashMap<String, Slot>,
    closed: bool,
}

enum Slot {
    Connected {
        end: watch::Sender<Option<LinkEnd>>,
        /// The router that its subscriptions were made at is gone.
        orphaned: bool,
    },
    Away {
        session: Box<Session>,
        since: Instant,
        until: Instant,
    },
}

enum Entry {
    Taken(Option<Box<Session>>, watch::Receiver<Option<LinkEnd>>),
    Occupied,
}

impl Sessions {
    /// Takes the client id, and the session that was kept for it. Ends the connection that has it, and waits
    /// until that has let go. The receiver says when this connection is to end, and why.
    pub async fn enter(
        &self,
        client_id: &str,
        timeout: Duration,
    ) -> Result<(Option<Box<Session>>, watch::Receiver<Option<LinkEnd>>), AttachError> {
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            if let Entry::Taken(session, end) = self.try_enter(client_id)? {
                return Ok((session, end));
            }
            tokio::time::timeout_at(deadline, freed).await.map_err(|_| AttachError::StillConnected)?;
        }
    }

    fn try_enter(&self, client_id: &str) -> Result<Entry, AttachError> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(AttachError::Stopped);
        }
        if let Some(Slot::Connected { end, .. }) = state.slots.get(client_id) {
            end.send_replace(Some(LinkEnd::TakenOver));
            return Ok(Entry::Occupied);
        }
        let (sender, receiver) = watch::channel(None);
        let earlier =
            state.slots.insert(client_id.to_owned(), Slot::Connected { end: sender, orphaned: false });
        let session = match earlier {
            Some(Slot::Away { session, .. }) => Some(session),
            _ => None,
        };
        Ok(Entry::Taken(session, receiver))
    }

    /// Frees the client id and keeps the session, if there is one to keep, for as long as is said with it; the one
    /// that was away longest makes room when there are more than `sessions_max`.
    pub fn leave(&self, client_id: &str, kept: Option<(Box<Session>, Duration)>, sessions_max: usize) {
        let mut state = lock(&self.state);
        let slot = state.slots.remove(client_id);
        let lasting = !state.closed && matches!(slot, Some(Slot::Connected { orphaned: false, .. }));
        let mut dropped = None;
        if let Some((session, expiry)) = kept {
            let since = Instant::now();
            let away = Slot::Away { session, since, until: since + expiry };
            if lasting {
                state.slots.insert(client_id.to_owned(), away);
                dropped = state.evict(sessions_max);
            } else {
                dropped = Some(away);
            }
        }
        drop(state);
        drop(dropped);
        self.freed.notify_waiters();
    }

    /// Gives up the sessions of readers that were away for longer than they asked to be waited for.
    pub fn expire(&self) {
        let now = Instant::now();
        let expired = lock(&self.state).take_away(|until| until <= now);
        drop(expired);
    }

    /// Ends every connection and gives up every session.
    pub fn end_all(&self, why: LinkEnd) {
        let mut state = lock(&self.state);
        for slot in state.slots.values_mut() {
            if let Slot::Connected { end, orphaned } = slot {
                end.send_replace(Some(why));
                *orphaned = true;
            }
        }
        let away = state.take_away(|_| true);
        drop(state);
        drop(away);
    }

    /// Like `end_all`, and lets nobody in any more.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.end_all(LinkEnd::Stopped);
        self.freed.notify_waiters();
    }
}

impl State {
    fn take_away(&mut self, mut which: impl FnMut(Instant) -> bool) -> Vec<Slot> {
        let away = |_: &String, slot: &mut Slot| matches!(slot, Slot::Away { until, .. } if which(*until));
        self.slots.extract_if(away).map(|(_, slot)| slot).collect()
    }

    fn evict(&mut self, sessions_max: usize) -> Option<Slot> {
        let away = self.slots.iter().filter_map(|(id, slot)| match slot {
            Slot::Away { since, .. } => Some((*since, id)),
            Slot::Connected { .. } => None,
        });
        let (count, oldest) = away.fold((0, None), |(count, oldest), item| {
            (count + 1, Some(oldest.map_or(item, |other: (Instant, &String)| other.min(item))))
        });
        let id = oldest.filter(|_| count > sessions_max)?.1.clone();
        self.slots.remove(&id)
    }
}
