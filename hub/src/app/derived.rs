//! What goes to InfluxDB besides the log.

use crate::clock::now_ms;
use crate::fleet;
use crate::history::{self, History};
use crate::influx;
use crate::registry::SharedDirectory;
use std::sync::Arc;

/// Stations as the registry has them, their alerts and outages, and what the history works out.
pub(super) fn derived(
    store: &Arc<fleet::Store>,
    directory: &SharedDirectory,
    history: Option<&History>,
) -> Vec<Arc<dyn influx::DerivedSource>> {
    let stations = influx::Stations::new(directory.clone(), now_ms);
    let outages = fleet::OutagePoints::new(store.clone(), directory.clone(), now_ms);
    let mut sources: Vec<Arc<dyn influx::DerivedSource>> =
        vec![Arc::new(stations), store.clone(), Arc::new(outages)];
    if let Some(history) = history {
        sources.push(Arc::new(history.clone()));
        sources.push(Arc::new(history::Findings(history.clone())));
        sources.push(Arc::new(history::DailyUptime(history.clone())));
    }
    sources
}
