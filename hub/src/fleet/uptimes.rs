//! What is known of one station's time, day by day: outages, planned maintenance, first contact.

use super::SharedFleet;
use super::availability::{Availability, Interval, figures, planned, within};
use super::outage_rows::OutageFilter;
use super::store::{Store, StoreError};
use crate::operations::{Maintenance, Operations, OperationsError};
use crate::registry::Station;
use std::sync::Arc;
use thiserror::Error;

/// Where it stands. Cheap to clone; its calls block on the disk.
#[derive(Clone)]
pub struct Uptimes {
    pub fleet: SharedFleet,
    pub store: Arc<Store>,
    pub operations: Operations,
}

/// A file cannot be read.
#[derive(Debug, Error)]
pub enum UptimesError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Operations(#[from] OperationsError),
}

impl Uptimes {
    /// All maintenance windows, those of the past too.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn maintenance(&self) -> Result<Vec<Maintenance>, UptimesError> {
        Ok(self.operations.maintenance()?)
    }

    /// The figures of each of these stretches (sorted, disjoint; ms since the Unix epoch) in which the station was
    /// known; those before its first contact are left out.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(
        &self,
        station: &Station,
        maintenance: &[Maintenance],
        stretches: &[Interval],
    ) -> Result<Vec<(Interval, Availability)>, UptimesError> {
        let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else { return Ok(Vec::new()) };
        let id = station.id.as_str();
        let known = self.fleet.lock().station(id).and_then(|known| known.first_seen_ms());
        let Some(first_seen_ms) = known else { return Ok(Vec::new()) };
        let filter =
            OutageFilter { station: Some(station.id.clone()), from: first.0, to: last.1, after: None };
        let outages = self.store.outages(&filter)?;
        let planned = planned(maintenance, id, station.district.as_deref());
        let of_stretch = |stretch: &Interval| {
            let (from, to) = (stretch.0.max(first_seen_ms), stretch.1);
            (from < to).then(|| (*stretch, figures(within(&outages, from, to), &planned, from, to)))
        };
        Ok(stretches.iter().filter_map(of_stretch).collect())
    }
}
