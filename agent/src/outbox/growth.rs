//! How fast the outbox fills, and how long it will last.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The rate is measured over so many samples.
const SAMPLES_MAX: usize = 30;

/// Measures what waits; the time until the outbox is full comes out at the other end.
pub struct Growth {
    samples: VecDeque<(Instant, u64)>,
    horizon_s: watch::Sender<Option<f64>>,
}

impl Growth {
    pub const SAMPLE_EVERY: Duration = Duration::from_secs(10);

    /// The receiver shows the seconds until the outbox is full at the present rate; `None` while it does not fill.
    pub fn new() -> (Self, watch::Receiver<Option<f64>>) {
        let (horizon_s, receiver) = watch::channel(None);
        (Self { samples: VecDeque::new(), horizon_s }, receiver)
    }

    /// Takes a sample unless the last one is recent.
    pub fn sample(&mut self, waiting_bytes: u64, max_bytes: u64) {
        let now = Instant::now();
        if self.samples.back().is_some_and(|(at, _)| now - *at < Self::SAMPLE_EVERY) {
            return;
        }
        self.samples.push_back((now, waiting_bytes));
        if self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.horizon_s.send_replace(self.horizon(max_bytes));
    }

    fn horizon(&self, max_bytes: u64) -> Option<f64> {
        let (&(start, before), &(end, now)) = (self.samples.front()?, self.samples.back()?);
        let grown = now.checked_sub(before).filter(|grown| *grown > 0)?;
        let rate = grown as f64 / (end - start).as_secs_f64();
        Some((max_bytes.saturating_sub(now) as f64 / rate).round())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_horizon_follows_the_rate() {
        let (mut growth, horizon_s) = Growth::new();
        for waiting_bytes in [1000, 2000, 3000] {
            growth.sample(waiting_bytes, 10_000);
            tokio::time::advance(Growth::SAMPLE_EVERY).await;
        }
        // 100 bytes a second, 7,000 bytes of room.
        assert_eq!(*horizon_s.borrow(), Some(70.0));
        growth.sample(500, 10_000);
        assert_eq!(*horizon_s.borrow(), None);
    }
}
