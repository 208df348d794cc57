//! Who may talk to the hub: stations with their tokens, and the tokens of people and programs.
//!
//! [`Registry`] is the file, written by the hub and by the command line, at the same time if need be.
//! [`Directory`] is an immutable snapshot of it in memory, which is all that the hot path sees; [`watch()`] swaps
//! in a new one within a second of any change.

mod claim;
mod directory;
mod edit;
mod error;
mod import;
mod role;
mod station;
mod store;
mod successor;
mod token;
mod watch;

pub use claim::{CLAIM_LIFE, CLAIM_LIFE_MAX, ClaimCode};
pub use directory::{Directory, SharedDirectory};
pub use edit::{Edit, differing};
pub use error::{Mistake, RegistryError};
pub use import::{Existing, ImportError, ImportReport, LineMistake};
pub use role::{Principal, Role, TokenName};
pub use station::{COLUMNS, NewStation, Station, StationKind};
pub use store::{DataVersion, Registry, TokenSummary};
pub use token::{Token, TokenHash};
pub use watch::watch;

#[cfg(test)]
mod tests;
