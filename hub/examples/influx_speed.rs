//! How fast a log that is full of readings drains into a real InfluxDB on the same machine, and who burns the CPU.
//!
//! `cargo run --release -p waystation-hub --example influx_speed -- [READINGS=3000000] [STATIONS=5000]
//! [environment|mix] [BATCH_LINES=5000] [WRITERS=2]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, clippy::cast_possible_wrap)]

#[path = "../src/influx/tests/influxd.rs"]
mod influxd;

use influxd::Influxd;
use std::sync::Arc;
use std::time::{Duration, Instant};
use waystation_durable_log::{Log, Options};
use waystation_hub::entry::encode_readings;
use waystation_hub::influx::{self, QuarantineError, QuarantineSink, RefusedLine};
use waystation_hub::metrics::Metrics;
use waystation_hub::registry::{Directory, Station, StationKind, TokenHash};
use waystation_hub::shutdown;
use waystation_protocol::{Body, DeviceId, Environment, Gateway, Occupancy, Reading, StationId};

struct Panicking;

impl QuarantineSink for Panicking {
    fn quarantine(&self, lines: &[RefusedLine]) -> Result<(), QuarantineError> {
        panic!("refused: {:?}", lines.first());
    }
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let mut number = |default: usize| args.next().map_or(default, |text| text.parse().expect("a number"));
    let (readings, stations) = (number(3_000_000), number(5_000));
    let (batch_lines, writers) = (number(5_000), number(2));
    let mixed = args.next().is_some_and(|what| what == "mix");

    let influxd = Influxd::start(&[]).await;
    let mut config = influxd.config();
    (config.batch_lines, config.writers, config.batch_age_ms) = (batch_lines, writers, 1_000);
    println!("{}", influx::init(&config).await.unwrap());

    let dir = tempfile::tempdir().unwrap();
    let ids: Vec<StationId> =
        (0..stations).map(|n| format!("station-{n:06}").as_str().try_into().unwrap()).collect();
    let filling = Instant::now();
    let log = fill(dir.path(), readings, &ids, mixed);
    println!("log: {readings} readings, {} MiB, filled in {:.1?}", log.bytes() >> 20, filling.elapsed());

    let metrics = Metrics::new();
    let (trigger, watch) = shutdown::switch();
    let (hub_before, influx_before) = (cpu_s("self"), cpu_s(&influxd.pid().to_string()));
    let started = Instant::now();
    let directory = directory(&ids).shared();
    let running =
        influx::spawn(&config, log.clone(), directory, Arc::new(Panicking), metrics.clone(), watch).unwrap();
    while running.status().position < log.durable() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(running.status().trouble.is_none(), "{:?}", running.status());
    }
    let elapsed = started.elapsed().as_secs_f64();
    let (hub, influx) = (cpu_s("self") - hub_before, cpu_s(&influxd.pid().to_string()) - influx_before);
    trigger.stop();
    running.join().await.unwrap();

    println!(
        "{:.0} readings/s ({readings} in {elapsed:.1} s); CPU: hub {hub:.1} s ({:.2} µs a reading), influxd {influx:.1} s ({:.2} µs)",
        readings as f64 / elapsed,
        hub * 1e6 / readings as f64,
        influx * 1e6 / readings as f64,
    );
    let stored = influxd.number("SELECT count(temperature_c) FROM environment").await
        + influxd.number("SELECT count(people) FROM occupancy").await
        + influxd.number("SELECT count(uptime_s) FROM gateway").await;
    println!("stored: {stored}; points counted: {}", metrics.influx_points.get());
    assert_eq!(stored, readings as u64);
}

/// One record a reading, as stations without an outbox publish; each station every ten seconds.
fn fill(dir: &std::path::Path, readings: usize, ids: &[StationId], mixed: bool) -> Log {
    let options = Options { max_bytes: 20 << 30, ..Options::default() };
    let (mut writer, log, _) = waystation_durable_log::open(dir, options).unwrap();
    let device: DeviceId = "env-1".try_into().unwrap();
    let mut record = Vec::new();
    for n in 0..readings {
        let ts = 1_790_000_000_000 + (n / ids.len()) as i64 * 10_000 + (n % ids.len()) as i64;
        let reading = Reading { ts, device: device.clone(), body: body(n, mixed) };
        record.clear();
        encode_readings(&mut record, &ids[n % ids.len()], ts, std::iter::once(&reading));
        writer.append(&record).unwrap();
        if n % 20_000 == 0 {
            writer.commit().unwrap();
        }
    }
    writer.commit().unwrap();
    log
}

fn body(n: usize, mixed: bool) -> Body {
    let wave = |low: f64, span: f64, step: f64| {
        ((low + span * ((n as f64 * step).sin() + 1.0)) * 10.0).round() / 10.0
    };
    match if mixed { n % 3 } else { 0 } {
        0 => Body::Environment(Environment {
            temperature_c: Some(wave(18.0, 5.0, 0.001)),
            humidity_pct: Some(wave(40.0, 15.0, 0.002)),
            co2_ppm: Some(wave(420.0, 400.0, 0.003)),
            pm2_5_ugm3: Some(wave(5.0, 30.0, 0.004)),
            noise_dba: Some(wave(35.0, 15.0, 0.005)),
            ..Environment::default()
        }),
        1 => Body::Occupancy(Occupancy {
            people: Some((n % 10) as i64),
            capacity: Some(10),
            entries_total: Some(n as i64),
            exits_total: Some(n as i64),
            ..Occupancy::default()
        }),
        _ => Body::Gateway(Gateway {
            uptime_s: Some(n as f64),
            cpu_pct: Some(wave(5.0, 20.0, 0.01)),
            memory_mb: Some(wave(100.0, 50.0, 0.001)),
            rssi_dbm: Some(-71.0),
            mains: Some(true),
            ..Gateway::default()
        }),
    }
}

fn directory(ids: &[StationId]) -> Directory {
    let station = |id: &StationId| Station {
        id: id.clone(),
        name_zh: "".into(),
        name_en: "".into(),
        city: None,
        district: Some("黄浦区".into()),
        street: None,
        grid: None,
        latitude: None,
        longitude: None,
        kind: StationKind::Rest,
        host_type: None,
        opening_hours: None,
        time_zone: None,
        capacity: None,
    };
    Directory::new(ids.iter().map(|id| (station(id), TokenHash::of(b""))).collect(), Vec::new())
}

/// User and system time of a process so far, seconds (100 ticks a second on every Linux that matters).
fn cpu_s(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
