//! What a day of readings costs a flash card: bytes written for a byte of reading, counted by the kernel.
//!
//! In a process of its own, because the kernel counts by process.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

use std::time::Duration;
use waystation_agent::config;
use waystation_agent::outbox::{Outbox, Records};

/// The cursor is saved so often while the hub acknowledges at once, or with each commit where those are rarer.
const SAVE_EVERY_S: f64 = 30.0;

/// Bytes that this process made the disk write, as pages.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    line.parse().unwrap()
}

/// Plays hours of a station, and holds what they cost to at most these bytes a byte.
async fn check(what: &str, hours: f64, readings_per_s: f64, commit_interval_s: f64, cost_max: f64) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = config::Outbox {
        max_bytes: 1 << 30,
        segment_bytes: 1 << 20,
        age_max: Duration::from_secs(168 * 3600),
        commit_delay: Duration::ZERO,
        commit_interval: Duration::ZERO,
    };
    let Outbox { sender, write_loop, view, mut cursor, .. } = Outbox::open(folder.path(), &config).unwrap();
    let writing = tokio::spawn(write_loop.run());
    let before = written();
    let (mut due, mut taken, mut bytes, mut commits) = (0.0, 0_u64, 0, 0);
    let mut seconds = 0.0;
    while seconds < hours * 3600.0 {
        seconds += commit_interval_s;
        due += readings_per_s * commit_interval_s;
        let mut records = Records::default();
        while due >= 1.0 {
            due -= 1.0;
            taken += 1;
            let ts = 1_763_798_400_000_u64 + taken * 1000;
            let record = format!(
                r#"{{"kind":"environment","ts":{ts},"device":"env-1","temperature_c":20.5,"humidity_pct":41.2,"co2_ppm":612}}"#
            );
            bytes += record.len() as u64;
            records.push_with(|out| out.extend_from_slice(record.as_bytes()));
        }
        if !records.is_empty() {
            commits += 1;
            sender.submit(records).await.unwrap().durable().await.unwrap();
        }
        if seconds % SAVE_EVERY_S == 0.0 && cursor.position() < taken {
            cursor.advance(taken);
            cursor.save().unwrap();
        }
    }
    let disk = written() - before;
    let in_log = bytes + taken * 12;
    println!(
        "{what}: {taken} readings of {bytes} bytes, {commits} commits; log {:.2} and disk {:.1} bytes a byte, {:.1} MB a day",
        in_log as f64 / bytes as f64,
        disk as f64 / bytes as f64,
        disk as f64 * 24.0 / hours / 1e6,
    );
    assert!(in_log as f64 <= bytes as f64 * 1.2);
    // A file system that counts nothing, such as one in memory, proves nothing.
    assert!(disk as f64 <= bytes as f64 * cost_max);
    assert_eq!(view.records(), 0);
    drop(sender);
    writing.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_hour_of_readings_costs_few_bytes_on_flash() {
    check("plain station, commits every 10 s", 1.0, 0.06, 10.0, 100.0).await;
    check("plain station, commits every 10 min", 24.0, 0.06, 600.0, 6.0).await;
    check("two cabinets, commits every 10 s", 1.0, 1.0, 10.0, 10.0).await;
    check("two cabinets, commits every minute", 1.0, 1.0, 60.0, 3.0).await;
    check("six busy cabinets, commits every 10 s", 1.0, 20.0, 10.0, 2.0).await;
}
