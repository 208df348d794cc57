//! Readings taken while the time was unknown: they wait in the outbox with their boot and uptime, and get their time
//! when they leave.
//!
//! Such a record is `?BOOT:UPTIME_MS:` before a reading's JSON whose `ts` is 0; any other begins with `{`.

use crate::clock::{Clock, Stamp};
use std::borrow::Cow;
use waystation_protocol::Reading;

const MARK: u8 = b'?';
/// As [`Reading::write_json`] writes it, behind the kind.
const NO_TIME: &[u8] = br#""ts":0"#;

/// Appends the record of a reading.
pub fn write_record(mut reading: Reading, stamp: Stamp, boot_id: &str, out: &mut Vec<u8>) {
    reading.ts = match stamp {
        Stamp::Time(ms) => ms,
        Stamp::Uptime(uptime_ms) => {
            out.push(MARK);
            out.extend_from_slice(format!("{boot_id}:{uptime_ms}:").as_bytes());
            0
        }
    };
    reading.write_json(true, out);
}

/// The reading's JSON with its time; `None` while that is unknown.
pub fn with_time<'r>(record: &'r [u8], clock: &Clock) -> Option<Cow<'r, [u8]>> {
    let Some((boot_id, uptime_ms, json)) = unstamped(record) else { return Some(Cow::Borrowed(record)) };
    let ts = clock.time_at(boot_id, uptime_ms)?;
    let Some(at) = json.windows(NO_TIME.len()).position(|window| window == NO_TIME) else {
        return Some(Cow::Borrowed(json));
    };
    let (before, after) = (&json[..at], &json[at + NO_TIME.len()..]);
    Some([before, format!("\"ts\":{ts}").as_bytes(), after].concat().into())
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
}
