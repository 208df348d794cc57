use super::{Answer, Held, classify, conflict};
use std::time::{Duration, UNIX_EPOCH};

fn check(status: u16, retry_after: Option<&str>, body: &str, expected: &Answer) {
    let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
    assert_eq!(&classify(status, retry_after, body, now), expected, "{status} {body}");
}

fn held(status: u16, body: &str, cause: Held) {
    check(status, None, body, &Answer::Held { cause, message: format!("{status} {body}").trim().to_owned() });
}

fn busy(status: u16, retry_after: Option<&str>, seconds: Option<u64>) {
    check(status, retry_after, "", &Answer::Busy { after: seconds.map(Duration::from_secs) });
}

fn refused(status: u16, body: &str, lines: Option<usize>) {
    check(status, None, body, &Answer::Refused { reason: format!("{status} {body}"), lines });
}

#[test]
fn only_204_is_success() {
    check(204, None, "", &Answer::Taken);
    held(200, "<html>Welcome to the hotel</html>", Held::Unexpected);
    held(302, "", Held::Unexpected);
    held(405, "", Held::Unexpected);
}

#[test]
fn bad_lines_are_told_from_what_an_operator_can_mend() {
    refused(400, "unable to parse 'x': missing fields", None);
    refused(422, r#"partial write: field type conflict: input field \"a\" ... dropped=3"}"#, Some(3));
    check(
        400,
        None,
        r#"{"error":"partial write: points beyond retention policy dropped=7"}"#,
        &Answer::Expired { lines: 7 },
    );
    held(400, "partial write: max-values-per-tag limit exceeded (1/1): dropped=1", Held::Limit);
    held(400, "partial write: max-series-per-database limit exceeded: (1) dropped=1", Held::Limit);
    held(401, "authorization failed", Held::Unauthorised);
    held(403, "not allowed", Held::Forbidden);
    held(404, "database not found", Held::NotFound);
    check(413, None, "Request Entity Too Large", &Answer::TooLarge);
}

#[test]
fn a_busy_server_names_its_time_in_seconds_or_as_a_date() {
    busy(429, None, None);
    busy(503, Some("7"), Some(7));
    busy(503, Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
    busy(503, Some("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
    busy(429, Some("86400"), Some(600));
    busy(429, Some("soon"), None);
}

#[test]
fn failures_that_may_heal_are_failures() {
    for status in [408, 500, 502, 504] {
        check(status, None, "timeout", &Answer::Failed { message: format!("{status} timeout") });
    }
}

#[test]
fn an_excerpt_is_short_and_on_one_line() {
    let body = format!("a\nb{}", "站".repeat(1000));
    let Answer::Failed { message } = classify(500, None, &body, UNIX_EPOCH) else { panic!("not failed") };
    assert!(message.starts_with("500 a b站"));
    assert!(message.len() < 520 && !message.contains('\n'));
}

#[test]
fn a_conflict_names_measurement_and_field() {
    let plain =
        r#"field type conflict: input field "temperature_c" on measurement "environment" is type float"#;
    assert_eq!(conflict(plain), Some(("environment", "temperature_c")));
    let json = r#"{"error":"partial write: field type conflict: input field \"a\" on measurement \"b\" is type float, already exists as type string dropped=2"}"#;
    assert_eq!(conflict(json), Some(("b", "a")));
    assert_eq!(conflict("unable to parse"), None);
}
