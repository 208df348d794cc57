//! The agent is killed with -9 at random moments, again and again, while its hub breaks off, keeps silent and is away:
//! no reading whose ticket was durable is lost without a word, and none has two numbers.
//!
//! `WAYSTATION_KILLS=10000` for the full run (about half an hour).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

#[path = "support/hub.rs"]
mod hub;
mod support;

use hub::{FickleHub, Received};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use support::{Agent, PATIENCE};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use waystation_agent::clock::now_ms;
use waystation_agent::dice::Dice;

/// Kept low for everyday runs.
const KILLS: u64 = 100;
/// The longest life of an agent, ms; starting takes some of it.
const LIFE_MS_MAX: i64 = 250;
/// In each of so many rounds the hub is away for the first few, long enough for the outbox to overflow.
const AWAY_PERIOD: u64 = 40;
const AWAY_ROUNDS: u64 = 20;
/// Every so many readings one is of a door.
const DOOR_EVERY: i64 = 20;

/// What the device knows.
struct Device {
    /// The time of the next reading; each has its own.
    next: i64,
    acknowledged: Vec<i64>,
    dice: Dice,
    /// The most readings that it sends at once.
    group_max: i64,
}

impl Device {
    /// Sends groups of readings and takes their acknowledgements until it is dropped or the agent is gone.
    async fn talk(&mut self, agent: &Agent) {
        let mut feed = agent.feed().await;
        let mut sent = 0;
        loop {
            let group = self.dice.whole(1, self.group_max);
            let stamps = self.next..self.next + group;
            (self.next, sent) = (stamps.end, sent + group);
            let lines: String = stamps.clone().map(line).collect();
            if feed.stream.write_all(lines.as_bytes()).await.is_err() {
                return;
            }
            loop {
                match feed.acknowledged().await {
                    None => return,
                    Some(acknowledged) if acknowledged >= sent => break,
                    Some(_) => {}
                }
            }
            self.acknowledged.extend(stamps);
        }
    }
}

fn line(ts: i64) -> String {
    if ts % DOOR_EVERY == 0 {
        format!("{{\"kind\":\"door\",\"ts\":{ts},\"device\":\"front\",\"event\":\"open\"}}\n")
    } else {
        format!("{{\"kind\":\"environment\",\"ts\":{ts},\"device\":\"env-1\",\"co2_ppm\":600}}\n")
    }
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_by_many_kills() {
    let kills = std::env::var("WAYSTATION_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let hub = FickleHub::start(7).await;
    let limits = "[outbox]\nmax_bytes = \"1MiB\"\nsegment_bytes = \"64KiB\"\n";
    let mut agent = Agent::new(folder.path(), hub.port, limits);
    // Six hours ago, a millisecond a reading: none is in the future or too old for the hub.
    let mut device =
        Device { next: now_ms() - 6 * 3_600_000, acknowledged: Vec::new(), dice: Dice::new(3), group_max: 1 };
    for round in 0..kills {
        let is_up = round % AWAY_PERIOD >= AWAY_ROUNDS;
        hub.is_up.store(is_up, SeqCst);
        device.group_max = if is_up { 60 } else { 1000 };
        agent.start();
        let life = Duration::from_millis(device.dice.whole(1, LIFE_MS_MAX) as u64);
        // An error means that its time was over.
        timeout(life, device.talk(&agent)).await.ok();
        agent.kill();
        if round % 1000 == 999 {
            println!("{} kills, {} readings acknowledged", round + 1, device.acknowledged.len());
        }
    }
    let midway = hub.received.lock().unwrap().by_seq.len();
    hub.is_up.store(true, SeqCst);
    hub.is_fickle.store(false, SeqCst);
    agent.start();
    device.group_max = 1;
    let everything_is_delivered = async {
        let mut status = agent.outbox();
        while status["records"] != 0 || status["lost"].as_array().is_none_or(|lost| !lost.is_empty()) {
            // A hundred ranges of what was given up go with a batch, so that there must be some more.
            timeout(Duration::from_millis(50), device.talk(&agent)).await.ok();
            tokio::time::sleep(Duration::from_millis(100)).await;
            status = agent.outbox();
        }
    };
    assert!(timeout(PATIENCE, everything_is_delivered).await.is_ok(), "not delivered: {}", agent.outbox());
    let given_up = agent.outbox()["given_up"].clone();
    agent.terminate().await;
    let received = hub.received.lock().unwrap();
    check(&device, &received, given_up["dropped"] == 0);
    println!(
        "{kills} kills: {} readings acknowledged, {} received, {midway} of them between kills, {} again; given up: {given_up}",
        device.acknowledged.len(),
        received.by_seq.len(),
        received.repeated,
    );
    assert!(midway as u64 > kills, "hardly anything reached the hub between kills: {midway}");
}

fn check(device: &Device, received: &Received, none_dropped: bool) {
    assert!(device.acknowledged.len() > 1000, "{}", device.acknowledged.len());
    // Every number was received, or told as given up.
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for &(from, to) in &received.lost {
        match merged.last_mut() {
            Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    let lost = |seq: u64| {
        let after = merged.partition_point(|(from, _)| *from <= seq);
        after > 0 && seq <= merged[after - 1].1
    };
    let mut gaps = Vec::new();
    let mut before = (0, i64::MIN);
    for (&seq, &ts) in &received.by_seq {
        assert!(ts > before.1, "reading {seq} is out of order");
        assert!((before.0 + 1..seq).all(lost), "{:?} is missing without a word", (before.0 + 1, seq - 1));
        gaps.extend((seq > before.0 + 1).then_some((before, (seq, ts))));
        before = (seq, ts);
    }
    // A reading that was acknowledged and is not here is one of those that were given up: it lies in a gap with room.
    let mut missing = BTreeMap::<u64, u64>::new();
    for ts in device.acknowledged.iter().filter(|ts| !received.by_ts.contains_key(ts)) {
        assert!(!none_dropped || ts % DOOR_EVERY != 0, "a door event went before anything was dropped");
        let gap = gaps.partition_point(|(_, (_, end))| end < ts);
        let Some(((from, start), (to, _))) = gaps.get(gap) else { panic!("the reading of {ts} is lost") };
        assert!(start < ts, "the reading of {ts} is lost");
        *missing.entry(*to).or_default() += 1;
        assert!(missing[to] < to - from, "more readings are missing than numbers, before {to}");
    }
}
