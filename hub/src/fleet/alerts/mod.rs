//! Alerts: what is wrong where, raised only when somebody must act.
//!
//! ```text
//! reading, session, ledger ──▶ station.rs ──▶ door · cabinet · room · gateway · useless   (what an observation says)
//!                                  │
//!                                  ▼
//!                               watch.rs    (set, lasting, firing, cleared: one machine for every rule)
//!                                  │
//! presence ──▶ presence.rs ──▶ book.rs      (what fires now; blind.rs and groups.rs decide for all stations together)
//!                                  │
//!                                  ▼
//!                        Effect::Alert, state.db
//! ```
//! The rules themselves are a table in `config::rules`, their words stand in `texts`. Everything here is part of the
//! fold: no I/O, no clock.

mod address;
mod alert;
mod blind;
mod book;
mod cabinet;
mod clock;
mod door;
mod facts;
mod gateway;
mod groups;
mod losses;
mod mean;
mod presence;
mod profile;
mod resumed;
mod room;
mod settings;
mod station;
mod tally;
mod useless;
mod watch;

pub use crate::config::{Rule, Severity};
pub use address::AddressRange;
pub use alert::{Alert, AlertState, Common, EVIDENCE_MAX, Evidence, Factor};
pub use settings::Settings;

pub(super) use blind::Cause;
pub(super) use book::{Book, SavedBook};
pub(super) use facts::Facts;
pub(super) use presence::Told;
pub(super) use station::StationAlerts;
pub(super) use watch::{Change, Judge};

#[cfg(test)]
mod tests;
