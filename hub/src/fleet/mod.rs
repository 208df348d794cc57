//! The fleet's state: a pure fold of what the log and the sessions say.
//!
//! Invariants
//! - [`Fleet::apply`] does no I/O and knows no clock: the time is an argument. The same events at the same times give
//!   the same state, so a replay of the log after a restart ends where the hub stood.
//! - Only the [`Projector`] changes the state, entry by entry in the log's order; everybody else reads it under a
//!   short lock.
//! - Every change gives a station a higher `version`, so that a reader asks only for what is newer than it has seen.

mod alert_log;
mod alert_points;
mod alert_store;
pub mod alerts;
pub mod availability;
mod fold;
mod latest;
pub mod ledger;
mod outage_points;
mod outage_rows;
mod presence;
mod projector;
mod quarantine;
pub mod ranges;
mod schema;
mod sessions;
mod silences;
mod snapshot;
mod store;
mod uptimes;

pub use alert_log::AlertLog;
pub use alert_store::{AlertBell, AlertFilter, AlertPage};
pub use alerts::{Alert, AlertState, Rule, Settings, Severity};
pub use availability::{Availability, Outage, OutageKind};
pub use fold::{Effect, Event, Fleet, StationState};
pub use latest::{LATEST_MAX, Latest};
pub use ledger::{Ledger, New, OutboxView, Totals};
pub use outage_points::OutagePoints;
pub use outage_rows::OutageFilter;
pub use presence::{State, Thresholds};
pub use projector::{Projector, ProjectorHandle, Recovered, recover};
pub use quarantine::{
    QUARANTINE_BYTES_MAX, QUARANTINE_ITEMS_MAX, QuarantineFilter, QuarantineItem, QuarantinePage,
};
pub use sessions::SessionEvents;
pub use store::{Store, StoreError};
pub use uptimes::{Uptimes, UptimesError};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The fleet's state, shared between the projector and those who read it.
#[derive(Clone)]
pub struct SharedFleet(Arc<Mutex<Fleet>>);

impl SharedFleet {
    #[must_use]
    pub fn new(fleet: Fleet) -> Self {
        Self(Arc::new(Mutex::new(fleet)))
    }

    /// Locks the state; keep it for microseconds, and never across an await.
    ///
    /// A panic of another holder does not spread: the fold leaves no half-made station behind that would matter
    /// more than no state at all.
    pub fn lock(&self) -> MutexGuard<'_, Fleet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
