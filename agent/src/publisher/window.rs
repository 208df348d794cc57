//! What was sent and is not acknowledged yet.
//!
//! Invariant: entries stand in the order in which they were sent; an acknowledged one leaves only when everything
//! before it has left, so that the cursor never passes a reading that the hub may not have.

use crate::outbox::Done;
use std::collections::VecDeque;
use waystation_durable_log::Seq;

/// Publishes in flight.
#[derive(Debug, Default)]
pub struct Window {
    sent: VecDeque<Sent>,
    batches: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Sent {
    packet_id: u16,
    acknowledged: bool,
    /// None: presence or the result of a command.
    batch: Option<SentBatch>,
}

/// What an acknowledgement of a batch means.
#[derive(Debug, Clone, Copy)]
pub struct SentBatch {
    pub last: Seq,
    pub lost_to: Option<Seq>,
    pub bytes: usize,
}

impl Window {
    pub fn push(&mut self, packet_id: u16, batch: Option<SentBatch>) {
        if let Some(batch) = &batch {
            self.batches += 1;
            self.bytes += batch.bytes;
        }
        self.sent.push_back(Sent { packet_id, acknowledged: false, batch });
    }

    /// Batches in flight.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// Their bytes on the wire.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes an acknowledgement; gives what is done with now, if that grew. An unknown packet id is ignored.
    pub fn acknowledge(&mut self, packet_id: u16) -> Option<Done> {
        let sent = self.sent.iter_mut().find(|sent| sent.packet_id == packet_id && !sent.acknowledged)?;
        sent.acknowledged = true;
        let mut done = None;
        while self.sent.front().is_some_and(|sent| sent.acknowledged) {
            let Some(batch) = self.sent.pop_front().and_then(|sent| sent.batch) else { continue };
            self.batches -= 1;
            self.bytes -= batch.bytes;
            let grown = done.get_or_insert(Done::default());
            grown.last = batch.last;
            grown.lost_to = grown.lost_to.max(batch.lost_to.unwrap_or(0));
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends batches that end at 10, 20, 30 … under packet ids 1, 2, 3 …, and acknowledges in this order.
    fn check(sent: u16, acknowledged: &[u16], expected: &[Option<Seq>]) {
        let mut window = Window::default();
        for packet_id in 1..=sent {
            let batch = SentBatch { last: u64::from(packet_id) * 10, lost_to: None, bytes: 7 };
            window.push(packet_id, Some(batch));
        }
        let done: Vec<_> =
            acknowledged.iter().map(|id| window.acknowledge(*id).map(|done| done.last)).collect();
        assert_eq!(done, expected);
    }

    #[test]
    fn only_an_unbroken_run_is_done() {
        check(3, &[1, 2, 3], &[Some(10), Some(20), Some(30)]);
        check(3, &[2, 3, 1], &[None, None, Some(30)]);
        check(3, &[3, 1, 2], &[None, Some(10), Some(30)]);
        check(2, &[1, 1, 9, 2], &[Some(10), None, None, Some(20)]);
    }

    #[test]
    fn the_window_empties_and_lost_ranges_are_known_with_their_batch() {
        let mut window = Window::default();
        window.push(1, None);
        window.push(2, Some(SentBatch { last: 5, lost_to: Some(3), bytes: 100 }));
        assert_eq!((window.batches(), window.bytes()), (1, 100));
        assert_eq!(window.acknowledge(2), None);
        assert_eq!(window.acknowledge(1), Some(Done { last: 5, lost_to: 3 }));
        assert_eq!((window.batches(), window.bytes()), (0, 0));
    }
}
