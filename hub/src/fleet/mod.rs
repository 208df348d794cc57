//! The fleet's state, folded from the log.

pub mod ledger;
pub mod ranges;
