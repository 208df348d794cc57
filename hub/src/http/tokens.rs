//! `/api/v1/tokens`: access of people and programs. A token is shown once, in the answer that makes it.

use super::access::Administering;
use super::audit::audited;
use super::input::Input;
use super::query::{Named, Parameters};
use super::registry::{failed, reload};
use super::stations::Page;
use super::{App, Problem};
use crate::registry::{Role, TokenName, TokenSummary};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub struct Item {
    name: TokenName,
    role: Role,
    /// ms since the Unix epoch.
    created_at: i64,
}

impl From<TokenSummary> for Item {
    fn from(TokenSummary { name, role, created_ms }: TokenSummary) -> Self {
        Self { name, role, created_at: created_ms }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    name: String,
    role: String,
}

/// The only answer that holds a token.
#[derive(Serialize)]
pub struct Made {
    name: TokenName,
    role: Role,
    token: String,
}

pub(super) async fn list(
    State(app): State<App>,
    _: Administering,
    parameters: Parameters,
) -> Result<Json<Page<Item>>, Problem> {
    parameters.allow(&["limit", "after", "cursor"])?;
    let limit = parameters.limit()?;
    let after = parameters.cursor().unwrap_or_default().to_owned();
    app.blocking(move |app| {
        let tokens = app.sources.registry.list_tokens().map_err(failed)?;
        let mut rest = tokens.into_iter().filter(|token| token.name.as_str() > after.as_str());
        let items: Vec<Item> = rest.by_ref().take(limit).map(Item::from).collect();
        let next = rest.next().and(items.last()).map(|last| last.name.to_string());
        Ok(Json(Page { items, next }))
    })
    .await
}

pub(super) async fn add(
    State(app): State<App>,
    Administering(owner): Administering,
    parameters: Parameters,
    Input(new): Input<New>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    parameters.allow(&[])?;
    let name: TokenName =
        new.name.parse().map_err(|_| Problem::bad_request(Said::new("refusal.token_name")))?;
    let role: Role = new
        .role
        .parse()
        .map_err(|_| Problem::bad_request(Said::new("refusal.no_role").with("text", &new.role)))?;
    app.blocking(move |app| {
        let token = audited(app, &owner, "token.add", name.as_str(), role.as_str(), || {
            app.sources.registry.add_token(&name, role).map_err(failed)
        })?;
        reload(app)?;
        Ok((StatusCode::CREATED, Json(Made { name, role, token: token.as_str().to_owned() })))
    })
    .await
}

pub(super) async fn remove(
    State(app): State<App>,
    Administering(owner): Administering,
    Named(name): Named,
    parameters: Parameters,
) -> Result<StatusCode, Problem> {
    parameters.allow(&[])?;
    let name: TokenName =
        name.parse().map_err(|_| Problem::not_found(Said::new("refusal.no_token_of_name")))?;
    app.blocking(move |app| {
        audited(app, &owner, "token.remove", name.as_str(), "", || {
            app.sources.registry.remove_token(&name).map_err(failed)
        })?;
        reload(app)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
