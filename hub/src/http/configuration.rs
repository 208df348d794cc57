//! `/api/v1/stations/{id}/configuration`: what a station reports and how often, set from afar.

use super::access::{Administering, Reading};
use super::audit;
use super::input::Input;
use super::query::{Named, Parameters};
use super::stations::unknown_station;
use super::{App, Problem};
use crate::clock::now_ms;
use crate::operations::StationConfiguration;
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use waystation_protocol::{INTERVAL_S_MAX, MIN_INTERVAL_S_MAX, Reporting, ReportingError};

pub(super) async fn show(
    State(app): State<App>,
    _: Reading,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Json<StationConfiguration>, Problem> {
    parameters.allow(&[])?;
    registered(&app, &id)?;
    app.blocking(move |app| {
        let found = app.sources.operations.configuration(&id).map_err(audit::failed)?;
        Ok(Json(found.unwrap_or_else(StationConfiguration::unset)))
    })
    .await
}

pub(super) async fn set(
    State(app): State<App>,
    Administering(owner): Administering,
    Named(id): Named,
    parameters: Parameters,
    Input(report): Input<Reporting>,
) -> Result<Json<StationConfiguration>, Problem> {
    parameters.allow(&[])?;
    registered(&app, &id)?;
    match report.mistakes() {
        mistakes if mistakes.is_empty() => {}
        mistakes => return Err(Problem::of_members(mistakes.into_iter().map(explained).collect())),
    }
    app.blocking(move |app| {
        let by = (owner.name.as_str(), owner.role.as_str());
        let set = app.sources.operations.configure(&id, &report, by, now_ms()).map_err(audit::failed)?;
        app.sources.commands.configuration_is_wanted();
        Ok(Json(set))
    })
    .await
}

/// The member, and what it must be.
fn explained(mistake: ReportingError) -> (String, Said) {
    let whole =
        |least: u32, most: u32| Said::new("refusal.whole_number").with("least", least).with("most", most);
    match mistake {
        ReportingError::Json(text) => (String::new(), Said::both(text.clone(), text)),
        ReportingError::Interval(kind) => (format!("intervals_s.{kind}"), whole(1, INTERVAL_S_MAX)),
        ReportingError::MinInterval => ("min_interval_s".into(), whole(0, MIN_INTERVAL_S_MAX)),
        ReportingError::Member(kind, member) => {
            let said = Said::new("refusal.not_measured").with("kind", kind);
            (format!("deadbands.{kind}.{member}"), said)
        }
        ReportingError::Deadband(kind, member) => {
            (format!("deadbands.{kind}.{member}"), Said::new("refusal.deadband"))
        }
    }
}

fn registered(app: &App, id: &str) -> Result<(), Problem> {
    app.sources.directory.load().station(id).map(drop).ok_or_else(|| unknown_station(id))
}
