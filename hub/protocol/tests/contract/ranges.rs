//! Every member of every kind, from the public table: both ends of its range, every name, null, wrong types.

use waystation_protocol::{Kind, MemberSpec, MemberType, Reason, members};

use crate::support::{base, check};

/// Calls `each` with every member, the slots' included, and a way to write a reading that holds it once.
fn every_member(mut each: impl FnMut(Kind, &MemberSpec, &str, &dyn Fn(&str) -> String)) {
    for kind in Kind::ALL.iter().copied() {
        for spec in members(kind) {
            let others = others(kind, spec.name);
            each(kind, spec, spec.name, &|value| {
                format!(r#"{{"device":"d-1"{others},"{}":{value}}}"#, spec.name)
            });
            let MemberType::Slots(slot) = spec.ty else { continue };
            for spec in slot {
                let number = if spec.name == "slot" { "" } else { r#""slot":7,"# };
                each(kind, spec, &format!("slots.{}", spec.name), &|value| {
                    format!(r#"{{"device":"d-1","slots":[{{{number}"{}":{value}}}]}}"#, spec.name)
                });
            }
        }
    }
}

/// The base of a kind without one of its members.
fn others(kind: Kind, name: &str) -> String {
    let own = format!("\"{name}\":");
    base(kind).split(',').filter(|member| !member.starts_with(&own)).map(|m| format!(",{m}")).collect()
}

#[test]
fn a_number_is_accepted_at_both_ends_of_its_range_and_refused_just_outside() {
    every_member(|kind, spec, name, reading| {
        let Some((low, high)) = spec.range else { return };
        let outside = Err((Reason::OutOfRange, Some(name)));
        if spec.ty == MemberType::Float {
            check(kind, &reading(&format!("{low:?}")), Ok(()));
            check(kind, &reading(&format!("{high:?}")), Ok(()));
            check(kind, &reading(&format!("{:?}", low.next_down())), outside);
            check(kind, &reading(&format!("{:?}", high.next_up())), outside);
            check(kind, &reading("1e999"), outside);
            check(kind, &reading("-1e999"), outside);
        } else {
            let (low, high) = (low as i64, high as i64);
            check(kind, &reading(&low.to_string()), Ok(()));
            check(kind, &reading(&high.to_string()), Ok(()));
            check(kind, &reading(&(low - 1).to_string()), outside);
            check(kind, &reading(&(high + 1).to_string()), outside);
            check(kind, &reading("18446744073709551615"), outside);
        }
    });
}

#[test]
fn every_number_has_a_range_but_the_clock_offset() {
    every_member(|_, spec, name, _| {
        let number = matches!(spec.ty, MemberType::Float | MemberType::Integer | MemberType::Count);
        assert_eq!(spec.range.is_some(), number && name != "clock_offset_ms", "{name}");
    });
}

#[test]
fn counters_and_money_are_integers_by_their_names() {
    every_member(|_, spec, name, _| {
        let counts = name.ends_with("_total") || name.ends_with("_fen");
        assert_eq!(spec.ty == MemberType::Count, counts, "{name}");
    });
}

#[test]
fn an_enumeration_takes_its_names_and_no_other() {
    every_member(|kind, spec, name, reading| {
        let MemberType::Choice(names) = spec.ty else { return };
        for allowed in names {
            check(kind, &reading(&format!("\"{allowed}\"")), Ok(()));
        }
        for other in ["", "OPEN", "no such name", &names.join("")] {
            check(kind, &reading(&format!("\"{other}\"")), Err((Reason::BadValue, Some(name))));
        }
    });
}

#[test]
fn a_text_has_1_to_64_characters_and_no_control_characters() {
    every_member(|kind, spec, name, reading| {
        let MemberType::Text { chars_max } = spec.ty else { return };
        for text in ["x".to_owned(), "x".repeat(chars_max), "站".repeat(chars_max), r"\u7ad9".to_owned()] {
            check(kind, &reading(&format!("\"{text}\"")), Ok(()));
        }
        for text in [String::new(), "x".repeat(chars_max + 1), "站".repeat(65), r"a\nb".to_owned()] {
            check(kind, &reading(&format!("\"{text}\"")), Err((Reason::BadValue, Some(name))));
        }
    });
}

#[test]
fn a_value_of_another_json_type_is_refused() {
    every_member(|kind, spec, name, reading| {
        let wrong: &[&str] = match spec.ty {
            MemberType::Float => &[r#""1""#, "true", "[]", "{}"],
            MemberType::Integer | MemberType::Count => &[r#""1""#, "true", "[]", "{}", "1.5", "2.0", "1e2"],
            MemberType::Bool => &["1", r#""true""#, "[]", "{}"],
            MemberType::Text { .. } | MemberType::Choice(_) => &["1", "true", "[]", "{}", r#"["open"]"#],
            MemberType::Slots(_) => &["1", "true", r#""1""#, "{}", "[1]", "[[]]", "[null]"],
        };
        for value in wrong {
            check(kind, &reading(value), Err((Reason::WrongType, Some(name))));
        }
    });
}

#[test]
fn null_is_the_same_as_absent() {
    every_member(|kind, spec, name, reading| {
        let null = reading("null");
        let expected = match (kind, spec.name) {
            (_, "slot") => Err((Reason::MissingMember, Some(name))),
            (Kind::Swap, "swap" | "result") | (Kind::Amenity, "amenity") => {
                Err((Reason::MissingMember, Some(name)))
            }
            (Kind::Gateway, "source") => Err((Reason::MissingMember, Some(name))),
            (Kind::Amenity, "state") | (Kind::Gateway, "source_state") => Err((Reason::NoMeasurement, None)),
            // The only measurement of the base itself.
            (Kind::Door, "event")
            | (Kind::Cabinet, "status")
            | (Kind::Occupancy, "seats_taken")
            | (Kind::Environment, "temperature_c")
            | (Kind::Fund, "sales_total")
                if name == spec.name =>
            {
                Err((Reason::NoMeasurement, None))
            }
            _ => Ok(()),
        };
        check(kind, &null, expected);
    });
}

#[test]
fn a_member_that_stands_twice_is_refused_even_as_null() {
    every_member(|kind, spec, name, reading| {
        let twice = reading(&format!(r#"null,"{}":null"#, spec.name));
        check(kind, &twice, Err((Reason::DuplicateMember, Some(name))));
    });
}
