//! A hub that knows many stations: how soon after a restart it knows them again, and what a look at them costs.

use super::{FAILED, Plan};
use crate::fleet::{Fleet, ROUND_S};
use crate::http::get;
use crate::load::now_ms;
use crate::proc_fs::resident_bytes;
use crate::process::Process;
use crate::report::{Table, spread};
use crate::servers::{HubFolder, HubOptions};
use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use waystation_durable_log::Options;

/// How often each page is asked for in a run.
const ASKED: usize = 5;
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy)]
struct Figures {
    known_s: f64,
    resident_bytes: f64,
    page_ms: f64,
    largest_page_ms: f64,
    metrics_ms: f64,
    metrics_bytes: f64,
}

/// Starts a hub that has heard of so many stations before, for each of `fleets`.
pub fn country(plan: &Plan, fleets: &[usize]) -> Table {
    let heading = [
        "stations",
        "start to presence known",
        "resident",
        "page of 100",
        "page of 1,000",
        "/metrics",
        "its size",
    ];
    let mut table = Table::new(
        "A hub of many stations",
        "Every station is registered and has five devices that have reported. The hub is stopped and started again: from the start of \
         the process until /metrics tells the state of every station. Then each page once a second time and on; nothing else \
         asks. Past 5,000 stations /metrics has no series of single stations.",
        &heading,
    );
    for stations in fleets {
        let mut cells = vec![stations.to_string()];
        match repeat(plan, *stations) {
            Ok(runs) => {
                let cell = |of: fn(&Figures) -> f64, show: fn(f64) -> String| {
                    spread(&runs.iter().map(of).collect::<Vec<_>>(), show)
                };
                cells.push(cell(|run| run.known_s, |s| format!("{s:.2} s")));
                cells.push(cell(|run| run.resident_bytes, mib));
                cells.push(cell(|run| run.page_ms, ms));
                cells.push(cell(|run| run.largest_page_ms, ms));
                cells.push(cell(|run| run.metrics_ms, ms));
                cells.push(cell(|run| run.metrics_bytes, mib));
            }
            Err(error) => {
                eprintln!("country, {stations} stations: {error:#}");
                cells.extend(vec![FAILED.to_owned(); heading.len() - 1]);
            }
        }
        table.row(cells);
    }
    table
}

fn ms(value: f64) -> String {
    format!("{value:.1} ms")
}

fn mib(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

/// The hub's folder is filled once, and started as often as there are runs.
fn repeat(plan: &Plan, stations: usize) -> Result<Vec<Figures>> {
    let folder = HubFolder::new(&plan.places, &HubOptions { stations, influxdb: None })?;
    fill_log(&folder, stations)?;
    // The first start folds the log; what is measured resumes from what it has saved.
    let mut process = folder.start()?;
    wait_known(&mut process, folder.http, stations)?;
    process.stop()?;
    (1..=plan.runs)
        .map(|run| {
            let figures = measure(&folder, stations)?;
            eprintln!("country, {stations} stations, run {run} of {}: {figures:.1?}", plan.runs);
            Ok(figures)
        })
        .collect()
}

/// Writes one round of every device's readings into the hub's log, before the hub first runs.
pub(super) fn fill_log(folder: &HubFolder, stations: usize) -> Result<()> {
    let mut records = Fleet::new(stations)?;
    let begin_ms = now_ms() - ROUND_S as i64 * 1000;
    let options = Options { max_bytes: 20 << 30, ..Options::default() };
    let (mut writer, _log, _) = waystation_durable_log::open(&folder.data().join("log"), options)?;
    let mut bytes = Vec::new();
    for second in 0..ROUND_S {
        for entry in records.second(second, begin_ms) {
            bytes.clear();
            entry.encode(&mut bytes);
            writer.append(&bytes)?;
        }
        writer.commit()?;
    }
    Ok(())
}

fn measure(folder: &HubFolder, stations: usize) -> Result<Figures> {
    let begun = Instant::now();
    let mut process = folder.start()?;
    wait_known(&mut process, folder.http, stations)?;
    let known_s = begun.elapsed().as_secs_f64();
    let page = |path: &str| asked(folder.http, path);
    let (page_ms, _) = page("/api/v1/stations?limit=100")?;
    let (largest_page_ms, _) = page("/api/v1/stations?limit=1000")?;
    let (metrics_ms, metrics_bytes) = page("/metrics")?;
    let resident = resident_bytes(process.pid())?;
    process.stop()?;
    Ok(Figures {
        known_s,
        resident_bytes: resident as f64,
        page_ms,
        largest_page_ms,
        metrics_ms,
        metrics_bytes: metrics_bytes as f64,
    })
}

/// Waits until no station is one that was never seen.
pub(super) fn wait_known(process: &mut Process, http: SocketAddr, stations: usize) -> Result<()> {
    let begun = Instant::now();
    loop {
        if let Ok(body) = get(http, "/metrics")
            && known(&String::from_utf8_lossy(&body)) == stations as f64
        {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "the hub does not know its {stations} stations");
        process.stays_up_for(LOOK)?;
    }
}

fn known(metrics: &str) -> f64 {
    let states = metrics.lines().filter(|line| line.starts_with("waystation_stations{"));
    let seen = states.filter(|line| !line.contains("never_seen"));
    seen.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Median time of an answer in ms, and its size.
fn asked(http: SocketAddr, path: &str) -> Result<(f64, usize)> {
    let mut times = Vec::new();
    let mut size = get(http, path)?.len();
    for _ in 0..ASKED {
        let begun = Instant::now();
        size = get(http, path)?.len();
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok((crate::report::median(&times), size))
}
