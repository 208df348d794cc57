//! Readings that reach InfluxDB, by the ways that lead there.

mod consumer;
mod file;
mod through_hub;

pub use consumer::Consumer;

use super::{FAILED, Plan};
use crate::mqtt::Payload;
use crate::report::{Table, median, rate, spread};
use crate::servers::{InfluxDb, ServerKind};
use anyhow::Result;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Stations that publish, each from one device.
const STATIONS: usize = 2000;
/// A store that has taken nothing for this long takes nothing more.
const SILENCE: Duration = Duration::from_secs(10);

/// How long each run into InfluxDB is measured, and where Node-RED is, if anywhere.
#[derive(Debug, Clone)]
pub struct InfluxPlan {
    pub measured: Duration,
    /// Folder with `node_modules/node-red` and `node_modules/node-red-contrib-influxdb`.
    pub node_red: Option<PathBuf>,
}

/// A way into InfluxDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    File(Payload),
    Hub { window: usize, payload: Payload },
    Mosquitto(Consumer),
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
struct Stored {
    /// Points that InfluxDB took within the measured time, a second.
    points_per_s: f64,
    /// Readings acknowledged to the publishers within the measured time, a second; those of the file count as they are
    /// stored.
    acknowledged_per_s: f64,
    /// Acknowledged over the whole run, less what stood in InfluxDB when nothing more came.
    lost: u64,
    acknowledged: u64,
    /// After the last acknowledgement, until InfluxDB had everything.
    drain: Duration,
}

pub fn influx(plan: &Plan, influx: &InfluxPlan) -> Table {
    let note = format!(
        "{STATIONS} stations, varied values, InfluxDB 1.6.7, the way to it and \
         the generator on the same cores, {} s measured (a plain file: 70,000 lines for each second). The \
         stations of the hub are held back while more than 500,000 acknowledged readings wait to be stored. *Stored* is what InfluxDB took in that time by its own counter; *lost* compares a count by \
         InfluxQL, after nothing more came, with what had been acknowledged.",
        influx.measured.as_secs_f64()
    );
    let heading =
        ["way", "stored/s", "of the file's", "acknowledged/s", "lost of acknowledged", "drained in"];
    let mut table = Table::new("Readings stored in InfluxDB", &note, &heading);
    let mut most = f64::NAN;
    for way in ways(plan, influx) {
        let runs = repeat(plan, influx, way);
        let mut cells = vec![title(way)];
        if runs.is_empty() {
            cells.resize(heading.len(), FAILED.to_owned());
        } else {
            let stored = column(&runs, |run| run.points_per_s);
            if matches!(way, Way::File(_)) {
                most = median(&stored);
            }
            cells.extend(show(&runs, &stored, most));
        }
        table.row(cells);
    }
    table
}

/// The ways through the servers that are planned, and the file to compare them with.
fn ways(plan: &Plan, influx: &InfluxPlan) -> Vec<Way> {
    let ways = all_ways(influx).into_iter();
    ways.filter(|way| match way {
        Way::File(_) => true,
        Way::Hub { .. } => plan.servers.contains(&ServerKind::Hub),
        Way::Mosquitto(_) => plan.servers.contains(&ServerKind::Mosquitto),
    })
    .collect()
}

fn all_ways(influx: &InfluxPlan) -> Vec<Way> {
    let mut ways = vec![
        Way::File(Payload::Short),
        Way::Hub { window: 20, payload: Payload::Short },
        Way::Hub { window: 4, payload: Payload::ShortBatch(20) },
        Way::File(Payload::Single),
        Way::Hub { window: 20, payload: Payload::Single },
        Way::Hub { window: 1, payload: Payload::Single },
        Way::Hub { window: 4, payload: Payload::Batch(20) },
        Way::Mosquitto(Consumer::Paho { batch: 1 }),
        Way::Mosquitto(Consumer::Paho { batch: 1000 }),
    ];
    if influx.node_red.is_some() {
        ways.push(Way::Mosquitto(Consumer::NodeRed { batch: 1 }));
        ways.push(Way::Mosquitto(Consumer::NodeRed { batch: 1000 }));
    }
    ways
}

fn title(way: Way) -> String {
    match way {
        Way::File(payload) => format!("a plain file, {} values a line", payload.measurements()),
        Way::Hub { window, payload } => {
            let batches = match payload.readings() {
                1 => String::new(),
                count => format!("batches of {count}, "),
            };
            format!("hub, {batches}{window} in flight, {} values", payload.measurements())
        }
        Way::Mosquitto(consumer) => format!("mosquitto, {}", consumer.title()),
    }
}

/// The runs of one way; none if one failed.
fn repeat(plan: &Plan, influx: &InfluxPlan, way: Way) -> Vec<Stored> {
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        let outcome = match way {
            Way::File(payload) => file::run(plan, influx, payload),
            Way::Hub { window, payload } => through_hub::run(plan, influx, window, payload),
            Way::Mosquitto(consumer) => consumer.run(plan, influx),
        };
        match outcome {
            Ok(stored) => {
                eprintln!("{}, run {run} of {}: {stored:.1?}", title(way), plan.runs);
                runs.push(stored);
            }
            Err(error) => {
                eprintln!("{}, run {run} of {}: {error:#}", title(way), plan.runs);
                return Vec::new();
            }
        }
    }
    runs
}

fn show(runs: &[Stored], stored: &[f64], most: f64) -> Vec<String> {
    let lost: u64 = runs.iter().map(|run| run.lost).sum();
    let acknowledged: u64 = runs.iter().map(|run| run.acknowledged).sum();
    let share = 100.0 * lost as f64 / acknowledged.max(1) as f64;
    vec![
        spread(stored, rate),
        format!("{:.0} %", 100.0 * median(stored) / most),
        spread(&column(runs, |run| run.acknowledged_per_s), rate),
        if lost == 0 {
            format!("0 of {acknowledged}")
        } else {
            format!("{lost} of {acknowledged} ({share:.1} %)")
        },
        spread(&column(runs, |run| run.drain.as_secs_f64()), |seconds| format!("{seconds:.0} s")),
    ]
}

fn column(runs: &[Stored], of: impl Fn(&Stored) -> f64) -> Vec<f64> {
    runs.iter().map(of).collect()
}

/// InfluxDB's counter and the time, when the measured time begins or ends.
struct Mark {
    at: Instant,
    points: u64,
}

impl Mark {
    fn now(influxdb: &InfluxDb) -> Result<Self> {
        Ok(Self { at: Instant::now(), points: influxdb.points_written()? })
    }
}

/// Points a second between the first mark and the last.
fn points_per_s(marks: &[Mark]) -> f64 {
    match (marks.first(), marks.last()) {
        (Some(first), Some(last)) => {
            (last.points - first.points) as f64 / last.at.duration_since(first.at).as_secs_f64()
        }
        _ => f64::NAN,
    }
}

/// Waits until InfluxDB holds `wanted` environment points or has taken nothing for [`SILENCE`]; returns how many it
/// holds, and how long it still took points.
pub(super) fn wait_until_stored(influxdb: &mut InfluxDb, wanted: u64) -> Result<(u64, Duration)> {
    let begun = Instant::now();
    let (mut last, mut last_at) = (influxdb.points_written()?, begun);
    // The counter has other points in it, too: only a query knows.
    while last < wanted || influxdb.points_stored()? < wanted {
        influxdb.process().stays_up_for(Duration::from_millis(200))?;
        let points = influxdb.points_written()?;
        if points > last {
            (last, last_at) = (points, Instant::now());
        } else if last_at.elapsed() > SILENCE {
            break;
        }
    }
    Ok((influxdb.points_stored()?, last_at.duration_since(begun)))
}
