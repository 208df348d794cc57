use super::*;
use crate::clock::{Look, Stamp};
use crate::config;
use crate::outbox::{Outbox, Records, write_record};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use waystation_protocol::{Body, Decoded, Environment, Limits, Reading, decode_batch};

const T: i64 = 1_763_800_000_000;

fn record(records: &mut Records, stamp: Stamp, boot_id: &str, co2_ppm: f64) {
    let body = Body::from(Environment { co2_ppm: Some(co2_ppm), ..Environment::default() });
    let reading = Reading { ts: 0, device: "env-1".try_into().unwrap(), body };
    records.push_with(|out| write_record(reading, stamp, boot_id, out));
}

/// The numbers, times and values of a batch.
fn readings(batch: &Batch) -> Vec<(u64, i64, f64)> {
    let mut decoded = Decoded::default();
    let header = decode_batch(&batch.payload, T, &Limits::default(), &mut decoded).unwrap();
    assert_eq!(decoded.rejected, []);
    let seqs = header.first_seq..;
    let value = |body: &Body| if let Body::Environment(room) = body { room.co2_ppm.unwrap() } else { 0.0 };
    let of = |(seq, accepted): (u64, waystation_protocol::Accepted)| {
        (seq, accepted.reading.ts, value(&accepted.reading.body))
    };
    seqs.zip(decoded.accepted).map(of).collect()
}

/// A boot with a clock in 1970: what has its time leaves, what has none waits, and nothing overtakes it.
#[tokio::test(start_paused = true)]
async fn readings_without_a_time_leave_when_it_is_known_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Outbox {
        max_bytes: 1 << 20,
        segment_bytes: 64 << 10,
        age_max: Duration::MAX,
        commit_delay: Duration::ZERO,
        commit_interval: Duration::ZERO,
    };
    let outbox = Outbox::open(folder.path(), &config).unwrap();
    let writing = tokio::spawn(outbox.write_loop.run());
    let mono_ms = Arc::new(AtomicI64::new(60_000));
    let hand = mono_ms.clone();
    let look = move || Look { mono_ms: hand.load(SeqCst), system_ms: hand.load(SeqCst) };
    let clock = Clock::with(Box::new(look), "b00t", None);

    let mut records = Records::default();
    record(&mut records, Stamp::Time(T - 5_000), "b00t", 400.0);
    record(&mut records, Stamp::Uptime(60_000), "b00t", 500.0);
    record(&mut records, Stamp::Time(T - 1_000), "b00t", 600.0);
    outbox.sender.submit(records).await.unwrap().durable().await.unwrap();

    let limits = BatchLimits { readings_max: 100, bytes_max: 100_000, zstd: false };
    let mut source = BatchSource::new(&outbox.view, 0, outbox.durable.clone(), limits, clock.clone());
    let first = source.next(Duration::ZERO).await.unwrap();
    assert_eq!(readings(&first), [(1, T - 5_000, 400.0)]);
    let early = tokio::time::timeout(Duration::from_secs(100), source.next(Duration::ZERO)).await;
    assert!(early.is_err() && source.backlog() == 2);
    mono_ms.store(62_000, SeqCst);
    clock.sync(62_000, T, 62_000);
    let rest = source.next(Duration::ZERO).await.unwrap();
    assert_eq!(readings(&rest), [(2, T - 2_000, 500.0), (3, T - 1_000, 600.0)]);
    assert_eq!(source.backlog(), 0);
    drop(outbox.sender);
    writing.await.unwrap().unwrap();
}
