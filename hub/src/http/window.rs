//! From when to when: silences and maintenance windows are asked for in the same words.

use super::Problem;
use crate::registry::Directory;
use crate::texts::Said;

/// Longest window, ms [J]: a silence for ever is a rule that should be switched off instead.
const WINDOW_MAX_MS: i64 = 366 * 86_400_000;

/// Begin and end in ms since the Unix epoch, from `starts_at` (now, if absent) and one of `ends_at` and `for_s`.
pub fn bounds(
    starts_at: Option<i64>,
    ends_at: Option<i64>,
    for_s: Option<i64>,
    now_ms: i64,
) -> Result<(i64, i64), Problem> {
    let starts_at = starts_at.unwrap_or(now_ms);
    let ends_at = match (ends_at, for_s) {
        (Some(ends_at), None) => ends_at,
        (None, Some(for_s)) => starts_at.saturating_add(for_s.saturating_mul(1_000)),
        _ => return Err(Problem::bad_request(Said::new("refusal.end_twice"))),
    };
    if ends_at <= now_ms.max(starts_at) {
        return Err(Problem::bad_request(Said::new("refusal.end_past")));
    }
    if ends_at.saturating_sub(now_ms.min(starts_at)) > WINDOW_MAX_MS {
        return Err(Problem::bad_request(Said::new("refusal.end_far")));
    }
    Ok((starts_at, ends_at))
}

/// Why it is done, for those who come later.
pub fn reason(why: &str) -> Result<String, Problem> {
    let why = why.trim();
    if why.is_empty() || why.chars().count() > 500 || why.chars().any(char::is_control) {
        return Err(Problem::bad_request(Said::new("refusal.why")));
    }
    Ok(why.to_owned())
}

/// What is asked for in a district without a station would mean nobody.
pub fn check_district(directory: &Directory, name: &str) -> Result<(), Problem> {
    let is_known = directory.stations().iter().any(|station| station.district.as_deref() == Some(name));
    is_known.then_some(()).ok_or_else(|| Problem::not_found(Said::new("refusal.no_district")))
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn a_window_ends_once_and_ahead() {
        for (starts_at, ends_at, for_s, expected) in [
            (None, Some(200), None, Some((100, 200))),
            (None, None, Some(1), Some((100, 1_100))),
            (Some(50), Some(150), None, Some((50, 150))),
            (Some(5_000), None, Some(1), Some((5_000, 6_000))),
            (None, None, None, None),
            (None, Some(200), Some(1), None),
            (None, Some(100), None, None),
            (Some(300), Some(200), None, None),
            (None, None, Some(-1), None),
            (None, None, Some(i64::MAX), None),
            (Some(i64::MIN), Some(200), None, None),
        ] {
            let found = bounds(starts_at, ends_at, for_s, 100).ok();
            assert_eq!(found, expected, "{starts_at:?} {ends_at:?} {for_s:?}");
        }
    }
}
