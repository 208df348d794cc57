//! The packet ids of one connection that wait for their PUBACK.
//!
//! Invariant: an id is set exactly between its publish and its acknowledgement, so an acknowledgement of
//! anything else is a fault of the server.

/// A set of packet ids, handed out in a ring that is at least twice the window.
#[derive(Debug)]
pub struct InFlight {
    waiting: Vec<u64>,
    mask: usize,
    next: usize,
    count: usize,
}

impl InFlight {
    pub fn new(window: usize) -> Self {
        let ids = (2 * window).next_power_of_two().clamp(64, 32_768);
        Self { waiting: vec![0; ids / 64], mask: ids - 1, next: 0, count: 0 }
    }

    /// How many ids wait.
    pub fn count(&self) -> usize {
        self.count
    }

    /// One more than the largest id that is ever handed out.
    pub fn id_end(&self) -> usize {
        self.mask + 2
    }

    /// A free id. The caller keeps `count` at or below the window, so one is always free.
    pub fn take(&mut self) -> u16 {
        loop {
            let slot = self.next;
            self.next = (self.next + 1) & self.mask;
            let (word, bit) = (slot / 64, 1u64 << (slot % 64));
            if self.waiting[word] & bit == 0 {
                self.waiting[word] |= bit;
                self.count += 1;
                return (slot + 1) as u16;
            }
        }
    }

    /// Ends the wait of `id`; false if it was not waiting.
    pub fn release(&mut self, id: u16) -> bool {
        let slot = usize::from(id).wrapping_sub(1);
        if slot > self.mask {
            return false;
        }
        let (word, bit) = (slot / 64, 1u64 << (slot % 64));
        if self.waiting[word] & bit == 0 {
            return false;
        }
        self.waiting[word] &= !bit;
        self.count -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_released_once_and_a_straggler_keeps_its_id() {
        let mut ids = InFlight::new(3);
        let straggler = ids.take();
        for _ in 0..1000 {
            let id = ids.take();
            assert_ne!(id, straggler);
            assert!(ids.release(id));
            assert!(!ids.release(id));
        }
        assert_eq!(ids.count(), 1);
        assert!(ids.release(straggler));
        assert!(!ids.release(0));
        assert!(!ids.release(u16::MAX));
    }
}
