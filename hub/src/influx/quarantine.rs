//! Where lines go that InfluxDB refuses for good.

use thiserror::Error;

/// One line of line protocol that InfluxDB refused, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// The line as it was sent, without its newline.
    pub line: String,
    /// InfluxDB's own words, at most 512 bytes of them.
    pub reason: String,
}

/// Keeps refused lines. The hub's state store implements it.
pub trait QuarantineSink: Send + Sync + 'static {
    /// Keeps the lines. They are durable when it returns `Ok`, because the log's cursor then moves past them.
    /// It may block: it is called on a thread for blocking work. A repeat of the same lines is possible after a
    /// crash.
    ///
    /// # Errors
    /// If they could not be kept; the caller tries again for as long as it takes.
    fn quarantine(&self, lines: &[RefusedLine]) -> Result<(), QuarantineError>;
}

/// The quarantine could not keep something; the text says where and what to do.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct QuarantineError(pub String);
