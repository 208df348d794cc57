//! A token bucket: how many messages a service takes. Pure: time is an argument.

/// Messages a minute, and how many at once. Within any minute at most `burst + per_minute` leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub per_minute: u32,
}

/// The tokens of one channel.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: Rate,
    tokens: f64,
    filled_ms: i64,
}

impl Bucket {
    /// One message may leave at once; a program that restarts over and over sends no more than one that runs.
    #[must_use]
    pub fn new(rate: Rate, now_ms: i64) -> Self {
        Self { rate, tokens: 1.0, filled_ms: now_ms }
    }

    /// Takes a token; or the ms until there is one.
    pub fn take(&mut self, now_ms: i64) -> Result<(), i64> {
        let per_ms = f64::from(self.rate.per_minute.max(1)) / 60_000.0;
        // A clock that was set back gives nothing, and costs nothing later.
        #[allow(clippy::cast_precision_loss)] // within a day of milliseconds
        let elapsed = (now_ms - self.filled_ms).clamp(0, 86_400_000) as f64;
        self.filled_ms = now_ms;
        self.tokens = (self.tokens + elapsed * per_ms).min(f64::from(self.rate.burst.max(1)));
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        #[allow(clippy::cast_possible_truncation)] // at most a minute
        Err((((1.0 - self.tokens) / per_ms).ceil() as i64).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Rate};

    /// Sends whenever it may, for an hour; gives the most messages that left within any window of this length.
    fn most_within(rate: Rate, window_ms: i64) -> usize {
        let mut bucket = Bucket::new(rate, 0);
        let mut left: Vec<i64> = Vec::new();
        let mut now = 0;
        // A pause first, so that the bucket is full when the storm begins.
        assert!(bucket.take(now).is_ok());
        now = 600_000;
        while now < 3_600_000 {
            match bucket.take(now) {
                Ok(()) => left.push(now),
                Err(wait) => now += wait,
            }
        }
        left.iter()
            .map(|from| left.iter().filter(|at| (*from..from + window_ms).contains(at)).count())
            .max()
            .unwrap()
    }

    #[test]
    fn no_window_holds_more_than_the_service_takes() {
        assert!(most_within(Rate { burst: 5, per_minute: 15 }, 60_000) <= 20);
        assert!(most_within(Rate { burst: 4, per_minute: 60 }, 1_000) <= 5);
        assert!(most_within(Rate { burst: 4, per_minute: 60 }, 60_000) <= 100);
    }

    #[test]
    fn a_start_gives_one_and_a_clock_set_back_nothing() {
        let mut bucket = Bucket::new(Rate { burst: 5, per_minute: 60 }, 1_000_000);
        assert_eq!(bucket.take(1_000_000), Ok(()));
        assert_eq!(bucket.take(1_000_000), Err(1_000));
        assert_eq!(bucket.take(0), Err(1_000));
        assert_eq!(bucket.take(1_000), Ok(()));
    }
}
