//! One file a table.

mod ack;
mod agent;
mod connects;
mod console;
mod country;
mod fold;
mod idle;
mod influx;
mod latency;
mod outage;
mod station;
mod utilisation;

pub use ack::{Shape, ack};
pub use agent::agent;
pub use connects::connects;
pub use console::console;
pub use country::country;
pub use fold::fold;
pub use idle::idle;
pub use influx::{InfluxPlan, influx};
pub use latency::{LatencyShape, latency};
pub use outage::outage;
pub use station::station;
pub use utilisation::utilisation;

use crate::report::{rate, spread};
use crate::servers::{Places, ServerKind};
use anyhow::Result;
use std::path::PathBuf;
use std::time::Duration;

/// How much is measured, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    pub places: Places,
    pub runs: usize,
    pub warm_up: Duration,
    pub measured: Duration,
    /// Small numbers of connections: a smoke test whose figures mean nothing.
    pub quick: bool,
    pub servers: Vec<ServerKind>,
    /// Where profiles go, if they are wanted.
    pub profiles: Option<PathBuf>,
}

impl Plan {
    /// Runs `once` as often as planned. A failure is shown on the terminal and in the cell, and the other rows still run.
    fn repeat(&self, what: &str, mut once: impl FnMut() -> Result<f64>) -> Cell {
        let mut values = Vec::new();
        for run in 1..=self.runs {
            match once() {
                Ok(value) => {
                    eprintln!("{what}, run {run} of {}: {}", self.runs, rate(value));
                    values.push(value);
                }
                Err(error) => {
                    eprintln!("{what}, run {run} of {}: {error:#}", self.runs);
                    return Cell::Failed;
                }
            }
        }
        Cell::Measured(values)
    }
}

/// What stands in one cell of a table.
#[derive(Debug)]
pub enum Cell {
    Measured(Vec<f64>),
    Failed,
}

impl Cell {
    fn show(&self, show: impl Fn(f64) -> String) -> String {
        match self {
            Cell::Measured(values) => spread(values, show),
            Cell::Failed => FAILED.to_owned(),
        }
    }
}

/// The text of a cell whose run failed.
pub const FAILED: &str = "failed";
