//! The gateway agent: into its outbox, out of it, and its memory meanwhile.

use super::{FAILED, Plan};
use crate::load::now_ms;
use crate::mqtt::JsonLines;
use crate::proc_fs::{resident_bytes, resident_bytes_max};
use crate::process::free_address;
use crate::report::{Table, rate, spread};
use crate::servers::{Agent, HubOptions, hub};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// Looks at the outbox this often while it drains.
const LOOK: Duration = Duration::from_millis(20);
/// An outbox that has not shrunk for this long is stuck.
const STUCK: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
struct AgentFigures {
    into_outbox_per_s: f64,
    resident_bytes: f64,
    drained_per_s: f64,
    resident_bytes_max: f64,
}

pub fn agent(plan: &Plan, readings: u64) -> Table {
    let note = format!(
        "{readings} environment readings as JSON lines over a local socket, validated and acknowledged after fsync while the hub is \
         away; then the agent is started again with a hub, and sends them in compressed batches. The hub and its fsync are on the \
         same cores."
    );
    let heading = [
        "readings/s into the outbox",
        "resident with all waiting",
        "readings/s drained",
        "most resident while draining",
    ];
    let mut table = Table::new("The gateway agent", &note, &heading);
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        match measure(plan, readings) {
            Ok(figures) => {
                eprintln!("agent, run {run} of {}: {figures:.0?}", plan.runs);
                runs.push(figures);
            }
            Err(error) => {
                eprintln!("agent, run {run} of {}: {error:#}", plan.runs);
                table.row(vec![FAILED.to_owned(); heading.len()]);
                return table;
            }
        }
    }
    let column = |of: fn(&AgentFigures) -> f64| runs.iter().map(of).collect::<Vec<_>>();
    let mib = |bytes: f64| format!("{:.1} MiB", bytes / (1024.0 * 1024.0));
    table.row(vec![
        spread(&column(|run| run.into_outbox_per_s), rate),
        spread(&column(|run| run.resident_bytes), mib),
        spread(&column(|run| run.drained_per_s), rate),
        spread(&column(|run| run.resident_bytes_max), mib),
    ]);
    table
}

fn measure(plan: &Plan, readings: u64) -> Result<AgentFigures> {
    let server = hub(&plan.places, &HubOptions { stations: 1, influxdb: None })?;
    let target = server.target();
    let login = target.login(0)?;
    let folder = plan.places.folder()?;

    let mut agent = Agent::start(&plan.places, folder.path(), login, free_address()?)?;
    // A reading for each of the last milliseconds, so that each is a point of its own.
    let first_ms = now_ms() - readings as i64;
    let lines = JsonLines::default();
    let begun = Instant::now();
    agent.feed(readings, |line, index| lines.append(line, first_ms + index as i64, index))?;
    let into_outbox_per_s = readings as f64 / begun.elapsed().as_secs_f64();
    let waiting = agent.waiting()?;
    ensure!(waiting >= readings, "{waiting} of {readings} readings wait");
    let resident = resident_bytes(agent.process().pid())?;
    agent.stop()?;

    let begun = Instant::now();
    let mut agent = Agent::start(&plan.places, folder.path(), login, target.address)?;
    wait_until_empty(&mut agent)?;
    let drained_per_s = waiting as f64 / begun.elapsed().as_secs_f64();
    let resident_most = resident_bytes_max(agent.process().pid())?;
    agent.stop()?;
    server.stop()?;
    Ok(AgentFigures {
        into_outbox_per_s,
        resident_bytes: resident as f64,
        drained_per_s,
        resident_bytes_max: resident_most as f64,
    })
}

fn wait_until_empty(agent: &mut Agent) -> Result<()> {
    let (mut least, mut least_at) = (u64::MAX, Instant::now());
    loop {
        let waiting = agent.waiting()?;
        if waiting == 0 {
            return Ok(());
        }
        if waiting < least {
            (least, least_at) = (waiting, Instant::now());
        }
        ensure!(least_at.elapsed() < STUCK, "{waiting} readings wait and none leaves");
        agent.process().stays_up_for(LOOK)?;
    }
}
