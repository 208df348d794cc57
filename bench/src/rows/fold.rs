//! The fold of the log into the stations' state, alone in one thread.

use super::{FAILED, Plan};
use crate::fleet::{Fleet as Records, ROUND_S};
use crate::proc_fs::resident_bytes;
use crate::report::{Table, rate, spread};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use waystation_hub::fleet::{Event, Fleet, Thresholds};

const BEGIN_MS: i64 = 1_763_800_000_000;
const THRESHOLDS: Thresholds = Thresholds { warn_after_ms: 180_000, offline_after_ms: 900_000 };

#[derive(Debug, Clone, Copy)]
struct Figures {
    events_per_s: f64,
    tick_ms: f64,
    bytes_per_station: f64,
}

/// Folds `seconds` simulated seconds of `stations` plain stations, after a round in which every device reported once.
pub fn fold(plan: &Plan, stations: usize, seconds: usize) -> Table {
    let note = format!(
        "{stations} plain stations, {seconds} simulated seconds of their traffic after every device has reported once: records as \
         they come decoded from the log, each a batch with one reading, applied in one thread, with a tick each simulated second. \
         A tick looks at the stations that are due. Memory is the growth of the process, with everything that the fold keeps."
    );
    let heading = ["events/s, ticks included", "a tick", "memory per station"];
    let mut table = Table::new("The fold into the fleet's state", &note, &heading);
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        match measure(stations, seconds) {
            Ok(figures) => {
                eprintln!("fold, run {run} of {}: {figures:.1?}", plan.runs);
                runs.push(figures);
            }
            Err(error) => {
                eprintln!("fold, run {run} of {}: {error:#}", plan.runs);
                table.row(vec![FAILED.to_owned(); heading.len()]);
                return table;
            }
        }
    }
    let column = |of: fn(&Figures) -> f64| runs.iter().map(of).collect::<Vec<_>>();
    table.row(vec![
        spread(&column(|run| run.events_per_s), rate),
        spread(&column(|run| run.tick_ms), |ms| format!("{ms:.2} ms")),
        // Later runs reuse what the first one gave back.
        format!("{:.2} KiB", column(|run| run.bytes_per_station).into_iter().fold(0.0, f64::max) / 1024.0),
    ]);
    table
}

fn measure(stations: usize, seconds: usize) -> Result<Figures> {
    let mut records = Records::new(stations)?;
    let before = resident_bytes(std::process::id())?;
    let mut fleet = Fleet::new(THRESHOLDS, BEGIN_MS);
    fleet.apply(Event::Listening, BEGIN_MS);
    for second in 0..ROUND_S {
        run_second(&mut fleet, &mut records, second);
    }
    let resident = resident_bytes(std::process::id())?.saturating_sub(before);
    ensure!(fleet.stations().len() == stations, "{} stations", fleet.stations().len());
    let (mut events, mut folding, mut ticking) = (0, Duration::ZERO, Duration::ZERO);
    for second in ROUND_S..ROUND_S + seconds {
        let (count, fold, tick) = run_second(&mut fleet, &mut records, second);
        events += count;
        folding += fold;
        ticking += tick;
    }
    Ok(Figures {
        events_per_s: events as f64 / (folding + ticking).as_secs_f64(),
        tick_ms: ticking.as_secs_f64() * 1e3 / seconds as f64,
        bytes_per_station: resident as f64 / stations as f64,
    })
}

/// Folds what arrives in one second; gives the number of events, and the time that they and the tick took.
fn run_second(fleet: &mut Fleet, records: &mut Records, second: usize) -> (usize, Duration, Duration) {
    let entries = records.second(second, BEGIN_MS);
    let now_ms = BEGIN_MS + (second as i64 + 1) * 1000;
    let count = entries.len();
    let begun = Instant::now();
    for entry in entries {
        fleet.apply(Event::Entry(entry), now_ms);
    }
    let fold = begun.elapsed();
    fleet.apply(Event::Tick, now_ms);
    (count, fold, begun.elapsed() - fold)
}
