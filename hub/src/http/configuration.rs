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
use waystation_protocol::Reporting;

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
        found.map(Json).ok_or_else(|| Problem::not_found(Said::new("refusal.no_configuration")))
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
    report
        .check()
        .map_err(|error| Problem::bad_request(Said::new("refusal.reporting").with("error", error)))?;
    app.blocking(move |app| {
        let by = (owner.name.as_str(), owner.role.as_str());
        let set = app.sources.operations.configure(&id, &report, by, now_ms()).map_err(audit::failed)?;
        app.sources.commands.configuration_is_wanted();
        Ok(Json(set))
    })
    .await
}

fn registered(app: &App, id: &str) -> Result<(), Problem> {
    app.sources.directory.load().station(id).map(drop).ok_or_else(|| unknown_station(id))
}
