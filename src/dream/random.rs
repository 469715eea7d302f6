//! Random numbers from a seed: the same on every machine.

use std::ops::RangeInclusive;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

#[derive(Clone, Debug)]
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A seed for another generator.
    pub(super) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Another generator.
    pub(super) fn fork(&mut self) -> Random {
        Random::new(self.seed())
    }

    /// A number below `count`, or 0.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(count)) >> 32) as u32
    }

    /// A number of this range.
    pub(super) fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let count = range.end().saturating_sub(*range.start()) as u64 + 1;
        range.start() + ((u128::from(self.0.next_u64()) * u128::from(count)) >> 64) as i64
    }

    /// True in `of_256` of 256 cases.
    pub(super) fn chance(&mut self, of_256: u32) -> bool {
        self.below(256) < of_256
    }

    /// One of these; there has to be at least one.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }

    /// `given` if it is legal, or else one of the legal values below `count`; there has to be at least one.
    pub(super) fn legal(&mut self, given: u8, count: u8, is_legal: impl Fn(u8) -> bool) -> u8 {
        if is_legal(given) {
            return given;
        }
        let all: Vec<u8> = (0..count).filter(|&value| is_legal(value)).collect();
        self.one_of(&all)
    }

    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    pub(super) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
