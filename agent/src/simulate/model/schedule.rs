//! When devices report, and under which timestamp.

use crate::dice::Dice;
use waystation_protocol::{Body, DeviceId, Reading};

/// The simulation advances in steps of this much simulated time, ms.
pub const STEP_MS: i64 = 15_000;

/// Now, twice: in the simulated day, which may run faster, and on the wall, which is what readings are stamped with.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Simulated, ms since the Unix epoch, UTC.
    pub simulated_ms: i64,
    /// The station's own clock, ms since the Unix epoch, UTC.
    pub clock_ms: i64,
}

impl Moment {
    /// The length of the step in hours.
    pub fn step_hours(&self) -> f64 {
        STEP_MS as f64 / 3_600_000.0
    }
}

/// A device of a station, and the time of its last reading: two readings of one device never share a millisecond,
/// since the second would overwrite the first in the store.
#[derive(Debug)]
pub struct Device {
    id: DeviceId,
    last_ts: i64,
}

impl Device {
    /// `name` must follow the pattern of device ids, as the constant names of this module do.
    pub fn new(name: &str) -> Self {
        #[expect(clippy::expect_used, reason = "names are constants of this module, all tried by its tests")]
        let id = DeviceId::try_from(name).expect("a valid device name");
        Self { id, last_ts: i64::MIN }
    }

    /// A reading of this device at `moment`.
    pub fn reading(&mut self, moment: &Moment, body: impl Into<Body>) -> Reading {
        // A clock that was set back must not stop the device: only a repeated millisecond moves on.
        let repeated = self.last_ts >= moment.clock_ms && self.last_ts - moment.clock_ms < 1000;
        self.last_ts = if repeated { self.last_ts + 1 } else { moment.clock_ms };
        Reading { ts: self.last_ts, device: self.id.clone(), body: body.into() }
    }
}

/// A regular report, at a phase of its own.
#[derive(Debug)]
pub struct Every {
    interval_ms: i64,
    next_ms: i64,
}

impl Every {
    pub fn new(dice: &mut Dice, start_ms: i64, interval_ms: i64) -> Self {
        // The first report comes within a minute, so that a new fleet is complete quickly.
        let phase_ms = dice.whole(0, interval_ms.min(60_000) - 1);
        Self { interval_ms, next_ms: start_ms + phase_ms }
    }

    /// True once per interval.
    pub fn due(&mut self, moment: &Moment) -> bool {
        if moment.simulated_ms < self.next_ms {
            return false;
        }
        let late_ms = moment.simulated_ms - self.next_ms;
        self.next_ms += self.interval_ms * (1 + late_ms / self.interval_ms);
        true
    }
}

/// One decimal: what a cheap sensor shows.
pub fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Three decimals, for gases in mg/m³.
pub fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
