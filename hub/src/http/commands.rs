//! `/api/v1/stations/{id}/commands`: ask a station to do something, and see what became of it.
//!
//! At most once: a command is first put into the audit log, then handed to the sessions that the station has at that
//! moment, and never again. A station that is away gets nothing, now or later, and the caller is told (409).

use super::access::{Operating, Reading};
use super::audit;
use super::input::Input;
use super::query::{Named, Parameters};
use super::stations::{Page, unknown_station};
use super::{App, Problem, time};
use crate::clock::now_ms;
use crate::operations::{Added, AskedCommand, Confirmed, new_id};
use crate::texts::Said;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;
use waystation_protocol::{Action, Channel, Command, Reason, StationId};

/// Validity of a command when the caller does not say, ms.
const EXPIRES_AFTER_MS: i64 = 30_000;
/// Longest validity, ms. An unlock is obeyed by who stands at the door [J]: two minutes; the others within an hour.
const UNLOCK_EXPIRES_MAX_MS: i64 = 120_000;
const EXPIRES_MAX_MS: i64 = 3_600_000;
/// How long a session may take to write a command to its socket.
const TAKE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Made by the hub if absent. A caller that repeats a request under the same id is refused: the door opens once.
    id: Option<String>,
    action: String,
    device: Option<String>,
    #[serde(default, deserialize_with = "time::in_body")]
    expires: Option<i64>,
    intervals_s: Option<Map<String, Value>>,
}

/// A command and its outcome.
#[derive(Serialize)]
pub struct Item {
    #[serde(flatten)]
    command: AskedCommand,
    /// `awaiting` a second person, `sent`, `not_sent`, `unanswered` after it expired, or the outcome that the station told.
    state: String,
}

pub(super) async fn send(
    State(app): State<App>,
    Operating(owner): Operating,
    Named(id): Named,
    parameters: Parameters,
    Input(mut asked): Input<Asked>,
) -> Result<(StatusCode, Json<Item>), Problem> {
    parameters.allow(&[])?;
    let station = registered(&app, &id)?;
    let now_ms = now_ms();
    let awaits = app.sources.config.commands.two_person && asked.action == Action::Unlock.as_str();
    if awaits {
        // The second person has to notice first.
        asked.expires.get_or_insert(now_ms.saturating_add(UNLOCK_EXPIRES_MAX_MS));
    }
    let command = check(asked, now_ms)?;
    let kept = AskedCommand {
        number: 0,
        station: id,
        id: command.id.to_string(),
        action: command.action.as_str().to_owned(),
        device: command.device.as_ref().map(ToString::to_string),
        expires: command.expires,
        at: now_ms,
        by: owner.name.as_str().to_owned(),
        awaits,
        confirmed_by: None,
        sent: false,
        outcome: None,
        detail: None,
        answered_at: None,
    };
    let kept = app
        .blocking(move |app| {
            let most = app.sources.config.commands.per_minute_max;
            let added = app.sources.operations.add_command(&kept, owner.role.as_str(), most);
            match added.map_err(audit::failed)? {
                Added::Kept => Ok(kept),
                Added::Again => Err(Problem::conflict(Said::new("refusal.command_again"))),
                Added::TooMany(wait_ms) => {
                    let wait_ms = wait_ms.max(0).unsigned_abs();
                    let too_often = Said::new("refusal.commands_too_often").with("most", most);
                    Err(Problem::too_many(too_often, Duration::from_millis(wait_ms)))
                }
            }
        })
        .await?;
    if kept.awaits {
        return Ok((StatusCode::ACCEPTED, Json(show(kept))));
    }
    hand_over(app, station, command, kept).await
}

/// `POST …/commands/{command}/confirm`: a second person agrees that a door shall open.
pub(super) async fn confirm(
    State(app): State<App>,
    Operating(owner): Operating,
    Path((id, command)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<(StatusCode, Json<Item>), Problem> {
    parameters.allow(&[])?;
    let station = registered(&app, &id)?;
    let confirmed = app
        .blocking(move |app| {
            let by = (owner.name.as_str(), owner.role.as_str());
            app.sources.operations.confirm_command(&id, &command, by, now_ms()).map_err(audit::failed)
        })
        .await?;
    let kept = match confirmed {
        Confirmed::Good(kept) => *kept,
        Confirmed::SamePerson => return Err(Problem::forbidden(Said::new("refusal.same_person"))),
        Confirmed::NotAwaiting => return Err(Problem::conflict(Said::new("refusal.not_awaiting"))),
    };
    let asked = Asked {
        id: Some(kept.id.clone()),
        action: kept.action.clone(),
        device: kept.device.clone(),
        expires: Some(kept.expires),
        intervals_s: None,
    };
    let command = check(asked, now_ms())?;
    hand_over(app, station, command, kept).await
}

/// Sends a command that is in the audit log to the sessions that the station has now.
async fn hand_over(
    app: App,
    station: StationId,
    command: Command,
    kept: AskedCommand,
) -> Result<(StatusCode, Json<Item>), Problem> {
    let sending = app.sources.commands.send(&station, Channel::Command, command.to_json().into());
    let sessions = tokio::time::timeout(TAKE_TIMEOUT, sending).await.unwrap_or(0);
    if sessions == 0 {
        return Err(Problem::conflict(Said::new("refusal.not_connected")));
    }
    let item = app
        .blocking(move |app| {
            app.sources.operations.command_sent(&kept.station, &kept.id).map_err(audit::failed)?;
            Ok(show(AskedCommand { sent: true, ..kept }))
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(item)))
}

pub(super) async fn list(
    State(app): State<App>,
    _: Reading,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Json<Page<Item>>, Problem> {
    parameters.allow(&["limit", "after", "cursor"])?;
    let (before, limit) = (parameters.number_cursor()?, parameters.limit()?);
    registered(&app, &id)?;
    app.blocking(move |app| {
        let mut commands = app.sources.operations.commands(&id, before, limit + 1).map_err(audit::failed)?;
        let more = commands.len() > limit;
        commands.truncate(limit);
        let next = commands.last().filter(|_| more).map(|last| last.number.to_string());
        Ok(Json(Page { items: commands.into_iter().map(show).collect(), next }))
    })
    .await
}

fn registered(app: &App, id: &str) -> Result<StationId, Problem> {
    let station = app.sources.directory.load().station(id).map(|station| station.id.clone());
    station.ok_or_else(|| unknown_station(id))
}

/// The command as a station would read it, so that none is sent that it would not understand.
fn check(asked: Asked, now_ms: i64) -> Result<Command, Problem> {
    let id = match asked.id {
        Some(id) => id,
        None => new_id().map_err(audit::failed)?,
    };
    let mut members = json!({ "id": id, "action": asked.action });
    members["expires"] = asked.expires.unwrap_or(now_ms.saturating_add(EXPIRES_AFTER_MS)).into();
    members["device"] = asked.device.into();
    members["intervals_s"] = asked.intervals_s.map(Value::Object).into();
    let command = Command::parse(members.to_string().as_bytes()).map_err(|refused| {
        let member = refused.member.unwrap_or_else(|| "the command".into());
        let (zh, en) = (refused.reason.zh(), refused.reason.en());
        let [hint_zh, hint_en] = match refused.reason {
            Reason::MissingMember => [
                "；开门须给出 `device`，设置间隔须给出 `intervals_s`",
                "; to unlock give `device`, to set intervals `intervals_s`",
            ],
            _ => [""; 2],
        };
        Problem::bad_request(Said::both(
            format!("{member}：{zh}{hint_zh}"),
            format!("{member}: {en}{hint_en}"),
        ))
    })?;
    let most_ms = if command.action == Action::Unlock { UNLOCK_EXPIRES_MAX_MS } else { EXPIRES_MAX_MS };
    let within = command.expires.saturating_sub(now_ms);
    if !(1..=most_ms).contains(&within) {
        let most_s = most_ms / 1_000;
        return Err(Problem::bad_request(Said::new("refusal.command_expires").with("most", most_s)));
    }
    Ok(command)
}

fn show(command: AskedCommand) -> Item {
    let state = match &command.outcome {
        Some(outcome) => outcome.clone(),
        None if command.awaits && now_ms() <= command.expires => "awaiting".into(),
        None if !command.sent => "not_sent".into(),
        None if now_ms() > command.expires => "unanswered".into(),
        None => "sent".into(),
    };
    Item { command, state }
}
