//! Subscriptions that several readers share.

use super::*;

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
