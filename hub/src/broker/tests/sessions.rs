//! Sessions: kept, taken up again, taken over, ended.

use super::*;

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
