//! Who may read: bearer tokens with roles, and the machine's own user on a loopback address.

use super::{App, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use std::net::{IpAddr, SocketAddr};

/// Whether reading needs no token: only on a loopback address, and only if the configuration does not ask for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalReading {
    Open,
    NeedsToken,
}

impl LocalReading {
    /// As it follows from the address that the server listens on and `http.require_token`.
    #[must_use]
    pub fn of(listen: SocketAddr, require_token: bool) -> Self {
        if listen.ip().is_loopback() && !require_token { Self::Open } else { Self::NeedsToken }
    }
}

/// Proof that the request may read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Whether it may see what was set aside as it was received. That may hold anything, personal data included, so
    /// a viewer is shown the reason only.
    pub payloads: bool,
}

impl FromRequestParts<App> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        check(&parts.headers, &parts.uri, app)
    }
}

/// Whether a request may read; a token that was sent must be good even where none is needed.
pub fn check(headers: &HeaderMap, uri: &Uri, app: &App) -> Result<Reading, Problem> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return match app.local_reading {
            LocalReading::Open if asks_for_loopback(headers, uri) => Ok(Reading { payloads: true }),
            _ => Err(Problem::unauthorized(
                "send a token in the header `Authorization: Bearer …`; `waystation-hub token add NAME --role \
                 viewer` makes one",
            )),
        };
    };
    let token = bearer(authorization.as_bytes())
        .ok_or_else(|| Problem::unauthorized("the header Authorization must read `Bearer` and a token"))?;
    let owner = app.sources.directory.load().login_token(None, token);
    let owner = owner.ok_or_else(|| Problem::unauthorized("this token is not valid"))?;
    if owner.role.may_view() {
        Ok(Reading { payloads: owner.role.may_operate() })
    } else {
        Err(Problem::forbidden(format!(
            "a token of role {} may not read here; use one of role viewer, operator or admin",
            owner.role
        )))
    }
}

fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

/// Whether the client asked for a loopback name. A web page elsewhere that makes its own name point to 127.0.0.1
/// (DNS rebinding) reaches this address too, but asks for its own name.
fn asks_for_loopback(headers: &HeaderMap, uri: &Uri) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(host) = uri.authority().map(|authority| authority.as_str()).or(host) else { return true };
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
