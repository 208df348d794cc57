//! Battery swaps.

use compact_str::CompactString;

use super::slot::VoltageClass;
use super::{BodyTable, Refusal, required, some_measurement};
use crate::members::{Table, member_table};
use crate::names::{names, show_by_name};

member_table! {
    /// One attempt to swap a battery. `swap` and `result` are required.
    pub struct Swap {
        /// The attempt's id, at most 64 characters.
        swap: CompactString,
        class: VoltageClass,
        result: SwapResult,
        slot_in: i64 [1.0, 1000.0],
        slot_out: i64 [1.0, 1000.0],
        soc_in_pct: f64 [0.0, 100.0],
        soc_out_pct: f64 [0.0, 100.0],
        duration_s: f64 [1.0, 600.0],
    }
}

names! {
    /// How the attempt ended.
    pub enum SwapResult {
        Ok = "ok",
        NoReady = "no_ready",
        NoEmpty = "no_empty",
        NotInserted = "not_inserted",
        NotTaken = "not_taken",
        DoorOpen = "door_open",
        Timeout = "timeout",
        WrongBattery = "wrong_battery",
        Offline = "offline",
    }
}

show_by_name!(SwapResult);

impl BodyTable for Swap {
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(!self.is_empty())?;
        required(&self.swap, "swap")?;
        required(&self.result, "result")
    }
}
