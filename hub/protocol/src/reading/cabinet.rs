//! Swap cabinets.

use super::slot::Slot;
use super::{BodyTable, Refusal, some_measurement};
use crate::members::member_table;
use crate::names::{names, show_by_name};

member_table! {
    /// A swap cabinet and those of its slots that the reading speaks of.
    ///
    /// `snapshot` alone, with or without an empty `slots`, is no measurement.
    pub struct Cabinet {
        status: CabinetStatus,
        temperature_c: f64 [-40.0, 125.0],
        humidity_pct: f64 [0.0, 100.0],
        /// True is an alarm, as for `water` and `extinguisher`.
        smoke: bool,
        water: bool,
        extinguisher: bool,
        mains_v: f64 [0.0, 300.0],
        /// [J] a site of six cabinets draws some 20 kW; an order of magnitude of room.
        power_w: f64 [0.0, 200_000.0],
        /// A meter that only rises. [J] a century of that power.
        energy_kwh: f64 [0.0, 1e9],
        /// At most 1,000 [J], each slot number once.
        slots: Vec<Slot>,
        /// True says that `slots` holds every slot of the cabinet.
        snapshot: bool,
    }
}

names! {
    /// What the cabinet is doing.
    pub enum CabinetStatus {
        Init = "init",
        Idle = "idle",
        Swapping = "swapping",
        Fault = "fault",
        Disabled = "disabled",
    }
}

show_by_name!(CabinetStatus);

impl BodyTable for Cabinet {
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(
            self.status.is_some()
                || self.temperature_c.is_some()
                || self.humidity_pct.is_some()
                || self.smoke.is_some()
                || self.water.is_some()
                || self.extinguisher.is_some()
                || self.mains_v.is_some()
                || self.power_w.is_some()
                || self.energy_kwh.is_some()
                || self.slots.as_ref().is_some_and(|slots| !slots.is_empty()),
        )
    }
}
