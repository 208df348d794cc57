//! Acknowledgements that wait for the disk, in the order of their publishes.

use crate::metrics::Latency;
use crate::recorder::Ticket;
use std::collections::VecDeque;
use std::time::Instant;

/// Encoded acknowledgements, and up to where they may leave.
#[derive(Debug, Default)]
pub(super) struct AckQueue {
    bytes: Vec<u8>,
    gates: VecDeque<Gate>,
    count: usize,
}

/// Acknowledgements up to `end` in the queue's bytes may leave once `ticket` is done.
#[derive(Debug)]
struct Gate {
    ticket: Ticket,
    end: usize,
    count: usize,
    received: Instant,
}

impl AckQueue {
    /// Appends an acknowledgement, written by `encode`, of a publish received at `received`.
    pub(super) fn push(&mut self, ticket: Ticket, received: Instant, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.bytes);
        self.count += 1;
        let end = self.bytes.len();
        match self.gates.back_mut() {
            Some(last) if last.ticket == ticket && last.received == received => {
                last.end = end;
                last.count += 1;
            }
            _ => self.gates.push_back(Gate { ticket, end, count: 1, received }),
        }
    }

    /// Publishes that wait for their acknowledgement.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The ticket that the last acknowledgement waits for.
    pub(super) fn last_ticket(&self) -> Option<Ticket> {
        self.gates.back().map(|gate| gate.ticket)
    }

    /// Moves what may leave to `out`.
    pub(super) fn release(&mut self, committed: Ticket, out: &mut Vec<u8>, latency: &Latency) {
        let mut end = 0;
        while let Some(gate) = self.gates.front().filter(|gate| gate.ticket <= committed) {
            end = gate.end;
            self.count -= gate.count;
            latency.observe_many(gate.received.elapsed(), gate.count as u64);
            self.gates.pop_front();
        }
        if self.gates.is_empty() {
            out.append(&mut self.bytes);
        } else if end > 0 {
            out.extend(self.bytes.drain(..end));
            self.gates.iter_mut().for_each(|gate| gate.end -= end);
        }
    }

    /// Gives memory back that a burst took.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn acknowledgements_leave_in_order_and_not_before_their_ticket() {
        let latency = Metrics::new().puback_seconds;
        let mut acks = AckQueue::default();
        let now = Instant::now();
        for (ticket, byte) in [(1, b'a'), (1, b'b'), (2, b'c'), (1, b'd'), (3, b'e')] {
            acks.push(ticket, now, |out| out.push(byte));
        }
        let mut released = |committed| {
            let mut out = Vec::new();
            acks.release(committed, &mut out, &latency);
            (String::from_utf8(out).expect("ascii"), acks.len())
        };
        assert_eq!(released(0), (String::new(), 5));
        assert_eq!(released(1), ("ab".into(), 3));
        assert_eq!(released(2), ("cd".into(), 1));
        assert_eq!(released(2), (String::new(), 1));
        assert_eq!(released(3), ("e".into(), 0));
    }
}
