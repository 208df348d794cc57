//! Memory and processor time per idle connection.

use super::{FAILED, Plan};
use crate::load::{Idle, IdleCost};
use crate::report::{Table, spread};
use crate::servers::ServerKind;
use anyhow::Result;
use std::time::Duration;

/// Runs each of `counts` connections on each server.
pub fn idle(plan: &Plan, counts: &[usize]) -> Table {
    let mut table = Table::new(
        "What an idle connection costs",
        "Growth of the server's resident memory per connection that has logged in and is silent, and the server's processor time \
         per connection while nothing happens.",
        &["server", "connections", "resident", "processor time"],
    );
    for server in &plan.servers {
        for &connections in counts {
            let mut cells = vec![server.title().to_owned(), connections.to_string()];
            match measure(plan, *server, connections) {
                Ok(costs) => {
                    let column = |of: fn(&IdleCost) -> f64| costs.iter().map(of).collect::<Vec<_>>();
                    let kib = |value: f64| format!("{value:.1} KiB");
                    let micros = |value: f64| format!("{value:.2} µs/s");
                    cells.push(spread(&column(|cost| cost.resident_bytes / 1024.0), kib));
                    cells.push(spread(&column(|cost| cost.cpu_us_per_s), micros));
                }
                Err(error) => {
                    eprintln!("{connections} idle connections on {}: {error:#}", server.title());
                    cells.resize(4, FAILED.to_owned());
                }
            }
            table.row(cells);
        }
    }
    table
}

fn measure(plan: &Plan, kind: ServerKind, connections: usize) -> Result<Vec<IdleCost>> {
    let settle = if plan.quick { Duration::from_millis(100) } else { Duration::from_secs(2) };
    let mut costs = Vec::new();
    for run in 1..=plan.runs {
        let mut server = kind.start(&plan.places, connections)?;
        let target = server.target();
        let cost = Idle { connections, settle, measured: plan.measured }.run(&target, &mut server)?;
        eprintln!("{connections} idle connections on {}, run {run}: {cost:.2?}", kind.title());
        costs.push(cost);
    }
    Ok(costs)
}
