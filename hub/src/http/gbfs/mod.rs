//! `/gbfs/3.0/`: the General Bikeshare Feed Specification for swap cabinets, so that a map or a rider's app shows where
//! a charged battery and a free slot are.
//!
//! GBFS knows vehicles and docks; here a vehicle is a battery that is ready, its type is its voltage class, and a dock
//! is an empty slot. Batteries are assets, not people: their counts are shown as they are, while people appear in no
//! feed. A slot takes either class, since cabinets mix them.
//!
//! Source of member names and rules: gbfs.org, version 3.0, and its published JSON schemas, to which an end-to-end test
//! holds the feeds of a real hub.

mod stations;

pub use stations::Stock;
mod system;

use super::access::PublicReading;
use super::kept::Kept;
use super::query::{Named, Parameters};
use super::stations::json as answer;
use super::{App, Problem, time};
use crate::clock::now_ms;
use crate::texts::Said;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// The feeds, in the order in which the first one lists them.
pub const FEEDS: [&str; 5] =
    ["gbfs", "system_information", "vehicle_types", "station_information", "station_status"];

/// How long a feed is kept by the hub itself, so that many screens cost no more than one.
const KEPT: Duration = Duration::from_secs(2);

/// The feeds as they were last made, in the order of [`FEEDS`].
#[derive(Default)]
pub struct Feeds([Kept<Vec<u8>>; FEEDS.len()]);

/// Seconds for which an answer may be kept: cabinets report each minute; names and places change rarely.
const STATUS_TTL_S: u32 = 30;
const INFORMATION_TTL_S: u32 = 3_600;

/// The languages of all texts.
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

pub(super) async fn index(
    state: State<App>,
    reading: PublicReading,
    headers: HeaderMap,
    uri: Uri,
    parameters: Parameters,
) -> Result<Response, Problem> {
    feed(state, reading, Named("gbfs.json".into()), headers, uri, parameters).await
}

pub(super) async fn feed(
    State(app): State<App>,
    _: PublicReading,
    Named(file): Named,
    headers: HeaderMap,
    uri: Uri,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.allow(&[])?;
    // GBFS requires an address that people can write to, and nobody but the operator knows one.
    if app.sources.config.gbfs.contact_email.is_none() {
        return Err(Problem::not_found(Said::new("refusal.feeds_off")));
    }
    let base = base(&app, &headers, &uri);
    let name = file.strip_suffix(".json").unwrap_or(&file).to_owned();
    let place = FEEDS.iter().position(|feed| *feed == name);
    let place = place
        .ok_or_else(|| Problem::not_found(Said::new("refusal.no_feed").with("names", FEEDS.join(", "))))?;
    app.blocking(move |app| {
        if place == 0 {
            return Ok(answer(envelope(INFORMATION_TTL_S, discovery(&base)).to_string().into_bytes()));
        }
        let body = app.feeds.0[place].get(KEPT, || Ok(make(app, &name).to_string().into_bytes()))?;
        Ok(answer(body.to_vec()))
    })
    .await
}

fn make(app: &App, name: &str) -> Value {
    match name {
        "system_information" => envelope(INFORMATION_TTL_S, system::information(&app.sources.config)),
        "vehicle_types" => envelope(INFORMATION_TTL_S, system::vehicle_types()),
        "station_information" => envelope(INFORMATION_TTL_S, stations::information(app)),
        _ => envelope(STATUS_TTL_S, stations::status(app)),
    }
}

fn envelope(ttl_s: u32, data: Value) -> Value {
    json!({ "last_updated": time::rfc3339(now_ms()), "ttl": ttl_s, "version": "3.0", "data": data })
}

fn discovery(base: &str) -> Value {
    let feed = |name: &&str| json!({ "name": name, "url": format!("{base}/gbfs/3.0/{name}.json") });
    json!({ "feeds": FEEDS.iter().map(feed).collect::<Vec<_>>() })
}

/// Where the caller reaches this server: as configured, or as he asked for it.
fn base(app: &App, headers: &HeaderMap, uri: &Uri) -> String {
    let config = &app.sources.config;
    if let Some(url) = &config.http.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(|authority| authority.as_str()).or(host).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

/// A text in every language; one that is missing is that of the other, or `otherwise`.
fn localized(zh: &str, en: &str, otherwise: &str) -> Value {
    let first =
        |texts: [&str; 3]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
    let texts = [first([zh, en, otherwise]), first([en, zh, otherwise])];
    LANGUAGES
        .iter()
        .zip(texts)
        .map(|(language, text)| json!({ "text": text, "language": language }))
        .collect()
}
