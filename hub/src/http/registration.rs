//! `/api/v1/stations/{id}/registration`: what the registry says of a station, read and changed by its members.

use super::access::{Administering, Operating};
use super::audit::{self, audited};
use super::input::Input;
use super::query::{Named, Parameters};
use super::registry::{Mistakes, failed, no_member, reload, station_id, texts};
use super::stations::unknown_station;
use super::{App, Problem};
use crate::registry::{COLUMNS, Edit, Station, differing};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) async fn show(
    State(app): State<App>,
    _: Operating,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Json<Shown>, Problem> {
    parameters.allow(&[])?;
    let station = registered(&app, &id)?;
    app.blocking(move |app| shown(app, Station::clone(&station)).map(Json)).await
}

/// What the registry says of a station, and how far a new token is on its way to it.
#[derive(Serialize)]
pub struct Shown {
    #[serde(flatten)]
    station: Station,
    /// Null: none is.
    rotation: Option<String>,
    /// Why the station refused it.
    rotation_detail: Option<String>,
}

fn shown(app: &App, station: Station) -> Result<Shown, Problem> {
    let rotation = app.sources.operations.rotation(station.id.as_str()).map_err(audit::failed)?;
    let unfinished = rotation.filter(|rotation| rotation.state != "done");
    let (rotation, rotation_detail) = unfinished.map(|rotation| (rotation.state, rotation.detail)).unzip();
    Ok(Shown { station, rotation, rotation_detail: rotation_detail.flatten() })
}

pub(super) async fn edit(
    State(app): State<App>,
    Administering(owner): Administering,
    Named(id): Named,
    parameters: Parameters,
    Input(members): Input<Map<String, Value>>,
) -> Result<Json<Shown>, Problem> {
    parameters.allow(&[])?;
    let before = registered(&app, &id)?;
    let (edit, after) = read(&members, &before)?;
    let changed = differing(&before, &after).join(", ");
    app.blocking(move |app| {
        // What changes nothing is no act, and leaves no trace.
        if changed.is_empty() {
            return shown(app, after).map(Json);
        }
        let id = station_id(&id)?;
        let (_, after) = audited(app, &owner, "station.edit", id.as_str(), &changed, || {
            app.sources.registry.edit(&id, &edit).map_err(failed)
        })?;
        reload(app)?;
        shown(app, after).map(Json)
    })
    .await
}

fn registered(app: &App, id: &str) -> Result<Arc<Station>, Problem> {
    app.sources.directory.load().station(id).cloned().ok_or_else(|| unknown_station(id))
}

/// The change, and the station as it would be.
fn read(members: &Map<String, Value>, before: &Station) -> Result<(Edit, Station), Problem> {
    let (mut edit, mut mistakes) = (Edit::default(), Mistakes::default());
    for (name, text) in texts(members, &mut mistakes) {
        if name == "id" {
            mistakes.add(name, Said::new("refusal.id_stays"));
        } else if !edit.set(name, text) {
            mistakes.add(name, no_member(&COLUMNS[1..]));
        }
    }
    let after = mistakes.check(edit.of(before))?;
    Ok((edit, after))
}
