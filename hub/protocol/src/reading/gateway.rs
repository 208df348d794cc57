//! The gateway in the station and its outbox; and, as devices beside it, the sources that it gets readings from.

use compact_str::CompactString;

use super::{BodyTable, Refusal, required, some_measurement};
use crate::members::{INTEGER_MAX, Table, member_table};
use crate::names::{names, show_by_name};

member_table! {
    /// The gateway's health, or that of one of its sources. Any member but `source` is a measurement; a reading with
    /// `source` has at least one of those that begin with its name.
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
        /// What kind of source the reading tells of; it is no measurement itself.
        source: SourceKind,
        source_state: SourceState,
        /// Since the agent started, as `source_refused_total`.
        source_readings_total: i64 [0.0, INTEGER_MAX],
        source_refused_total: i64 [0.0, INTEGER_MAX],
    }
}

names! {
    /// Where a gateway gets readings from.
    pub enum SourceKind {
        Mqtt = "mqtt",
        Modbus = "modbus",
        Http = "http",
        Cabinet = "cabinet",
        Line = "line",
        Exec = "exec",
        System = "system",
        Jsonl = "jsonl",
        Stdin = "stdin",
    }
}

names! {
    /// Whether a source works.
    pub enum SourceState {
        Ok = "ok",
        /// It has not been reached yet.
        Waiting = "waiting",
        Failing = "failing",
    }
}

show_by_name!(SourceKind, SourceState);

impl BodyTable for Gateway {
    fn check(&self) -> Result<(), Refusal> {
        let of_source = self.source_state.is_some()
            || self.source_readings_total.is_some()
            || self.source_refused_total.is_some();
        if of_source {
            return required(&self.source, "source");
        }
        some_measurement(self.source.is_none() && !self.is_empty())
    }
}
