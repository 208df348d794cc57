//! End to end: stations, hub, InfluxDB.

use super::{InfluxPlan, Mark, STATIONS, Stored, points_per_s, wait_until_stored};
use crate::load::Closed;
use crate::mqtt::Payload;
use crate::rows::Plan;
use crate::servers::{DATABASE, HubOptions, InfluxDb, hub};
use anyhow::Result;

pub fn run(plan: &Plan, influx: &InfluxPlan, window: usize, payload: Payload) -> Result<Stored> {
    let mut influxdb = InfluxDb::start(&plan.places)?;
    let options = HubOptions { stations: STATIONS, influxdb: Some((influxdb.address(), DATABASE)) };
    let server = hub(&plan.places, &options)?;
    let closed =
        Closed { connections: STATIONS, window, payload, warm_up: plan.warm_up, measured: influx.measured };
    let mut marks = Vec::new();
    let outcome = closed.run(&server.target(), || {
        marks.push(Mark::now(&influxdb)?);
        Ok(())
    })?;
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
