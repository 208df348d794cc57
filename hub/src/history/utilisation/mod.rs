//! Utilisation, as domain.md defines it: pure functions of samples, time and calendar.
//!
//! `window` makes the parts of an hour from the samples in it and before it; parts of hours, days and stations add up
//! exactly (`parts`); `figures` makes ratios of them last. Nothing here reads a clock or a file, so what is worked out
//! again when late samples arrive is what a plain computation over all of them gives.

mod cabinets;
mod counter;
mod figures;
mod parts;
mod rooms;
mod sweep;
mod usage;
mod window;

pub use cabinets::stock_of_snapshot;
pub use figures::{Basis, ByClass, Figure, Figures, Missing, Swaps, Uptime};
pub use parts::{Part, Parts};
pub use rooms::LOOKBACK_MS;
pub use sweep::{EXPECTED_MS, VALID_MS, Window};
pub use usage::usage_of;
pub use window::{Facts, compute, reaches_far_enough};

/// What a station was ever seen to measure: a device that is there and silent counts against the data coverage, one
/// that is not there does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measures(i64);

impl Measures {
    const ZONES: i64 = 1;
    const CABINETS: i64 = 2;
    const COUNTERS: i64 = 4;

    #[must_use]
    pub fn of_bits(bits: i64) -> Self {
        Self(bits)
    }

    #[must_use]
    pub fn bits(self) -> i64 {
        self.0
    }

    pub fn note(&mut self, parts: &Parts) {
        if parts.get(Part::Observed) > 0 || parts.get(Part::CounterSamples) > 0 {
            self.0 |= Self::ZONES;
        }
        if parts.get(Part::CabinetObserved) > 0 {
            self.0 |= Self::CABINETS;
        }
        if parts.get(Part::CounterSamples) > 0 {
            self.0 |= Self::COUNTERS;
        }
    }

    #[must_use]
    pub fn zones(self) -> bool {
        self.0 & Self::ZONES != 0
    }

    #[must_use]
    pub fn counters(self) -> bool {
        self.0 & Self::COUNTERS != 0
    }

    #[must_use]
    pub fn cabinets(self) -> bool {
        self.0 & Self::CABINETS != 0
    }
}

#[cfg(test)]
mod tests;
