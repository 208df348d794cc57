//! What is worked out bit by bit is what a plain computation gives, whatever the order of arrival.

use super::*;

/// Readings of some devices over two days and a half, with holes, resets and everything that the figures look at.
fn readings() -> impl Strategy<Value = Vec<Reading>> {
    let occupancy = (0..3usize, proptest::option::weighted(0.7, 0..30i64), 0..400i64, 0..400i64).prop_map(
        |(device, people, entries, exits)| {
            let body = Occupancy {
                people,
                capacity: (device > 0).then_some(10),
                seats_taken: (device == 2).then_some(3),
                entries_total: (device != 1).then_some(entries),
                exits_total: (device != 1).then_some(exits),
            };
            (["room", "hall", "gate"][device], Body::from(body))
        },
    );
    let state = proptest::sample::select(SlotState::ALL);
    let class = proptest::option::of(proptest::sample::select(VoltageClass::ALL));
    let slot = (1..5i64, state, class).prop_map(|(slot, state, class)| Slot {
        slot: Some(slot),
        state: Some(state),
        class,
        ..Slot::default()
    });
    let cabinet = (any::<bool>(), proptest::collection::vec(slot, 0..4)).prop_map(|(snapshot, slots)| {
        (
            "cabinet-1",
            Body::from(Cabinet { snapshot: Some(snapshot), slots: Some(slots), ..Cabinet::default() }),
        )
    });
    let door = (proptest::sample::select(DoorEvent::ALL), proptest::sample::select(UnlockMethod::ALL))
        .prop_map(|(event, method)| {
            ("front", Body::from(Door { event: Some(event), method: Some(method), ..Door::default() }))
        });
    let swap = proptest::sample::select(SwapResult::ALL)
        .prop_map(|result| ("cabinet-1", Body::from(Swap { result: Some(result), ..Swap::default() })));
    let amenity = proptest::sample::select(AmenityState::ALL).prop_map(|state| {
        let amenity =
            Amenity { state: Some(state), amenity: Some(AmenityType::Microwave), ..Amenity::default() };
        ("microwave", Body::from(amenity))
    });
    let air = (300.0..2000.0f64)
        .prop_map(|co2| ("env-1", Body::from(Environment { co2_ppm: Some(co2), ..Environment::default() })));
    let body = prop_oneof![5 => occupancy, 2 => cabinet, 1 => door, 1 => swap, 1 => amenity, 1 => air];
    // Times crowd together in places, so that samples follow each other within minutes and after hours.
    let time = (0..60i64, 0..60i64, 0..3i64).prop_map(|(hour, minute, crowd)| match crowd {
        0 => hour * 60 + minute,
        _ => hour / 10 * 600 + minute,
    });
    let reading = (time, body).prop_map(|(minute, (device, body))| Reading {
        ts: DAY + minute * MINUTE,
        device: device.try_into().unwrap(),
        body,
    });
    // Of one device, kind and time there is one reading, so that the order of arrival does not choose.
    proptest::collection::vec(reading, 1..250).prop_map(|mut readings| {
        block::settle(&mut readings);
        readings
    })
}

/// What is there when everything is known at once.
fn plain(readings: &[Reading], facts: &Facts) -> BTreeMap<i64, Parts> {
    let samples: Vec<Reading> = readings.iter().filter_map(usage_of).collect();
    let starts: BTreeSet<i64> = samples.iter().map(|sample| facts.calendar.hour_start(sample.ts)).collect();
    let parts = |start_ms: i64| {
        let window = Window { start_ms, end_ms: start_ms + HOUR_MS };
        let seen = |sample: &&Reading| (start_ms - LOOKBACK_MS..window.end_ms).contains(&sample.ts);
        let samples: Vec<Reading> = samples.iter().filter(seen).cloned().collect();
        (start_ms, compute(window, &samples, facts))
    };
    starts.into_iter().map(parts).collect()
}

/// Arrival: an order, repeats, and where the commits are.
fn arrival(readings: Vec<Reading>) -> impl Strategy<Value = (Vec<Reading>, Vec<Vec<Reading>>)> {
    let repeats = proptest::sample::subsequence(readings.clone(), 0..=readings.len().min(20));
    let late = proptest::bool::ANY;
    (Just(readings), repeats, late).prop_flat_map(|(readings, repeats, shuffled)| {
        let mut arriving = readings.clone();
        arriving.extend(repeats);
        let order = if shuffled { Just(arriving).prop_shuffle().boxed() } else { Just(arriving).boxed() };
        (Just(readings), order, proptest::collection::vec(1..80usize, 8)).prop_map(
            |(readings, arriving, sizes)| {
                let (mut rest, mut commits) = (arriving.as_slice(), Vec::new());
                for size in sizes.into_iter().chain(std::iter::repeat(200)) {
                    if rest.is_empty() {
                        break;
                    }
                    let (commit, after) = rest.split_at(size.min(rest.len()));
                    commits.push(commit.to_vec());
                    rest = after;
                }
                (readings, commits)
            },
        )
    })
}

proptest! {
    // Each case makes a file and commits it some ten times.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn bit_by_bit_is_the_same_as_all_at_once((readings, commits) in readings().prop_flat_map(arrival)) {
        let mut case = Case::new(&["a"]);
        for commit in commits {
            case.gather("a", commit);
            case.commit();
        }
        let facts = case.history.facts(&id("a"));
        let expected = plain(&readings, &facts);
        prop_assert_eq!(case.hours("a"), expected.clone());
        let stored = case.history.read(|reader| readings_between(reader, Level::Raw, "a", 0, i64::MAX)).unwrap();
        prop_assert_eq!(stored, readings);
        let mut days: BTreeMap<i64, Parts> = BTreeMap::new();
        for (start, parts) in expected {
            days.entry(facts.calendar.day_start(start)).or_default().merge(&parts);
        }
        let found: BTreeMap<i64, Parts> = case.history.read(|reader| {
            let mut statement = reader.prepare("SELECT start, parts FROM window_day")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, table::parts_of(&row.get::<_, Vec<u8>>(1)?))))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        }).unwrap();
        prop_assert_eq!(found, days);
    }
}
