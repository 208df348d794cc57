//! A battery in a slot: charging curve, voltage and temperature.

use crate::dice::Dice;
use waystation_protocol::VoltageClass;

/// From here on riders get it, %.
pub const READY_PCT: f64 = 95.0;
/// Constant current up to here, %; then it tapers off.
const TAPER_PCT: f64 = 80.0;

#[derive(Debug, Clone)]
pub struct Battery {
    pub id: String,
    pub class: VoltageClass,
    pub soc_pct: f64,
    pub soh_pct: f64,
    pub cycles: i64,
    pub current_a: f64,
    pub cell_temp_c: f64,
}

impl Battery {
    /// One that a rider brings back (or that the operator put in), between `low` and `high` percent full.
    pub fn arrive(dice: &mut Dice, class: VoltageClass, ambient_c: f64, low: f64, high: f64) -> Self {
        let cycles = dice.whole(5, 1200);
        Self {
            id: format!("b{:08x}", dice.draw() as u32),
            class,
            soc_pct: dice.between(low, high),
            soh_pct: (100.0 - cycles as f64 * 0.015 - dice.between(0.0, 3.0)).clamp(60.0, 100.0),
            cycles,
            current_a: 0.0,
            cell_temp_c: ambient_c + dice.between(2.0, 9.0),
        }
    }

    /// Charges for `hours` at half of the capacity per hour (0.5 C), tapering off from 80 %.
    pub fn charge(&mut self, hours: f64, ambient_c: f64) {
        let rate_c = if self.soc_pct < TAPER_PCT {
            0.5
        } else {
            0.5 * ((100.5 - self.soc_pct) / (100.5 - TAPER_PCT)).max(0.03)
        };
        self.soc_pct = (self.soc_pct + rate_c * 100.0 * hours).min(100.0);
        // Packs hold 20 to 24 Ah.
        self.current_a = if self.soc_pct >= 100.0 { 0.0 } else { rate_c * 22.0 };
        let warm_c = ambient_c + 14.0 * rate_c / 0.5;
        self.cell_temp_c += (warm_c - self.cell_temp_c) * (1.5 * hours).min(1.0);
    }

    pub fn is_ready(&self) -> bool {
        self.soc_pct >= READY_PCT
    }

    /// Within the window of the class: 14S NMC for 48 V, 17S NMC for 60 V.
    pub fn voltage_v(&self) -> f64 {
        let cells = match self.class {
            VoltageClass::V48 => 14.0,
            VoltageClass::V60 => 17.0,
        };
        let share = self.soc_pct / 100.0;
        cells * (3.2 + 0.75 * share + 0.2 * share.powi(8) + 0.02 * self.current_a / 11.0)
    }
}
