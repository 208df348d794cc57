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
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The stretch when the caller names none, and the longest.
const STRETCH_DEFAULT_MS: i64 = 7 * DAY_MS;
const STRETCH_MAX_MS: i64 = 366 * DAY_MS;

/// Columns of a file before the figures.
const HEAD: [&str; 7] = ["by", "key", "district", "kind", "stations", "from", "to"];
/// Figures in the order of the columns; each is followed by the share of the time that it rests on, and by the reason
/// why it is empty.
pub const FIGURES: [&str; 15] = [
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
    "availability_station",
];
/// Figures for each class of batteries.
pub const BY_CLASS: [&str; 2] = ["battery_availability", "stock_ratio"];
/// Results of attempts to swap; each attempt has one.
pub const SWAPS: [&str; 9] = [
    "ok",
    "no_ready",
    "no_empty",
    "not_inserted",
    "not_taken",
    "door_open",
    "timeout",
    "wrong_battery",
    "offline",
];

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
            return csv::answer("utilisation.csv", &zone, &columns(), items.iter().map(row), None);
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
    let bys = By::ALL.map(By::as_str);
    let resolutions = Resolution::ALL.map(Resolution::as_str);
    let (from, to) = stretch(parameters.time("from")?, parameters.time("to")?, STRETCH_DEFAULT_MS, now_ms())?;
    if to.saturating_sub(from) > STRETCH_MAX_MS {
        return Err(Problem::bad_request(Said::new("refusal.year")));
    }
    Ok(UtilisationQuery {
        from,
        to,
        by: parameters.chosen("by", &bys, By::from_name)?.unwrap_or(By::District),
        resolution: parameters
            .chosen("resolution", &resolutions, Resolution::from_name)?
            .unwrap_or(Resolution::Day),
        station: parameters.text("station").map(str::to_owned),
        district: parameters.text("district").map(str::to_owned),
    })
}

fn columns() -> Vec<String> {
    let figure = |name: &str| [name.to_owned(), format!("{name}_coverage"), format!("{name}_reason")];
    let classes = BY_CLASS.iter().flat_map(|name| ["48V", "60V"].map(|class| format!("{name}_{class}")));
    let head = HEAD.map(str::to_owned).into_iter();
    let swaps = SWAPS.iter().map(|result| format!("swaps_{result}"));
    head.chain(FIGURES.iter().flat_map(|name| figure(name)))
        .chain(classes.flat_map(|name| figure(&name)))
        .chain(["swaps".to_owned()])
        .chain(swaps)
        .collect()
}

fn row(item: &UtilisationItem) -> Vec<Cell> {
    let mut cells: Vec<Cell> = vec![
        item.by.as_str().into(),
        item.key.as_str().into(),
        item.district.clone().into(),
        item.kind.as_str().into(),
        item.stations.into(),
        Cell::Time(item.from),
        Cell::Time(item.to),
    ];
    // By name, as the JSON form has them: one list of figures serves both.
    cells.extend(figures(&serde_json::to_value(item.figures).unwrap_or_default()));
    cells
}

fn figures(figures: &Value) -> Vec<Cell> {
    let figure = |figure: &Value| {
        let number = |member: &str| Cell::from(figure[member].as_f64());
        [number("value"), number("data_coverage"), figure["reason"].as_str().into()]
    };
    let mut cells: Vec<Cell> = FIGURES.iter().flat_map(|name| figure(&figures[name])).collect();
    cells.extend(
        BY_CLASS.iter().flat_map(|name| ["48V", "60V"].map(|class| figure(&figures[name][class]))).flatten(),
    );
    let swaps = SWAPS.map(|result| figures["swaps"][result].as_i64().unwrap_or_default());
    cells.push(swaps.iter().sum::<i64>().into());
    cells.extend(swaps.map(Cell::from));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_what_a_figure_rests_on_and_why_it_is_empty() {
        let answered = serde_json::json!({
            "visits": { "value": 149.0, "data_coverage": 1.0 },
            "peak_load": { "value": null, "data_coverage": 0.5, "reason": "not_enough_data" },
            "availability_station": { "value": 0.75, "data_coverage": 0.875 },
            "stock_ratio": { "60V": { "value": 0.25, "data_coverage": 1.0 } },
            "swaps": { "ok": 17, "no_ready": 1, "timeout": 3 },
        });
        let (columns, cells) = (columns(), figures(&answered));
        assert_eq!(columns.len(), HEAD.len() + cells.len());
        for (name, expected) in [
            ("visits", Cell::Number(149.0)),
            ("visits_reason", Cell::Empty),
            ("peak_load", Cell::Empty),
            ("peak_load_coverage", Cell::Number(0.5)),
            ("peak_load_reason", "not_enough_data".into()),
            ("availability_station_coverage", Cell::Number(0.875)),
            ("stock_ratio_60V", Cell::Number(0.25)),
            ("swaps", Cell::Integer(21)),
            ("swaps_no_ready", Cell::Integer(1)),
            ("swaps_timeout", Cell::Integer(3)),
            ("swaps_offline", Cell::Integer(0)),
        ] {
            let place = columns.iter().position(|column| column == name).expect("a column");
            assert_eq!(cells[place - HEAD.len()], expected, "{name}");
        }
    }
}
