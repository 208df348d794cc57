//! How much of a district's need stations are near to: the share of demand cells with a station within a radius (domain:
//! 1 km, a 15-minute walk). Pure: cells and positions in, shares and uncovered cells out.

mod cells;
mod reach;

pub use cells::{Cell, Cells, CellsError};
pub use reach::{Reach, distance_m};

use std::collections::BTreeMap;

/// Cells that were counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Share {
    pub cells: u64,
    pub covered: u64,
    /// Sums of the cells' weights.
    pub weight: f64,
    pub covered_weight: f64,
    /// Covered ÷ all weight, 0–1; `None` without any.
    pub share: Option<f64>,
}

impl Share {
    fn add(&mut self, cell: &Cell, covered: bool) {
        self.cells += 1;
        self.weight += cell.weight;
        if covered {
            self.covered += 1;
            self.covered_weight += cell.weight;
        }
        self.share = Some(self.covered_weight / self.weight);
    }
}

/// Which cells stations reach.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    pub total: Share,
    /// By the district that the file gives; `None` for cells without one.
    pub districts: BTreeMap<Option<String>, Share>,
    /// Places of the uncovered cells, the heaviest first.
    pub uncovered: Vec<usize>,
}

impl Coverage {
    /// `stations`: latitude and longitude of each, WGS-84 degrees.
    #[must_use]
    pub fn of(cells: &[Cell], stations: impl IntoIterator<Item = (f64, f64)>, radius_m: f64) -> Self {
        let reach = Reach::new(stations, radius_m);
        let mut coverage = Self::default();
        for (place, cell) in cells.iter().enumerate() {
            let covered = reach.covers(cell.latitude, cell.longitude);
            coverage.total.add(cell, covered);
            coverage.districts.entry(cell.district.clone()).or_default().add(cell, covered);
            if !covered {
                coverage.uncovered.push(place);
            }
        }
        // A stable sort: cells of one weight stay in the order of the file.
        coverage.uncovered.sort_by(|left, right| cells[*right].weight.total_cmp(&cells[*left].weight));
        coverage
    }
}

#[cfg(test)]
mod tests;
