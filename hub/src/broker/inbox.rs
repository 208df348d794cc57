//! The queue in front of the feeder: messages, and orders that must keep their place among them.
//!
//! Invariants: messages are bounded by number and bytes, orders to connect by number; what follows from a
//! subscription's end is always taken, once for each. One queue for all, so that a message which is published
//! after `subscribe` returned reaches the subscriber.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::pump::{Member, Tap};
use super::session::Remains;
use super::{Options, lock};

/// Orders to connect that may wait; a session has few of them under way.
const CONNECTS_MAX: usize = 4_096;

pub(super) enum Item {
    Publish {
        topic: Bytes,
        payload: Bytes,
    },
    /// Connect a link to the router and pump it.
    Connect(Box<Tap>),
    /// Pump a group's messages to one of its members.
    Join(Box<Member>),
    /// The pump of this link has ended; take the link off the router.
    Detach(u64),
    /// Give back what a member of a group left behind.
    Leave(Box<Remains>),
    /// Make the router's thread panic.
    #[cfg(test)]
    EndRouter,
}

pub(super) struct Inbox {
    state: Mutex<State>,
    filled: Condvar,
    messages_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    messages: usize,
    bytes: usize,
    connects: usize,
    closed: bool,
}

impl Inbox {
    pub fn new(options: &Options) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            messages_max: options.inbox_messages_max,
            bytes_max: options.inbox_bytes_max,
        }
    }

    /// Whether there was room for the message.
    pub fn publish(&self, topic: Bytes, payload: Bytes) -> bool {
        let mut state = lock(&self.state);
        let bytes = topic.len() + payload.len();
        if state.closed || state.messages >= self.messages_max || state.bytes + bytes > self.bytes_max {
            return false;
        }
        state.messages += 1;
        state.bytes += bytes;
        state.items.push_back(Item::Publish { topic, payload });
        self.filled.notify_one();
        true
    }

    /// Whether there was room for the order.
    pub fn connect(&self, order: Item) -> bool {
        let mut state = lock(&self.state);
        if state.closed || state.connects >= CONNECTS_MAX {
            return false;
        }
        state.connects += 1;
        state.items.push_back(order);
        self.filled.notify_one();
        true
    }

    pub fn detach(&self, link: u64) {
        lock(&self.state).items.push_back(Item::Detach(link));
        self.filled.notify_one();
    }

    pub fn leave(&self, remains: Box<Remains>) {
        lock(&self.state).items.push_back(Item::Leave(remains));
        self.filled.notify_one();
    }

    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.filled.notify_all();
    }

    /// Moves up to `count_max` items into `out`, which is empty; waits for the first one, for at most `wait` if that
    /// is given. False when the inbox is closed.
    pub fn take(&self, out: &mut Vec<Item>, count_max: usize, wait: Option<Duration>) -> bool {
        let mut state = lock(&self.state);
        if state.items.is_empty() && !state.closed {
            state = self.wait(state, wait);
        }
        if state.closed {
            return false;
        }
        let count = state.items.len().min(count_max);
        out.extend(state.items.drain(..count));
        for item in out.iter() {
            match item {
                Item::Publish { topic, payload } => {
                    state.messages -= 1;
                    state.bytes -= topic.len() + payload.len();
                }
                Item::Connect(_) | Item::Join(_) => state.connects -= 1,
                Item::Detach(_) | Item::Leave(_) => {}
                #[cfg(test)]
                Item::EndRouter => state.connects -= 1,
            }
        }
        true
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, wait: Option<Duration>) -> MutexGuard<'a, State> {
        let empty = |state: &mut State| state.items.is_empty() && !state.closed;
        // Poisoned or not: see `lock`.
        match wait {
            None => self.filled.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner),
            Some(wait) => {
                self.filled.wait_timeout_while(state, wait, empty).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}
