//! The console as a person meets it, in headless Chromium: the first view of a fleet, and how smoothly it moves.

use super::country::{fill_log, wait_known};
use super::{FAILED, Plan};
use crate::report::{Table, spread};
use crate::servers::{HubFolder, HubOptions};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGES: [(&str, &str); 2] = [("fleet", "fleet, map"), ("stations", "stations, list")];
const FIGURES: [(&str, &str); 4] =
    [("painted_ms", "ms"), ("drawn_ms", "ms"), ("longest_task_ms", "ms"), ("frames_per_s", "/s")];

/// Shows a hub of so many stations in a browser, for each of `fleets`.
pub fn console(plan: &Plan, fleets: &[usize]) -> Table {
    let heading = ["stations", "page", "first paint", "fleet drawn", "longest task", "frames while it moves"];
    let mut table = Table::new(
        "The console's first view",
        "Headless Chromium without a cache, on the same cores as the hub, by the browser's own performance entries, from the start of the \
         navigation. Every station has reported. Frames are counted while the list is scrolled from its top to its end and the map is dragged; \
         60/s is the most that the browser draws. The goal is a fleet drawn within 1 s at 885 stations and 2 s at 11,800.",
        &heading,
    );
    for stations in fleets {
        match repeat(plan, *stations) {
            Ok(runs) => PAGES.iter().for_each(|page| table.row(row(*stations, *page, &runs))),
            Err(error) => {
                eprintln!("console, {stations} stations: {error:#}");
                let mut cells = vec![stations.to_string()];
                cells.extend(vec![FAILED.to_owned(); heading.len() - 1]);
                table.row(cells);
            }
        }
    }
    table
}

fn row(stations: usize, (page, title): (&str, &str), runs: &[Value]) -> Vec<String> {
    let mut cells = vec![stations.to_string(), title.to_owned()];
    for (name, unit) in FIGURES {
        let values: Vec<f64> = runs.iter().filter_map(|run| run[page][name].as_f64()).collect();
        cells.push(spread(&values, |value| format!("{value:.0} {unit}")));
    }
    cells
}

fn repeat(plan: &Plan, stations: usize) -> Result<Vec<Value>> {
    let folder = HubFolder::new(&plan.places, &HubOptions { stations, influxdb: None })?;
    fill_log(&folder, stations)?;
    let mut process = folder.start()?;
    wait_known(&mut process, folder.http, stations)?;
    let runs = (1..=plan.runs).map(|run| {
        let figures = look(folder.http)?;
        eprintln!("console, {stations} stations, run {run} of {}: {figures}", plan.runs);
        Ok(figures)
    });
    let runs = runs.collect();
    process.stop()?;
    runs
}

/// What `console/browser/speed.mjs` measures.
fn look(http: SocketAddr) -> Result<Value> {
    let console = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console");
    let mut command = Command::new("node");
    command.arg("browser/speed.mjs").arg(format!("http://{http}")).current_dir(console).stdin(Stdio::null());
    let output = command.output().context("starting node: install Node.js, and run `make console`")?;
    ensure!(output.status.success(), "speed.mjs: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("what speed.mjs prints")
}
