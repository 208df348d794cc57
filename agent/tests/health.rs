//! How the sources fare, as the hub is told of it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use support::{Agent, Collector, Mosquitto};
use tokio::io::AsyncWriteExt;

/// What was last told of a source.
fn last(collector: &Collector, source: &str) -> Value {
    let told = collector.readings(0);
    let mut told =
        told.into_iter().filter(|reading| reading["device"] == source && reading["kind"] == "gateway");
    told.next_back().unwrap_or_default()
}

#[tokio::test]
async fn a_source_that_fails_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let line = folder.path().join("contact");
    let config = format!(
        "[[sources.line]]\nname = \"side\"\npath = \"{}\"\ndevice = \"side-door\"\nvalues = {{ 1 = \"open\", 0 = \"closed\" }}\n",
        line.display()
    );
    std::fs::write(&line, "1\n").unwrap();
    let mut agent = Agent::new(folder.path(), hub.port, &config);
    // Nothing is told for the time alone.
    agent.environment("WAYSTATION_GATEWAY__INTERVAL_S", "86400");
    agent.start();
    let mut feed = agent.feed().await;
    feed.stream.write_all(b"{\"kind\":\"fund\",\"device\":\"till\",\"sales_total\":-1}\n").await.unwrap();
    feed.send(0..0).await;
    assert_eq!(feed.answer().await.unwrap()["error"], "out_of_range");

    collector.collect_until("it works", |c| last(c, "side")["source_state"] == "ok").await;
    let lines = json!({"kind":"gateway","device":"jsonl","source":"jsonl","source_state":"ok","source_readings_total":0,"source_refused_total":1});
    assert_eq!(last(&collector, "jsonl"), lines);
    assert_eq!(last(&collector, "system")["source_state"], "ok");

    std::fs::remove_file(&line).unwrap();
    collector.collect_until("it fails", |c| last(c, "side")["source_state"] == "failing").await;
    let failing = json!({"kind":"gateway","device":"side","source":"line","source_state":"failing","source_readings_total":1,"source_refused_total":0});
    assert_eq!(last(&collector, "side"), failing);

    // The gateway's own readings are of the gateway alone.
    let own = collector.readings(0).into_iter().filter(|reading| reading["device"] == "gateway");
    assert!(
        own.into_iter().all(|reading| reading.get("source").is_none() && reading["uptime_s"].is_number())
    );
}

#[tokio::test]
async fn connections_that_nobody_closes_keep_no_device_out() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut agent = Agent::new(folder.path(), hub.port, "");
    agent.start();
    drop(agent.feed().await);
    let connect = || std::os::unix::net::UnixStream::connect(&agent.socket).unwrap();
    let _idle: Vec<_> = std::iter::repeat_with(connect).take(200).collect();
    let mut feed = agent.feed().await;
    let now_ms = waystation_agent::clock::now_ms();
    feed.send(now_ms..now_ms + 1).await;
    let acknowledged = tokio::time::timeout(support::PATIENCE, feed.acknowledged()).await;
    assert_eq!(acknowledged, Ok(Some(1)));
}
