//! The fast encoder. Instead of counting outstanding bits it keeps codILow wide and adds a carry to the bytes
//! that it has already written.

use alloc::vec::Vec;

use crate::bin::{BinCoder, Encode};
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::tables::RANGE_TAB_LPS;

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
    range: u32,
    /// codILow in the low ten bits, the `queued` bits before it above, one carry above those.
    low: u64,
    /// Bits above codILow that are not yet bytes; -1 at the start of a life, whose first bit is not written.
    queued: i32,
    contexts: [ContextModel; CONTEXTS],
    bytes: Vec<u8>,
}

/// At this many queued bits half a word goes out; a step adds seven at most.
const FULL: i32 = 32;

impl Encoder {
    /// An encoder at the start of a slice, with every context in state 0 and valMPS 0.
    pub fn new() -> Encoder {
        Encoder {
            range: 510,
            low: 0,
            queued: -1,
            contexts: [ContextModel::default(); CONTEXTS],
            bytes: Vec::new(),
        }
    }

    /// The bytes written so far: all of them straight after a terminate bin of 1 or raw bytes. Before that the
    /// last ones may be missing, and a carry may still change the others.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Doubles the range until it is 256 or more.
    fn renorm(&mut self) {
        let shift = self.range.leading_zeros() - 23;
        self.range <<= shift;
        self.shift_low(shift);
    }

    fn shift_low(&mut self, shift: u32) {
        self.low <<= shift;
        self.queued += shift as i32;
        if self.queued >= FULL {
            self.write_queued(4);
        }
    }

    /// Moves the first `count` bytes of the queue, and the carry above them, to the output.
    #[cold]
    fn write_queued(&mut self, count: u32) {
        let rest = 10 + self.queued as u32 - 8 * count;
        let word = self.low >> rest;
        self.low &= (1 << rest) - 1;
        self.queued -= 8 * count as i32;
        if word >> (8 * count) != 0 {
            self.carry();
        }
        self.bytes.extend((0..count).rev().map(|i| (word >> (8 * i)) as u8));
    }

    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl BinCoder for Encoder {
    const READS: bool = false;

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        let model = &mut self.contexts[ctx.get()];
        let lps = u32::from(RANGE_TAB_LPS[usize::from(model.p_state_idx())][(self.range >> 6 & 3) as usize]);
        self.range -= lps;
        if bin != model.val_mps() {
            self.low += u64::from(self.range);
            self.range = lps;
        }
        *model = model.next(bin);
        self.renorm();
        bin
    }

    fn bypass(&mut self, bin: bool) -> bool {
        self.shift_low(1);
        self.low += if bin { u64::from(self.range) } else { 0 };
        bin
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.range -= 2;
        if !bin {
            self.renorm();
            return bin;
        }
        self.low += u64::from(self.range);
        self.shift_low(7);
        // Two more bits of codILow behind the one that PutBit writes, the last of them the stop bit.
        self.low = (self.low >> 7 | 1) << 10;
        self.queued += 3;
        let pad = (8 - self.queued % 8) % 8;
        self.low <<= pad;
        self.queued += pad;
        self.write_queued(self.queued as u32 / 8);
        (self.range, self.low, self.queued) = (510, 0, -1);
        bin
    }

    fn align(&mut self) {
        self.range = 256;
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.contexts[ctx.get()] = model;
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.contexts[ctx.get()]
    }
}

impl Encode for Encoder {
    fn cod_i_range(&self) -> u32 {
        self.range
    }

    fn cod_i_low(&self) -> u32 {
        self.low as u32 & 511
    }

    fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
