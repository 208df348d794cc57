//! `/api/v1/ledger`: what each outbox delivered, dropped and misses.

use super::access::Reading;
use super::query::Parameters;
use super::stations::{Page, STATIONS_PER_LOCK, unknown_station};
use super::{App, Problem};
use crate::fleet::OutboxView;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// One outbox of one station.
#[derive(Serialize)]
pub struct Item {
    station: String,
    #[serde(flatten)]
    outbox: OutboxView,
}

/// Items are whole stations at a time: a page ends after the station that fills it.
pub(super) async fn list(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Json<Page<Item>>, Problem> {
    parameters.allow(&["limit", "after", "cursor", "station"])?;
    let limit = parameters.limit()?;
    let station = parameters.text("station").map(str::to_owned);
    let after = parameters.cursor().unwrap_or_default().to_owned();
    app.blocking(move |app| match station {
        Some(station) => of_station(app, &station),
        None => Ok(page(app, &after, limit)),
    })
    .await
    .map(Json)
}

fn of_station(app: &App, id: &str) -> Result<Page<Item>, Problem> {
    app.sources.directory.load().station(id).ok_or_else(|| unknown_station(id))?;
    Ok(Page { items: outboxes(&app.sources.fleet.lock(), id).collect(), next: None })
}

fn page(app: &App, after: &str, limit: usize) -> Page<Item> {
    let directory = app.sources.directory.load();
    let mut items = Vec::new();
    let mut last: Option<String> = None;
    for stations in directory.stations_after(after).chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations {
            let mut found = outboxes(&fleet, station.id.as_str()).peekable();
            if found.peek().is_some() && items.len() >= limit {
                return Page { items, next: last };
            }
            items.extend(found);
            last = Some(station.id.as_str().to_owned());
        }
    }
    Page { items, next: None }
}

fn outboxes<'a>(fleet: &'a crate::fleet::Fleet, id: &'a str) -> impl Iterator<Item = Item> + 'a {
    let outboxes = fleet.station(id).into_iter().flat_map(|known| known.ledger.outboxes());
    outboxes.map(|outbox| Item { station: id.to_owned(), outbox })
}
