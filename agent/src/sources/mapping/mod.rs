//! From what devices say to readings: members by rules, door events by changes.

mod contacts;
mod draft;

pub use contacts::Contacts;
pub use draft::{Draft, apply_rules};
