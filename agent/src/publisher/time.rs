//! Asks the hub for the time: five times at the beginning of a connection, then every ten minutes. Of the answers the
//! one with the shortest way there and back counts.
//!
//! Pure: moments of the boot clock in ms go in, what to do comes out.

use waystation_protocol::TimeAnswer;

/// Answers of which the best one is taken.
const SAMPLES: usize = 5;
/// How long answers may take. Another broker than a hub never answers.
const PATIENCE_MS: i64 = 10_000;
/// A quartz drifts by less than a tenth of a second meanwhile [J].
const EVERY_MS: i64 = 600_000;

/// The question that is open and the answers so far.
#[derive(Debug)]
pub struct TimeAsking {
    asked_ms: Option<i64>,
    give_up_ms: i64,
    best: Option<Sample>,
    samples: usize,
    next_ms: i64,
}

/// An answer and its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub t0_ms: i64,
    pub hub_ms: i64,
    pub t1_ms: i64,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// Ask, with this moment as the question.
    Ask(i64),
    /// The best answer of a round; `None`: there was no answer.
    Known(Option<Sample>),
}

impl TimeAsking {
    pub fn new(now_ms: i64) -> Self {
        Self { asked_ms: None, give_up_ms: now_ms, best: None, samples: 0, next_ms: now_ms }
    }

    /// When [`Self::look`] has something to do.
    pub fn due_ms(&self) -> i64 {
        if self.asked_ms.is_some() { self.give_up_ms } else { self.next_ms }
    }

    /// To be called at [`Self::due_ms`].
    pub fn look(&mut self, now_ms: i64) -> Due {
        if now_ms < self.due_ms() {
            return Due::Nothing;
        }
        if self.asked_ms.is_some() {
            return Due::Known(self.end_round(now_ms));
        }
        if self.samples == 0 {
            self.give_up_ms = now_ms + PATIENCE_MS;
        }
        self.asked_ms = Some(now_ms);
        Due::Ask(now_ms)
    }

    /// An answer came. One to another question than the open one says nothing, nor does one that comes after the
    /// patience is over: it may be off by half of its way.
    pub fn answered(&mut self, answer: TimeAnswer, now_ms: i64) -> Due {
        let in_time = now_ms <= self.give_up_ms;
        let Some(t0_ms) = self.asked_ms.filter(|asked_ms| *asked_ms == answer.t && in_time) else {
            return Due::Nothing;
        };
        let sample = Sample { t0_ms, hub_ms: answer.hub, t1_ms: now_ms };
        if self.best.is_none_or(|best| sample.way_ms() < best.way_ms()) {
            self.best = Some(sample);
        }
        self.samples += 1;
        // The next question must differ from this one.
        (self.asked_ms, self.next_ms) = (None, now_ms.max(t0_ms + 1));
        if self.samples == SAMPLES { Due::Known(self.end_round(now_ms)) } else { Due::Nothing }
    }

    fn end_round(&mut self, now_ms: i64) -> Option<Sample> {
        (self.asked_ms, self.samples, self.next_ms) = (None, 0, now_ms + EVERY_MS);
        self.best.take()
    }
}

impl Sample {
    /// The way there and back.
    pub fn way_ms(&self) -> i64 {
        self.t1_ms - self.t0_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_with_the_shortest_way_counts() {
        let mut asking = TimeAsking::new(1_000);
        let mut now_ms = 1_000;
        let mut due = Due::Nothing;
        for way_ms in [80, 20, 0, 300, 40] {
            now_ms = now_ms.max(asking.due_ms());
            assert_eq!(asking.look(now_ms), Due::Ask(now_ms));
            assert_eq!(asking.answered(TimeAnswer { t: now_ms - 7, hub: 1 }, now_ms), Due::Nothing);
            let answer = TimeAnswer { t: now_ms, hub: 50_000 + now_ms };
            now_ms += way_ms;
            due = asking.answered(answer, now_ms);
        }
        assert_eq!(due, Due::Known(Some(Sample { t0_ms: 1_100, hub_ms: 51_100, t1_ms: 1_100 })));
        assert_eq!(asking.look(now_ms + EVERY_MS - 1), Due::Nothing);
        assert_eq!(asking.look(now_ms + EVERY_MS), Due::Ask(now_ms + EVERY_MS));
    }

    #[test]
    fn a_broker_that_does_not_answer_is_given_up() {
        let mut asking = TimeAsking::new(0);
        assert_eq!(asking.look(0), Due::Ask(0));
        assert_eq!(asking.look(PATIENCE_MS - 1), Due::Nothing);
        assert_eq!(asking.answered(TimeAnswer { t: 0, hub: 1 }, PATIENCE_MS + 1), Due::Nothing);
        assert_eq!(asking.look(PATIENCE_MS), Due::Known(None));
        assert_eq!(asking.answered(TimeAnswer { t: 0, hub: 1 }, PATIENCE_MS + 1), Due::Nothing, "too late");
        assert_eq!(asking.due_ms(), PATIENCE_MS + EVERY_MS);
    }
}
