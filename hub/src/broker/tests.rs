use super::*;
use crate::metrics::Metrics;

/// A running broker. Tests await events; the limit only turns a hang into a failure.
struct Bench {
    broker: Broker,
    threads: Option<BrokerThreads>,
    metrics: Metrics,
}

impl Bench {
    fn start() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let metrics = Metrics::new();
        let (broker, threads) = Broker::start(options, metrics.clone()).unwrap();
        Self { broker, threads: Some(threads), metrics }
    }

    async fn reader(&self, client_id: &str, filters: &[(&str, u8)]) -> ReaderLink {
        let (mut reader, present) = self.broker.attach(client_id, true).await.unwrap();
        assert!(!present);
        subscribe(&mut reader, filters);
        reader
    }

    fn publish(&self, topic: &str, payload: impl ToString) {
        self.broker.publish(Bytes::copy_from_slice(topic.as_bytes()), payload.to_string().into());
    }

    fn presence(&self, station: &str, payload: &str, fan_out: bool) {
        let station = StationId::try_from(station).unwrap();
        self.broker.set_presence(&station, Bytes::copy_from_slice(payload.as_bytes()), fan_out);
    }

    fn count(&self, result: &str) -> u64 {
        self.metrics.reader_messages.with_label_values(&[result]).get()
    }

    async fn stop(&mut self) {
        let threads = self.threads.take().unwrap();
        tokio::task::spawn_blocking(|| threads.join()).await.unwrap();
    }
}

#[track_caller]
fn request(filter: &str, qos: u8, retained: Retained) -> Request {
    Request { filter: filter.to_owned(), qos, retained }
}

fn subscribe(reader: &mut ReaderLink, filters: &[(&str, u8)]) {
    let requests: Vec<_> =
        filters.iter().map(|(filter, qos)| request(filter, *qos, Retained::Always)).collect();
    let granted = reader.subscribe(&requests);
    assert!(
        granted.iter().zip(filters).all(|(granted, (_, qos))| *granted == Ok((*qos).min(1))),
        "{granted:?}"
    );
}

async fn next(reader: &mut ReaderLink) -> Delivery {
    let delivery = tokio::time::timeout(Duration::from_secs(120), reader.next()).await;
    delivery.expect("a message within two minutes").expect("the link is open")
}

async fn ended(reader: &mut ReaderLink) -> bool {
    let end = async { while reader.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(120), end).await.is_ok()
}

fn text(bytes: &Bytes) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Reads up to the message that says so: everything that was published before it has arrived then.
async fn until(reader: &mut ReaderLink, last: &str) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    loop {
        let delivery = next(reader).await;
        if delivery.qos > 0 {
            reader.ack(delivery.pkid);
        }
        if delivery.payload == last.as_bytes() {
            return deliveries;
        }
        deliveries.push(delivery);
    }
}

const DOOR: &str = "v1/stations/jb-001/door";

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
async fn a_new_reader_gets_the_presence_of_every_station() {
    const STATIONS: usize = 5_000;
    let bench = Bench::start();
    for station in 0..STATIONS {
        bench.presence(&format!("st-{station:05}"), &format!("online {station}"), true);
    }
    for filter in ["v1/stations/+/presence", "#"] {
        let mut reader = bench.reader("reader", &[(filter, 1)]).await;
        for station in 0..STATIONS {
            let delivery = next(&mut reader).await;
            assert!(delivery.retain && delivery.qos == 1);
            assert_eq!(text(&delivery.topic), format!("v1/stations/st-{station:05}/presence"));
            assert_eq!(text(&delivery.payload), format!("online {station}"));
            reader.ack(delivery.pkid);
        }
    }
}

#[tokio::test]
async fn presence_changes_while_it_is_handed_out() {
    let bench = Bench::start();
    for station in ["a", "b", "c"] {
        bench.presence(station, "online", false);
    }
    bench.presence("b", "", false);
    let mut reader = bench.reader("reader", &[("v1/stations/c/#", 0)]).await;
    let retained = next(&mut reader).await;
    assert_eq!((text(&retained.topic), retained.retain), ("v1/stations/c/presence", true));
    bench.presence("c", "offline", true);
    let live = next(&mut reader).await;
    assert_eq!((text(&live.payload), live.retain), ("offline", false));

    subscribe(&mut reader, &[("v1/stations/+/presence", 0)]);
    let all = [next(&mut reader).await, next(&mut reader).await];
    assert_eq!(all.map(|delivery| text(&delivery.payload).to_owned()), ["online", "offline"]);

    // A shared subscription gets none.
    let mut member = bench.reader("member", &[("$share/g/v1/stations/+/presence", 0)]).await;
    bench.presence("a", "end", true);
    assert!(until(&mut member, "end").await.is_empty());
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
async fn a_shared_subscription_splits_and_survives_a_member_that_hangs() {
    const MESSAGES: usize = 20_000;
    let bench = Bench::start();
    let filter = [("$share/group/v1/#", 1)];
    let hanging = bench.reader("hanging", &filter).await;
    let mut members = [bench.reader("one", &filter).await, bench.reader("two", &filter).await];
    let mut seen = vec![false; MESSAGES];
    let mut shares = [0, 0];
    let mut hanging = Some(hanging);
    for message in 0..MESSAGES {
        bench.publish(DOOR, message);
        if message % 500 < 499 {
            continue;
        }
        // What the hanging member holds is missing until it goes, and then comes to the others.
        let missing = if message + 1 == MESSAGES { 0 } else { 64 };
        if missing == 0 {
            drop(hanging.take());
        }
        while shares[0] + shares[1] < message + 1 - missing {
            let [one, two] = &mut members;
            let (member, delivery) = tokio::select! {
                delivery = next(one) => (0, delivery),
                delivery = next(two) => (1, delivery),
            };
            members[member].ack(delivery.pkid);
            let number: usize = text(&delivery.payload).parse().unwrap();
            assert!(!std::mem::replace(&mut seen[number], true), "{number} came twice");
            shares[member] += 1;
        }
    }
    assert!(seen.iter().all(|seen| *seen));
    assert!(shares.iter().all(|share| *share > MESSAGES / 10), "{shares:?}");
    assert_eq!(bench.count("skipped"), 0);

    // Leaving the group means no more messages; with nobody in it there is nobody to read.
    members[0].unsubscribe(&["$share/group/v1/#".into()]);
    bench.publish(DOOR, "end");
    assert!(until(&mut members[1], "end").await.is_empty());
    drop(members);
    tokio::time::timeout(Duration::from_secs(120), async {
        while bench.broker.has_readers() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the group ends with its last member");
}

#[tokio::test]
async fn groups_of_one_name_with_different_filters_are_apart() {
    let bench = Bench::start();
    let mut doors = bench.reader("doors", &[("$share/g/v1/stations/+/door", 0)]).await;
    let mut funds = bench.reader("funds", &[("$share/g/v1/stations/+/fund", 0)]).await;
    let mut plain = bench.reader("plain", &[("v1/stations/+/fund", 0)]).await;
    for number in 0..300 {
        bench.publish(DOOR, number);
        bench.publish("v1/stations/jb-001/fund", number);
        for reader in [&mut doors, &mut funds, &mut plain] {
            assert_eq!(text(&next(reader).await.payload), number.to_string());
        }
    }
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
async fn a_session_outlives_its_connection() {
    let bench = Bench::start();
    let (mut reader, present) = bench.broker.attach("reader", false).await.unwrap();
    assert!(!present);
    subscribe(&mut reader, &[(DOOR, 1)]);
    for number in 0..3 {
        bench.publish(DOOR, number);
    }
    let first = [next(&mut reader).await, next(&mut reader).await];
    reader.ack(first[0].pkid);
    drop(reader);
    assert!(bench.broker.has_readers(), "the session keeps listening");
    for number in 3..300 {
        bench.publish(DOOR, number);
    }

    let (mut reader, present) = bench.broker.attach("reader", false).await.unwrap();
    assert!(present);
    let again = next(&mut reader).await;
    assert!(again.dup && again.pkid == first[1].pkid && again.payload == first[1].payload);
    reader.ack(again.pkid);
    for number in 2..300 {
        let delivery = next(&mut reader).await;
        assert_eq!((text(&delivery.payload), delivery.dup), (number.to_string().as_str(), false));
        reader.ack(delivery.pkid);
    }
    drop(reader);

    let (_reader, present) = bench.broker.attach("reader", true).await.unwrap();
    assert!(!present);
    assert!(!bench.broker.has_readers(), "a clean session ends the one that was kept");
}

#[tokio::test]
async fn whether_a_session_is_kept_is_apart_from_whether_it_is_taken_up() {
    let bench = Bench::start();
    for (clean_session, keep_session, present) in
        [(true, true, false), (false, true, true), (false, false, true), (false, true, false)]
    {
        let (mut reader, found) = bench.broker.attach("reader", clean_session).await.unwrap();
        assert_eq!(found, present, "{clean_session} {keep_session}");
        reader.set_session_expiry(Duration::from_secs(if keep_session { 60 } else { 0 }));
    }
}

#[tokio::test]
async fn sessions_that_are_kept_are_bounded() {
    let bench = Bench::with(Options { sessions_max: 2, ..Options::default() });
    for client_id in ["one", "two", "three"] {
        let (mut reader, _) = bench.broker.attach(client_id, false).await.unwrap();
        subscribe(&mut reader, &[(DOOR, 1)]);
    }
    let mut back = Vec::new();
    for (client_id, kept) in [("one", false), ("two", true), ("three", true)] {
        let (reader, present) = bench.broker.attach(client_id, false).await.unwrap();
        assert_eq!(present, kept, "{client_id}");
        back.push(reader);
    }
}

#[tokio::test]
async fn a_session_expires() {
    let bench = Bench::start();
    let (mut reader, _) = bench.broker.attach("reader", false).await.unwrap();
    subscribe(&mut reader, &[(DOOR, 1)]);
    reader.set_session_expiry(Duration::from_millis(1));
    drop(reader);
    while bench.broker.has_readers() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_second_connection_takes_over() {
    let bench = Bench::start();
    let mut first = bench.reader("same", &[(DOOR, 0)]).await;
    let take_over = bench.broker.attach("same", true);
    let ends = async {
        assert!(ended(&mut first).await);
        assert_eq!(first.ended(), Some(LinkEnd::TakenOver));
        drop(first);
    };
    let (second, ()) = tokio::join!(take_over, ends);
    let (mut second, _) = second.unwrap();
    subscribe(&mut second, &[(DOOR, 0)]);
    bench.publish(DOOR, "x");
    assert_eq!(text(&next(&mut second).await.payload), "x");
}

#[tokio::test]
async fn a_connection_that_does_not_let_go_is_not_waited_for_for_ever() {
    let bench = Bench::with(Options { take_over_timeout: Duration::from_millis(1), ..Options::default() });
    let _first = bench.broker.attach("same", true).await.unwrap();
    assert_eq!(bench.broker.attach("same", true).await.err(), Some(AttachError::StillConnected));
}

#[tokio::test]
async fn retained_messages_come_as_the_subscription_wants_them() {
    let bench = Bench::start();
    let station = StationId::try_from("a").unwrap();
    bench.broker.set_presence(&station, Bytes::from_static(b"{}"), false);
    let presence = "v1/stations/a/presence";
    let (mut reader, _) = bench.broker.attach("reader", true).await.unwrap();
    for (retained, expected) in [
        (Retained::Never, &["live"][..]),
        (Retained::IfNew, &["live"]),
        (Retained::Always, &["live", "{}"]),
        (Retained::IfNew, &["live"]),
    ] {
        assert_eq!(reader.subscribe(&[request(presence, 0, retained)]), [Ok(0)]);
        bench.broker.publish(Bytes::from(presence), Bytes::from_static(b"live"));
        // In any order: what is retained takes another way. One too many would be the first of the next round.
        let mut found = Vec::new();
        for _ in expected {
            found.push(text(&next(&mut reader).await.payload).to_owned());
        }
        found.sort();
        assert_eq!(found, expected, "{retained:?}");
    }
    assert_eq!(reader.unsubscribe(&[presence.to_owned()]), [true]);
    assert_eq!(reader.subscribe(&[request(presence, 0, Retained::IfNew)]), [Ok(0)]);
    assert_eq!(next(&mut reader).await.payload, "{}");
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

#[tokio::test]
async fn a_router_that_ends_is_replaced() {
    let bench = Bench::start();
    let mut reader = bench.reader("reader", &[("#", 0)]).await;
    let (mut lasting, _) = bench.broker.attach("lasting", false).await.unwrap();
    subscribe(&mut lasting, &[("#", 0)]);
    assert!(bench.broker.0.inbox.connect(inbox::Item::EndRouter));
    assert!(ended(&mut reader).await && ended(&mut lasting).await);
    assert_eq!(reader.ended(), Some(LinkEnd::RouterLost));
    drop((reader, lasting));

    let (mut reader, present) = bench.broker.attach("lasting", false).await.unwrap();
    assert!(!present, "its subscriptions went with the router");
    subscribe(&mut reader, &[(DOOR, 0)]);
    bench.publish(DOOR, "x");
    assert_eq!(text(&next(&mut reader).await.payload), "x");
}

#[tokio::test]
async fn stopping_ends_every_link_and_joins() {
    let mut bench = Bench::start();
    let mut reader = bench.reader("reader", &[("#", 0)]).await;
    let mut member = bench.reader("member", &[("$share/g/#", 0)]).await;
    let (mut away, _) = bench.broker.attach("away", false).await.unwrap();
    subscribe(&mut away, &[("#", 1)]);
    drop(away);
    bench.publish(DOOR, "x");
    bench.stop().await;
    assert!(ended(&mut reader).await && ended(&mut member).await);
    assert_eq!(reader.ended(), Some(LinkEnd::Stopped));
    assert_eq!(bench.broker.attach("late", true).await.err(), Some(AttachError::Stopped));
    bench.publish(DOOR, "late");
}
