//! Door contacts as files, and commands.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;
use support::{Agent, Collector, Mosquitto, source_health};

/// What the front door said, in order.
fn door(collector: &Collector, device: &str) -> Vec<Value> {
    let mut readings = collector.readings(0);
    readings.retain(|reading| reading["device"] == device);
    readings
}

#[tokio::test]
async fn a_contact_behind_a_fifo_and_one_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let (fifo, file) = (folder.path().join("contact"), folder.path().join("value"));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let values = "values = { 1 = \"open\", 0 = \"closed\" }";
    let source = |path: &std::path::Path, device: &str, more: &str| {
        format!(
            "[[sources.line]]\nname = \"{device}\"\npath = \"{}\"\ndevice = \"{device}\"\n{values}\n{more}",
            path.display()
        )
    };
    let sources = source(&fifo, "front", "debounce_ms = 0\n") + &source(&file, "back", "poll_ms = 20\n");
    let mut agent = Agent::new(folder.path(), hub.port, &sources);
    agent.start();
    support::until("the fifo is open", || source_health(&agent, "front")["state"] == "ok").await;
    support::until("no file yet", || source_health(&agent, "back")["state"] == "failing").await;

    let (closed, opened) = (
        json!({"kind":"door","device":"front","contact":"closed"}),
        json!({"kind":"door","device":"front","contact":"open","event":"open"}),
    );
    let shut = json!({"kind":"door","device":"front","contact":"closed","event":"close"});
    let expected = [closed, opened, shut];
    for (word, count) in [("0\n", 1), ("1\n1\n", 2), ("0\n", 3)] {
        // A writer comes and goes.
        std::fs::OpenOptions::new().write(true).open(&fifo).unwrap().write_all(word.as_bytes()).unwrap();
        collector.collect_until("the door speaks", |c| door(c, "front").len() >= count).await;
        assert_eq!(door(&collector, "front"), expected[..count]);
    }

    std::fs::write(&file, "0\n").unwrap();
    collector.collect_until("the file speaks", |c| !door(c, "back").is_empty()).await;
    std::fs::write(&file, "1\n").unwrap();
    collector.collect_until("it opened", |c| door(c, "back").len() >= 2).await;
    let opened = json!({"kind":"door","device":"back","contact":"open","event":"open"});
    assert_eq!(door(&collector, "back")[1], opened);
    std::fs::write(&file, "ajar\n").unwrap();
    let unknown = "A device's value for contact";
    let error = || source_health(&agent, "back")["last_error"].as_str().unwrap_or_default().to_owned();
    support::until("an unknown state is noted", || error().starts_with(unknown)).await;
}

#[tokio::test]
async fn commands_print_readings() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let again = r#"echo '{"kind":"environment","device":"again","co2_ppm":600}'"#;
    let stays = r#"echo '{"kind":"environment","device":"stays","co2_ppm":700}'; sleep 600"#;
    let ends = r#"printf '{"kind":"environment","device":"ends","co2_ppm":800}'"#;
    let source = |name: &str, script: &str, more: &str| {
        format!(
            "[[sources.exec]]\nname = \"{name}\"\ncommand = [\"/bin/sh\", \"-c\", '''{script}''']\nreport = \"all\"\n{more}\n"
        )
    };
    let sources = source("again", again, "every_s = 1")
        + &source("stays", stays, "")
        + &source("ends", ends, "")
        + &source("fails", "exit 3", "every_s = 1")
        + &source("hangs", "sleep 600; true", "every_s = 1\ntimeout_s = 1")
        + "[[sources.exec]]\nname = \"absent\"\ncommand = [\"/no/such/program\"]\n";
    let mut agent = Agent::new(folder.path(), hub.port, &sources);
    agent.start();
    let count = |c: &Collector, device: &str| door(c, device).len();
    collector
        .collect_until("all have spoken", |c| {
            count(c, "again") >= 2 && count(c, "stays") >= 1 && count(c, "ends") >= 2
        })
        .await;
    assert_eq!(count(&collector, "stays"), 1, "a command that stays is not started again");
    for (name, error) in [
        ("fails", "it failed (exit status: 3)"),
        ("hangs", "it did not end within 1 s"),
        ("ends", "it ended (exit status: 0)"),
        ("absent", "No such file"),
    ] {
        let said = || source_health(&agent, name)["last_error"].as_str().unwrap_or_default().to_owned();
        support::until("the failure is told", || said().contains(error)).await;
    }
    assert_eq!(source_health(&agent, "stays")["state"], "ok");
    agent.terminate().await;
}
