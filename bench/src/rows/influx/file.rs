//! The most that InfluxDB takes here: the same lines from a plain file, by two writers that do nothing else.

use super::{InfluxPlan, STATIONS, Stored};
use crate::http::LineWriter;
use crate::mqtt::{Payload, line_protocol};
use crate::rows::Plan;
use crate::servers::{DATABASE, InfluxDb};
use anyhow::{Result, anyhow, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WRITERS: usize = 2;
const BATCH_LINES: usize = 10_000;
/// Lines for each measured second: more than are taken, without filling the disk.
const LINES_PER_S: usize = 70_000;

pub fn run(plan: &Plan, influx: &InfluxPlan, payload: Payload) -> Result<Stored> {
    let folder = plan.places.folder()?;
    let path = folder.path().join("lines");
    let rounds = (influx.measured.as_secs_f64() * LINES_PER_S as f64) as usize / STATIONS + 1;
    write_file(&path, rounds, payload)?;
    let lines = (rounds * STATIONS) as u64;
    let influxdb = InfluxDb::start(&plan.places)?;
    let file = Mutex::new(BufReader::with_capacity(1 << 20, File::open(&path)?));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let writers: Vec<_> =
            (0..WRITERS).map(|_| scope.spawn(|| write_all(influxdb.address(), &file))).collect();
        writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| anyhow!("a writer panicked"))?)
    })?;
    let points_per_s = lines as f64 / begun.elapsed().as_secs_f64();
    let stored = influxdb.points_stored()?;
    ensure!(stored == lines, "{stored} points of {lines} lines are in InfluxDB");
    Ok(Stored {
        points_per_s,
        acknowledged_per_s: points_per_s,
        lost: 0,
        acknowledged: lines,
        drain: Duration::ZERO,
    })
}

/// `rounds` readings of every station, in the order in which live stations would report, a second apart.
fn write_file(path: &Path, rounds: usize, payload: Payload) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let begin_ms = crate::load::now_ms() - rounds as i64 * 1000;
    line_protocol(payload, STATIONS, rounds, begin_ms, |line| out.write_all(line))?;
    out.flush()?;
    Ok(())
}

fn write_all(address: SocketAddr, file: &Mutex<BufReader<File>>) -> Result<()> {
    let mut writer = LineWriter::connect(address, DATABASE)?;
    let mut batch = Vec::new();
    loop {
        batch.clear();
        {
            let mut reader = file.lock().unwrap_or_else(PoisonError::into_inner);
            for _ in 0..BATCH_LINES {
                if reader.read_until(b'\n', &mut batch)? == 0 {
                    break;
                }
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        writer.write(&batch)?;
    }
}
