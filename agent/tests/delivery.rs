//! What was acknowledged to a device reaches the hub, whatever happens in between.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use support::{Agent, Collector, Mosquitto};
use waystation_agent::clock::now_ms;
use waystation_agent::dice::Dice;

/// Readings of a group of the crash test.
const GROUP: i64 = 50;

#[tokio::test]
async fn readings_reach_the_hub_in_order_and_the_outbox_empties() {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(mosquitto.port).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    agent.start();
    let mut feed = agent.feed().await;
    let start = now_ms() - 100_000;
    assert!(feed.send(start..start + 2_000).await);
    while feed.acknowledged().await.expect("the agent runs") < 2_000 {}
    collector.collect_until("all is there", |collector| collector.stamps.len() == 2_000).await;

    let mut next_seq = 1;
    for (header, readings) in &collector.batches {
        assert_eq!((header.first_seq, header.lost.len()), (next_seq, 0));
        next_seq += readings.len() as u64;
    }
    support::until("the outbox is empty", || agent.outbox()["records"] == 0).await;
    assert_eq!(agent.outbox()["state"], "live");
    agent.terminate().await;
    let stopped = agent.outbox();
    assert_eq!((&stopped["running"], &stopped["records"]), (&false.into(), &0.into()));
}

#[tokio::test]
async fn a_refused_line_is_answered_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = Agent::new(folder.path(), 1, "");
    agent.start();
    let mut feed = agent.feed().await;
    let start = now_ms();
    assert!(feed.send(start..start + 1).await);
    assert_eq!(feed.acknowledged().await, Some(1));
    use tokio::io::AsyncWriteExt;
    let bad = b"{\"kind\":\"environment\",\"device\":\"env-1\",\"co2_ppm\":1}\n";
    feed.stream.write_all(bad).await.unwrap();
    let answer = feed.answer().await.unwrap();
    assert_eq!(
        (&answer["line"], &answer["error"], &answer["member"]),
        (&2.into(), &"out_of_range".into(), &"co2_ppm".into())
    );
    let status = agent.outbox();
    assert_eq!(
        (&status["records"], &status["refused_total"], &status["state"]),
        (&1.into(), &1.into(), &"offline".into())
    );
}

/// Kills the agent at random moments, and the hub now and then.
#[tokio::test]
async fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut mosquitto = Mosquitto::start(folder.path()).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "[outbox]\nsegment_bytes = \"64KiB\"\n");
    let mut dice = Dice::new(20_261_122);
    let mut next = now_ms() - 500_000;
    let mut acknowledged = Vec::new();
    let mut collector = Collector::subscribe(mosquitto.port).await;
    for round in 0..12 {
        if round % 4 == 2 {
            collector.flush().await;
            mosquitto.stop();
        }
        agent.start();
        let mut feed = agent.feed().await;
        let groups = dice.whole(1, 30);
        for group in 0..groups {
            let stamps = next..next + GROUP;
            next += GROUP;
            // The last group is cut off at a random moment: sent, perhaps written, perhaps acknowledged.
            if !feed.send(stamps.clone()).await {
                break;
            }
            if group + 1 < groups {
                while feed.acknowledged().await.expect("the agent runs") < (group + 1) * GROUP {}
                acknowledged.extend(stamps);
            }
        }
        agent.kill();
        if round % 4 == 2 {
            mosquitto.start_again().await;
            collector = Collector::subscribe(mosquitto.port).await.continuing(collector);
        }
    }
    agent.start();
    assert!(acknowledged.len() > 1_000, "{} readings", acknowledged.len());
    collector
        .collect_until("all is there", |collector| {
            acknowledged.iter().all(|ts| collector.stamps.contains(ts))
        })
        .await;
    for (header, readings) in &collector.batches {
        assert!(header.lost.is_empty() && header.count as usize == readings.len());
    }
}

/// A full outbox gives up its oldest readings, and the hub is told exactly which. They are of the second half of an
/// hour, so that thinning keeps none.
#[tokio::test]
async fn a_full_outbox_tells_what_it_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut mosquitto = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(mosquitto.port).await;
    mosquitto.stop();
    let limits = "[outbox]\nmax_bytes = \"1MiB\"\nsegment_bytes = \"64KiB\"\n";
    let mut agent = Agent::new(folder.path(), mosquitto.port, limits);
    agent.start();
    let mut feed = agent.feed().await;
    let start = now_ms() / 3_600_000 * 3_600_000 - 1_800_000;
    let total = 20_000;
    assert!(feed.send(start..start + total).await);
    while feed.acknowledged().await.expect("the agent runs") < total {}
    let status = agent.outbox();
    let lost = status["lost_total"].as_u64().unwrap();
    assert!(lost > 0 && status["records"].as_u64().unwrap() + lost == total as u64, "{status}");
    assert_eq!((&status["given_up"]["thinned"], &status["given_up"]["stripped"]), (&lost.into(), &0.into()));
    assert!(status["disk_bytes"].as_u64().unwrap() <= 1 << 20);

    agent.kill();
    mosquitto.start_again().await;
    collector = Collector::subscribe(mosquitto.port).await.continuing(collector);
    agent.start();
    let kept = total as usize - lost as usize;
    collector.collect_until("the rest is there", |collector| collector.stamps.len() == kept).await;
    assert_eq!(collector.batches[0].0.lost, [(1, lost)]);
    assert_eq!(collector.stamps.first(), Some(&(start + lost as i64)));
    support::until("the loss is told", || agent.outbox()["lost"].as_array().is_some_and(Vec::is_empty)).await;
}
