use super::*;
use proptest::prelude::*;

const SHANGHAI: &str = "Asia/Shanghai";
/// 2026-03-02 00:00 in Shanghai, a Monday.
const MONDAY_MS: i64 = 1_772_380_800_000;

fn calendar(zone: &str, hours: &str) -> Calendar {
    Calendar::new(Zone::parse(zone).unwrap(), Hours::parse(hours).unwrap())
}

fn at(hour: i64, minute: i64) -> i64 {
    MONDAY_MS + hour * HOUR_MS + minute * MINUTE_MS
}

#[test]
fn hours_are_read_as_people_write_them() {
    for text in ["24h", "08:00-18:00", "00:00-24:00", "22:00-06:30"] {
        assert!(Hours::parse(text).is_ok(), "{text}");
    }
    for text in
        ["", "8-18", "08:00", "08:00-08:00", "24:00-08:00", "08:60-09:00", "08:00-25:00", "+8:00-09:00"]
    {
        assert!(Hours::parse(text).unwrap_err().contains("08:00-18:00"), "{text}");
    }
    assert!(Hours::parse("00:00-24:00").unwrap().is_all_day());
}

#[test]
fn zones_have_names() {
    assert_eq!(Zone::parse(SHANGHAI).unwrap().name(), SHANGHAI);
    for name in ["", "Shanghai", "Asia/Nowhere", "+08:00", "CST"] {
        assert!(Zone::parse(name).unwrap_err().contains("Asia/Shanghai"), "{name}");
    }
}

#[test]
fn a_station_opens_and_closes_by_its_own_clock() {
    let check = |hours: &str, hour: i64, minute: i64, open: bool| {
        assert_eq!(calendar(SHANGHAI, hours).is_open(at(hour, minute)), open, "{hours} {hour}:{minute}");
    };
    check("08:00-18:00", 7, 59, false);
    check("08:00-18:00", 8, 0, true);
    check("08:00-18:00", 17, 59, true);
    check("08:00-18:00", 18, 0, false);
    check("22:00-06:00", 23, 0, true);
    check("22:00-06:00", 5, 59, true);
    check("22:00-06:00", 6, 0, false);
    check("24h", 3, 0, true);
}

#[test]
fn scheduled_time_is_what_the_hours_say() {
    let check = |hours: &str, from: i64, to: i64, open_hours: f64| {
        let found = calendar(SHANGHAI, hours).open_ms(from, to) as f64 / HOUR_MS as f64;
        assert!((found - open_hours).abs() < 1e-9, "{hours}: {found} {open_hours}");
    };
    check("08:00-18:00", at(0, 0), at(24, 0), 10.0);
    check("08:00-18:00", at(7, 30), at(8, 30), 0.5);
    check("08:00-18:00", at(18, 0), at(32, 0), 0.0);
    check("08:00-18:00", at(9, 0), at(9, 0), 0.0);
    check("22:00-06:00", at(0, 0), at(24, 0), 8.0);
    check("22:00-06:00", at(23, 0), at(31, 0), 7.0);
    check("24h", at(0, 0), at(168, 0), 168.0);
}

#[test]
fn days_and_weeks_are_local() {
    let here = calendar(SHANGHAI, "24h");
    assert_eq!(here.day_start(at(23, 59)), MONDAY_MS);
    assert_eq!(here.next_day_start(MONDAY_MS), MONDAY_MS + DAY_MS);
    assert_eq!(here.hour_start(at(9, 59)), at(9, 0));
    assert_eq!((here.local_hour(at(9, 59)), here.hour_of_week(at(9, 59))), (9, 9));
    assert_eq!(here.hour_of_week(MONDAY_MS - 1), 167);
    assert!(here.is_staffed(at(8, 0)) && !here.is_staffed(at(18, 0)) && !here.is_staffed(at(7, 59)));
    let half_past = calendar("Asia/Kolkata", "24h");
    assert_eq!(half_past.hour_start(at(9, 59)), at(9, 30));
}

#[test]
fn clocks_that_change_make_short_and_long_days() {
    let berlin = calendar("Europe/Berlin", "01:00-05:00");
    let spring = 1_774_738_800_000; // 2026-03-29 00:00 in Berlin
    assert_eq!(berlin.day_start(spring + 12 * HOUR_MS), spring);
    assert_eq!(berlin.next_day_start(spring) - spring, 23 * HOUR_MS);
    assert_eq!(berlin.open_ms(spring, spring + 23 * HOUR_MS), 3 * HOUR_MS);
    let autumn = 1_792_879_200_000; // 2026-10-25 00:00 in Berlin
    assert_eq!(berlin.next_day_start(autumn) - autumn, 25 * HOUR_MS);
    assert_eq!(berlin.open_ms(autumn, autumn + 25 * HOUR_MS), 5 * HOUR_MS);
}

proptest! {
    #[test]
    fn spans_agree_with_the_clock(
        zone in prop_oneof![Just(SHANGHAI), Just("Europe/Berlin"), Just("America/Sao_Paulo"), Just("UTC")],
        hours in prop_oneof![Just("24h"), Just("08:00-18:00"), Just("22:00-06:30"), Just("12:00-24:00")],
        from in 1_500_000_000_000_i64..1_800_000_000_000,
        length in 0..3 * DAY_MS,
    ) {
        let calendar = calendar(zone, hours);
        let spans = calendar.open_spans(from, from + length);
        prop_assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        prop_assert_eq!(spans.iter().map(|(from, to)| to - from).sum::<i64>(), calendar.open_ms(from, from + length));
        for step in 0..50 {
            let ts = from + length * step / 50;
            let within = spans.iter().any(|(from, to)| (*from..*to).contains(&ts));
            // A clock that is set back shows opening hours twice, and one set forward none of what it leaves out.
            let changes = calendar.zone().offset_ms(ts - DAY_MS) != calendar.zone().offset_ms(ts + DAY_MS);
            prop_assert!(changes || length == 0 || within == calendar.is_open(ts), "{}", ts);
            let day = calendar.day_start(ts);
            prop_assert!(day <= ts && ts < calendar.next_day_start(ts));
            prop_assert_eq!(calendar.day_start(day), day);
        }
    }

    #[test]
    fn no_instant_makes_it_panic(ts in any::<i64>()) {
        let ts = ts / 4;
        let calendar = calendar(SHANGHAI, "22:00-06:00");
        let shown = (calendar.is_open(ts), calendar.local_hour(ts), calendar.hour_of_week(ts), calendar.day_start(ts));
        prop_assert!(shown.1 < 24 && shown.2 < 168);
    }
}

#[test]
fn times_are_read_as_they_are_shown() {
    let shanghai = Zone::parse("Asia/Shanghai").unwrap();
    let shown = shanghai.show(1_795_342_000_000);
    assert_eq!(shown, "2026-11-22 18:06");
    let minute = shanghai.read(&shown).unwrap();
    assert_eq!(shanghai.show(minute), shown);
    assert_eq!(shanghai.read("2026-11-22T10:06:00Z"), Ok(minute));
    assert_eq!(shanghai.read("2026-11-22T18:06"), Ok(minute));
    assert!(shanghai.read("tomorrow").unwrap_err().contains("write it like"));
}
