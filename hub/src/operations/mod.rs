//! `operations.db`: what people decided, which no log could give back. Acknowledgements, silences, maintenance
//! windows, commands, the audit log, and the notices on their way to people.
//!
//! Format: SQLite, `application_id` and `user_version` in [`schema`], write-ahead log, every commit synced.
//! Invariants: the hub and the command line may write at once, each change is one transaction; an entry of the audit
//! log is never changed, and leaves only when it is the oldest of too many; nothing grows without a bound. What
//! alerts and the fold ask for often is mirrored in memory: [`watch()`] swaps a new mirror in within a second of any
//! change, no matter who made it.
//!
//! Kept: 400 days of acknowledgements, silences, maintenance and audit (a year's report can be explained), of the audit
//! at most 100,000 entries by people and 100,000 by the hub itself; 1,000 notices a channel.

mod acknowledgements;
mod audit;
mod commands;
mod configurations;
mod deliveries;
mod error;
mod maintenance;
mod rotations;
mod schema;
mod silences;
mod store;
mod watch;

pub use acknowledgements::Acknowledgement;
pub use audit::{Audit, AuditEntry, AuditFilter, AuditPage, HUB};
pub use commands::{Added, AskedCommand, CommandOutcome, Confirmed};
pub use configurations::StationConfiguration;
pub use deliveries::{Attempt, Delivery, DeliveryDraft, Handed, NoticeMark, PENDING_PER_CHANNEL_MAX};
pub use error::OperationsError;
pub use maintenance::Maintenance;
pub use rotations::Rotation;
pub use silences::{Matcher, Silence};
pub use store::{KEEP_MS, Operations, new_id};
pub use watch::watch;

#[cfg(test)]
mod tests;
