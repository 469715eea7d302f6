//! The fast encoder. It does not count outstanding bits: it keeps codILow wide, and adds a carry to the bytes that it has already written.

use alloc::{boxed::Box, vec::Vec};

use super::models::{Held, PackedContexts, models};
use super::step::{EncoderEntry, INITIAL_RANGE, RANGE_SHIFT};
use crate::bin::{BinCoder, Encode, pad};
use crate::context::{ContextModel, CtxIdx};

/// The fast encoder.
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
    /// codIRange, shifted by [`RANGE_SHIFT`].
    range: u64,
    /// codILow in the low ten bits, above it the bits that are queued, which are not yet bytes, and above those one bit for a carry.
    low: u64,
    /// How many more bits can be queued before whole bytes have to be written. A count down is one instruction less than a count up.
    room: i32,
    held: Held<usize>,
    memory: Box<Memory>,
}

/// The state that does not fit into registers. It is in a box of its own, so that the rest can be in registers.
#[derive(Clone, Debug)]
struct Memory {
    models: PackedContexts,
    bytes: Vec<u8>,
}

/// If more than this number of bits are queued, whole bytes are written: this number, the 10 of codILow, the longest shift of a bin and a
/// carry fit into a word.
const FULL: i32 = 64 - 10 - 7 - 1;
/// The room at the start of an engine run, whose first bit is not written.
const START_ROOM: i32 = FULL + 1;
/// How many bypass bins are encoded in one step, at the most.
const AT_ONCE: u32 = 16;

impl Encoder {
    /// An encoder at the start of a slice, with every context in state 0 and valMPS 0.
    pub fn new() -> Encoder {
        let memory = Box::new(Memory { models: models(), bytes: Vec::new() });
        Encoder { range: INITIAL_RANGE, low: 0, room: START_ROOM, held: Held::new(&memory.models), memory }
    }

    /// The bytes written so far: all of them straight after a terminate bin of 1 or raw bytes. Before that the
    /// last ones may be missing, and a carry may still change the others.
    pub fn bytes(&self) -> &[u8] {
        &self.memory.bytes
    }

    #[inline(always)]
    fn shift_low(&mut self, shift: u32) {
        self.low <<= shift;
        self.room -= shift as i32;
        if self.room < 0 {
            self.write_queued();
        }
    }

    /// Encodes `n` bypass bins, [`AT_ONCE`] at the most.
    #[inline(always)]
    fn bypass_few(&mut self, n: u32, value: u32) -> u32 {
        if self.room < n as i32 {
            self.write_queued();
        }
        let value = value & ((1 << n) - 1);
        self.low = (self.low << n) + (self.range >> RANGE_SHIFT) * u64::from(value);
        self.room -= n as i32;
        value
    }

    /// Moves the whole bytes of the queue, and the carry above them, to the output.
    #[inline(always)]
    fn write_queued(&mut self) {
        let queued = FULL - self.room;
        (self.low, self.room) = self.memory.write(self.low, queued);
    }
}

impl Memory {
    /// Appends the whole bytes that are queued in `low`, and adds the carry above them to the bytes before. Returns what is left of `low`
    /// and of the queue.
    #[cold]
    #[inline] // The address of a function of another crate would take a register in each loop over bins.
    fn write(&mut self, low: u64, queued: i32) -> (u64, i32) {
        let (count, left) = (queued as usize / 8, queued % 8);
        // The whole bytes, with the carry above them.
        let word = low >> (10 + left);
        if word >> (8 * count) != 0 {
            for byte in self.bytes.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        // Always appends eight bytes, a number that is known at compile time, and cuts off the last ones.
        let length = self.bytes.len() + count;
        self.bytes.extend_from_slice(&word.checked_shl(64 - 8 * count as u32).unwrap_or(0).to_be_bytes());
        self.bytes.truncate(length);
        (low & ((1 << (10 + left)) - 1), FULL - left)
    }
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
        let entry = EncoderEntry::of(self.held.switch_to(ctx, &mut self.memory.models), bin);
        self.held.in_use = entry.next_context;
        let range = entry.range(self.range);
        self.low += entry.low_increment(self.range, range);
        let shift = range.leading_zeros();
        self.range = range << shift;
        self.shift_low(shift);
        bin
    }

    #[inline(always)]
    fn bypass(&mut self, bin: bool) -> bool {
        self.bypass_few(1, bin.into()) != 0
    }

    #[inline(always)]
    fn bypass_bits(&mut self, n: u32, value: u32) -> u32 {
        let n = n.min(32);
        if n <= AT_ONCE {
            return self.bypass_few(n, value);
        }
        let upper = self.bypass_few(n - AT_ONCE, value >> AT_ONCE);
        upper << AT_ONCE | self.bypass_few(AT_ONCE, value)
    }

    #[inline(always)]
    fn bypass_ones(&mut self, ones: u32, most: u32) -> u32 {
        let ones = ones.min(most);
        let mut left = ones;
        while left >= AT_ONCE {
            self.bypass_few(AT_ONCE, u32::MAX);
            left -= AT_ONCE;
        }
        let zero = u32::from(ones < most);
        self.bypass_few(left + zero, ((1 << left) - 1) << zero);
        ones
    }

    #[inline(always)]
    fn terminate(&mut self, bin: bool) -> bool {
        self.range -= 2 << RANGE_SHIFT;
        if !bin {
            let shift = self.range.leading_zeros();
            self.range <<= shift;
            self.shift_low(shift);
            return bin;
        }
        self.low += self.range >> RANGE_SHIFT;
        self.low <<= 7;
        self.room -= 7;
        self.write_queued();
        // After the bit that PutBit writes come two more bits of codILow; the last of them is the stop bit.
        self.low = (self.low >> 7 | 1) << 10;
        self.room -= 3;
        let pad = (8 - (FULL - self.room) % 8) % 8;
        self.low <<= pad;
        self.room -= pad;
        self.write_queued();
        (self.range, self.low, self.room) = (INITIAL_RANGE, 0, START_ROOM);
        bin
    }

    fn align(&mut self) {
        self.range = 256 << RANGE_SHIFT;
    }

    fn stop_bit(&self) -> bool {
        true
    }

    fn padding(&mut self, bits: u8) -> u8 {
        pad(self.memory.bytes.last_mut(), bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.memory.bytes.extend_from_slice(bytes);
    }

    /// Does nothing: [`terminate`](Self::terminate) has initialised the engine.
    fn start(&mut self) {}

    #[inline]
    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.held.load(ctx, model, &mut self.memory.models);
    }

    #[inline]
    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.held.save(ctx, &self.memory.models)
    }
}

impl Encode for Encoder {
    fn cod_i_range(&self) -> u32 {
        (self.range >> RANGE_SHIFT) as u32
    }

    fn cod_i_low(&self) -> u32 {
        self.low as u32 & 511
    }

    fn finish(self) -> Vec<u8> {
        self.memory.bytes
    }
}
