//! A coder of headers that chooses the elements.

use std::ops::RangeInclusive;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::bin::Element;
use silicabac::syntax::Values;

/// Chooses the value of each element among the legal ones, mostly small ones.
pub struct Chosen {
    random: ChaCha8Rng,
    nal_unit_type: i64,
    has_more: bool,
    special: fn(&str, i64) -> Option<i64>,
}

impl Chosen {
    /// For a unit of this type. `has_more` is the answer where a header can end; `special` gives the value of an element that must not be
    /// random, given a random number.
    pub fn new(
        seed: u64,
        nal_unit_type: i64,
        has_more: bool,
        special: fn(&str, i64) -> Option<i64>,
    ) -> Chosen {
        Chosen { random: ChaCha8Rng::seed_from_u64(seed), nal_unit_type, has_more, special }
    }
}

impl Values for Chosen {
    fn value(&mut self, element: Element, legal: &RangeInclusive<i64>) -> Option<i64> {
        let (low, high) = (*legal.start(), *legal.end());
        let random = i64::from(self.random.next_u32());
        if element.0 == "nal_unit_type" {
            return Some(self.nal_unit_type);
        }
        Some((self.special)(element.0, random).unwrap_or_else(|| {
            match high - low > 1000 && random % 8 != 0 {
                true => (low.max(-6) + (random >> 3) % 12).clamp(low, high),
                false => low + (random << 20 | i64::from(self.random.next_u32())) % (high - low + 1),
            }
        }))
    }

    fn has(&self, _: Element) -> bool {
        self.has_more
    }
}
