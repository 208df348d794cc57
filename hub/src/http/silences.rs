//! `/api/v1/silences`: alerts that match are told to nobody for a while.

use super::access::{Operating, Reading};
use super::input::Input;
use super::query::{Named, Parameters};
use super::stations::{Page, unknown_station};
use super::window::{bounds, check_district, reason};
use super::{App, Problem, audit, time};
use crate::clock::now_ms;
use crate::fleet::{Rule, Severity};
use crate::operations::{Matcher, Silence, new_id};
use crate::registry::Directory;
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// Matchers of one silence.
const MATCHERS_MAX: usize = 16;

#[derive(Serialize)]
pub struct Item {
    #[serde(flatten)]
    silence: Silence,
    active: bool,
}

impl From<Silence> for Item {
    fn from(silence: Silence) -> Self {
        Self { active: silence.is_active(now_ms()), silence }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    matchers: Vec<Matcher>,
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
        let silences = app.sources.operations.silences(!ended, now_ms()).map_err(audit::failed)?;
        Ok(Json(Page { items: silences.into_iter().map(Item::from).collect(), next: None }))
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
    if new.matchers.len() > MATCHERS_MAX {
        return Err(Problem::bad_request(Said::new("refusal.matchers_most").with("most", MATCHERS_MAX)));
    }
    let silence = Silence {
        id: new_id().map_err(audit::failed)?,
        matchers: new.matchers,
        starts_at,
        ends_at,
        by: owner.name.as_str().to_owned(),
        why: reason(&new.why)?,
    };
    check_matchers(&silence.matchers, &app.sources.directory.load())?;
    app.blocking(move |app| {
        app.sources.operations.add_silence(&silence, owner.role.as_str(), now_ms).map_err(audit::failed)?;
        Ok((StatusCode::CREATED, Json(silence.into())))
    })
    .await
}

/// A silence that can never match looks in force and silences nothing.
fn check_matchers(matchers: &[Matcher], directory: &Directory) -> Result<(), Problem> {
    for (index, Matcher { name, value }) in matchers.iter().enumerate() {
        if matchers[..index].iter().any(|other| other.name == *name && other.value != *value) {
            return Err(Problem::bad_request(Said::new("refusal.matchers_twice").with("name", name)));
        }
        match name.as_str() {
            "rule" if Rule::from_name(value).is_none() => {
                return Err(Problem::bad_request(Said::new("refusal.matchers_rule").with("value", value)));
            }
            "severity" if !Severity::ALL.iter().any(|severity| severity.as_str() == value) => {
                let names = Severity::ALL.map(Severity::as_str).join(", ");
                return Err(Problem::bad_request(
                    Said::new("refusal.matchers_severity").with("value", value).with("names", names),
                ));
            }
            "station" if directory.station(value).is_none() => return Err(unknown_station(value)),
            "district" => check_district(directory, value)?,
            // Names that there are not are refused with the silence itself.
            _ => {}
        }
    }
    Ok(())
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
        let ended = app.sources.operations.end_silence(&id, by, role, now_ms()).map_err(audit::failed)?;
        let unknown = || Problem::not_found(Said::new("refusal.no_silence"));
        ended.then_some(StatusCode::NO_CONTENT).ok_or_else(unknown)
    })
    .await
}
