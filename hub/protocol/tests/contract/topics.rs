//! Topics, filters and identifiers.

use waystation_protocol::{
    Channel, DeviceId, Kind, OutboxId, StationId, Topic, filter_matches, topic_name, valid_filter,
    valid_topic_name,
};

#[test]
fn every_channel_has_a_topic_that_parses_back() {
    let station: StationId = "jb-001".parse().unwrap();
    let kinds = Kind::ALL.iter().copied().map(Channel::Kind);
    for channel in kinds.chain([Channel::Batch, Channel::Presence, Channel::Command, Channel::Result]) {
        let topic = topic_name(&station, channel);
        assert_eq!(Topic::parse(&topic), Some(Topic { station: "jb-001", channel }), "{topic}");
    }
    assert_eq!(topic_name(&station, Channel::Kind(Kind::Door)), "v1/stations/jb-001/door");
}

#[test]
fn other_topics_are_not_of_the_contract() {
    for topic in [
        "",
        "v1/stations/jb-001",
        "v1/stations/jb-001/",
        "v1/stations//door",
        "v1/stations/jb-001/door/",
        "v1/stations/jb-001/door/x",
        "v1/stations/jb-001/Door",
        "v1/stations/jb_001/door",
        "v1/stations/-jb/door",
        "v1/stations/+/door",
        "v2/stations/jb-001/door",
        "/v1/stations/jb-001/door",
        "v1/stations/站/door",
    ] {
        assert_eq!(Topic::parse(topic), None, "{topic}");
    }
    assert!(Topic::parse(&format!("v1/stations/{}/door", "a".repeat(48))).is_some());
    assert!(Topic::parse(&format!("v1/stations/{}/door", "a".repeat(49))).is_none());
}

#[test]
fn identifiers_have_patterns() {
    fn check<I: for<'a> TryFrom<&'a str>>(length_max: usize, good: &[&str], bad: &[&str]) {
        for text in good.iter().map(|text| (*text).to_owned()).chain(["a".repeat(length_max)]) {
            assert!(I::try_from(text.as_str()).is_ok(), "{text}");
        }
        for text in bad.iter().map(|text| (*text).to_owned()).chain(["a".repeat(length_max + 1)]) {
            assert!(I::try_from(text.as_str()).is_err(), "{text}");
        }
    }
    let (good, bad) = (["0", "jb-001", "a-"], ["", "-a", "A", "a b", "a/b", "站", "a\n"]);
    check::<StationId>(48, &good, &bad);
    check::<DeviceId>(32, &good, &bad);
    check::<OutboxId>(64, &["0", "A_b-9", "-"], &["", "a b", "a/b", "站", "a\n"]);
    assert!(serde_json::from_str::<StationId>("\"UP\"").is_err());
    assert_eq!(serde_json::from_str::<StationId>("\"up\"").unwrap().as_str(), "up");
}

#[test]
fn filters_select_as_the_standard_says() {
    for (filter, topic, expected) in [
        ("a/b", "a/b", true),
        ("a/b", "a/c", false),
        ("a/b", "a", false),
        ("a", "a/b", false),
        ("a/+", "a/b", true),
        ("a/+", "a", false),
        ("a/+", "a/", true),
        ("a/+", "a/b/c", false),
        ("+/+", "/a", true),
        ("/+", "/a", true),
        ("+", "/a", false),
        ("a/#", "a", true),
        ("a/#", "a/", true),
        ("a/#", "a/b/c", true),
        ("a/#", "ab", false),
        ("#", "a/b", true),
        ("a/+/c/#", "a/b/c", true),
        ("a/+/c/#", "a/b/d", false),
        ("#", "$SYS/x", false),
        ("+/x", "$SYS/x", false),
        ("$SYS/#", "$SYS/x", true),
        ("$SYS/+", "$SYS/x", true),
        ("a/+", "a/$x", true),
        ("v1/stations/+/presence", "v1/stations/jb-001/presence", true),
    ] {
        assert_eq!(filter_matches(filter, topic), expected, "{filter} {topic}");
    }
}

#[test]
fn filters_and_names_are_well_formed_or_not() {
    for filter in ["#", "+", "/", "a//b", "+/a/#", "a/+/b", "$SYS/#", "站/#"] {
        assert!(valid_filter(filter), "{filter}");
    }
    for filter in ["", "a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "a\0", "##"] {
        assert!(!valid_filter(filter), "{filter}");
    }
    for name in ["a", "/", "a/b", "$SYS/a", "站"] {
        assert!(valid_topic_name(name), "{name}");
    }
    for name in ["", "a/+", "#", "a\0"] {
        assert!(!valid_topic_name(name), "{name}");
    }
    assert!(valid_topic_name(&"a".repeat(65_535)) && valid_filter(&"a".repeat(65_535)));
    assert!(!valid_topic_name(&"a".repeat(65_536)) && !valid_filter(&"a".repeat(65_536)));
}
