//! People in a zone.

use super::{BodyTable, Refusal, some_measurement};
use crate::members::{INTEGER_MAX, Table, member_table};
use crate::reason::Reason;

/// A room may be crowded to three times its capacity; more is a broken counter (domain: people 0..3 × capacity).
const CROWDING_MAX: i64 = 3;

member_table! {
    /// People in a zone, and the counters at its door. Any member is a measurement.
    ///
    /// [J] 100,000 people bounds what has no capacity; totals are bounded by the integers that JSON keeps exactly.
    pub struct Occupancy {
        /// At most three times `capacity` where that is given and not 0.
        people: i64 [0.0, 100_000.0],
        capacity: i64 [0.0, 100_000.0],
        seats_taken: i64 [0.0, 100_000.0],
        /// May start again from 0; that is no negative visit.
        entries_total: i64 [0.0, INTEGER_MAX],
        exits_total: i64 [0.0, INTEGER_MAX],
    }
}

impl BodyTable for Occupancy {
    fn check(&self) -> Result<(), Refusal> {
        if let (Some(people), Some(capacity)) = (self.people, self.capacity)
            && capacity > 0
            && people > CROWDING_MAX * capacity
        {
            return Err((Reason::OutOfRange, Some("people")));
        }
        some_measurement(!self.is_empty())
    }
}
