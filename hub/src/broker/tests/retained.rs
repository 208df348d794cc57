//! Presence: what a subscription is given at once.

use super::*;

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
