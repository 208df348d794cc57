//! From the moment that a publish is due to its PUBACK, at a fixed rate.

use super::{FAILED, Plan};
use crate::load::{Open, OpenOutcome};
use crate::mqtt::Payload;
use crate::report::{Table, spread};
use crate::servers::ServerKind;
use anyhow::Result;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct LatencyShape {
    pub connections: usize,
    /// 10,746 is the whole country: 186,100 stations by their usual profile.
    pub messages_per_s: f64,
}

const QUANTILES: [f64; 3] = [0.5, 0.99, 0.999];

pub fn latency(plan: &Plan, shape: LatencyShape) -> Table {
    let note = format!(
        "Single readings at {} messages/s over {} connections, on a fixed schedule whatever the server does; milliseconds \
         from the moment that a message is due.",
        shape.messages_per_s, shape.connections
    );
    let heading = ["server", "p50", "p99", "p99.9", "largest", "of this, generator p99"];
    let mut table = Table::new("PUBACK latency", &note, &heading);
    for server in &plan.servers {
        let mut cells = vec![server.title().to_owned()];
        match measure(plan, *server, shape) {
            Ok(columns) => cells.extend(columns.iter().map(|column| spread(column, milliseconds))),
            Err(error) => {
                eprintln!("latency of {}: {error:#}", server.title());
                cells.resize(heading.len(), FAILED.to_owned());
            }
        }
        table.row(cells);
    }
    table
}

fn measure(plan: &Plan, kind: ServerKind, shape: LatencyShape) -> Result<Vec<Vec<f64>>> {
    let mut columns = vec![Vec::new(); QUANTILES.len() + 2];
    for run in 1..=plan.runs {
        let server = kind.start(&plan.places, shape.connections)?;
        let open = Open {
            connections: shape.connections,
            messages_per_s: shape.messages_per_s,
            payload: Payload::Single,
            warm_up: plan.warm_up,
            measured: plan.measured,
        };
        let outcome = open.run(&server.target(), || Ok(()))?;
        let row = in_milliseconds(&outcome);
        eprintln!(
            "latency of {}, run {run}: p50, p99, p99.9, largest, generator p99 = {row:.2?} ms",
            kind.title()
        );
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    Ok(columns)
}

fn in_milliseconds(outcome: &OpenOutcome) -> Vec<f64> {
    let mut row: Vec<f64> = QUANTILES
        .iter()
        .map(|quantile| outcome.latency_us.value_at_quantile(*quantile) as f64 / 1e3)
        .collect();
    row.push(outcome.latency_us.max() as f64 / 1e3);
    row.push(outcome.lateness_us.value_at_quantile(0.99) as f64 / 1e3);
    row
}

fn milliseconds(value: f64) -> String {
    format!("{value:.1}")
}
