//! Which messages reach which reader.

use super::*;

/// Publishes to every topic; the reader must get exactly those that are marked.
async fn check_routing(filter: &str, topics: &[(&str, bool)]) {
    let bench = Bench::start();
    let mut reader = bench.reader("reader", &[(filter, 0), ("end", 0)]).await;
    for (topic, _) in topics {
        bench.publish(topic, "x");
    }
    let wanted: Vec<&str> = topics.iter().filter(|(_, wanted)| *wanted).map(|(topic, _)| *topic).collect();
    // The end comes on a link of its own, so it may overtake: count instead.
    let mut got = Vec::new();
    while got.len() < wanted.len() {
        got.push(text(&next(&mut reader).await.topic).to_owned());
    }
    bench.publish("end", "end");
    assert!(until(&mut reader, "end").await.is_empty(), "{filter}");
    assert_eq!(got, wanted, "{filter}");
}

#[tokio::test]
async fn wildcards_select_topics() {
    let topics = |wanted: [bool; 4]| {
        let names = [DOOR, "v1/stations/jb-002/door", "v1/stations/jb-001/environment", "v1"];
        [0, 1, 2, 3].map(|index| (names[index], wanted[index]))
    };
    check_routing("#", &topics([true; 4])).await;
    check_routing("v1/#", &topics([true; 4])).await;
    check_routing("v1/stations/+/door", &topics([true, true, false, false])).await;
    check_routing("v1/stations/jb-001/+", &topics([true, false, true, false])).await;
    check_routing(DOOR, &topics([true, false, false, false])).await;
    check_routing("+", &topics([false, false, false, true])).await;
    check_routing("v1/stations/+", &topics([false; 4])).await;
    check_routing("$SYS/#", &topics([false; 4])).await;
}

#[tokio::test]
async fn without_a_subscription_nothing_is_kept() {
    let bench = Bench::start();
    assert!(!bench.broker.has_readers());
    for _ in 0..100_000 {
        bench.publish(DOOR, "before");
    }
    assert_eq!(bench.count("skipped"), 0);

    let (mut reader, _) = bench.broker.attach("reader", true).await.unwrap();
    assert!(!bench.broker.has_readers());
    subscribe(&mut reader, &[("#", 0)]);
    assert!(bench.broker.has_readers());
    bench.publish(DOOR, "end");
    assert!(until(&mut reader, "end").await.is_empty());

    assert_eq!(reader.unsubscribe(&["#".into(), "none".into()]), [true, false]);
    assert!(!bench.broker.has_readers());
    subscribe(&mut reader, &[("v1/#", 0)]);
    assert_eq!(bench.metrics.readers.get(), 1);
    drop(reader);
    assert!(!bench.broker.has_readers());
    assert_eq!(bench.metrics.readers.get(), 0);
}

#[tokio::test]
async fn nothing_odd_hurts_the_router() {
    let bench = Bench::start();
    let mut readers = Vec::new();
    for client_id in ["", "a/b", "+", "#", "$share", "名", "tap-1", "feed"] {
        readers.push(bench.reader(client_id, &[("#", 0)]).await);
    }
    for topic in ["", "$SYS/x", "名/x", "\u{0}"] {
        bench.publish(topic, "odd");
    }
    bench.broker.publish(Bytes::from_static(&[0xff, 0xfe]), Bytes::new());
    bench.publish(DOOR, "");
    bench.publish(DOOR, "end");
    for reader in &mut readers {
        let before = until(reader, "end").await;
        assert!(before.iter().all(|delivery| ["\u{0}", DOOR].contains(&text(&delivery.topic))));
    }
    assert_eq!(bench.count("skipped"), 4);
}

#[tokio::test]
async fn connections_come_and_go_under_load() {
    let bench = Bench::start();
    let mut steady = bench.reader("steady", &[("v1/#", 0)]).await;
    for round in 0..200 {
        let mut passing = Vec::new();
        for index in 0..5 {
            let client_id = format!("passing-{index}");
            passing.push(bench.reader(&client_id, &[("#", 1), ("$share/g/#", 0), (DOOR, 0)]).await);
        }
        for number in 0..250 {
            bench.publish(DOOR, number + round * 250);
        }
        next(&mut passing[round % 5]).await;
        drop(passing);
        for number in 0..250 {
            assert_eq!(text(&next(&mut steady).await.payload), (number + round * 250).to_string());
        }
    }
}
