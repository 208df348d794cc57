//! Charge and temperature of a slot, by minutes; batteries of a cabinet, by its snapshots.

use super::*;

#[test]
fn a_slot_can_be_charted_while_its_minutes_are_kept() {
    let mut case = Case::new(&["a"]);
    let cabinet = |minute: i64, soc: f64| {
        let slot = |number, soc_pct| Slot { slot: Some(number), soc_pct: Some(soc_pct), ..Slot::default() };
        let slots = Some(vec![slot(1, 100.0), slot(7, soc)]);
        let body = Cabinet { temperature_c: Some(20.0), slots, ..Cabinet::default() };
        Reading { ts: DAY + minute * MINUTE, device: "cab-1".try_into().unwrap(), body: body.into() }
    };
    case.gather("a", (0..180).map(|minute| cabinet(minute, minute as f64 / 2.0)).collect());
    let chart = |case: &Case, slot, step_ms| {
        let (from, to) = (DAY, DAY + 3 * HOUR_MS);
        let query =
            Query { kind: Kind::Cabinet, device: None, slot, from, to, step_ms: Some(step_ms), limit: 100 };
        let series = case.history.readings(&id("a"), &query).unwrap();
        let shown = |point: &Point| match point {
            Point::Step { values, .. } => values
                .iter()
                .map(|(name, bucket)| format!("{name} {}", bucket.mean()))
                .collect::<Vec<_>>()
                .join(" "),
            Point::Reading(reading) => panic!("{reading:?}"),
        };
        series.items.iter().map(shown).collect::<Vec<_>>()
    };
    let check = |case: &Case| {
        assert_eq!(chart(case, Some(7), HOUR_MS), ["soc_pct 14.75", "soc_pct 44.75", "soc_pct 74.75"]);
        assert_eq!(chart(case, Some(1), 90 * MINUTE), ["soc_pct 100", "soc_pct 100"]);
        assert_eq!(chart(case, Some(2), HOUR_MS), Vec::<String>::new());
        assert_eq!(chart(case, None, HOUR_MS), ["temperature_c 20"; 3], "the cabinet's own stay apart");
    };
    check(&case);
    case.commit();
    check(&case);
    case.upkeep(DAY + 5 * HOUR_MS);
    check(&case);
    case.upkeep(DAY + 9 * DAY_MS);
    check(&case);
    // With the minutes go the slots; the cabinet's hours stay.
    case.upkeep(DAY + 40 * DAY_MS);
    assert_eq!(chart(&case, Some(7), HOUR_MS), Vec::<String>::new());
    assert_eq!(chart(&case, None, HOUR_MS), ["temperature_c 20"; 3]);
}

#[test]
fn batteries_are_counted_by_class_at_each_snapshot() {
    let mut case = Case::new(&["a"]);
    let slot =
        |number, state, class| Slot { slot: Some(number), state: Some(state), class, ..Slot::default() };
    let (v48, v60) = (Some(VoltageClass::V48), Some(VoltageClass::V60));
    let reading = |device: &str, minute: i64, snapshot: bool, slots: Vec<Slot>| {
        let body = Cabinet { snapshot: snapshot.then_some(true), slots: Some(slots), ..Cabinet::default() };
        Reading { ts: DAY + minute * MINUTE, device: device.try_into().unwrap(), body: body.into() }
    };
    let full = vec![
        slot(1, SlotState::Ready, v48),
        slot(2, SlotState::Charging, v48),
        slot(3, SlotState::Ready, v60),
        slot(4, SlotState::Empty, None),
        slot(5, SlotState::Disabled, v48),
    ];
    let taken = vec![
        slot(1, SlotState::Empty, None),
        slot(2, SlotState::Ready, v48),
        slot(3, SlotState::Empty, None),
    ];
    let readings = vec![
        reading("cab-1", 0, true, full.clone()),
        reading("cab-1", 20, true, taken),
        // Not all slots: no count.
        reading("cab-1", 30, false, vec![slot(1, SlotState::Ready, v48)]),
        reading("cab-1", 80, true, vec![slot(1, SlotState::Empty, None)]),
        reading("cab-2", 5, true, vec![slot(1, SlotState::Ready, v60)]),
        reading("cab-2", 65, false, vec![slot(1, SlotState::Empty, None)]),
    ];
    case.gather("a", readings);
    let check = |case: &Case| {
        let (from, to, step_ms) = (DAY, DAY + 3 * HOUR_MS, Some(HOUR_MS));
        let query = Query { kind: Kind::Cabinet, device: None, slot: None, from, to, step_ms, limit: 100 };
        let series = serde_json::to_value(case.history.readings(&id("a"), &query).unwrap()).unwrap();
        let shown: Vec<String> = series["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| format!("{} {} of {}", item["device"], item["ready"], item["installed"]))
            .collect();
        let expected = [
            r#""cab-1" {"48V":1.0,"60V":0.5} of {"48V":1.5,"60V":0.5}"#,
            r#""cab-2" {"60V":1.0} of {"60V":1.0}"#,
            r#""cab-1" {"48V":0.0,"60V":0.0} of {"48V":0.0,"60V":0.0}"#,
        ];
        assert_eq!(shown, expected, "{series}");
        assert!(!series.to_string().contains("ready_48v"), "{series}");
    };
    check(&case);
    case.commit();
    check(&case);
    case.upkeep(DAY + 5 * HOUR_MS);
    check(&case);
    case.upkeep(DAY + 40 * DAY_MS);
    check(&case);
}
