//! `[report]`: how long what is unchanged stays untold, and which changes are worth telling.

use super::keys::Keys;
use crate::intake::{INTERVAL_S_MAX, MIN_INTERVAL_S_MAX, Reporting, ReportingError};
use crate::texts::Message;
use waystation_protocol::Kind;

pub fn report(keys: &mut Keys) -> Option<Reporting> {
    let mut reporting = Reporting::default();
    for name in keys.names("report.intervals_s") {
        let key = format!("report.intervals_s.{name}");
        let interval_s = keys.whole(&key, 0, 1..=INTERVAL_S_MAX.into());
        match (name.parse::<Kind>(), interval_s) {
            (Ok(kind), Some(interval_s)) => {
                reporting.intervals_s.insert(kind, u32::try_from(interval_s).ok()?);
            }
            (Err(_), _) => keys.mistake(&key, Message::new("kind")),
            (Ok(_), None) => {}
        }
    }
    for kind in Kind::ALL {
        for member in keys.names(&format!("report.{kind}")) {
            let deadband = keys.number(&format!("report.{kind}.{member}"), 0.0, 0.0..=f64::MAX);
            // A wrong number is a mistake already; the member is looked at all the same.
            let deadband = deadband.unwrap_or(0.0);
            reporting.deadbands.entry(*kind).or_default().insert(member, deadband);
        }
    }
    if keys.has("report.min_interval_s") {
        let min_interval_s = keys.whole("report.min_interval_s", 0, 0..=MIN_INTERVAL_S_MAX.into())?;
        reporting.min_interval_s = u32::try_from(min_interval_s).ok();
    }
    let wrong = reporting.mistakes();
    for error in &wrong {
        match error {
            ReportingError::Member(kind, member) => {
                keys.mistake(&format!("report.{kind}.{member}"), Message::new("deadband"));
            }
            other => keys.mistake("report", Message::new("report").with("error", other)),
        }
    }
    wrong.is_empty().then_some(reporting)
}
