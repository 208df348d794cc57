//! How fast the outbox fills, and how long it will last.

use super::OutboxView;
use crate::clock::now_ms;

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

    /// The receiver shows the seconds until the outbox is full at the present rate, or its oldest reading too old;
    /// `None` while it does not fill.
    pub fn new() -> (Self, watch::Receiver<Option<f64>>) {
        let (horizon_s, receiver) = watch::channel(None);
        (Self { samples: VecDeque::new(), horizon_s }, receiver)
    }

    /// Takes a sample unless the last one is recent.
    pub fn sample(&mut self, view: &OutboxView) {
        if self.samples.back().is_some_and(|(at, _)| at.elapsed() < Self::SAMPLE_EVERY) {
            return;
        }
        let now_ms = now_ms().max(0).unsigned_abs();
        let age = view.oldest_ms().map(|oldest_ms| Duration::from_millis(now_ms.saturating_sub(oldest_ms)));
        let ages_in = view.age_max().saturating_sub(age.unwrap_or_default());
        self.add(view.waiting_bytes(), view.max_bytes(), ages_in);
    }

    /// `ages_in`: after so long the oldest reading is too old for the hub.
    fn add(&mut self, waiting_bytes: u64, max_bytes: u64, ages_in: Duration) {
        let now = Instant::now();
        self.samples.push_back((now, waiting_bytes));
        if self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
        let horizon_s = self.horizon(max_bytes).map(|horizon_s| horizon_s.min(ages_in.as_secs_f64().round()));
        self.horizon_s.send_replace(horizon_s);
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
            growth.add(waiting_bytes, 10_000, Duration::MAX);
            tokio::time::advance(Growth::SAMPLE_EVERY).await;
        }
        // 100 bytes a second, 7,000 bytes of room.
        assert_eq!(*horizon_s.borrow(), Some(70.0));
        growth.add(4000, 10_000, Duration::from_secs(50));
        assert_eq!(*horizon_s.borrow(), Some(50.0));
        growth.add(500, 10_000, Duration::MAX);
        assert_eq!(*horizon_s.borrow(), None);
    }
}
