//! `/api/v1/stations/{id}/readings`: what a station sent, as it came or gathered to steps.

use super::access::Reading;
use super::history::{self, failed, stretch};
use super::query::{Named, Parameters, one_of};
use super::stations::unknown_station;
use super::{App, Problem};
use crate::calendar::{DAY_MS, HOUR_MS};
use crate::clock::now_ms;
use crate::history::{Point, Query, STEP_MAX_MS, Series};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::str::FromStr;
use waystation_protocol::{DeviceId, Kind};

/// Points of one answer when the caller does not say, and at most.
pub const POINTS_DEFAULT: usize = 1_000;
pub const POINTS_MAX: usize = 10_000;
/// The stretch when the caller names none, and the longest one of readings as they came, which stand one by one.
const STRETCH_DEFAULT_MS: i64 = DAY_MS;
const RAW_STRETCH_MAX_MS: i64 = 8 * DAY_MS;
/// Steps of one stretch.
const STEPS_MAX: i64 = 100_000;

/// The highest number of a slot, by the wire contract.
pub const SLOT_MAX: i64 = 1_000;

#[derive(Serialize)]
pub struct Answer {
    /// What it was made from: `raw`, `minute` or `hour`.
    level: &'static str,
    step_ms: Option<i64>,
    items: Vec<Point>,
    next: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    _: Reading,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Json<Answer>, Problem> {
    parameters.allow(&["kind", "device", "slot", "from", "to", "step", "limit", "cursor", "after"])?;
    let query = read(&parameters)?;
    let station = app.sources.directory.load().station(&id).map(|station| station.id.clone());
    let station = station.ok_or_else(|| unknown_station(&id))?;
    app.blocking(move |app| {
        let Series { level, step_ms, items, next } =
            history::of(app)?.readings(&station, &query).map_err(failed)?;
        Ok(Json(Answer { level, step_ms, items, next: next.map(|from| from.to_string()) }))
    })
    .await
}

fn read(parameters: &Parameters) -> Result<Query, Problem> {
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    let kind = parameters.chosen("kind", &kinds, |text| Kind::from_str(text).ok())?;
    let kind = kind.ok_or_else(|| {
        let said = Said::new("refusal.parameter_missing").with("name", "kind");
        Problem::bad_request(said.with_said("expected", one_of(&kinds)))
    })?;
    let device = parameters
        .parsed("device", Said::new("refusal.wants_device"), |text| DeviceId::try_from(text).ok())?;
    let slot = |text: &str| text.parse().ok().filter(|slot| (1..=SLOT_MAX).contains(slot));
    let numbers = Said::new("refusal.wants_number").with("least", 1).with("most", SLOT_MAX);
    let slot = parameters.parsed("slot", numbers, slot)?;
    if slot.is_some() && (kind != Kind::Cabinet || parameters.text("step").is_none()) {
        return Err(Problem::bad_request(Said::new("refusal.slot_alone")));
    }
    let step_ms = parameters.parsed("step", Said::new("refusal.wants_step"), step)?;
    let from = parameters.number_cursor()?.or(parameters.time("from")?);
    let (from, to) = stretch(from, parameters.time("to")?, STRETCH_DEFAULT_MS, now_ms())?;
    let length = to.saturating_sub(from);
    if length > step_ms.map_or(RAW_STRETCH_MAX_MS, |step| step.saturating_mul(STEPS_MAX)) {
        return Err(Problem::bad_request(Said::new("refusal.step_small")));
    }
    let limit = parameters.limit_up_to(POINTS_DEFAULT, POINTS_MAX)?;
    Ok(Query { kind, device, slot, from, to, step_ms, limit })
}

/// Seconds, or a number with its unit, as ms.
fn step(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => HOUR_MS,
        "d" => DAY_MS,
        _ => return None,
    };
    let ms = digits.parse::<i64>().ok()?.checked_mul(unit_ms)?;
    (1..=STEP_MAX_MS).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_units() {
        for (text, expected) in [
            ("60", Some(60_000)),
            ("60s", Some(60_000)),
            ("5m", Some(300_000)),
            ("1h", Some(HOUR_MS)),
            ("28d", Some(28 * DAY_MS)),
            ("29d", None),
            ("0", None),
            ("-5", None),
            ("1y", None),
            ("m", None),
            ("", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(step(text), expected, "{text}");
        }
    }
}
