//! What InfluxDB's answers mean. Pure: bytes in, a class out.

use std::time::{Duration, SystemTime};

/// The longest pause that a `Retry-After` can ask for; a server that is well again should not wait longer.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// The classes of answers, each with its own handling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 204: all lines are stored.
    Taken,
    /// Stored but for lines that are older than the retention that the operator chose.
    Expired { lines: usize },
    /// 400 or 422: at least one line is bad for good. `lines`: how many, where the server says it.
    Refused { reason: String, lines: Option<usize> },
    /// 413.
    TooLarge,
    /// 429 or 503: come back later.
    Busy { after: Option<Duration> },
    /// What only a person can mend: credentials, database, limits, address. Nothing is dropped meanwhile.
    Held { cause: Held, message: String },
    /// Network error, timeout, 5xx.
    Failed { message: String },
}

/// What must be mended before InfluxDB takes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// 401.
    Unauthorised,
    /// 403.
    Forbidden,
    /// 404: no such database, bucket or organisation.
    NotFound,
    /// A limit of the server's configuration, such as `max-values-per-tag` (100,000 in InfluxDB 1.x): raising it
    /// saves the lines, so they are not refused for good.
    Limit,
    /// An answer that no InfluxDB gives: probably something else listens there.
    Unexpected,
}

impl Held {
    /// What a person should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unauthorised => "check token, or username and password, in [influx]",
            Self::Forbidden => "give the user or token of [influx] the right to write",
            Self::NotFound => {
                "check database, or org and bucket, in [influx], or run `waystation-hub influx init`"
            }
            Self::Limit => {
                "raise InfluxDB's limit (max-series-per-database and max-values-per-tag; 0 is none) and restart it"
            }
            Self::Unexpected => "check url in [influx]: something else than InfluxDB seems to answer",
        }
    }
}

impl Answer {
    /// The label in `influx_errors_total`; `None` for success.
    #[must_use]
    pub const fn class(&self) -> Option<&'static str> {
        Some(match self {
            Self::Taken => return None,
            Self::Expired { .. } => "expired",
            Self::Refused { .. } => "refused",
            Self::TooLarge => "too_large",
            Self::Busy { .. } => "busy",
            Self::Held { cause: Held::Unauthorised, .. } => "unauthorised",
            Self::Held { cause: Held::Forbidden, .. } => "forbidden",
            Self::Held { cause: Held::NotFound, .. } => "not_found",
            Self::Held { cause: Held::Limit, .. } => "limit",
            Self::Held { cause: Held::Unexpected, .. } => "unexpected",
            Self::Failed { .. } => "failed",
        })
    }
}

/// Classes an HTTP answer. `body` is its beginning; `retry_after` the header as it came.
///
/// Only 204 is success: a captive portal's or a foreign web server's 200 must not pass for one.
#[must_use]
pub fn classify(status: u16, retry_after: Option<&str>, body: &str, now: SystemTime) -> Answer {
    let after = || retry_after.and_then(|text| parse_retry_after(text, now));
    let held = |cause| Answer::Held { cause, message: excerpt(status, body) };
    match status {
        204 => Answer::Taken,
        400 | 422 => refused(status, body),
        401 => held(Held::Unauthorised),
        403 => held(Held::Forbidden),
        404 => held(Held::NotFound),
        413 => Answer::TooLarge,
        429 | 503 => Answer::Busy { after: after() },
        408 | 500.. => Answer::Failed { message: excerpt(status, body) },
        _ => held(Held::Unexpected),
    }
}

fn refused(status: u16, body: &str) -> Answer {
    let lines = number_after(body, "dropped=");
    if body.contains("beyond retention policy") {
        return Answer::Expired { lines: lines.unwrap_or(0) };
    }
    if body.contains("limit exceeded") {
        return Answer::Held { cause: Held::Limit, message: excerpt(status, body) };
    }
    Answer::Refused { reason: excerpt(status, body), lines }
}

/// The measurement and field of a field type conflict: every line with both is bad, so that they can be picked
/// out at once. 1.x and 2.x: `input field "x" on measurement "m" is type float, already exists as type string`.
#[must_use]
pub fn conflict(reason: &str) -> Option<(&str, &str)> {
    let quoted = |mark: &str| {
        let rest = &reason[reason.find(mark)? + mark.len()..];
        // The server quotes inside JSON, so a quote is \" there.
        rest.trim_start_matches(['\\', '"', ' ']).split(['\\', '"']).next()
    };
    Some((quoted("on measurement")?, quoted("input field")?))
}

fn number_after(text: &str, mark: &str) -> Option<usize> {
    let digits = &text[text.find(mark)? + mark.len()..];
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// Seconds, or a date.
fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let pause = match text.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text.trim()).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(pause.min(RETRY_AFTER_MAX))
}

/// The status and at most 512 bytes of what was said, on one line.
fn excerpt(status: u16, body: &str) -> String {
    let clean: String = body.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut text = clean.trim();
    let mut end = text.len().min(512);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text = &text[..end];
    if text.is_empty() { format!("{status}") } else { format!("{status} {text}") }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
