//! A month of utilisation out of the embedded store.

use super::{FAILED, Plan};
use crate::report::{Table, median, rate};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use waystation_durable_log::Options;
use waystation_hub::calendar::{DAY_MS, HOUR_MS, Zone};
use waystation_hub::config;
use waystation_hub::entry::encode_readings;
use waystation_hub::health::Health;
use waystation_hub::history::{By, Consumer, History, Resolution, Retention, Uptime, UtilisationQuery};
use waystation_hub::metrics::Metrics;
use waystation_hub::registry::{Directory, NewStation, TokenHash};
use waystation_hub::shutdown;
use waystation_protocol::{Occupancy, Reading, StationId};

/// 2026-03-01 00:00 in Shanghai.
const MONTH: i64 = 1_772_294_400_000;
const DAYS: i64 = 31;
const DISTRICTS: usize = 12;
/// The hours of a day that have samples, and the minutes between them: what is read back are the windows of days, and
/// those are as large with few samples as with many.
const HOURS: [i64; 4] = [3, 9, 13, 20];
const EVERY_MIN: i64 = 6;

fn now() -> i64 {
    MONTH + DAYS * DAY_MS
}

/// Fills a store with a month of `stations`, then asks for it in three ways.
pub fn utilisation(plan: &Plan, stations: usize) -> Table {
    let note = format!(
        "{stations} stations in {DISTRICTS} districts, {DAYS} days, in `history.db`: all of it read, summed and made into \
         figures. *Filled* is the rate at which the history's thread takes readings from the log, all at once, commits \
         and utilisation of every hour included."
    );
    let heading = ["asked for", "rows", "time", "filled, readings/s"];
    let mut table = Table::new("A month of utilisation", &note, &heading);
    match measure(plan, stations) {
        Ok(rows) => rows.into_iter().for_each(|row| table.row(row)),
        Err(error) => {
            eprintln!("utilisation: {error:#}");
            table.row(vec![FAILED.to_owned(); heading.len()]);
        }
    }
    table
}

fn measure(plan: &Plan, stations: usize) -> Result<Vec<Vec<String>>> {
    let folder = tempfile::tempdir_in(&plan.places.data)?;
    let ids: Vec<StationId> =
        (0..stations).map(|number| Ok(format!("s-{number:04}").parse()?)).collect::<Result<_>>()?;
    let directory = Directory::new(ids.iter().enumerate().filter_map(registered).collect(), Vec::new());
    ensure!(directory.len() == stations, "a station was not accepted");
    let zone = Zone::parse("Asia/Shanghai").map_err(anyhow::Error::msg)?;
    let history = History::open(folder.path(), directory.shared(), zone, now)?;
    let filled = fill(&history, &ids, folder.path())?;
    eprintln!("utilisation: filled at {} readings/s", rate(filled));
    let mut rows = Vec::new();
    for (title, by, resolution) in [
        ("by district", By::District, Resolution::Total),
        ("by district and day", By::District, Resolution::Day),
        ("by station", By::Station, Resolution::Total),
    ] {
        let query =
            UtilisationQuery { from: MONTH, to: now(), by, resolution, station: None, district: None };
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..plan.runs.max(3) {
            let begun = Instant::now();
            found = history.utilisation(&query, &|_, _, _| Uptime::default())?.len();
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        eprintln!("utilisation {title}: {times:.1?} ms");
        rows.push(vec![title.into(), found.to_string(), format!("{:.0} ms", median(&times)), rate(filled)]);
    }
    Ok(rows)
}

/// Readings a second that the history takes.
fn fill(history: &History, ids: &[StationId], folder: &std::path::Path) -> Result<f64> {
    let (mut writer, log, _) = waystation_durable_log::open(&folder.join("log"), Options::default())?;
    let mut readings = 0;
    for day in 0..DAYS {
        for (number, id) in ids.iter().enumerate() {
            let samples = samples(number, MONTH + day * DAY_MS);
            readings += samples.len();
            let mut record = Vec::new();
            encode_readings(&mut record, id, MONTH + (day + 1) * DAY_MS, samples.iter());
            writer.append(&record)?;
        }
        writer.commit()?;
    }
    let retention = Retention::from(&config::History::default());
    let consumer =
        Consumer::new(history.clone(), log.clone(), retention, Metrics::new(), Health::default(), u64::MAX)?;
    let (stop, stopping) = shutdown::switch();
    let begun = Instant::now();
    let running = consumer.spawn(stopping)?;
    stop.stop();
    running.join();
    let took: Duration = begun.elapsed();
    log.close_waiters();
    Ok(readings as f64 / took.as_secs_f64())
}

fn samples(station: usize, day_ms: i64) -> Vec<Reading> {
    let people = i64::try_from(station % 10).unwrap_or(0);
    let mut samples = Vec::new();
    for hour in HOURS {
        for minute in (0..60).step_by(usize::try_from(EVERY_MIN).unwrap_or(1)) {
            let ts = day_ms + hour * HOUR_MS + minute * 60_000;
            let entries = (ts - MONTH) / 600_000;
            let body = Occupancy {
                people: Some(people),
                capacity: Some(20),
                entries_total: Some(entries),
                exits_total: Some(entries),
                ..Occupancy::default()
            };
            samples.extend("room".try_into().map(|device| Reading { ts, device, body: body.into() }));
        }
    }
    samples
}

fn registered((number, id): (usize, &StationId)) -> Option<(waystation_hub::registry::Station, TokenHash)> {
    let new = NewStation {
        id: id.to_string(),
        district: format!("district {}", number % DISTRICTS),
        opening_hours: if number.is_multiple_of(3) { "24h".into() } else { "08:00-18:00".into() },
        ..NewStation::default()
    };
    Some((new.check().ok()?, TokenHash::of(id.as_str().as_bytes())))
}
