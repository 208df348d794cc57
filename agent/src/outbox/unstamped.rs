//! Readings taken while the time was unknown or not confirmed: they wait in the outbox with their boot and uptime, and
//! get their time when they leave.
//!
//! Such a record is `?BOOT:UPTIME_MS:` before a reading's JSON, whose `ts` is 0, or what a clock said that the hub had
//! not confirmed; any other record begins with `{`.

use crate::clock::{Clock, Stamp};
use std::borrow::Cow;
use std::ops::Range;
use waystation_protocol::Reading;

const MARK: u8 = b'?';
/// As [`Reading::write_json`] writes it, right behind the kind.
const TS: &[u8] = br#","ts":"#;

/// Appends the record of a reading.
pub fn write_record(mut reading: Reading, stamp: Stamp, boot_id: &str, out: &mut Vec<u8>) {
    let (ts, uptime_ms) = match stamp {
        Stamp::Time(ms) => (ms, None),
        Stamp::Unconfirmed { ms, uptime_ms } => (ms, Some(uptime_ms)),
        Stamp::Uptime(uptime_ms) => (0, Some(uptime_ms)),
    };
    if let Some(uptime_ms) = uptime_ms {
        out.push(MARK);
        out.extend_from_slice(format!("{boot_id}:{uptime_ms}:").as_bytes());
    }
    reading.ts = ts;
    reading.write_json(true, out);
}

/// The reading's JSON with its time; `None` while that is not known.
pub fn with_time<'r>(record: &'r [u8], clock: &Clock) -> Option<Cow<'r, [u8]>> {
    let Some((boot_id, uptime_ms, json)) = unstamped(record) else { return Some(Cow::Borrowed(record)) };
    let Some((place, ms)) = ts_of(json) else { return Some(Cow::Borrowed(json)) };
    let ts = match ms {
        0 => clock.time_at(boot_id, uptime_ms)?,
        _ => clock.confirmed(boot_id, uptime_ms, ms)?,
    };
    if ts == ms {
        return Some(Cow::Borrowed(json));
    }
    Some([&json[..place.start], ts.to_string().as_bytes(), &json[place.end..]].concat().into())
}

/// Where the time of a reading's JSON stands, and what it says.
fn ts_of(json: &[u8]) -> Option<(Range<usize>, i64)> {
    let start = json.windows(TS.len()).position(|window| window == TS)? + TS.len();
    let end = start + json[start..].iter().position(|byte| *byte == b',')?;
    Some((start..end, std::str::from_utf8(&json[start..end]).ok()?.parse().ok()?))
}

/// The time in a record, as far as it is known.
pub fn time_ms(record: &[u8]) -> Option<i64> {
    let json = unstamped(record).map_or(record, |(.., json)| json);
    ts_of(json).map(|(_, ms)| ms).filter(|ms| *ms != 0)
}

/// Boot, uptime and JSON of a record without a time.
pub fn unstamped(record: &[u8]) -> Option<(&str, i64, &[u8])> {
    let text = std::str::from_utf8(record.strip_prefix(&[MARK])?).ok()?;
    let mut parts = text.splitn(3, ':');
    let (boot_id, uptime_ms, json) = (parts.next()?, parts.next()?, parts.next()?);
    Some((boot_id, uptime_ms.parse().ok()?, json.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Look;
    use waystation_protocol::{Body, Environment};

    #[test]
    fn a_record_gets_its_time_when_that_is_known() {
        let clock = Clock::with(Box::new(|| Look { mono_ms: 9_000, system_ms: 0 }), "ab12", None);
        let body = Body::from(Environment { co2_ppm: Some(600.0), ..Environment::default() });
        let reading = Reading { ts: 7, device: "env-1".try_into().unwrap(), body };
        let (mut waiting, mut stamped) = (Vec::new(), Vec::new());
        write_record(reading.clone(), Stamp::Uptime(4_000), "ab12", &mut waiting);
        write_record(reading, Stamp::Time(1_763_800_000_000), "ab12", &mut stamped);
        assert_eq!(with_time(&waiting, &clock), None);
        assert_eq!(with_time(&stamped, &clock).as_deref(), Some(&stamped[..]));
        clock.sync(9_000, 1_763_800_005_000, 9_000);
        assert_eq!(with_time(&waiting, &clock).as_deref(), Some(&stamped[..]));
    }

    /// A reading stamped by a system clock that is off by `off_ms` leaves with the time that it was taken at, or as it
    /// was stamped where the difference is no more than the hub's answer may be off.
    fn check_confirmed(off_ms: i64, expected_off_ms: i64) {
        const T: i64 = 1_763_800_000_000;
        let look = move || Look { mono_ms: 9_000, system_ms: T + off_ms };
        let clock = Clock::with(Box::new(look), "ab12", None);
        let body = Body::from(Environment { co2_ppm: Some(600.0), ..Environment::default() });
        let reading = Reading { ts: 0, device: "env-1".try_into().unwrap(), body };
        let (mut waiting, mut stamped) = (Vec::new(), Vec::new());
        write_record(reading.clone(), clock.stamp(None), "ab12", &mut waiting);
        write_record(reading, Stamp::Time(T + expected_off_ms), "ab12", &mut stamped);
        assert_eq!(with_time(&waiting, &clock), None, "{off_ms}");
        clock.sync(9_000, T, 9_000);
        assert_eq!(with_time(&waiting, &clock).as_deref(), Some(&stamped[..]), "{off_ms}");
    }

    #[test]
    fn what_an_unconfirmed_clock_said_is_put_right() {
        check_confirmed(7_200_000, 0);
        check_confirmed(-7_200_000, 0);
        check_confirmed(-9 * 86_400_000, 0);
        check_confirmed(999, 999);
        check_confirmed(0, 0);
    }
}
