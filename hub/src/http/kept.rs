//! The last answer to a question that is dear to answer and often asked: kept for a while, made by one at a time.

use super::Problem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One question's answer.
pub struct Kept<T>(Mutex<Option<(Instant, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Kept<T> {
    /// The kept answer if it is no older than `age_max`, or else a new one. Blocks while another thread makes it.
    pub fn get(
        &self,
        age_max: Duration,
        make: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<Arc<T>, Problem> {
        // Replaced in one step: a panic in `make` leaves the old answer.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, answer)) = &*kept
            && made.elapsed() <= age_max
        {
            return Ok(Arc::clone(answer));
        }
        let answer = Arc::new(make()?);
        *kept = Some((Instant::now(), Arc::clone(&answer)));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_made_anew_when_it_is_old_or_failed() {
        let kept = Kept::default();
        assert!(kept.get(Duration::MAX, || Err::<i32, _>(Problem::internal())).is_err());
        assert_eq!(*kept.get(Duration::MAX, || Ok(1)).expect("made"), 1);
        assert_eq!(*kept.get(Duration::MAX, || Ok(2)).expect("kept"), 1);
        std::thread::yield_now();
        assert_eq!(*kept.get(Duration::ZERO, || Ok(3)).expect("made"), 3);
    }
}
