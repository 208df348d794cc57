//! Who asks, and what he may do: bearer tokens with roles, and the machine's own user on a loopback address.
//!
//! Writing always needs a token in a header, which no other web page can make a browser send: there is nothing to
//! forge.

use super::limits::Caller;
use super::{App, Problem};
use crate::registry::{Principal, Role, TokenHash};
use crate::texts::Said;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

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

/// Where a connection comes from; an extension of its requests.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl Peer {
    fn of(parts: &Parts) -> IpAddr {
        parts.extensions.get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Self(address)| *address)
    }
}

/// Proof that the request may read, with whose token it does: none for the machine's own user.
#[derive(Debug, Clone)]
pub struct Viewing(pub Option<Principal>);

impl FromRequestParts<App> for Viewing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match identify(parts, app)? {
            Asking::Local => Ok(Self(None)),
            Asking::Owner(owner) if owner.role.may_view() => Ok(Self(Some(owner))),
            Asking::Owner(owner) => Err(refused(owner.role, "refusal.role_may_not_read")),
            Asking::Nobody => Err(no_token("viewer")),
        }
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
        let Viewing(owner) = Viewing::from_request_parts(parts, app).await?;
        Ok(Self { payloads: owner.is_none_or(|owner| owner.role.may_operate()) })
    }
}

/// Proof that the request may read what is meant for everybody: feeds and screens.
#[derive(Debug, Clone, Copy)]
pub struct PublicReading;

impl FromRequestParts<App> for PublicReading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match identify(parts, app)? {
            Asking::Nobody if !app.sources.config.gbfs.public => {
                Err(Problem::unauthorized(Said::new("refusal.feeds_closed")))
            }
            _ => Ok(Self),
        }
    }
}

/// Proof that the request may act: acknowledge, silence, plan maintenance, command. It names who does.
#[derive(Debug, Clone)]
pub struct Operating(pub Principal);

impl FromRequestParts<App> for Operating {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let owner = owner(parts, app, "operator")?;
        if owner.role.may_operate() {
            Ok(Self(owner))
        } else {
            Err(refused(owner.role, "refusal.role_may_not_operate"))
        }
    }
}

/// Proof that the request may change stations and tokens. It names who does.
#[derive(Debug, Clone)]
pub struct Administering(pub Principal);

impl FromRequestParts<App> for Administering {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let owner = owner(parts, app, "admin")?;
        if owner.role.may_administer() {
            Ok(Self(owner))
        } else {
            Err(refused(owner.role, "refusal.role_may_not_administer"))
        }
    }
}

/// Whether the request may read, where the answer differs but is given in any case.
pub struct MayRead(pub bool);

impl FromRequestParts<App> for MayRead {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(Reading::from_request_parts(parts, app).await.is_ok()))
    }
}

/// Who a request comes from.
enum Asking {
    /// The machine's own user, where nothing asks for a token.
    Local,
    Owner(Principal),
    Nobody,
}

/// The token of a request that was let in, if it had one.
pub fn token_hash(headers: &HeaderMap) -> Option<TokenHash> {
    bearer(headers.get(header::AUTHORIZATION)?.as_bytes()).map(TokenHash::of)
}

fn owner(parts: &Parts, app: &App, role: &str) -> Result<Principal, Problem> {
    match identify(parts, app)? {
        Asking::Owner(owner) => Ok(owner),
        Asking::Local | Asking::Nobody => Err(no_token(role)),
    }
}

/// Finds out who asks, and counts the request. A token that was sent must be good even where none is needed.
fn identify(parts: &Parts, app: &App) -> Result<Asking, Problem> {
    let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
        if app.local_reading == LocalReading::Open && asks_for_loopback(&parts.headers, &parts.uri) {
            return Ok(Asking::Local);
        }
        count(app, Caller::Address(Peer::of(parts)))?;
        return Ok(Asking::Nobody);
    };
    let token = bearer(authorization.as_bytes());
    match token.and_then(|token| app.sources.directory.load().login_token(None, token)) {
        Some(owner) => {
            count(app, Caller::Token(owner.name.clone()))?;
            Ok(Asking::Owner(owner))
        }
        None => {
            count(app, Caller::Address(Peer::of(parts)))?;
            Err(Problem::unauthorized(match token {
                Some(_) => Said::new("refusal.invalid_token"),
                None => Said::new("refusal.no_bearer"),
            }))
        }
    }
}

fn count(app: &App, caller: Caller) -> Result<(), Problem> {
    app.limits.take(caller, Instant::now()).map_err(Problem::too_many_requests)
}

fn no_token(role: &str) -> Problem {
    Problem::unauthorized(Said::new("refusal.no_token").with("role", role))
}

fn refused(role: Role, key: &'static str) -> Problem {
    Problem::forbidden(Said::new(key).with("role", role))
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
