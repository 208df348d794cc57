//! The crate's boundary, tested from outside: on the real disk, and on one that fails and crashes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod crashes;
mod damage;
mod faulty_disk;
mod harness;
mod real_disk;
