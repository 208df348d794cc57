//! From the log into InfluxDB (being built): the quarantine's trait is final.

mod quarantine;

pub use quarantine::{QuarantineError, QuarantineSink, RefusedLine};
