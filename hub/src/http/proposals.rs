//! `/api/v1/low-use` and `/api/v1/stars`: lists with evidence, for a person to decide.

use super::access::Reading;
use super::history::{self, failed, stretch};
use super::mark::{Mark, cut};
use super::query::Parameters;
use super::stations::Page;
use super::uptime::uptimes;
use super::{App, Problem};
use crate::calendar::DAY_MS;
use crate::clock::now_ms;
use crate::fleet::{Rule, Severity};
use crate::history::{LowUse, OpenAlerts, StarProposal};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use std::collections::BTreeMap;
use std::time::Duration;

/// The stretch of a proposal when the caller names none, and the longest.
const STRETCH_DEFAULT_MS: i64 = 28 * DAY_MS;
const STRETCH_MAX_MS: i64 = 366 * DAY_MS;

/// How long the list of low use is kept: it changes at midnight, or with late data, and rests on eight weeks.
const LOW_USE_KEPT: Duration = Duration::from_secs(600);

/// The bottom tenth of each kind and host over eight weeks.
pub(super) async fn low_use(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Json<Page<LowUse>>, Problem> {
    parameters.allow(&["limit", "cursor", "after"])?;
    let (limit, mark) = (parameters.limit()?, parameters.cursor_of(Mark::read)?);
    app.blocking(move |app| {
        let list = app.low_use.get(LOW_USE_KEPT, || history::of(app)?.low_use().map_err(failed))?;
        Ok(Json(cut(&list, mark, limit, |item| Mark::of(&item.station))))
    })
    .await
}

pub(super) async fn stars(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Json<Page<StarProposal>>, Problem> {
    parameters.allow(&["from", "to", "limit", "cursor", "after"])?;
    let (limit, mark) = (parameters.limit()?, parameters.cursor_of(Mark::read)?);
    let (from, to) = stretch(parameters.time("from")?, parameters.time("to")?, STRETCH_DEFAULT_MS, now_ms())?;
    if to.saturating_sub(from) > STRETCH_MAX_MS {
        return Err(Problem::bad_request(Said::new("refusal.year")));
    }
    app.blocking(move |app| {
        let uptime = uptimes(app, from, to, None)?;
        let alerts = open_alerts(app);
        let proposals = history::of(app)?.stars(from, to, &uptime, &alerts).map_err(failed)?;
        Ok(Json(cut(&proposals, mark, limit, |item| Mark::of(&item.station))))
    })
    .await
}

/// What fires at each station now: smoke and forced entry cap its stars, anything critical costs the points for safety.
fn open_alerts(app: &App) -> OpenAlerts {
    let mut open = OpenAlerts::default();
    for alert in app.sources.fleet.lock().alerts() {
        let rule = alert.rule.as_str();
        for station in &alert.stations {
            let note = |rules: &mut BTreeMap<String, Vec<String>>| {
                rules.entry(station.to_string()).or_default().push(rule.to_owned());
            };
            if matches!(alert.rule, Rule::CabinetSmoke | Rule::DoorForced) {
                note(&mut open.capping);
            }
            if alert.severity == Severity::Critical {
                note(&mut open.critical);
            }
        }
    }
    open
}
