//! `/api/v1/maintenance`: planned work, in which a station or a district may be silent.

use super::access::{Operating, Reading};
use super::input::Input;
use super::query::{Named, Parameters};
use super::stations::{Page, unknown_station};
use super::window::{bounds, check_district, reason};
use super::{App, Problem, audit, time};
use crate::clock::now_ms;
use crate::operations::{Maintenance, new_id};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub struct Item {
    #[serde(flatten)]
    window: Maintenance,
    active: bool,
}

impl From<Maintenance> for Item {
    fn from(window: Maintenance) -> Self {
        Self { active: window.is_active(now_ms()), window }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    station: Option<String>,
    district: Option<String>,
    #[serde(default, deserialize_with = "time::in_body")]
    starts_at: Option<i64>,
    #[serde(default, deserialize_with = "time::in_body")]
    ends_at: Option<i64>,
    for_s: Option<i64>,
    why: String,
}

/// Those that have not ended, or with `ended=true` all that are kept; the latest first, in one page.
pub(super) async fn list(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Json<Page<Item>>, Problem> {
    parameters.allow(&["ended"])?;
    let ended = parameters.flag("ended")?;
    app.blocking(move |app| {
        let now_ms = now_ms();
        let windows = app.sources.operations.maintenance().map_err(audit::failed)?;
        let items = windows.into_iter().filter(|window| ended || window.ends_at > now_ms).map(Item::from);
        Ok(Json(Page { items: items.collect(), next: None }))
    })
    .await
}

pub(super) async fn add(
    State(app): State<App>,
    Operating(owner): Operating,
    parameters: Parameters,
    Input(new): Input<New>,
) -> Result<(StatusCode, Json<Item>), Problem> {
    parameters.allow(&[])?;
    let now_ms = now_ms();
    let (starts_at, ends_at) = bounds(new.starts_at, new.ends_at, new.for_s, now_ms)?;
    let directory = app.sources.directory.load();
    let station = new.station.map(|id| {
        directory.station(&id).map(|station| station.id.clone()).ok_or_else(|| unknown_station(&id))
    });
    let district = new.district.filter(|district| !district.is_empty());
    if let Some(name) = &district {
        check_district(&directory, name)?;
    }
    let window = Maintenance {
        id: new_id().map_err(audit::failed)?,
        station: station.transpose()?,
        district,
        starts_at,
        ends_at,
        by: owner.name.as_str().to_owned(),
        why: reason(&new.why)?,
    };
    app.blocking(move |app| {
        app.sources
            .operations
            .add_maintenance(&window, owner.role.as_str(), now_ms)
            .map_err(audit::failed)?;
        Ok((StatusCode::CREATED, Json(window.into())))
    })
    .await
}

pub(super) async fn end(
    State(app): State<App>,
    Operating(owner): Operating,
    Named(id): Named,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.allow(&[])?;
    app.blocking(move |app| {
        let (by, role) = (owner.name.as_str(), owner.role.as_str());
        let ended = app.sources.operations.end_maintenance(&id, by, role, now_ms()).map_err(audit::failed)?;
        let unknown = || Problem::not_found(Said::new("refusal.no_maintenance"));
        ended.then_some(StatusCode::NO_CONTENT).ok_or_else(unknown)
    })
    .await
}
