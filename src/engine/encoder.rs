//! The fast encoder. Instead of counting outstanding bits it keeps codILow wide and adds a carry to the bytes
//! that it has already written.

use alloc::vec::Vec;
use core::{hint::select_unpredictable, mem};

use super::step::{self, Model, Models, START, UNIT};
use crate::bin::{BinCoder, Encode, pad};
use crate::context::{ContextModel, CtxIdx};

/// An encoder for production.
///
/// ```
/// use silicabac::{bin::{BinCoder, Encode}, context::CtxIdx, engine};
/// let mut encoder = engine::Encoder::new();
/// encoder.context(CtxIdx::new(5).unwrap(), true);
/// encoder.bypass(false);
/// encoder.terminate(true);
/// assert_eq!(encoder.finish(), [0xc2, 0xe0]);
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    /// codIRange at [`UNIT`].
    range: u64,
    /// codILow in the low ten bits, the `queued` bits before it above, one carry above those.
    low: u64,
    /// Bits above codILow that are not yet bytes; -1 at the start of a life, whose first bit is not written.
    queued: i32,
    models: Models,
    bytes: Vec<u8>,
}

/// At this many queued bits half a word goes out.
const FULL: i32 = 32;
/// So many bypass bins are encoded in one step.
const AT_ONCE: u32 = 16;

impl Encoder {
    /// An encoder at the start of a slice, with every context in state 0 and valMPS 0.
    pub fn new() -> Encoder {
        Encoder { range: START, low: 0, queued: -1, models: step::models(), bytes: Vec::new() }
    }

    /// The bytes written so far: all of them straight after a terminate bin of 1 or raw bytes. Before that the
    /// last ones may be missing, and a carry may still change the others.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[inline(always)]
    fn shift_low(&mut self, shift: u32) {
        self.low <<= shift;
        self.count(shift);
    }

    /// So many more bits are above codILow.
    #[inline(always)]
    fn count(&mut self, bits: u32) {
        self.queued += bits as i32;
        if self.queued >= FULL {
            self.write_queued(4);
        }
    }

    /// Moves the first `count` bytes of the queue, and the carry above them, to the output.
    #[inline(always)]
    fn write_queued(&mut self, count: u32) {
        let rest = 10 + self.queued as u32 - 8 * count;
        let word = self.low >> rest;
        self.low &= (1 << rest) - 1;
        self.queued -= 8 * count as i32;
        self.bytes = write(mem::take(&mut self.bytes), word, count);
    }
}

/// Appends so many bytes, and adds the carry above them to those before. By value, so that a coder in registers stays
/// there.
#[cold]
#[inline(never)]
fn write(mut bytes: Vec<u8>, word: u64, count: u32) -> Vec<u8> {
    if word >> (8 * count) != 0 {
        for byte in bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    bytes.extend_from_slice(&word.to_be_bytes()[8 - count as usize..]);
    bytes
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl BinCoder for Encoder {
    const READS: bool = false;

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        let model = self.models[ctx.get()];
        let row = model.row();
        let is_lps = bin != model.val_mps();
        let range_lps = row.range_lps(self.range);
        let range_mps = self.range - range_lps;
        let range = select_unpredictable(is_lps, range_lps, range_mps);
        self.low += select_unpredictable(is_lps, range_mps >> UNIT, 0);
        self.models[ctx.get()] = row.next(is_lps);
        let shift = range.leading_zeros();
        self.range = range << shift;
        self.shift_low(shift);
        bin
    }

    #[inline(always)]
    fn bypass(&mut self, bin: bool) -> bool {
        self.bypass_bits(1, bin.into()) != 0
    }

    #[inline(always)]
    fn bypass_bits(&mut self, n: u32, value: u32) -> u32 {
        if n > AT_ONCE {
            let upper = self.bypass_bits(n.min(32) - AT_ONCE, value >> AT_ONCE);
            return upper << AT_ONCE | self.bypass_bits(AT_ONCE, value);
        }
        let value = value & ((1 << n) - 1);
        self.low = (self.low << n) + (self.range >> UNIT) * u64::from(value);
        self.count(n);
        value
    }

    #[inline(always)]
    fn terminate(&mut self, bin: bool) -> bool {
        self.range -= 2 << UNIT;
        if !bin {
            let shift = self.range.leading_zeros();
            self.range <<= shift;
            self.shift_low(shift);
            return bin;
        }
        self.low += self.range >> UNIT;
        self.shift_low(7);
        // Two more bits of codILow behind the one that PutBit writes, the last of them the stop bit.
        self.low = (self.low >> 7 | 1) << 10;
        self.queued += 3;
        let pad = (8 - self.queued % 8) % 8;
        self.low <<= pad;
        self.queued += pad;
        self.write_queued(self.queued as u32 / 8);
        (self.range, self.low, self.queued) = (START, 0, -1);
        bin
    }

    fn align(&mut self) {
        self.range = 256 << UNIT;
    }

    fn padding(&mut self, bits: u8) -> u8 {
        pad(self.bytes.last_mut(), bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.models[ctx.get()] = Model::new(model);
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.models[ctx.get()].get()
    }
}

impl Encode for Encoder {
    fn cod_i_range(&self) -> u32 {
        (self.range >> UNIT) as u32
    }

    fn cod_i_low(&self) -> u32 {
        self.low as u32 & 511
    }

    fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
