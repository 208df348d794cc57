//! `POST /api/v1/stations/{id}/claim` makes a claim code; `POST /claim` trades it for the station's token.
//!
//! Whoever claims has no token yet, so anybody may ask: guesses are bounded, per address and in all, and a wrong code is
//! not told from a used or expired one.

use super::access::{Administering, Peer};
use super::audit::audited;
use super::input::{Input, OptionalInput};
use super::limits::{Caller, Limits};
use super::query::{Named, Parameters};
use super::registry::{failed, overtake, reload, station_id};
use super::{App, Problem, time};
use crate::clock::now_ms;
use crate::config::Mqtt;
use crate::operations::Audit;
use crate::registry::{CLAIM_LIFE, CLAIM_LIFE_MAX, ClaimCode, Principal};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use waystation_protocol::StationId;

/// Guesses of an address: so many at once, and then one in six seconds; of 2⁴⁰ codes that is nothing [J].
const OF_ADDRESS: (u32, Duration) = (10, Duration::from_secs(60));
/// Guesses of everybody, should somebody have many addresses.
const OF_ALL: (u32, Duration) = (100, Duration::from_secs(3_600));

/// The bounds on guesses. A code that was good gives its place back.
pub(super) struct Guesses {
    of_address: Limits,
    of_all: Limits,
}

impl Default for Guesses {
    fn default() -> Self {
        let limits = |(most, within)| Limits::within(most, within);
        Self { of_address: limits(OF_ADDRESS), of_all: limits(OF_ALL) }
    }
}

/// Stands for everybody.
const ALL: Caller = Caller::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

impl Guesses {
    fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        self.of_address.take(Caller::Address(address), now)?;
        self.of_all.take(ALL, now)
    }

    fn was_good(&self, address: IpAddr) {
        self.of_address.give_back(&Caller::Address(address));
        self.of_all.give_back(&ALL);
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// How long the code is good.
    #[serde(default, deserialize_with = "time::whole_in_body")]
    expires_s: Option<i64>,
}

/// The only answer that holds a code.
#[derive(Serialize)]
pub struct Made {
    station: String,
    pub(super) claim: String,
    /// Ms since the Unix epoch.
    pub(super) expires: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claiming {
    code: String,
}

/// What a gateway needs to connect.
#[derive(Serialize)]
pub struct Claimed {
    station: String,
    token: String,
    /// Where MQTT is; null if the hub cannot tell.
    hub: Option<String>,
    /// The authority of the hub's certificate, PEM, if the hub hands one out.
    ca: Option<String>,
}

pub(super) async fn make(
    State(app): State<App>,
    Administering(owner): Administering,
    Named(id): Named,
    parameters: Parameters,
    OptionalInput(wanted): OptionalInput<Wanted>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    parameters.allow(&[])?;
    let (life_s, most) = (CLAIM_LIFE.as_secs() as i64, CLAIM_LIFE_MAX.as_secs() as i64);
    let life_s = wanted.expires_s.unwrap_or(life_s);
    if !(1..=most).contains(&life_s) {
        return Err(Problem::bad_request(Said::new("refusal.claim_life").with("most", most)));
    }
    app.blocking(move |app| {
        let made = make_code(app, &owner, &station_id(&id)?, life_s)?;
        Ok((StatusCode::CREATED, Json(made)))
    })
    .await
}

/// A code that is as good as they usually are.
pub(super) fn make_usual_code(app: &App, owner: &Principal, id: &StationId) -> Result<Made, Problem> {
    make_code(app, owner, id, CLAIM_LIFE.as_secs() as i64)
}

fn make_code(app: &App, owner: &Principal, id: &StationId, life_s: i64) -> Result<Made, Problem> {
    let expires = now_ms().saturating_add(life_s.saturating_mul(1_000));
    let code = audited(app, owner, "station.claim", id.as_str(), &format!("expires {expires}"), || {
        app.sources.registry.make_claim(id, expires).map_err(failed)
    })?;
    Ok(Made { station: id.to_string(), claim: code.to_string(), expires })
}

pub(super) async fn redeem(
    State(app): State<App>,
    peer: Option<axum::Extension<Peer>>,
    uri: Uri,
    headers: HeaderMap,
    parameters: Parameters,
    Input(claiming): Input<Claiming>,
) -> Result<Json<Claimed>, Problem> {
    parameters.allow(&[])?;
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |axum::Extension(Peer(address))| address);
    app.guesses.take(address, Instant::now()).map_err(|wait| {
        app.sources.metrics.claims.with_label_values(&["too_often"]).inc();
        Problem::too_many(Said::new("refusal.claims_too_often"), wait)
    })?;
    let hub = advertised(&app.sources.config.mqtt, &uri, &headers);
    app.blocking(move |app| {
        let redeemed = match ClaimCode::parse(&claiming.code) {
            Some(code) => app.sources.registry.redeem(&code, now_ms()).map_err(failed)?,
            None => None,
        };
        let Some((station, token)) = redeemed else {
            app.sources.metrics.claims.with_label_values(&["refused"]).inc();
            tracing::info!(%address, "a claim code was refused");
            return Err(Problem::not_found(Said::new("refusal.no_claim")));
        };
        app.guesses.was_good(address);
        app.sources.metrics.claims.with_label_values(&["claimed"]).inc();
        overtake(app, &station);
        tracing::info!(%station, %address, "claimed");
        let detail = format!("from {address}");
        let entry =
            Audit::new(now_ms(), station.as_str(), "station", "station.claimed", station.as_str(), &detail);
        if let Err(error) = app.sources.operations.audit(&entry) {
            // The code is used up: who claimed must have the token all the same.
            tracing::error!(%error, %station, "a claim could not be noted in the audit log");
        }
        reload(app)?;
        let ca = app.sources.config.mqtt.advertise_ca.as_ref().and_then(|path| {
            let read = std::fs::read_to_string(path);
            read.map_err(
                |error| tracing::error!(%error, path = %path.display(), "mqtt.advertise_ca cannot be read"),
            )
            .ok()
        });
        Ok(Json(Claimed { station: station.to_string(), token: token.as_str().to_owned(), hub, ca }))
    })
    .await
}

/// Where a gateway finds MQTT: as configured, else under the name that it asked for here, on the port of the listener.
fn advertised(mqtt: &Mqtt, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if let Some(address) = &mqtt.advertise {
        return Some(address.clone());
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(|authority| authority.as_str()).or(host)?;
    let host = authority.parse::<axum::http::uri::Authority>().ok()?.host().to_owned();
    match (mqtt.tls_listen, mqtt.listen) {
        (Some(tls), _) => Some(format!("mqtts://{host}:{}", tls.port())),
        (None, Some(plain)) => Some(format!("mqtt://{host}:{}", plain.port())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_bounded_per_address_and_in_all() {
        let guesses = Guesses::default();
        let start = Instant::now();
        let address = |last| IpAddr::from([192, 0, 2, last]);
        let taken = |last: u8| (0..50).filter(|_| guesses.take(address(last), start).is_ok()).count();
        assert_eq!(taken(1), 10);
        guesses.was_good(address(1));
        assert_eq!(taken(1), 1);
        let others: usize = (2..40).map(taken).sum();
        assert_eq!(others, 90);
        assert!(guesses.take(address(1), start + Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn the_hub_says_where_it_is() {
        let check = |mqtt: &Mqtt, host: &str, expected: Option<&str>| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().expect("host"))]);
            assert_eq!(
                advertised(mqtt, &Uri::from_static("/claim"), &headers).as_deref(),
                expected,
                "{host}"
            );
        };
        let plain = Mqtt::default();
        let both = Mqtt { tls_listen: Some(([0, 0, 0, 0], 8883).into()), ..Mqtt::default() };
        let said = Mqtt { advertise: Some("mqtts://mqtt.example:443".into()), ..Mqtt::default() };
        check(&plain, "hub.example:8080", Some("mqtt://hub.example:1883"));
        check(&both, "hub.example", Some("mqtts://hub.example:8883"));
        check(&both, "[::1]:8080", Some("mqtts://[::1]:8883"));
        check(&said, "hub.example", Some("mqtts://mqtt.example:443"));
        check(&plain, "a b", None);
        check(&Mqtt { listen: None, ..Mqtt::default() }, "hub.example", None);
    }
}
