//! A decoder whose bits are made up while it reads them ("planted"): random, with long runs of zeros or ones among them.
//!
//! What an arithmetic encoder does between its bins, with outstanding bits and carries and the bytes that it writes, depends on the bits as
//! a whole and on no single element. So to test this, the bits are chosen and the elements follow: they are read from the bits as from any
//! stream, and a block that is legal is written by an encoder, which then writes exactly these bits. A run of equal bits makes a run of
//! outstanding bits, or zero bytes that emulation prevention has to interrupt; and since each bin is as probable as its context says,
//! contexts come to all their states.
//!
//! Invariant: at each bin this decoder has the codIRange of the encoder that will write it, and any codIOffset below it.

use std::ops::RangeInclusive;

use super::choice::Hits;
use super::random::Random;
use crate::bin::{BinCoder, Element, Encode};
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::tables::RANGE_TAB_LPS;

/// What the bits should mostly contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Runs of zeros and of ones.
    Runs,
    /// Zeros, in PCM samples too.
    Zeros,
    /// Bins that bring contexts to states in which they have not been.
    States,
}

impl Pattern {
    /// The pattern that makes these features of a stream likely.
    pub(super) fn of(features: &[&str]) -> Option<Pattern> {
        let has = |name| features.contains(&name);
        let all = [
            ("escapes", Pattern::Zeros),
            ("saturated", Pattern::States),
            ("zero-words", Pattern::States),
            ("long-runs", Pattern::Runs),
        ];
        all.into_iter().find_map(|(name, pattern)| has(name).then_some(pattern))
    }

    /// How many elements a block may have that is not read from planted bits (see `choice.rs`).
    pub(super) fn richness(pattern: Option<Pattern>, random: &mut Random) -> u32 {
        random.below(if pattern.is_some() { 5 } else { 4 })
    }
}

/// Reads block after block from planted bits, and plants others where no legal block comes of them.
#[derive(Debug)]
pub(super) struct Planting<'a> {
    random: Random,
    pattern: Pattern,
    hits: &'a Hits,
    /// The contexts that are driven to new states, one bit for each.
    driven: [u8; CONTEXTS / 8],
    /// The planted bits that come after the last block, if the encoder has written the block that was read.
    code: Option<Planted<'a>>,
}

/// How many times bits are planted for a block, and in how many of these contexts are driven to new states.
const TRIES: [u32; 2] = [6, 4];

impl<'a> Planting<'a> {
    pub(super) fn new(mut random: Random, pattern: Pattern, hits: &'a Hits) -> Planting<'a> {
        let mut driven = [0; CONTEXTS / 8];
        if pattern == Pattern::States {
            random.fill(&mut driven);
        }
        Planting { random, pattern, hits, driven, code: None }
    }

    /// The next block, of `most_bits` at the most: what `read` makes of planted bits, with the bits after it, if that is legal. `encoder`
    /// is the one that will write the block.
    pub(super) fn read<T>(
        &mut self,
        encoder: &impl Encode,
        most_bits: u64,
        read: impl Fn(Planted<'a>) -> Option<(T, Planted<'a>)>,
    ) -> Option<T> {
        for attempt in 0..TRIES[0] {
            let driven = if attempt < TRIES[1] { self.driven } else { [0; CONTEXTS / 8] };
            let given = self.code.take().unwrap_or_else(|| self.plant(driven, encoder));
            let before = given.read;
            if let Some((block, after)) = read(given)
                && after.read - before <= most_bits
            {
                self.code = Some(after);
                return Some(block);
            }
        }
        None
    }

    /// Plants bits after what the encoder has written: codIOffset is anywhere in its interval, or near the value that decides about
    /// outstanding bits.
    fn plant(&mut self, driven: [u8; CONTEXTS / 8], encoder: &impl Encode) -> Planted<'a> {
        let mut bits = Bits { random: self.random.fork(), pattern: self.pattern, run: (false, 0) };
        let cod_i_range = encoder.cod_i_range();
        let border = 512 - encoder.cod_i_low() % 512;
        let mut cod_i_offset = bits.random.below(cod_i_range);
        if border < cod_i_range && bits.random.chance(128) {
            let is_below = bits.random.chance(128);
            cod_i_offset = border - u32::from(is_below);
            bits.begin(is_below);
        }
        let contexts = Box::new([ContextModel::default(); CONTEXTS]);
        Planted { bits, cod_i_range, cod_i_offset, contexts, driven, hits: self.hits, end: None, read: 0 }
    }
}

/// Reads planted bits, which nothing has written yet.
#[derive(Clone, Debug)]
pub(super) struct Planted<'a> {
    bits: Bits,
    cod_i_range: u32,
    cod_i_offset: u32,
    contexts: Box<[ContextModel; CONTEXTS]>,
    driven: [u8; CONTEXTS / 8],
    hits: &'a Hits,
    /// The value of the next terminate bin, if the walk has said it.
    end: Option<bool>,
    /// How many bits were read.
    read: u64,
}

/// The bits to come.
#[derive(Clone, Debug)]
struct Bits {
    random: Random,
    pattern: Pattern,
    /// The bit of the current run, and how many of it are left.
    run: (bool, u32),
}

impl Bits {
    fn next(&mut self) -> bool {
        if self.run.1 == 0 && self.pattern != Pattern::States && self.random.below(48) == 0 {
            let bit = self.pattern == Pattern::Runs && self.random.chance(128);
            self.begin(bit);
        }
        match &mut self.run {
            (_, 0) => self.random.chance(128),
            (bit, left) => {
                *left -= 1;
                *bit
            }
        }
    }

    /// Begins a run, of a length at which buffers end, or near it, or of any length.
    fn begin(&mut self, bit: bool) {
        let length = match self.random.below(64) {
            0 => 980..=1_000,
            1..8 => 240..=260,
            8..24 => 60..=140,
            24..44 => 1..=72,
            _ => 1..=20,
        };
        self.run = (bit, self.random.within(length) as u32);
    }
}

impl Planted<'_> {
    fn shift(&mut self, count: u32) {
        for _ in 0..count {
            self.cod_i_offset = self.cod_i_offset << 1 | u32::from(self.bits.next());
        }
        self.read += u64::from(count);
    }

    fn renorm(&mut self) {
        let shift = self.cod_i_range.leading_zeros() - 23;
        self.cod_i_range <<= shift;
        self.shift(shift);
    }

    /// Whether a context that is driven should see an LPS now, so that it goes to a higher state as long as there are new ones, and to a
    /// lower one if that is new.
    fn drives(&mut self, ctx: CtxIdx, model: ContextModel) -> Option<bool> {
        let is_driven = self.driven[ctx.get() / 8] >> (ctx.get() % 8) & 1 != 0;
        if !is_driven {
            return None;
        }
        let (states, state) = (self.hits.states(ctx), model.p_state_idx());
        let is_new = |bin: bool| states >> model.next(bin).p_state_idx() & 1 == 0;
        let has_new_above = (!states & ((1 << 63) - 1)) >> state > 1;
        let is_lps = if is_new(model.val_mps()) {
            false
        } else if is_new(!model.val_mps()) {
            true
        } else {
            !has_new_above
        };
        self.bits.random.chance(224).then_some(is_lps)
    }
}

impl BinCoder for Planted<'_> {
    const READS: bool = true;

    fn element(&mut self, element: Element, given: i32, _: RangeInclusive<i32>) -> i32 {
        // How many blocks a slice has was decided before.
        let is_end =
            matches!(element.0, "end_of_slice_flag" | "end_of_slice_segment_flag" | "end_of_subset_one_bit");
        self.end = is_end.then_some(given != 0);
        given
    }

    fn context(&mut self, ctx: CtxIdx, _: bool) -> bool {
        let model = self.contexts[ctx.get()];
        let row = RANGE_TAB_LPS[usize::from(model.p_state_idx())];
        let lps = u32::from(row[(self.cod_i_range >> 6 & 3) as usize]);
        let mps = self.cod_i_range - lps;
        let read = self.cod_i_offset >= mps;
        let is_lps = self.drives(ctx, model).unwrap_or(read);
        if is_lps != read {
            let random = &mut self.bits.random;
            self.cod_i_offset = if is_lps { mps + random.below(lps) } else { random.below(mps) };
        }
        let bin = model.val_mps() != is_lps;
        self.contexts[ctx.get()] = model.next(bin);
        (self.cod_i_range, self.cod_i_offset) =
            if is_lps { (lps, self.cod_i_offset - mps) } else { (mps, self.cod_i_offset) };
        self.renorm();
        bin
    }

    fn bypass(&mut self, _: bool) -> bool {
        self.shift(1);
        let bin = self.cod_i_offset >= self.cod_i_range;
        self.cod_i_offset -= if bin { self.cod_i_range } else { 0 };
        bin
    }

    fn terminate(&mut self, _: bool) -> bool {
        self.cod_i_range -= 2;
        let read = self.cod_i_offset >= self.cod_i_range;
        // A terminate bin that the walk has not decided begins PCM samples if it is 1.
        let bin = self.end.take().unwrap_or_else(|| read || self.bits.random.below(16) == 0);
        if !bin {
            self.cod_i_offset = self.cod_i_offset.min(self.cod_i_range - 1);
            self.renorm();
        }
        bin
    }

    fn align(&mut self) {
        self.cod_i_range = 256;
        self.cod_i_offset = self.cod_i_offset.min(255);
    }

    fn stop_bit(&self) -> bool {
        true
    }

    fn padding(&mut self, _: u8) -> u8 {
        0
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        match self.bits.pattern {
            Pattern::Zeros => bytes.fill(0),
            Pattern::Runs | Pattern::States => self.bits.random.fill(bytes),
        }
        self.read += 8 * bytes.len() as u64;
    }

    fn start(&mut self) {
        self.cod_i_range = 510;
        self.cod_i_offset = self.bits.random.below(510);
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.contexts[ctx.get()] = model;
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.contexts[ctx.get()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::Event;
    use crate::{engine, spec};

    /// Reads some context bins and bypass bins.
    fn block(mut code: Planted<'_>) -> Option<(Vec<Event>, Planted<'_>)> {
        let events = (0..200_u16).map(|index| match CtxIdx::new(index % 7) {
            Some(ctx) if index % 3 != 0 => Event::Context { ctx, bin: code.context(ctx, false) },
            _ => Event::Bypass { bin: code.bypass(false) },
        });
        Some((events.collect(), code))
    }

    /// The longest run of outstanding bits that an encoder makes of planted bits.
    fn longest_run(pattern: Pattern) -> u32 {
        let hits = Hits::default();
        let mut planting = Planting::new(Random::new(7), pattern, &hits);
        let (mut encoder, mut oracle) = (engine::Encoder::new(), spec::Encoder::new());
        let mut longest = 0;
        for _ in 0..60 {
            for event in planting.read(&encoder, 10_000, block).unwrap_or_default() {
                encoder.code(event);
                oracle.code(event);
                longest = longest.max(oracle.bits_outstanding());
            }
            let range = planting.code.as_ref().map(|code| code.cod_i_range);
            assert_eq!(range, Some(encoder.cod_i_range()));
        }
        longest
    }

    #[test]
    fn a_run_of_the_code_is_a_run_of_outstanding_bits() {
        assert!(longest_run(Pattern::Runs) > 100);
        assert!(longest_run(Pattern::States) < 40);
    }
}
