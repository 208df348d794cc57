//! Seeded randomness for the simulator: the same seed gives the same stations for ever, on every platform, which
//! no random-number crate promises across its versions.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Seeded by the operating system, for what must differ from run to run.
    pub fn from_system() -> Self {
        let mut seed = [0; 8];
        if let Err(error) = getrandom::fill(&mut seed) {
            // Only jitter is drawn from it, so the process id is enough to tell gateways apart.
            tracing::warn!(%error, "no randomness from the system");
            return Self(u64::from(std::process::id()));
        }
        Self(u64::from_le_bytes(seed))
    }

    /// Dice of their own for the part numbered `index`.
    pub fn split(&self, index: u64) -> Self {
        let mut part = Self(self.0 ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self(part.draw())
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0.0 inclusive to 1.0 exclusive.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An integer from `low` to `high`, both inclusive.
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + (self.draw() % (high - low + 1).max(1) as u64) as i64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Roughly normal (sum of four uniforms), mean 0, standard deviation 1, never beyond ±3.5.
    pub fn noise(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 3.0_f64.sqrt()
    }

    /// How many events of a Poisson process with this mean; for small means.
    pub fn arrivals(&mut self, mean: f64) -> i64 {
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit && count < 1000 {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// One of the items; they must not be none.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[(self.draw() % items.len() as u64) as usize]
    }
}
