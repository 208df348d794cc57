//! What outlives what when the outbox is full, told from a record's bytes: `write_json` has one way to write each
//! member, and a quote inside a text is escaped, so that these patterns are found in no text.

use super::unstamped::{time_ms, unstamped};

/// Doors, swaps: what happened once and cannot be measured again.
const VITAL_KINDS: [&[u8]; 2] = [br#"{"kind":"door","#, br#"{"kind":"swap","#];
/// Other kinds, and what makes a reading of them an alarm.
const ALARMS: [(&[u8], &[&[u8]]); 3] = [
    (
        br#"{"kind":"cabinet","#,
        &[br#""smoke":true"#, br#""water":true"#, br#""extinguisher":true"#, br#""status":"fault""#],
    ),
    (br#"{"kind":"amenity","#, &[br#""state":"fault""#]),
    (br#"{"kind":"gateway","#, &[br#""mains":false"#]),
];

/// Part of each hour whose readings outlive the rest, ms.
const KEPT_OF_HOUR_MS: i64 = 10 * 60_000;
const HOUR_MS: i64 = 3_600_000;

/// Door events, swaps and alarms.
pub fn is_vital(record: &[u8]) -> bool {
    let json = unstamped(record).map_or(record, |(.., json)| json);
    let has = |pattern: &[u8]| json.windows(pattern.len()).any(|window| window == pattern);
    VITAL_KINDS.iter().any(|kind| json.starts_with(kind))
        || ALARMS.iter().any(|(kind, alarms)| json.starts_with(kind) && alarms.iter().any(|alarm| has(alarm)))
}

/// Whether it was taken in the first minutes of an hour; of unknown time, of the boot's hour.
pub fn opens_hour(record: &[u8]) -> bool {
    let ms = unstamped(record).map_or_else(|| time_ms(record), |(_, uptime_ms, _)| Some(uptime_ms));
    ms.is_none_or(|ms| ms.rem_euclid(HOUR_MS) < KEPT_OF_HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: &str, vital: bool, opens: bool, ms: Option<i64>) {
        let bytes = record.as_bytes();
        assert_eq!((is_vital(bytes), opens_hour(bytes), time_ms(bytes)), (vital, opens, ms), "{record}");
    }

    #[test]
    fn records_are_told_apart() {
        let (early, late) = (1_763_798_400_000 + 599_999, 1_763_798_400_000 + 600_000);
        let record =
            |kind: &str, ts: i64, rest: &str| format!(r#"{{"kind":"{kind}","ts":{ts},"device":"a",{rest}}}"#);
        check(&record("environment", early, r#""co2_ppm":600"#), false, true, Some(early));
        check(&record("environment", late, r#""co2_ppm":600"#), false, false, Some(late));
        check(&record("door", late, r#""event":"open""#), true, false, Some(late));
        check(&record("swap", late, r#""swap":"1""#), true, false, Some(late));
        check(&record("cabinet", late, r#""smoke":false,"slots":[{"slot":1}]"#), false, false, Some(late));
        check(&record("cabinet", late, r#""smoke":true"#), true, false, Some(late));
        check(&record("cabinet", late, r#""status":"fault""#), true, false, Some(late));
        check(&record("amenity", late, r#""state":"fault""#), true, false, Some(late));
        check(&record("gateway", late, r#""mains":true"#), false, false, Some(late));
        check(&record("gateway", late, r#""mains":false"#), true, false, Some(late));
        check(&record("gateway", late, r#""agent":"\"mains\":false""#), false, false, Some(late));
        check(&format!("?ab:3599999:{}", record("door", 0, r#""event":"open""#)), true, false, None);
        check(&format!("?ab:3600001:{}", record("environment", 0, r#""co2_ppm":600"#)), false, true, None);
    }
}
