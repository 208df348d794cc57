//! Random numbers from a seed that a failing test has printed.

use std::ops::Range;

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Seeded by `WAYSTATION_SEED`, else by the clock; the seed is printed, which a failing test shows.
    pub fn from_environment() -> Self {
        let given = std::env::var("WAYSTATION_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| crate::readings::now_ms().unsigned_abs());
        eprintln!("to repeat: WAYSTATION_SEED={seed}");
        Self(seed)
    }

    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    #[allow(clippy::should_implement_trait)] // it never ends: an iterator would promise less
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}
