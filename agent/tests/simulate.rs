//! Simulated stations against a real mosquitto, with everything going wrong that a scenario knows.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;
use support::{Collector, Mosquitto, PATIENCE};
use waystation_agent::simulate::scenario::Scenario;
use waystation_agent::simulate::{Counters, Options, Report, run, tokens};

const STATIONS: usize = 20;

fn options(port: u16) -> Options {
    let stations = tokens::anonymous("sim-", STATIONS).unwrap();
    let mut options = Options::new(format!("mqtt://127.0.0.1:{port}").parse().unwrap(), stations);
    options.speed = 600.0;
    options.drain = PATIENCE;
    options
}

/// Runs until the counters are as wanted.
async fn run_until(options: Options, wanted: impl Fn(&Counters) -> bool) -> Report {
    let counters: Arc<Counters> = options.counters.clone();
    let reached = async {
        support::until("the simulation got there", || wanted(&counters)).await;
    };
    run(options, reached).await.unwrap()
}

fn scenario(folder: &std::path::Path, text: &str) -> Scenario {
    let path = folder.join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    Scenario::read(&path).unwrap()
}

#[tokio::test]
async fn every_reading_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start(folder.path()).await;
    let report = run_until(options(mosquitto.port), |counters| counters.readings.get() > 1_000).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.acknowledged, report.connects), (report.readings, STATIONS as u64), "{report}");
}

#[tokio::test]
async fn outages_power_cuts_and_takeovers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(mosquitto.port).await;
    let mut options = options(mosquitto.port);
    options.scenario = scenario(
        folder.path(),
        r#"
        [[event]]
        at_s = 0.5
        for_s = 0.5
        what = "outage"
        stations = "60%"
        [[event]]
        at_s = 0.7
        for_s = 0.5
        what = "power_cut"
        stations = ["sim-00001", "sim-00002"]
        [[event]]
        at_s = 1.0
        what = "nat_rebind"
        [[event]]
        at_s = 1.2
        for_s = 0.5
        what = "takeover_storm"
        every_s = 0.1
        [[event]]
        at_s = 1.0
        for_s = 1
        what = "silence"
        stations = ["sim-00003"]
        [[event]]
        at_s = 0
        for_s = 60
        what = "clock_skew"
        skew_s = -3600
        stations = ["sim-00004"]
        "#,
    );
    let report = run_until(options, |counters| {
        counters.batches.get() > 10 && counters.connects.get() > 4 * STATIONS as u64
    })
    .await;
    assert!(report.is_clean() && report.dropped == 0, "{report}");
    assert_eq!(report.acknowledged, report.readings, "{report}");
    collector.flush().await;
    assert!(!collector.batches.is_empty());
}

#[tokio::test]
async fn a_small_outbox_drops_the_oldest_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(mosquitto.port).await;
    let mut options = options(mosquitto.port);
    options.outbox_readings_max = 5;
    options.scenario = scenario(folder.path(), "[[event]]\nat_s = 0.3\nfor_s = 2\nwhat = \"outage\"\n");
    let report = run_until(options, |counters| {
        counters.dropped.get() > 0 && counters.connects.get() >= 2 * STATIONS as u64
    })
    .await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.acknowledged + report.dropped, report.readings, "{report}");
    collector.flush().await;
    assert!(collector.batches.iter().any(|(header, _)| !header.lost.is_empty()));
}

#[tokio::test]
async fn without_a_hub_everything_is_left_and_the_report_says_so() {
    let mut options = options(1);
    options.drain = Duration::from_millis(1);
    let report = run_until(options, |counters| counters.readings.get() > 100).await;
    assert!(!report.is_clean() && report.left == report.readings && report.connect_failures > 0, "{report}");
}
