//! End to end: stations, hub, InfluxDB.

use super::{InfluxPlan, Mark, STATIONS, Stored, points_per_s, wait_until_stored};
use crate::load::{Backpressure, Closed, Target, Throughput};
use crate::mqtt::Payload;
use crate::rows::Plan;
use crate::servers::{DATABASE, HubOptions, InfluxDb, hub};
use anyhow::{Result, anyhow};

/// Acknowledged readings that may wait in the log before the stations are held back: a few seconds' worth.
const BACKLOG_MAX: u64 = 500_000;

pub fn run(plan: &Plan, influx: &InfluxPlan, window: usize, payload: Payload) -> Result<Stored> {
    let mut influxdb = InfluxDb::start(&plan.places)?;
    let options = HubOptions { stations: STATIONS, influxdb: Some((influxdb.address(), DATABASE)) };
    let server = hub(&plan.places, &options)?;
    let backpressure = Backpressure::new(BACKLOG_MAX);
    let closed = Closed {
        connections: STATIONS,
        window,
        payload,
        warm_up: plan.warm_up,
        measured: influx.measured,
        backpressure: Some(&backpressure),
    };
    let mut marks = Vec::new();
    let outcome = held_back(&closed, &backpressure, &influxdb, &server.target(), &mut marks)?;
    let acknowledged = outcome.readings_acknowledged;
    let (stored, drain) = wait_until_stored(&mut influxdb, acknowledged)?;
    server.stop()?;
    Ok(Stored {
        points_per_s: points_per_s(&marks),
        acknowledged_per_s: outcome.messages_per_s * payload.readings() as f64,
        lost: acknowledged.saturating_sub(stored),
        acknowledged,
        drain,
    })
}

/// Runs the load while a thread watches how far InfluxDB has come.
fn held_back(
    closed: &Closed<'_>,
    backpressure: &Backpressure,
    influxdb: &InfluxDb,
    target: &Target,
    marks: &mut Vec<Mark>,
) -> Result<Throughput> {
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| backpressure.watch(|| influxdb.points_written()));
        let outcome = closed.run(target, || {
            marks.push(Mark::now(influxdb)?);
            Ok(())
        });
        backpressure.finish();
        watch.join().map_err(|_| anyhow!("the thread that watches InfluxDB panicked"))??;
        outcome
    })
}
