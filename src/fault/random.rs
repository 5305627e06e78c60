// SPDX-License-Identifier: GPL-2.0

//! Numbers that look random and that a seed repeats.

/// What the state grows by: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of numbers that its seed determines, the generator known as SplitMix64.
///
/// For choosing faults: repeatable, evenly spread, and of no use where numbers must be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Returns the sequence of a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns the next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        // Each step is invertible, so that all 2^64 numbers come up once before any comes again.
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns the next number, reduced to one below `bound`; 0 for a `bound` of 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // The upper half of the product is less than `bound`: the number is taken as a fraction.
        let scaled = (self.next() >> 32) * u64::from(bound);
        // CAST: the upper 32 bits of 64.
        (scaled >> 32) as u32
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_random))]
mod tests {
    use super::*;

    #[test]
    fn has_the_numbers_of_splitmix64() {
        let mut random = Random::new(1_234_567);
        for number in [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ] {
            assert_eq!(random.next(), number);
        }
    }

    #[test]
    fn a_seed_repeats_itself() {
        let mut one = Random::new(7);
        let mut other = Random::new(7);
        let mut different = Random::new(8);
        let mut same = 0;
        for _ in 0..100 {
            let number = one.below(1 << 31);
            assert_eq!(number, other.below(1 << 31));
            if number == different.below(1 << 31) {
                same += 1;
            }
        }
        assert!(same < 2);
    }

    #[test]
    fn numbers_are_below_the_bound_and_spread_evenly() {
        let mut random = Random::new(42);
        let mut counts = [0u32; 10];
        for _ in 0..10_000 {
            let number = random.below(10);
            assert!(number < 10);
            for (slot, index) in counts.iter_mut().zip(0..) {
                if index == number {
                    *slot += 1;
                }
            }
        }
        for count in counts {
            assert!((900..1100).contains(&count));
        }
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }
}
