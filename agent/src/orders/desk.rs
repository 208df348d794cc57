//! Where the publisher hands orders in and takes answers from.
//!
//! An answer stays here until the hub has acknowledged it, over as many connections as that takes; after a restart of
//! the agent it is gone, and the hub shows the command as unanswered.

use super::freshness::Freshness;
use bytes::Bytes;
use std::collections::VecDeque;
use tokio::sync::{mpsc, watch};

/// Orders that may wait while one is carried out.
pub const WAITING_MAX: usize = 8;
/// Answers that may wait for the hub; with more, nothing more is obeyed.
const ANSWERS_MAX: usize = 16;

/// What came from the hub.
#[derive(Debug)]
pub enum Order {
    Command(Bytes),
    Config(Bytes),
}

/// What became of it, for the channel `result`.
#[derive(Debug)]
pub struct Answer {
    /// Grows from answer to answer.
    pub number: u64,
    pub payload: Bytes,
}

/// The publisher's side.
pub struct Desk {
    pub freshness: Freshness,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) answers: mpsc::Receiver<Answer>,
    /// With the packet id under which it was sent in this session, the oldest first.
    pub(super) waiting: VecDeque<(Answer, Option<u16>)>,
    pub(super) acknowledged: watch::Sender<u64>,
}

impl Desk {
    /// Nothing of the last session holds.
    pub fn begin_session(&mut self) {
        self.freshness.begin_session();
        self.waiting.iter_mut().for_each(|(_, packet_id)| *packet_id = None);
    }

    /// An order that finds no room is dropped: a command would expire while it waits, a configuration is sent again.
    pub fn hand_in(&self, order: Order) {
        if let Err(error) = self.orders.try_send(order) {
            tracing::warn!(%error, "an order of the hub is dropped: the agent is still busy with others");
        }
    }

    /// Returns when there is an answer to send. Cancel-safe.
    pub async fn has_answer(&mut self) {
        while self.waiting.iter().all(|(_, packet_id)| packet_id.is_some()) {
            let answer = match self.waiting.len() < ANSWERS_MAX {
                true => self.answers.recv().await,
                false => None,
            };
            match answer {
                Some(answer) => self.waiting.push_back((answer, None)),
                None => return std::future::pending().await,
            }
        }
    }

    /// Hands the answers to send to `publish`, which gives the packet id.
    pub fn send(&mut self, mut publish: impl FnMut(Bytes) -> u16) {
        while self.waiting.len() < ANSWERS_MAX
            && let Ok(answer) = self.answers.try_recv()
        {
            self.waiting.push_back((answer, None));
        }
        for (answer, packet_id) in &mut self.waiting {
            packet_id.get_or_insert_with(|| publish(answer.payload.clone()));
        }
    }

    /// The hub has what was sent under this packet id, which may be no answer.
    pub fn acknowledge(&mut self, packet_id: u16) {
        let Some(at) = self.waiting.iter().position(|(_, sent)| *sent == Some(packet_id)) else { return };
        if let Some((answer, _)) = self.waiting.remove(at) {
            self.acknowledged.send_modify(|last| *last = (*last).max(answer.number));
        }
    }
}
