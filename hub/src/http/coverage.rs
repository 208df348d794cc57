//! `/api/v1/coverage`: which demand cells have a station near, and which have none.

use super::access::Reading;
use super::mark::{Mark, cut};
use super::query::Parameters;
use super::{App, Problem};
use crate::coverage::{Cell, Cells, Coverage, Share};
use crate::registry::{Directory, StationKind};
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What the shares are of.
const BYS: [&str; 2] = ["district", "total"];

/// The cells as they were last read, and what was last worked out of them: both are made again when the file or the
/// registry has changed, by one caller at a time.
#[derive(Default)]
pub struct Known(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    cells: Option<(Stamp, Arc<Cells>)>,
    /// Of each kind of station.
    made: [Option<Made>; StationKind::ALL.len()],
}

/// When a file was changed, and its length.
type Stamp = (SystemTime, u64);

struct Made {
    directory: Arc<Directory>,
    cells: Arc<Cells>,
    coverage: Arc<Coverage>,
}

#[derive(Serialize)]
pub struct Answer {
    radius_m: u32,
    kind: StationKind,
    total: Share,
    /// By district, or none.
    groups: Vec<Group>,
    /// Cells without a station, the heaviest first.
    items: Vec<Cell>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Group {
    district: Option<String>,
    #[serde(flatten)]
    share: Share,
}

pub(super) async fn show(
    State(app): State<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Json<Answer>, Problem> {
    parameters.allow(&["by", "kind", "district", "limit", "cursor", "after"])?;
    let by = parameters.chosen("by", &BYS, |by| BYS.into_iter().find(|known| *known == by))?;
    let kinds = StationKind::ALL.map(StationKind::as_str);
    let kind = parameters
        .chosen("kind", &kinds, |text| StationKind::ALL.into_iter().find(|kind| kind.as_str() == text))?;
    let (limit, mark) = (parameters.limit()?, parameters.cursor_of(Mark::read)?);
    let district = parameters.text("district").map(str::to_owned);
    app.blocking(move |app| {
        let kind = kind.unwrap_or_default();
        let (cells, coverage) = known(app, kind)?;
        let of_district = |found: Option<&str>| district.is_none() || found == district.as_deref();
        let groups = coverage.districts.iter().filter(|(found, _)| of_district(found.as_deref()));
        let groups = groups.map(|(district, share)| Group { district: district.clone(), share: *share });
        let uncovered = coverage.uncovered.iter().filter_map(|place| cells.0.get(*place));
        let uncovered: Vec<&Cell> = uncovered.filter(|cell| of_district(cell.district.as_deref())).collect();
        let page = cut(&uncovered, mark, limit, |cell| Mark::of(&cell.id));
        Ok(Json(Answer {
            radius_m: app.sources.config.coverage.radius_m,
            kind,
            total: match &district {
                Some(_) => coverage.districts.get(&district).copied().unwrap_or_default(),
                None => coverage.total,
            },
            groups: if by == Some("total") { Vec::new() } else { groups.collect() },
            items: page.items.into_iter().cloned().collect(),
            next: page.next,
        }))
    })
    .await
}

fn known(app: &App, kind: StationKind) -> Result<(Arc<Cells>, Arc<Coverage>), Problem> {
    let config = &app.sources.config.coverage;
    let path = config.cells.as_deref().ok_or_else(|| Problem::not_found(Said::new("refusal.no_cells")))?;
    // What a panic left is made again: each member is replaced in one step.
    let mut memory = app.coverage.0.lock().unwrap_or_else(PoisonError::into_inner);
    let cells = memory.cells(path)?;
    let directory = app.sources.directory.load_full();
    let made = &mut memory.made[kind as usize];
    if let Some(made) = made
        && Arc::ptr_eq(&made.directory, &directory)
        && Arc::ptr_eq(&made.cells, &cells)
    {
        return Ok((cells, Arc::clone(&made.coverage)));
    }
    let stations = directory.stations().iter().filter(|station| station.kind == kind);
    let positions = stations.filter_map(|station| station.latitude.zip(station.longitude));
    let coverage = Arc::new(Coverage::of(&cells.0, positions, f64::from(config.radius_m)));
    *made = Some(Made { directory, cells: Arc::clone(&cells), coverage: Arc::clone(&coverage) });
    Ok((cells, coverage))
}

impl Memory {
    /// The file's cells, read again when it has changed.
    fn cells(&mut self, path: &Path) -> Result<Arc<Cells>, Problem> {
        let stamp = std::fs::metadata(path).and_then(|data| Ok((data.modified()?, data.len())));
        if let (Ok(stamp), Some((known, cells))) = (&stamp, &self.cells)
            && known == stamp
        {
            return Ok(Arc::clone(cells));
        }
        let cells = Cells::load(path).map_err(|error| {
            tracing::warn!(%error, "the demand cells cannot be used; `waystation-hub check` shows every mistake");
            Problem::unavailable(Said::new("refusal.cells_fail"))
        })?;
        let cells = Arc::new(cells);
        self.cells = stamp.ok().map(|stamp| (stamp, Arc::clone(&cells)));
        Ok(cells)
    }
}
