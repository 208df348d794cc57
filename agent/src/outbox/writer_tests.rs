use crate::config;
use crate::outbox::{Outbox, Records};
use std::time::Duration;
use tokio::time::{Instant, timeout};

const INTERVAL: Duration = Duration::from_secs(600);
const ROOM: &str = r#"{"kind":"environment","ts":1763800000000,"device":"env-1","co2_ppm":600}"#;
const DOOR: &str = r#"{"kind":"door","ts":1763800000000,"device":"front","event":"open"}"#;

fn records(record: &str) -> Records {
    let mut records = Records::default();
    records.push_with(|out| out.extend_from_slice(record.as_bytes()));
    records
}

/// Two readings that nobody waits for, and then what `then` does; all three must be on disk after `expected`.
async fn check(third: &str, somebody_waits: bool, expected: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Outbox {
        max_bytes: 1 << 20,
        segment_bytes: 64 << 10,
        age_max: Duration::MAX,
        commit_delay: Duration::from_millis(20),
        commit_interval: INTERVAL,
    };
    let mut outbox = Outbox::open(folder.path(), &config).unwrap();
    let writing = tokio::spawn(outbox.write_loop.run());
    let began = Instant::now();
    for _ in 0..2 {
        outbox.sender.submit(records(ROOM)).await.unwrap();
    }
    let early =
        timeout(Duration::from_secs(60), outbox.durable.wait_for(|durable| *durable > 0)).await.is_err();
    assert!(early, "an fsync that nobody asked for");
    let mut ticket = outbox.sender.submit(records(third)).await.unwrap();
    if somebody_waits {
        ticket.durable().await.unwrap();
    }
    outbox.durable.wait_for(|durable| *durable == 3).await.unwrap();
    let took = began.elapsed();
    assert!(took >= expected && took < expected + Duration::from_secs(2), "{took:?}");
    drop(outbox.sender);
    writing.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn readings_that_nobody_waits_for_share_an_fsync_and_vital_ones_do_not_wait() {
    check(ROOM, false, INTERVAL).await;
    check(ROOM, true, Duration::from_secs(60)).await;
    check(DOOR, false, Duration::from_secs(60)).await;
}
