//! Levels that are chosen by their cost, as in DeepCABAC: of all levels that a weight can get, the one with the smallest sum of squared
//! distance and cost in bits, with the contexts in the states that they have by then.
//!
//! Levels that have the same context bins, and differ in bypass bins alone, cost the same; of those only the nearest to the weight matters.
//! So the search goes through these costs, from the smallest magnitude on, and ends where the distance alone, or the bins that all further
//! levels have in common, cost more than the best so far.

use super::levels::{Layout, Left, MAX_LEVEL, MAX_PREFIX, nearest};
use crate::bin::{BinCoder, Encode};
use crate::context::CtxIdx;
use crate::engine::{Encoder, Meter};

/// How many units of price a bit has.
const BIT: f32 = Meter::BIT as f32;

impl Layout {
    /// Chooses levels and codes them. A weight, in steps, gets the level k between -[`MAX_LEVEL`] and [`MAX_LEVEL`] that makes `importance
    /// * (weight - k)^2 + lambda * bits(k)` smallest.
    ///
    /// `importance` has a factor for each weight; if it is empty, all factors are the same.
    pub fn encode_by_cost(
        self,
        weights: &[f32],
        importance: &[f32],
        lambda: f32,
        levels: &mut Vec<i32>,
    ) -> Vec<u8> {
        let mut encoder = Encoder::new();
        levels.clear();
        for (number, row) in weights.chunks(self.columns.max(1)).enumerate() {
            let importance = importance.get(number * self.columns.max(1)..).unwrap_or_default();
            let importance = || importance.iter().copied().chain(std::iter::repeat(1.0));
            let row = || row.iter().copied().zip(importance());
            if self.row_flags {
                let is_zero = self.is_better_zero(&encoder, row(), lambda);
                encoder.context(self.row_flag(), !is_zero);
                if is_zero {
                    levels.extend(row().map(|_| 0));
                    continue;
                }
            }
            let mut left = Left::ZERO;
            for (weight, importance) in row() {
                let Choice { best, .. } = Choice::new(weight, importance, lambda).of(self, &encoder, left);
                levels.push(self.level(&mut encoder, left, best));
                left = Left::of(best);
            }
        }
        encoder.terminate(true);
        encoder.finish()
    }

    /// Whether a row costs less if all of its levels are zero, with the contexts as they are before it.
    fn is_better_zero(self, encoder: &Encoder, row: impl Iterator<Item = (f32, f32)>, lambda: f32) -> bool {
        let flag = |is_set| lambda * Meter::price(encoder.save(self.row_flag()), is_set) as f32 / BIT;
        let (mut zeros, mut others, mut has_others) = (f64::from(flag(false)), f64::from(flag(true)), false);
        let mut left = Left::ZERO;
        for (weight, importance) in row {
            let choice = Choice::new(weight, importance, lambda).of(self, encoder, left);
            left = Left::of(choice.best);
            has_others |= choice.best != 0;
            zeros += f64::from(importance * weight * weight);
            others += f64::from(choice.cost);
        }
        !has_others || zeros <= others
    }
}

/// The best level so far for a weight.
struct Choice {
    /// The weight, in steps.
    weight: f32,
    importance: f32,
    /// What the smallest unit of price adds to the cost of a level.
    lambda: f32,
    best: i32,
    cost: f32,
}

impl Choice {
    fn new(weight: f32, importance: f32, lambda: f32) -> Choice {
        Choice { weight, importance, lambda: lambda / BIT, best: 0, cost: f32::INFINITY }
    }

    /// The best of all levels.
    fn of(mut self, layout: Layout, encoder: &Encoder, left: Left) -> Choice {
        let price = |ctx, bin| Meter::price(encoder.save(ctx), bin);
        self.offer(0, price(left.sig_flag(), false));
        let is_negative = self.weight < 0.0;
        for is_negative in [is_negative, !is_negative] {
            // Most weights are near zero, and need no further search.
            if self.cannot_be(1, is_negative, 0) {
                continue;
            }
            let sign =
                if layout.sign_contexts { price(left.sign_flag(), is_negative) } else { Meter::BIT as u32 };
            self.magnitudes(layout, &price, price(left.sig_flag(), true) + sign, is_negative);
        }
        self
    }

    /// Offers all levels of one sign; `common` is the price of the bins that they have in common.
    fn magnitudes(
        &mut self,
        layout: Layout,
        price: &impl Fn(CtxIdx, bool) -> u32,
        mut common: u32,
        is_negative: bool,
    ) {
        let n = u32::from(layout.abs_gr);
        for k in 1..=n {
            if self.cannot_be(k, is_negative, common) {
                return;
            }
            let abs_gr = Layout::abs_gr(k, is_negative);
            self.offer(signed(k, is_negative), common + price(abs_gr, false));
            common += price(abs_gr, true);
        }
        let mut first = n + 1;
        for k in 0..=MAX_PREFIX {
            if first > MAX_LEVEL as u32 || self.cannot_be(first, is_negative, common) {
                return;
            }
            let prefix = if k < MAX_PREFIX { price(layout.prefix(k), false) } else { 0 };
            let bits = k.min(layout.suffix_contexts.into());
            let bypass = k - bits;
            for of in 0..1_u32 << bits {
                let suffix: u32 = (0..bits)
                    .map(|bit| {
                        let node = 1 << bit | of >> (bits - bit);
                        price(layout.suffix_bit(k, node), of >> (bits - 1 - bit) & 1 == 1)
                    })
                    .sum();
                let least = first + (of << bypass);
                let most = (least + (1 << bypass) - 1).min(MAX_LEVEL as u32);
                if least <= most {
                    let level = nearest(self.along(is_negative)).clamp(least as i32, most as i32);
                    let bits = common + prefix + suffix + bypass * Meter::BIT as u32;
                    self.offer(signed(level as u32, is_negative), bits);
                }
            }
            if k < MAX_PREFIX {
                common += price(layout.prefix(k), true);
            }
            first += 1 << k;
        }
    }

    /// The weight, negated if the sign is negative.
    fn along(&self, is_negative: bool) -> f32 {
        if is_negative { -self.weight } else { self.weight }
    }

    fn distance(&self, level: f32) -> f32 {
        let distance = self.weight - level;
        self.importance * distance * distance
    }

    /// Whether no level of at least this magnitude that costs at least `bits` is better than the best so far.
    fn cannot_be(&self, magnitude: u32, is_negative: bool, bits: u32) -> bool {
        let beyond = magnitude as f32 - self.along(is_negative);
        let distance = if beyond > 0.0 { self.importance * beyond * beyond } else { 0.0 };
        distance + self.lambda * bits as f32 >= self.cost
    }

    fn offer(&mut self, level: i32, bits: u32) {
        let cost = self.distance(level as f32) + self.lambda * bits as f32;
        if cost < self.cost {
            (self.best, self.cost) = (level, cost);
        }
    }
}

fn signed(magnitude: u32, is_negative: bool) -> i32 {
    if is_negative { -(magnitude as i32) } else { magnitude as i32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::context::ContextModel;

    /// Adds up the prices of the bins that a walk codes, without updating the contexts.
    struct Priced<'a>(&'a Encoder, u32);

    impl BinCoder for Priced<'_> {
        const READS: bool = false;

        fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
            self.1 += Meter::price(self.0.save(ctx), bin);
            bin
        }

        fn bypass(&mut self, bin: bool) -> bool {
            self.1 += Meter::BIT as u32;
            bin
        }

        fn terminate(&mut self, bin: bool) -> bool {
            bin
        }

        fn start(&mut self) {}

        fn align(&mut self) {}

        fn raw(&mut self, _: &mut [u8]) {}

        fn stop_bit(&self) -> bool {
            true
        }

        fn padding(&mut self, bits: u8) -> u8 {
            bits
        }

        fn load(&mut self, _: CtxIdx, _: ContextModel) {}

        fn save(&self, ctx: CtxIdx) -> ContextModel {
            self.0.save(ctx)
        }
    }

    proptest! {
        #[test]
        fn no_level_is_better(
            weight in -90.0_f32..90.0,
            (importance, lambda) in (0.0_f32..4.0, prop_oneof![Just(0.0_f32), 0.0_f32..8.0]),
            abs_gr in 1_u8..=12,
            (sign_contexts, suffix_contexts) in (any::<bool>(), 0_u8..=2),
            before in prop::collection::vec(-70..70, 0..60),
        ) {
            let layout = Layout { abs_gr, sign_contexts, suffix_contexts, row_flags: false, columns: 100 };
            let mut encoder = Encoder::new();
            let mut left = Left::ZERO;
            for level in before {
                left = Left::of(layout.level(&mut encoder, left, level));
            }
            let cost = |level: i32| {
                let mut priced = Priced(&encoder, 0);
                layout.level(&mut priced, left, level);
                let mut choice = Choice::new(weight, importance, lambda);
                choice.offer(level, priced.1);
                choice.cost
            };
            let best = (-120..=120).map(cost).fold(f32::INFINITY, f32::min);
            let chosen = Choice::new(weight, importance, lambda).of(layout, &encoder, left).best;
            prop_assert_eq!(cost(chosen), best);
        }

        #[test]
        fn without_a_price_on_bits_it_is_the_nearest(weight in -2e7_f32..2e7, abs_gr in 1_u8..=12) {
            let layout = Layout { abs_gr, sign_contexts: true, suffix_contexts: 2, row_flags: false, columns: 1 };
            let mut levels = Vec::new();
            layout.encode_by_cost(&[weight], &[], 0.0, &mut levels);
            let distance = |level: i32| (weight - level as f32).abs();
            prop_assert_eq!(distance(levels[0]), distance(nearest(weight)));
        }
    }
}
