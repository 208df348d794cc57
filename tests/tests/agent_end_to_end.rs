//! From a device through the agent and the hub into InfluxDB, with kill -9 at random moments: what the agent
//! acknowledged to the device ends in InfluxDB, once.

use std::collections::BTreeMap;
use std::io::Write;
use waystation_tests::agent::line;
use waystation_tests::readings::now_ms;
use waystation_tests::{Agent, HubSettings, Influxd, Random, until};

const GROUP: i64 = 50;

fn rounds() -> u64 {
    std::env::var("WAYSTATION_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

/// Time to value of everything that is stored.
fn stored(influxd: &Influxd) -> BTreeMap<i64, i64> {
    let rows = influxd.rows("SELECT co2_ppm FROM environment");
    let stored: BTreeMap<i64, i64> = rows
        .iter()
        .map(|row| (row["time"].as_i64().unwrap(), row["co2_ppm"].as_f64().unwrap() as i64))
        .collect();
    assert_eq!(stored.len(), rows.len(), "a time stands there twice");
    stored
}

#[test]
fn what_the_agent_acknowledged_survives_kill_9() {
    let mut random = Random::from_environment();
    let mut influxd = Influxd::start();
    let mut hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let mut agent = Agent::prepare(&station, hub.mqtt);
    let start = now_ms() - 3_600_000;
    let reading = |number: i64| (start + number, 300 + number % 9_000);
    let (mut next, mut acknowledged) = (0_i64, Vec::new());
    for round in 0..rounds() {
        if round % 2 == 1 {
            influxd.kill();
            hub.kill();
        } else if !influxd.is_running() {
            influxd.run();
            hub.start();
        }
        agent.start();
        let mut device = agent.device();
        let first = next;
        let groups = random.within(1..30) as i64;
        for group in 1..=groups {
            let numbers = next..next + GROUP;
            next += GROUP;
            // The last group is cut off at a random moment: sent, perhaps on disk, perhaps acknowledged.
            let sent: Vec<_> = numbers.map(reading).collect();
            if !device.send(&sent) || group == groups {
                break;
            }
            // The line that asks for acknowledgements counts as none.
            while device.acknowledged().expect("the agent runs") < (group * GROUP) as u64 {}
            acknowledged.extend(first + (group - 1) * GROUP..first + group * GROUP);
        }
        std::thread::park_timeout(std::time::Duration::from_micros(random.within(0..20_000)));
        agent.kill();
        eprintln!("round {round}: {} readings acknowledged to the device", acknowledged.len());
    }
    if !influxd.is_running() {
        influxd.run();
    }
    if !hub.is_running() {
        hub.start();
    }
    agent.start();
    until("the outbox is empty", || {
        agent.assert_running();
        let status = agent.outbox();
        status["records"] == 0 && status["running"] == true
    });
    until("everything acknowledged is in InfluxDB", || {
        let stored = stored(&influxd);
        acknowledged.iter().all(|number| stored.get(&reading(*number).0) == Some(&reading(*number).1))
    });
    for (ts, value) in stored(&influxd) {
        let number = ts - start;
        assert!((0..next).contains(&number) && reading(number).1 == value, "{ts} was never sent");
    }
    let ledger = hub.ledger_once(&station, |ledger| ledger["gaps"] == serde_json::json!([]));
    assert_eq!((&ledger["missing_total"], &ledger["dropped_total"]), (&0.into(), &0.into()), "{ledger}");
    until("the station is online", || hub.get("/api/v1/stations/dx-0001").good()["state"] == "online");
}

/// A script that pipes its readings in, and is done when the hub has them.
#[test]
fn standard_input_to_its_end() {
    let influxd = Influxd::start();
    let hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let mut agent = Agent::prepare(&station, hub.mqtt);
    let start = now_ms() - 60_000;
    let process = agent.start_with_input();
    let mut input = process.child().stdin.take().unwrap();
    let lines: String = (0..1_000).map(|number| line(start + number, 300 + number)).collect();
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    assert!(process.wait().success());
    until("all of them are stored", || influxd.number("SELECT count(co2_ppm) FROM environment") == 1_000);
    let ledger = hub.ledger_once(&station, |ledger| ledger["received"] == 1_000);
    assert_eq!(ledger["durable_up_to"], 1_000);
}

/// The installer's doctor finds nothing wrong where nothing is wrong, and says what is wrong where something is.
#[test]
fn the_doctor() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let agent = Agent::prepare(&station, hub.mqtt);
    let findings: serde_json::Value = serde_json::from_str(&agent.run_command(&["check", "--json"])).unwrap();
    let findings = findings.as_array().unwrap();
    assert!(findings.len() >= 8 && findings.iter().all(|finding| finding["ok"] == true), "{findings:?}");
    let clocks = findings.iter().find(|finding| finding["trial"] == "hub_clock").expect("a trial");
    assert!(clocks["detail"].as_str().unwrap().ends_with("s off the hub's"), "{clocks}");

    let mut wrong = Agent::prepare(&station, hub.mqtt);
    wrong.set("", "token", "\"wst_wrong\"");
    let output = wrong.check_output();
    assert_eq!(output.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<_> =
        findings.as_array().unwrap().iter().filter(|finding| finding["ok"] == false).collect();
    assert_eq!(failed.len(), 1, "{findings}");
    assert_eq!(failed[0]["trial"], "login");
    assert!(!failed[0]["detail"].as_str().unwrap().contains("wst_wrong"));
}
