//! `/api/v1/utilisation`: how the rooms and cabinets were used, by place and time; as JSON or for a spreadsheet.

use super::access::Reading;
use super::csv::{self, Cell};
use super::history::{self, failed, stretch};
use super::mark::{Mark, cut};
use super::query::Parameters;
use super::uptime::uptimes;
use super::{App, Problem};
use crate::calendar::DAY_MS;
use crate::clock::now_ms;
use crate::history::{By, Resolution, UtilisationItem, UtilisationQuery};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The stretch when the caller names none, and the longest.
const STRETCH_DEFAULT_MS: i64 = 7 * DAY_MS;
const STRETCH_MAX_MS: i64 = 366 * DAY_MS;

/// Columns of a file before the figures.
const HEAD: [&str; 7] = ["by", "key", "district", "kind", "stations", "from", "to"];
/// Figures in the order of the columns; each is followed by the share of the time that it rests on.
pub const FIGURES: [&str; 14] = [
    "seat_utilisation",
    "seat_utilisation_24h",
    "visits",
    "visits_per_day",
    "peak_load",
    "crowded_hours",
    "mean_dwell_min",
    "night_share",
    "door_denied_ratio",
    "swaps_per_slot_day",
    "denied_swap_ratio",
    "amenities_ok",
    "air_ok",
    "availability",
];
/// Figures for each class of batteries.
pub const BY_CLASS: [&str; 2] = ["battery_availability", "stock_ratio"];

pub(super) async fn list(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.allow(&[
        "from",
        "to",
        "by",
        "resolution",
        "station",
        "district",
        "format",
        "limit",
        "cursor",
        "after",
    ])?;
    let (query, is_csv) = (read(&parameters)?, parameters.is_csv()?);
    let (limit, mark) = (parameters.limit()?, parameters.cursor_of(Mark::read)?);
    let asked_ms = now_ms();
    app.blocking(move |app| {
        let uptime = uptimes(app, query.from, query.to, query.station.as_deref())?;
        let items = history::of(app)?.utilisation(&query, &uptime).map_err(failed)?;
        if is_csv {
            let zone = app.sources.config.calendar.zone();
            return csv::answer(
                "utilisation.csv",
                &columns(),
                items.iter().map(|item| row(item, &zone)),
                None,
            );
        }
        let name = |item: &UtilisationItem| {
            // Where a row ends tells those of two time zones apart; the one that is not over ends later on each page.
            let ends = Some(item.to).filter(|to| *to < asked_ms);
            Mark::of(&(item.from, ends, item.district.as_deref(), item.key.as_str(), item.kind.as_str()))
        };
        Ok(Json(cut(&items, mark, limit, name)).into_response())
    })
    .await
}

fn read(parameters: &Parameters) -> Result<UtilisationQuery, Problem> {
    let bys = By::ALL.map(By::as_str).join(", ");
    let resolutions = Resolution::ALL.map(Resolution::as_str).join(", ");
    let (from, to) = stretch(parameters.time("from")?, parameters.time("to")?, STRETCH_DEFAULT_MS, now_ms())?;
    if to.saturating_sub(from) > STRETCH_MAX_MS {
        return Err(Problem::bad_request("from, to: at most 366 days in one answer"));
    }
    Ok(UtilisationQuery {
        from,
        to,
        by: parameters.parsed("by", &bys, By::from_name)?.unwrap_or(By::District),
        resolution: parameters
            .parsed("resolution", &resolutions, Resolution::from_name)?
            .unwrap_or(Resolution::Day),
        station: parameters.text("station").map(str::to_owned),
        district: parameters.text("district").map(str::to_owned),
    })
}

fn columns() -> Vec<String> {
    let pair = |name: &str| [name.to_owned(), format!("{name}_coverage")];
    let classes = BY_CLASS.iter().flat_map(|name| ["48V", "60V"].map(|class| format!("{name}_{class}")));
    let head = HEAD.map(str::to_owned).into_iter();
    let swaps = ["swaps_ok".to_owned(), "swaps_no_ready".to_owned(), "swaps_no_empty".to_owned()];
    let figures = FIGURES.iter().flat_map(|name| pair(name));
    head.chain(figures)
        .chain(["availability_station".to_owned()])
        .chain(classes.flat_map(|name| pair(&name)))
        .chain(swaps)
        .collect()
}

fn row(item: &UtilisationItem, zone: &crate::calendar::Zone) -> Vec<Cell> {
    let mut cells: Vec<Cell> = vec![
        item.by.as_str().into(),
        item.key.as_str().into(),
        item.district.clone().into(),
        item.kind.as_str().into(),
        item.stations.into(),
        zone.show(item.from).into(),
        zone.show(item.to).into(),
    ];
    // By name, as the JSON form has them: one list of figures serves both.
    let figures = serde_json::to_value(item.figures).unwrap_or_default();
    let pair = |figure: &Value| ["value", "data_coverage"].map(|member| Cell::from(figure[member].as_f64()));
    cells.extend(FIGURES.iter().flat_map(|name| pair(&figures[name])));
    cells.push(figures["availability_station"]["value"].as_f64().into());
    cells.extend(
        BY_CLASS.iter().flat_map(|name| ["48V", "60V"].map(|class| pair(&figures[name][class]))).flatten(),
    );
    for name in ["ok", "no_ready", "no_empty"] {
        cells.push(figures["swaps"][name].as_i64().into());
    }
    cells
}
