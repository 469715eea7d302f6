//! The cost of bins without writing them, for an encoder that chooses between two ways to code the same value.
//!
//! A bin costs the logarithm of the factor by which it shrinks codIRange. A meter follows codIRange as an encoder does, so that the sum is
//! exact: the doublings so far, and the part of the next doubling that is already used. The price of a single bin, whatever codIRange is,
//! is the mean over all values of codIRange, each weighted by how often it occurs in a long stream: there the logarithm of codIRange is
//! distributed evenly.

use alloc::boxed::Box;

use super::models::{PackedContext, PackedContexts, models};
use super::step::{EncoderEntry, INITIAL_RANGE, RANGE_SHIFT};
use crate::bin::BinCoder;
use crate::context::{ContextModel, CtxIdx};
use crate::tables::RANGE_TAB_LPS;

/// Adds up what bins cost, in 1/32,768 of a bit, and updates the context variables as a coder would.
///
/// At the end of an engine run the sum is the length of what an encoder has written, to the bit.
///
/// ```
/// use silicabac::{bin::{BinCoder, Encode}, context::CtxIdx, engine::{Encoder, Meter}};
/// let mut meter = Meter::new();
/// meter.bypass_bits(7, 0x55);
/// assert_eq!(meter.cost(), 7 * Meter::BIT);
/// meter.context(CtxIdx::new(0).unwrap(), false); // state 0: about a bit
/// assert!((7.9..8.2).contains(&meter.bits()));
/// meter.terminate(true);
/// assert_eq!(meter.bits(), 16.0); // two bytes, with the stop bit and the zeros after it
/// ```
#[derive(Clone, Debug)]
pub struct Meter {
    /// codIRange, shifted by [`RANGE_SHIFT`].
    range: u64,
    /// The bits of earlier engine runs and of raw bytes.
    before: u64,
    /// The doublings in this engine run.
    doublings: u64,
    models: Box<PackedContexts>,
}

impl Meter {
    /// The cost of one bit.
    pub const BIT: u64 = 1 << 15;

    /// A meter at zero, with every context in state 0 and valMPS 0.
    pub fn new() -> Meter {
        Meter { range: INITIAL_RANGE, before: 0, doublings: 0, models: Box::new(models()) }
    }

    /// The cost of all bins so far, in 1/32,768 of a bit.
    pub fn cost(&self) -> u64 {
        let missing = (LOGS[510] - LOGS[(self.range >> RANGE_SHIFT) as usize]) >> (LOG - Meter::BIT.ilog2());
        (self.before + self.doublings) * Meter::BIT + u64::from(missing)
    }

    /// The cost of all bins so far, in bits.
    pub fn bits(&self) -> f64 {
        self.cost() as f64 / Meter::BIT as f64
    }

    /// The mean cost of a bin with a context variable in this state, in 1/32,768 of a bit. All values of codIRange are weighted by how
    /// often they occur in a long stream, so a sum of such prices is within 0.3 % of the length of a long stream.
    ///
    /// ```
    /// use silicabac::{context::ContextModel, engine::Meter};
    /// let skewed = ContextModel::new(62, true).unwrap();
    /// assert!(Meter::price(skewed, true) < 1_000 && Meter::price(skewed, false) > 150_000);
    /// ```
    pub const fn price(model: ContextModel, bin: bool) -> u32 {
        PRICES[model.p_state_idx() as usize][(bin != model.val_mps()) as usize]
    }

    #[inline(always)]
    fn renorm(&mut self, range: u64) {
        let shift = range.leading_zeros();
        self.range = range << shift;
        self.doublings += u64::from(shift);
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

impl BinCoder for Meter {
    const READS: bool = false;

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        let context = &mut self.models[ctx.get()];
        let entry = EncoderEntry::of(context.0.into(), bin);
        *context = PackedContext(entry.next_context as u8);
        self.renorm(entry.range(self.range));
        bin
    }

    #[inline(always)]
    fn bypass(&mut self, bin: bool) -> bool {
        self.doublings += 1;
        bin
    }

    #[inline(always)]
    fn bypass_bits(&mut self, n: u32, value: u32) -> u32 {
        let n = n.min(32);
        self.doublings += u64::from(n);
        (u64::from(value) & ((1 << n) - 1)) as u32
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.renorm(if bin { 2 << RANGE_SHIFT } else { self.range - (2 << RANGE_SHIFT) });
        if bin {
            // After renormalising, the flush writes three bits of codILow: one by PutBit and two by WriteBits, the last of which is the
            // stop bit (H.264 clause 9.3.4.5). The first bit of the engine run is not written.
            let written = self.doublings + 3 - 1;
            self.before += written.next_multiple_of(8);
            (self.range, self.doublings) = (INITIAL_RANGE, 0);
        }
        bin
    }

    fn align(&mut self) {
        self.range = 256 << RANGE_SHIFT;
    }

    fn stop_bit(&self) -> bool {
        true
    }

    fn padding(&mut self, bits: u8) -> u8 {
        bits
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.before += bytes.len() as u64 * 8;
    }

    /// Does nothing: [`terminate`](Self::terminate) has begun the next engine run.
    fn start(&mut self) {}

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.models[ctx.get()] = PackedContext::new(model);
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.models[ctx.get()].get()
    }
}

/// By state, the price of an MPS and of an LPS.
const PRICES: [[u32; 2]; 63] = {
    let mut prices = [[0; 2]; 63];
    let mut state = 0;
    while state < 63 {
        let (mut mps, mut lps, mut weights, mut range) = (0, 0, 0, 256);
        while range <= 510 {
            // The share of this range on the logarithmic scale.
            let weight = (LOGS[range + 1] - LOGS[range]) as u64;
            let part = RANGE_TAB_LPS[state][range >> 6 & 3] as usize;
            mps += weight * (LOGS[range] - LOGS[range - part]) as u64;
            lps += weight * (LOGS[range] - LOGS[part]) as u64;
            weights += weight;
            range += 1;
        }
        let unit = ((1 << LOG) / Meter::BIT) * weights;
        prices[state] = [((mps + unit / 2) / unit) as u32, ((lps + unit / 2) / unit) as u32];
        state += 1;
    }
    prices
};

/// Fractional bits of a logarithm here.
const LOG: u32 = 24;

/// log2 of 1..=511, and 0 for 0.
const LOGS: [u32; 512] = {
    let mut logs = [0; 512];
    let mut number = 1;
    while number < 512 {
        let whole = (number as u32).ilog2();
        // `square` is 1..2 with 62 fractional bits. Squaring doubles the logarithm, whose next bit is 1 if 2 is reached.
        let mut square = (number as u64) << (62 - whole);
        let mut log = whole;
        let mut bit = 0;
        while bit < LOG {
            square = ((square as u128 * square as u128) >> 62) as u64;
            let is_two = square >> 63 != 0;
            square >>= is_two as u32;
            log = log << 1 | is_two as u32;
            bit += 1;
        }
        logs[number] = log;
        number += 1;
    }
    logs
};
