//! What a reader has subscribed to, what waits for it, and what it has not acknowledged yet.

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::Shared;
use super::inbox::Inbox;
use super::presence::{PresenceTable, RetainedStream};
use super::subscription::{Group, Refused, Request, Retained, Subscription, Subscriptions};

/// Unacknowledged messages until the session says what its client takes (MQTT 5.0: Receive Maximum).
const INFLIGHT_DEFAULT: u16 = 100;

/// A message for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub topic: Bytes,
    pub payload: Bytes,
    /// 0 or 1.
    pub qos: u8,
    pub retain: bool,
    /// Sent before, on an earlier connection of the session.
    pub dup: bool,
    /// At QoS 1 what [`super::ReaderLink::ack`] wants; 0 at QoS 0.
    pub pkid: u16,
}

/// A message on its way to a reader.
#[derive(Clone)]
pub(super) struct Queued {
    topic: Bytes,
    payload: Bytes,
    pub qos: u8,
    pub retain: bool,
    /// The group that it was taken from.
    pub group: Option<Weak<Group>>,
}

impl Queued {
    pub fn new(topic: Bytes, payload: Bytes) -> Self {
        Self { topic, payload, qos: 0, retain: false, group: None }
    }

    fn deliver(&self, pkid: u16, dup: bool) -> Delivery {
        let Self { topic, payload, qos, retain, .. } = self;
        Delivery { topic: topic.clone(), payload: payload.clone(), qos: *qos, retain: *retain, dup, pkid }
    }
}

/// Outlives its connection if the reader asked for that.
pub(super) struct Session {
    sender: mpsc::Sender<Queued>,
    queue: mpsc::Receiver<Queued>,
    subscriptions: HashMap<String, Subscription>,
    retained: VecDeque<RetainedStream>,
    /// Retained and live messages take turns, so that neither waits for all of the other.
    retained_first: bool,
    /// Taken from the queue, and waiting for the window.
    held: Option<Queued>,
    window: Window,
    /// Has ever been a member of a group.
    shares: bool,
    inbox: Arc<Inbox>,
}

impl Session {
    pub fn new(shared: &Shared) -> Self {
        let (sender, queue) = mpsc::channel(shared.options.reader_queue_messages_max);
        Self {
            sender,
            queue,
            subscriptions: HashMap::new(),
            retained: VecDeque::new(),
            retained_first: true,
            held: None,
            window: Window::default(),
            shares: false,
            inbox: Arc::clone(&shared.inbox),
        }
    }

    /// A new connection: what was not acknowledged is sent again.
    pub fn resume(&mut self) {
        self.window.resend = self.window.inflight.iter().map(|(pkid, _)| *pkid).collect();
        self.window.inflight_max = INFLIGHT_DEFAULT;
    }

    pub fn set_inflight_max(&mut self, inflight_max: u16) {
        self.window.inflight_max = inflight_max.max(1);
    }

    pub fn subscribe(
        &mut self,
        request: &Request,
        subscriptions: &Subscriptions,
        subscriptions_max: usize,
    ) -> Result<(), Refused> {
        let Request { filter, qos, retained } = request;
        let (filter, qos) = (filter.as_str(), *qos);
        let existing = self.subscriptions.get(filter);
        let wants_retained = match retained {
            Retained::Always => true,
            Retained::IfNew => existing.is_none(),
            Retained::Never => false,
        };
        if let Some(existing) = existing {
            existing.set_qos(qos);
        } else if self.subscriptions.len() < subscriptions_max {
            let subscription = subscriptions.open(filter, qos, &self.sender, &self.inbox)?;
            self.shares |= subscription.is_shared();
            self.subscriptions.insert(filter.to_owned(), subscription);
        } else {
            return Err(Refused::TooMany);
        }
        if wants_retained {
            self.forget_retained(filter);
            self.retained.extend(RetainedStream::new(filter, qos));
        }
        Ok(())
    }

    pub fn unsubscribe(&mut self, filter: &str) -> bool {
        self.forget_retained(filter);
        self.subscriptions.remove(filter).is_some()
    }

    fn forget_retained(&mut self, filter: &str) {
        self.retained.retain(|stream| stream.filter() != filter);
    }

    pub fn ack(&mut self, pkid: u16) {
        self.window.ack(pkid);
    }

    /// The next message; waits for one, and for room in the window. Cancel-safe.
    pub async fn next(&mut self, presence: &PresenceTable) -> Delivery {
        if let Some(again) = self.window.next_again() {
            return again;
        }
        let message = match self.held.take() {
            Some(message) => message,
            None => self.take(presence).await,
        };
        if message.qos == 0 {
            return message.deliver(0, false);
        }
        match self.window.admit(message) {
            Ok(delivery) => delivery,
            Err(full) => {
                self.held = Some(full);
                // Only `ack` makes room, and it cannot be called before this future is dropped.
                pending().await
            }
        }
    }

    /// The only await in here is on the queue, which loses nothing when it is cancelled.
    async fn take(&mut self, presence: &PresenceTable) -> Queued {
        if !self.retained_first
            && let Ok(message) = self.queue.try_recv()
        {
            self.retained_first = true;
            return message;
        }
        self.retained_first = false;
        while let Some(stream) = self.retained.front_mut() {
            match stream.next(presence) {
                Some(message) => return message,
                None => self.retained.pop_front(),
            };
        }
        match self.queue.recv().await {
            Some(message) => message,
            // Never: this session holds a sender itself.
            None => pending().await,
        }
    }
}

impl Drop for Session {
    /// What was taken from a group and not acknowledged goes back to it, for its other members.
    fn drop(&mut self) {
        if self.shares {
            self.subscriptions.clear();
            let (sender, queue) = mpsc::channel(1);
            self.sender = sender;
            let unacknowledged = self.window.inflight.drain(..).map(|(_, message)| message);
            let taken = unacknowledged.chain(self.held.take()).collect();
            self.inbox.leave(Box::new(Remains { taken, queue: std::mem::replace(&mut self.queue, queue) }));
        }
    }
}

/// What a member of a group leaves behind.
pub(super) struct Remains {
    taken: Vec<Queued>,
    queue: mpsc::Receiver<Queued>,
}

impl Remains {
    /// Hands everything back to the groups that it is from, with what the pumps put into the queue before they
    /// stopped. A group without members is gone, and with it what was meant for it.
    pub async fn give_back(mut self) {
        for message in std::mem::take(&mut self.taken) {
            give_back(message).await;
        }
        while let Some(message) = self.queue.recv().await {
            give_back(message).await;
        }
    }
}

async fn give_back(mut message: Queued) {
    if let Some(messages) = message.group.take().and_then(|group| Some(group.upgrade()?.messages())) {
        // An error means that the last member has left.
        messages.send(message).await.ok();
    }
}

/// QoS 1 messages that are not acknowledged, oldest first. Packet ids go round from 1 to 65,535.
struct Window {
    inflight: VecDeque<(u16, Queued)>,
    inflight_max: u16,
    /// Of `inflight`, to be sent again on this connection.
    resend: VecDeque<u16>,
    last_pkid: u16,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            inflight: VecDeque::new(),
            inflight_max: INFLIGHT_DEFAULT,
            resend: VecDeque::new(),
            last_pkid: 0,
        }
    }
}

impl Window {
    fn next_again(&mut self) -> Option<Delivery> {
        while let Some(pkid) = self.resend.pop_front() {
            if let Some((_, message)) = self.inflight.iter().find(|(id, _)| *id == pkid) {
                return Some(message.deliver(pkid, true));
            }
        }
        None
    }

    /// Gives the message a packet id, or gives it back if the window is full.
    fn admit(&mut self, message: Queued) -> Result<Delivery, Queued> {
        if self.inflight.len() >= usize::from(self.inflight_max) {
            return Err(message);
        }
        let pkid = self.free_pkid();
        let delivery = message.deliver(pkid, false);
        self.inflight.push_back((pkid, message));
        Ok(delivery)
    }

    /// Fewer than 65,535 are in use, so one is free.
    fn free_pkid(&mut self) -> u16 {
        loop {
            self.last_pkid = self.last_pkid.checked_add(1).unwrap_or(1);
            if self.inflight.iter().all(|(pkid, _)| *pkid != self.last_pkid) {
                return self.last_pkid;
            }
        }
    }

    /// In any order; one that is unknown is ignored, as MQTT wants.
    fn ack(&mut self, pkid: u16) {
        if let Some(index) = self.inflight.iter().position(|(id, _)| *id == pkid) {
            self.inflight.remove(index);
        }
    }
}
