//! The gateway in the station and its outbox.

use compact_str::CompactString;

use super::{BodyTable, Refusal, some_measurement};
use crate::members::{INTEGER_MAX, Table, member_table};

member_table! {
    /// The gateway's health. Any member is a measurement.
    pub struct Gateway {
        /// The agent's version, at most 64 characters.
        agent: CompactString,
        /// [J] three centuries.
        uptime_s: f64 [0.0, 1e10],
        outbox_records: i64 [0.0, INTEGER_MAX],
        outbox_bytes: i64 [0.0, INTEGER_MAX],
        /// Time until the outbox is full at the present rate. [J] an idle outbox lasts for ever, a finite number.
        outbox_horizon_s: f64 [0.0, 1e15],
        lost_total: i64 [0.0, INTEGER_MAX],
        /// The device's clock minus the hub's. Any integer: a clock without a battery starts in 1970.
        clock_offset_ms: i64,
        cpu_pct: f64 [0.0, 100.0],
        /// [J] a petabyte, as for `disk_free_mb`.
        memory_mb: f64 [0.0, 1e9],
        disk_free_mb: f64 [0.0, 1e9],
        /// [J] below the noise floor of any receiver, up to one beside the mast.
        rssi_dbm: f64 [-150.0, 0.0],
        /// False while the UPS carries the gateway.
        mains: bool,
        ups_pct: f64 [0.0, 100.0],
    }
}

impl BodyTable for Gateway {
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(!self.is_empty())
    }
}
