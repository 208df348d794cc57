//! `/api/v1/me`: who asks, so that a page offers only what it may do.

use super::Problem;
use super::access::Viewing;
use super::query::Parameters;
use crate::registry::Role;
use axum::Json;
use serde::Serialize;

#[derive(Serialize)]
pub struct Me {
    /// Null for the machine's own user, where reading needs no token.
    name: Option<String>,
    role: &'static str,
}

pub(super) async fn show(Viewing(owner): Viewing, parameters: Parameters) -> Result<Json<Me>, Problem> {
    parameters.allow(&[])?;
    Ok(Json(match owner {
        Some(owner) => Me { name: Some(owner.name.to_string()), role: owner.role.as_str() },
        None => Me { name: None, role: Role::Viewer.as_str() },
    }))
}
