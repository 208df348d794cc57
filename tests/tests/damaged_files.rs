//! Files of the data folder that are damaged or gone: the hub starts without what it can do without, says what is lost,
//! and takes readings; without its registry it does not start, and says what to do.

use std::path::Path;
use std::process::Command;
use waystation_tests::hub::Login;
use waystation_tests::{Client, Hub, HubSettings, Version, http, process, until};

/// Begun anew when they are damaged.
const RENEWED: [&str; 3] = ["state.db", "history.db", "operations.db"];

/// Random-looking bytes from the first on; or only behind SQLite's first page; or cut off in the middle of a page.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Garbage,
    Pages,
    Cut,
}

fn harm(file: &Path, harm: Harm) {
    // Everything into the file itself, so that no write-ahead log makes the harm good.
    let mut checkpoint = Command::new("/usr/bin/python3");
    checkpoint.args([
        "-c",
        "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode = DELETE')",
    ]);
    process::run(checkpoint.arg(file));
    let mut bytes = std::fs::read(file).unwrap();
    match harm {
        Harm::Garbage => bytes.fill(0x5a),
        Harm::Pages => bytes[4096..].fill(0x5a),
        Harm::Cut => bytes.truncate(4096 + 100),
    }
    std::fs::write(file, bytes).unwrap();
}

fn begun_anew(hub: &Hub, file: &str) -> f64 {
    hub.metric("waystation_files_begun_anew", &format!("file=\"{file}\""))
}

/// A hub that has something in all of its files, stopped.
fn used() -> (Hub, waystation_tests::hub::Login) {
    let mut hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    smoke(&hub, &station);
    until("the alert is saved", || !hub.items("/api/v1/alerts?state=firing").is_empty());
    hub.stop();
    (hub, station)
}

fn smoke(hub: &Hub, station: &waystation_tests::hub::Login) {
    let mut client = Client::log_in(hub.mqtt, station, Version::V5);
    let smoke = br#"{"device":"cab-1","smoke":true}"#;
    assert_eq!(client.publish_acked(&station.topic("cabinet"), smoke), 0);
}

/// The target of the audit log's first entry, if that says that it is a new one.
fn audit_begun_anew(hub: &Hub, operator: &Login) -> Option<String> {
    let headers = format!("Authorization: Bearer {}\r\n", operator.token);
    let answer = http::ask(hub.http, "GET", "/api/v1/audit", &headers, b"").expect("an answer");
    let entries = answer.json();
    let first = entries["items"].as_array().expect("a list").last()?.clone();
    (first["action"] == "operations.begun_anew").then(|| first["target"].as_str().expect("a name").to_owned())
}

#[test]
fn a_damaged_file_is_set_aside_and_the_hub_goes_on() {
    let (mut hub, station) = used();
    let operator = hub.add_token("zhang", "operator");
    let data = hub.folder().join("data");
    for (file, how) in RENEWED
        .into_iter()
        .flat_map(|file| [(file, Harm::Garbage), (file, Harm::Cut)])
        .chain([("state.db", Harm::Pages), ("operations.db", Harm::Pages)])
    {
        let before = hub.log().len();
        harm(&data.join(file), how);
        hub.start();
        let said = hub.log()[before..].to_owned();
        assert!(
            said.contains("a file is damaged: it was set aside") && said.contains("lost="),
            "{file} {how:?} {said}"
        );
        assert_eq!(begun_anew(&hub, file), 1.0, "{file} {how:?}");
        let aside = |name: &str| name.starts_with(&format!("{file}.damaged-"));
        let found = std::fs::read_dir(&data).unwrap();
        let found =
            found.filter(|entry| aside(entry.as_ref().unwrap().file_name().to_str().unwrap())).count();
        assert!(found > 0, "{file} is kept for whoever wants to look");
        if file == "operations.db" {
            let named = audit_begun_anew(&hub, &operator).expect("an entry");
            assert!(data.join(&named).exists(), "{named}");
        }
        assert_eq!(hub.failing(), Vec::<String>::new());
        smoke(&hub, &station);
        let path = "/api/v1/alerts?state=firing";
        until("what is wrong now is found again", || !hub.items(path).is_empty());
        hub.stop();
        hub.start();
        assert_eq!(begun_anew(&hub, file), 0.0, "{file} {how:?}: the new one is sound");
        hub.stop();
        for entry in std::fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            if aside(path.file_name().unwrap().to_str().unwrap()) {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn a_file_that_is_gone_is_missed() {
    let (mut hub, _) = used();
    let operator = hub.add_token("zhang", "operator");
    for file in RENEWED {
        for ending in ["", "-wal", "-shm"] {
            std::fs::remove_file(hub.folder().join(format!("data/{file}{ending}"))).ok();
        }
        let before = hub.log().len();
        hub.start();
        let said = hub.log()[before..].to_owned();
        assert!(said.contains("a file is gone, and is begun anew") && said.contains(file), "{said}");
        assert_eq!(begun_anew(&hub, file), 1.0, "{file}");
        if file == "operations.db" {
            assert_eq!(audit_begun_anew(&hub, &operator).as_deref(), Some(file));
        }
        hub.stop();
    }
}

#[test]
fn a_new_hub_misses_nothing() {
    let hub = HubSettings::default().start();
    assert!(!hub.log().contains("begun anew"), "{}", hub.log());
    assert_eq!(hub.metric("waystation_files_begun_anew", ""), 0.0);
}

#[test]
fn without_its_registry_the_hub_does_not_start_and_says_what_to_do() {
    let (hub, _) = used();
    let registry = hub.folder().join("data/registry.db");
    let sound = std::fs::read(&registry).unwrap();
    for how in [Harm::Garbage, Harm::Pages, Harm::Cut] {
        std::fs::write(&registry, &sound).unwrap();
        harm(&registry, how);
        let output = hub.command(&["run"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{how:?} {said}");
        assert!(said.contains("registry.db is damaged") && said.contains("backup"), "{how:?} {said}");
    }
}
