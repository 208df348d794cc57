//! `/api/v1/quarantine`: what could not be taken, and why; newest first.

use super::access::Reading;
use super::csv::{self, Cell};
use super::query::Parameters;
use super::{App, Problem};
use crate::fleet::{QuarantineFilter, QuarantineItem};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::str::FromStr;
use waystation_protocol::Reason;

/// Characters of a payload that a list shows.
const PAYLOAD_CHARS_MAX: usize = 2_048;

#[derive(Serialize)]
pub struct Item {
    id: i64,
    /// When the hub took it in, ms since the Unix epoch.
    received_at: i64,
    station: Option<String>,
    channel: String,
    reason: String,
    /// The reason as a sentence.
    text: Sentence,
    member: Option<String>,
    /// What InfluxDB said, if it was InfluxDB that refused it.
    detail: Option<String>,
    payload_bytes: usize,
    /// The beginning of what was received; only for roles that may operate.
    payload: Option<String>,
}

#[derive(Serialize)]
struct Sentence {
    zh: String,
    en: String,
}

/// The columns of the CSV form; never a payload, which may hold anything.
const COLUMNS: [&str; 8] =
    ["id", "received_at", "station", "channel", "reason", "text_zh", "member", "payload_bytes"];

impl Item {
    fn cells(self) -> Vec<Cell> {
        let bytes = i64::try_from(self.payload_bytes).unwrap_or(i64::MAX);
        vec![
            self.id.into(),
            Cell::Time(self.received_at),
            self.station.into(),
            self.channel.into(),
            self.reason.into(),
            self.text.zh.into(),
            self.member.into(),
            bytes.into(),
        ]
    }
}

#[derive(Serialize)]
pub struct List {
    items: Vec<Item>,
    next: Option<String>,
    /// Items that gave way to newer ones.
    dropped_total: i64,
}

pub(super) async fn list(
    State(app): State<App>,
    reading: Reading,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.allow(&["limit", "after", "cursor", "station", "reason", "format"])?;
    let is_csv = parameters.is_csv()?;
    let filter = QuarantineFilter {
        station: parameters.text("station").map(str::to_owned),
        reason: parameters.text("reason").map(str::to_owned),
        before: parameters.number_cursor()?,
        limit: u32::try_from(parameters.limit()?).unwrap_or(u32::MAX),
    };
    let zone = app.sources.config.calendar.zone();
    let page = app.blocking(move |app| {
        app.sources.store.quarantine_page(&filter).map_err(|error| {
            tracing::error!(%error, "the quarantine cannot be listed");
            Problem::unavailable(Said::new("refusal.quarantine_fails"))
        })
    });
    let page = page.await?;
    let items = page.items.into_iter().map(|item| show(item, reading));
    let next = page.next.map(|id| id.to_string());
    if is_csv {
        return csv::answer("quarantine.csv", &zone, &COLUMNS, items.map(Item::cells), next.as_deref());
    }
    Ok(Json(List { items: items.collect(), next, dropped_total: page.dropped_total }).into_response())
}

fn show(item: QuarantineItem, reading: Reading) -> Item {
    let text = sentence(&item.reason);
    let payload = || String::from_utf8_lossy(&item.payload).chars().take(PAYLOAD_CHARS_MAX).collect();
    Item {
        id: item.id,
        received_at: item.received_ms,
        text,
        payload_bytes: item.payload.len(),
        payload: reading.payloads.then(payload),
        station: Some(item.station).filter(|station| !station.is_empty()),
        channel: item.channel,
        reason: item.reason,
        member: item.member,
        detail: item.detail,
    }
}

fn sentence(reason: &str) -> Sentence {
    let (zh, en) = match Reason::from_str(reason) {
        Ok(known) => (known.zh(), known.en()),
        Err(_) if reason == "influx_refused" => ("InfluxDB 拒绝写入这一行", "InfluxDB refused this line"),
        Err(_) => (reason, reason),
    };
    Sentence { zh: zh.to_owned(), en: en.to_owned() }
}
