//! `POST /api/v1/stations` and its kin: stations are added, removed, and given new tokens. Their data stays.

use super::access::Administering;
use super::audit::{self, audited};
use super::claims;
use super::input::{Input, OptionalInput};
use super::query::{Named, Parameters};
use super::stations::unknown_station;
use super::{App, Problem};
use crate::clock::now_ms;
use crate::registry::{COLUMNS, Mistake, NewStation, Principal, RegistryError, Station, Token};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use waystation_protocol::StationId;

/// Members that are numbers; the others are texts.
const NUMBERS: [&str; 3] = ["latitude", "longitude", "capacity"];

/// The only answer that holds a station's token.
#[derive(Serialize)]
pub struct Made {
    station: String,
    token: String,
}

/// A station that was registered, with its token, and a claim code if one was asked for.
#[derive(Serialize)]
pub struct Added {
    #[serde(flatten)]
    made: Made,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    /// Until when the code is good, ms since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

pub(super) async fn add(
    State(app): State<App>,
    Administering(owner): Administering,
    parameters: Parameters,
    Input(members): Input<Map<String, Value>>,
) -> Result<(StatusCode, Json<Added>), Problem> {
    parameters.allow(&[])?;
    let (station, wants_claim) = read(members)?;
    app.blocking(move |app| {
        let token = audited(app, &owner, "station.add", station.id.trim(), "", || {
            app.sources.registry.add(&station).map_err(failed)
        })?;
        reload(app)?;
        let id = station.id.trim();
        let claimable =
            wants_claim.then(|| claims::make_usual_code(app, &owner, &station_id(id)?)).transpose()?;
        let (claim, expires) = claimable.map(|made| (made.claim, made.expires)).unzip();
        let Json(made) = made(id, &token);
        Ok((StatusCode::CREATED, Json(Added { made, claim, expires })))
    })
    .await
}

pub(super) async fn remove(
    State(app): State<App>,
    Administering(owner): Administering,
    Named(id): Named,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.allow(&[])?;
    app.blocking(move |app| {
        let id = station_id(&id)?;
        audited(app, &owner, "station.remove", id.as_str(), "", || {
            app.sources.registry.remove(&id).map_err(failed)
        })?;
        reload(app)?;
        if let Err(error) = app.sources.operations.forget_station(id.as_str()) {
            tracing::warn!(%error, station = %id, "what was set for a removed station cannot be forgotten");
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// How the station gets its new token.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Way {
    /// Over its connection to the hub, not in the answer.
    online: bool,
}

/// What a rotation answers: the token, or how far it is on its way.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Rotated {
    Made(Made),
    Asked { station: String, online: bool, state: String },
}

pub(super) async fn rotate_token(
    State(app): State<App>,
    Administering(owner): Administering,
    Named(id): Named,
    parameters: Parameters,
    OptionalInput(Way { online }): OptionalInput<Way>,
) -> Result<Json<Rotated>, Problem> {
    parameters.allow(&[])?;
    app.blocking(move |app| {
        let id = station_id(&id)?;
        if online {
            return ask_rotation(app, &owner, &id).map(Json);
        }
        let token = audited(app, &owner, "station.rotate_token", id.as_str(), "", || {
            app.sources.registry.rotate_token(&id).map_err(failed)
        })?;
        overtake(app, &id);
        reload(app)?;
        let Json(made) = made(id.as_str(), &token);
        Ok(Json(Rotated::Made(made)))
    })
    .await
}

/// The token is made: whoever asked must have it, whatever becomes of the note.
pub(super) fn overtake(app: &App, id: &StationId) {
    if let Err(error) = app.sources.operations.rotation_overtaken(id.as_str()) {
        tracing::error!(%error, station = %id, "a rotation that is under way could not be ended");
    }
}

fn ask_rotation(app: &App, owner: &Principal, id: &StationId) -> Result<Rotated, Problem> {
    if app.sources.directory.load().station(id.as_str()).is_none() {
        return Err(unknown_station(id.as_str()));
    }
    let by = (owner.name.as_str(), owner.role.as_str());
    let operations = &app.sources.operations;
    let rotation = operations.ask_rotation(id.as_str(), by, now_ms()).map_err(audit::failed)?;
    app.sources.commands.rotation_is_wanted();
    Ok(Rotated::Asked { station: id.to_string(), online: true, state: rotation.state })
}

/// A station from JSON members, named and checked as the columns of a CSV file are, and whether a claim code is wanted.
fn read(mut members: Map<String, Value>) -> Result<(NewStation, bool), Problem> {
    let mut station = NewStation::default();
    let mut mistakes = Mistakes::default();
    let claim = members.remove("claim").unwrap_or_default();
    if !(claim.is_boolean() || claim.is_null()) {
        mistakes.add("claim", Said::new("refusal.give_flag"));
    }
    for (name, text) in texts(&members, &mut mistakes) {
        match station.column_mut(name) {
            Some(member) => *member = text,
            None => mistakes.add(name, no_member(&[&COLUMNS[..], &["claim"]].concat())),
        }
    }
    mistakes.check(station.check()).map(|_| (station, claim == true))
}

/// Members as the texts of columns; null is an empty one.
pub(super) fn texts<'a>(members: &'a Map<String, Value>, mistakes: &mut Mistakes) -> Vec<(&'a str, String)> {
    let mut texts = Vec::new();
    for (name, value) in members {
        match (value, NUMBERS.contains(&name.as_str())) {
            // What is no member at all is told so by who knows the members, whatever its value.
            _ if !COLUMNS.contains(&name.as_str()) => texts.push((name.as_str(), String::new())),
            (Value::Null, _) => texts.push((name.as_str(), String::new())),
            (Value::String(text), false) => texts.push((name.as_str(), text.clone())),
            (Value::Number(number), true) => texts.push((name.as_str(), number.to_string())),
            (_, true) => mistakes.add(name, Said::new("refusal.give_number")),
            (_, false) => mistakes.add(name, Said::new("refusal.give_text")),
        }
    }
    texts
}

pub(super) fn no_member(members: &[&str]) -> Said {
    Said::new("refusal.no_member").with("members", members.join(", "))
}

/// What is wrong with the members of a body: all of it is named at once.
#[derive(Default)]
pub(super) struct Mistakes(Vec<(String, Said)>);

impl Mistakes {
    pub fn add(&mut self, member: &str, text: Said) {
        self.0.push((shown(member), text));
    }

    /// The station, if neither it nor the body has any mistake. Of a member that was not understood nothing follows.
    pub fn check(mut self, station: Result<Station, Vec<Mistake>>) -> Result<Station, Problem> {
        let understood = self.0.len();
        let station = station.map_err(|found| {
            for Mistake { column, text } in found {
                if self.0[..understood].iter().all(|(member, _)| member != column) {
                    self.add(column, text);
                }
            }
        });
        match station {
            Ok(station) if self.0.is_empty() => Ok(station),
            _ => Err(Problem::of_members(self.0)),
        }
    }
}

fn made(id: &str, token: &Token) -> Json<Made> {
    Json(Made { station: id.to_owned(), token: token.as_str().to_owned() })
}

pub(super) fn station_id(id: &str) -> Result<StationId, Problem> {
    StationId::try_from(id).map_err(|_| unknown_station(id))
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

/// Lets the change be seen at once, not only at the registry's next look.
pub(super) fn reload(app: &App) -> Result<(), Problem> {
    let directory = app.sources.registry.load().map_err(failed)?;
    app.sources.directory.store(Arc::new(directory));
    Ok(())
}

pub(super) fn failed(error: RegistryError) -> Problem {
    match error {
        RegistryError::StationExists(id) => {
            Problem::conflict(Said::new("refusal.station_exists").with("id", id))
        }
        RegistryError::TokenExists(name) => {
            Problem::conflict(Said::new("refusal.token_exists").with("name", name))
        }
        RegistryError::NoSuchStation(id) => unknown_station(&id),
        RegistryError::NoSuchToken(_) => Problem::not_found(Said::new("refusal.no_token_of_name")),
        RegistryError::Mistakes(found) => Problem::of_members(
            found.into_iter().map(|found| (found.column.to_owned(), found.text)).collect(),
        ),
        error => {
            tracing::error!(%error, "the registry cannot be used");
            Problem::unavailable(Said::new("refusal.registry_fails"))
        }
    }
}
