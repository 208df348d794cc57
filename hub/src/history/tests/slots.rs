//! Charge and temperature of a slot, by minutes.

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
