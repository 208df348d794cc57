//! Air, noise and light.

use super::{BodyTable, Refusal, some_measurement};
use crate::members::{Table, member_table};

member_table! {
    /// The room's climate. Any member is a measurement.
    pub struct Environment {
        temperature_c: f64 [-40.0, 60.0],
        humidity_pct: f64 [0.0, 100.0],
        co2_ppm: f64 [300.0, 10_000.0],
        pm2_5_ugm3: f64 [0.0, 1000.0],
        pm10_ugm3: f64 [0.0, 1000.0],
        hcho_mgm3: f64 [0.0, 6.0],
        tvoc_mgm3: f64 [0.0, 10.0],
        noise_dba: f64 [20.0, 130.0],
        /// [J] the brightest sunlight is some 120,000 lx.
        illuminance_lx: f64 [0.0, 200_000.0],
    }
}

impl BodyTable for Environment {
    #[inline]
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(!self.is_empty())
    }
}
