//! How much a reader gets: nobody is slowed by another, and nothing grows without bound.

use super::*;

#[tokio::test]
async fn a_slow_reader_is_skipped_and_counted_and_slows_nobody() {
    const MESSAGES: u64 = 100_000;
    let bench = Bench::start();
    let mut slow = bench.reader("slow", &[("v1/#", 0)]).await;
    let mut fast = bench.reader("fast", &[(DOOR, 0)]).await;
    let mut sent = 0;
    while sent < MESSAGES {
        // Only the fast reader sets the pace.
        for _ in 0..500 {
            bench.publish(DOOR, sent);
            sent += 1;
        }
        while text(&next(&mut fast).await.payload) != (sent - 1).to_string() {}
    }
    let mut received = 0;
    let mut last = None;
    while last != Some(MESSAGES - 1) {
        let number: u64 = text(&next(&mut slow).await.payload).parse().unwrap();
        assert!(last.is_none_or(|last| last < number), "in order, and none twice");
        last = Some(number);
        received += 1;
    }
    assert!(received < MESSAGES / 2, "its log is bounded: {received}");
    assert_eq!(received + bench.count("skipped"), MESSAGES);
    assert_eq!(bench.count("sent"), MESSAGES + received);
}

#[tokio::test]
async fn a_full_inbox_drops_and_counts() {
    let bench = Bench::with(Options { inbox_messages_max: 10, ..Options::default() });
    let mut reader = bench.reader("reader", &[(DOOR, 0)]).await;
    let mut received = 0;
    for _ in 0..20_000 {
        bench.publish(DOOR, "x");
    }
    while received + bench.count("skipped") < 20_000 {
        next(&mut reader).await;
        received += 1;
    }
    assert!(bench.count("skipped") > 0);

    let big = Bench::with(Options { inbox_bytes_max: 100, ..Options::default() });
    let _reader = big.reader("reader", &[(DOOR, 0)]).await;
    big.publish(DOOR, "x".repeat(100));
    assert_eq!(big.count("skipped"), 1);
}

#[tokio::test]
async fn acknowledged_messages_keep_flowing() {
    const MESSAGES: u32 = 120_000;
    let bench = Bench::start();
    let mut reader = bench.reader("reader", &[(DOOR, 1)]).await;
    reader.set_inflight_max(20);
    let mut unacknowledged = Vec::new();
    let mut expected = 0;
    while expected < MESSAGES {
        for number in expected..expected + 400 {
            bench.publish(DOOR, number);
        }
        for number in expected..expected + 400 {
            if unacknowledged.len() == 20 {
                // The window is full. Acknowledgements out of order, twice, and of nothing change nothing.
                assert!(tokio::time::timeout(Duration::ZERO, reader.next()).await.is_err());
                for pkid in unacknowledged.drain(..).rev() {
                    reader.ack(pkid);
                    reader.ack(pkid);
                }
                reader.ack(0);
            }
            let delivery = next(&mut reader).await;
            assert_eq!(text(&delivery.payload), number.to_string());
            assert!(delivery.qos == 1 && delivery.pkid > 0 && !unacknowledged.contains(&delivery.pkid));
            unacknowledged.push(delivery.pkid);
        }
        expected += 400;
    }
    assert_eq!((bench.count("sent"), bench.count("skipped")), (u64::from(MESSAGES), 0));
}

#[tokio::test]
async fn limits_refuse_what_is_too_much() {
    let options =
        Options { subscriptions_max: 3, reader_subscriptions_max: 2, filters_max: 3, ..Options::default() };
    let bench = Bench::with(options);
    let mut one = bench.broker.attach("one", true).await.unwrap().0;
    let filters =
        |names: &[&str]| names.iter().map(|name| request(name, 0, Retained::Always)).collect::<Vec<_>>();
    let refused = Err(Refused::TooMany);
    assert_eq!(one.subscribe(&filters(&["a", "b", "c", "a", "a#"])), [Ok(0), Ok(0), refused, Ok(0), refused]);
    one.unsubscribe(&["a".into()]);
    assert_eq!(one.subscribe(&filters(&["a#"])), [Err(Refused::Malformed)]);
    let mut two = bench.broker.attach("two", true).await.unwrap().0;
    assert_eq!(two.subscribe(&filters(&["c"])), [Ok(0)]);
    assert_eq!(two.subscribe(&filters(&["d"])), [refused], "a fourth filter");
    bench.publish("c", "x");
    assert_eq!(text(&next(&mut two).await.payload), "x");
}
