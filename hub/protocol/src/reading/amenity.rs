//! Microwaves, water dispensers and what else a station offers.

use super::{BodyTable, Refusal, required, some_measurement};
use crate::members::{INTEGER_MAX, member_table};
use crate::names::{names, show_by_name};

member_table! {
    /// An amenity. `amenity` is required, with at least one more member: it is no measurement itself.
    pub struct Amenity {
        amenity: AmenityType,
        state: AmenityState,
        uses_total: i64 [0.0, INTEGER_MAX],
        /// [J] no station offers more than 10,000 charging ports.
        ports_total: i64 [0.0, 10_000.0],
        ports_in_use: i64 [0.0, 10_000.0],
        /// [J] the largest single appliance draws some 10 kW.
        power_w: f64 [0.0, 100_000.0],
        /// [J] what a probe in a boiler can show, frost included.
        water_c: f64 [-40.0, 125.0],
        /// [J] sea water has 35,000 mg/l; a drinking water probe ends far below.
        tds_mgl: f64 [0.0, 50_000.0],
        /// What is left of the filter.
        filter_pct: f64 [0.0, 100.0],
    }
}

names! {
    /// Which amenity.
    pub enum AmenityType {
        Microwave = "microwave",
        WaterDispenser = "water_dispenser",
        WashingMachine = "washing_machine",
        Shower = "shower",
        ChargingPorts = "charging_ports",
        AirConditioner = "air_conditioner",
        Library = "library",
        Other = "other",
    }
}

names! {
    /// Whether it can be used.
    pub enum AmenityState {
        Ok = "ok",
        InUse = "in_use",
        Fault = "fault",
    }
}

show_by_name!(AmenityType, AmenityState);

impl BodyTable for Amenity {
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(
            self.state.is_some()
                || self.uses_total.is_some()
                || self.ports_total.is_some()
                || self.ports_in_use.is_some()
                || self.power_w.is_some()
                || self.water_c.is_some()
                || self.tds_mgl.is_some()
                || self.filter_pct.is_some(),
        )?;
        required(&self.amenity, "amenity")
    }
}
