//! Chance that comes out alike every time: the same seed, the same choices.

use std::time::Duration;

/// A row of numbers (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// The row of this seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// A span between two numbers of milliseconds.
    pub const fn span(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}
