//! The fast decoder. Instead of codIOffset it keeps the margin, which is codIRange-1-codIOffset: how far codIOffset is below the largest
//! value that it can have. The complement of the stream's next bits is below the margin in the same word. Subtracting codIRangeLPS from
//! that word borrows exactly if the bin is the LPS. Without a borrow the difference is the new margin; with a borrow the margin stays as
//! it was.
//!
//! The borrow selects codIRange, the margin and the next context variable without a branch, and one count of leading zeros renormalises: a
//! context bin takes eight dependent operations. Whole bytes are loaded, up to seven at a time, when a renormalisation has shifted out more
//! bits than were loaded, or when fewer bits are loaded than the bypass bins that come next need. If no byte is left then, the slice is
//! exhausted.

use alloc::boxed::Box;
use core::hint::select_unpredictable;

use super::decode;
use super::models::{Held, PackedContexts, models};
use super::step::{DecodedBin, INITIAL_RANGE, RANGE_SHIFT, Word};
use crate::bin::{BinCoder, Decode, DecodeError, DecodeErrorKind, Tail};
use crate::context::{ContextModel, CtxIdx};

/// How many bypass bins are decoded in one step, at the most.
const AT_ONCE: u32 = 16;

/// ceil(2^34 / codIRange), by the low eight bits of codIRange. Multiplied by it and shifted right by 34, a dividend of up to 25 bits gives
/// the exact quotient.
const INVERSE: [u32; 256] = {
    let mut inverse = [0; 256];
    let mut low = 0;
    while low < 256 {
        inverse[low] = (1u64 << 34).div_ceil(256 + low as u64) as u32;
        low += 1;
    }
    inverse
};

/// The fast decoder.
///
/// It is fastest as a local variable of the function that loops over bins: then its state is kept in registers.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode}, context::CtxIdx, engine};
/// let mut decoder = engine::Decoder::new(&[0xc2, 0xe0]);
/// assert!(decoder.context(CtxIdx::new(5).unwrap(), false));
/// assert!(!decoder.bypass(false));
/// assert!(decoder.terminate(false));
/// assert_eq!((decoder.position(), decoder.error()), (11, None));
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    /// codIRange, shifted by [`RANGE_SHIFT`].
    range: u64,
    /// codIRange-1-codIOffset, shifted by [`RANGE_SHIFT`], with the complement of the bits ahead below it.
    margin: u64,
    /// How many bits of the stream after codIOffset `margin` holds: the bits ahead. Not negative between bins.
    ahead: i32,
    held: Held<Word>,
    memory: Box<Memory<'a>>,
}

/// The state that does not fit into registers. It is in a box of its own, so that the rest can be in registers.
#[derive(Clone, Debug)]
struct Memory<'a> {
    models: PackedContexts,
    slice: &'a [u8],
    /// How many bytes have been loaded, including zero bytes that stand for those beyond the slice.
    loaded: usize,
    bins: u64,
    error: Option<DecodeError>,
}

impl Memory<'_> {
    fn fail(&mut self, kind: DecodeErrorKind, bit: u64) {
        self.error = self.error.or(Some(DecodeError { kind, bin: self.bins, bit }));
    }

    /// Loads whole bytes below the bits ahead, as many as fit, until at least `needed` bits are ahead. `ahead` is negative where bits were
    /// needed before they were loaded: by the renormalisation of a context or terminate bin, or for codIOffset at the start of an engine
    /// run. Bypass bins need theirs loaded first.
    ///
    /// Beyond the slice zeros are loaded, and the first bin that needs one is reported as the one that exhausts the slice. The bits below
    /// those that are counted are zero or already what will be loaded there.
    #[cold]
    #[inline] // The address of a function of another crate would take a register in each loop over bins.
    fn fill(&mut self, mut margin: u64, mut ahead: i32, needed: i32) -> (u64, i32) {
        while ahead < needed {
            let left = self.slice.get(self.loaded..).unwrap_or_default();
            let room = (RANGE_SHIFT as i32 - ahead) as usize / 8;
            let mut count = room;
            if left.is_empty() {
                let (bin, bit) = (self.bins + ahead.max(0) as u64, self.slice.len() as u64 * 8);
                self.error = self.error.or(Some(DecodeError { kind: DecodeErrorKind::Exhausted, bin, bit }));
            } else {
                count = room.min(left.len());
            }
            let word = match left.first_chunk() {
                Some(&word) => word,
                None => {
                    let mut word = [0; 8];
                    word[..left.len()].copy_from_slice(left);
                    word
                }
            };
            margin |= !u64::from_be_bytes(word) >> (64 - RANGE_SHIFT as i32 + ahead);
            ahead += 8 * count as i32;
            self.loaded += count;
        }
        (margin, ahead)
    }
}

impl<'a> Decoder<'a> {
    /// A decoder that has read the first nine bits of `slice`, with every context in state 0 and valMPS 0.
    pub fn new(slice: &'a [u8]) -> Decoder<'a> {
        Decoder::at(slice, 0)
    }

    /// The same from byte `byte` of `slice` on; bits are counted from the beginning of `slice`.
    ///
    /// ```
    /// use silicabac::{bin::Decode, engine};
    /// let [whole, rest] = [engine::Decoder::at(&[7, 0xc2, 0xe0], 1), engine::Decoder::new(&[0xc2, 0xe0])];
    /// assert_eq!((whole.cod_i_offset(), whole.position()), (rest.cod_i_offset(), rest.position() + 8));
    /// ```
    pub fn at(slice: &'a [u8], byte: usize) -> Decoder<'a> {
        let loaded = byte.min(slice.len());
        let memory = Box::new(Memory { models: models(), slice, loaded, bins: 0, error: None });
        let mut decoder =
            Decoder { range: INITIAL_RANGE, margin: 0, ahead: 0, held: Held::new(&memory.models), memory };
        decoder.start();
        decoder
    }

    /// How many bins it has decoded.
    pub fn bins(&self) -> u64 {
        self.memory.bins
    }

    /// The index of the next whole byte.
    fn next_byte(&self) -> usize {
        self.position().div_ceil(8) as usize
    }

    /// Counts `n` bypass bins, each of which consumes one of the bits ahead; loads bytes first where these are too few.
    #[inline(always)]
    fn consume_bypass(&mut self, n: u32) {
        self.ahead -= n as i32;
        if self.ahead < 0 {
            (self.margin, self.ahead) = self.memory.fill(self.margin, self.ahead + n as i32, n as i32);
            self.ahead -= n as i32;
        }
        self.memory.bins += u64::from(n);
    }

    /// Counts a bin whose renormalisation has shifted by `shift` bits, and loads bytes if so many bits were not ahead.
    #[inline(always)]
    fn finish_bin(&mut self, shift: u32) {
        self.ahead -= shift as i32;
        if self.ahead < 0 {
            (self.margin, self.ahead) = self.memory.fill(self.margin, self.ahead, 0);
        }
        self.memory.bins += 1;
    }

    /// Decodes `n` bypass bins, [`AT_ONCE`] at the most.
    #[inline(always)]
    fn bypass_few(&mut self, n: u32) -> u32 {
        self.consume_bypass(n);
        // The bins, as a number, are codIOffset with n more bits, divided by codIRange. Here this is done with the complement.
        let inverse = u64::from(INVERSE[(self.range >> RANGE_SHIFT) as usize & 255]);
        let quotient = ((self.margin >> (RANGE_SHIFT - n)) * inverse) >> 34;
        self.margin = (self.margin << n).wrapping_sub(quotient.wrapping_mul(self.range));
        !quotient as u32 & ((1 << n) - 1)
    }

    /// [`BinCoder::bypass_ones`] where the zero is missing, or bytes have to be loaded.
    #[cold]
    #[inline]
    fn bypass_ones_one_by_one(&mut self, most: u32) -> u32 {
        let mut ones = 0;
        while ones < most && self.bypass(false) {
            ones += 1;
        }
        ones
    }

    fn clear_offset(&mut self) {
        self.margin = (self.range - (1 << RANGE_SHIFT)) | (self.margin & ((1 << RANGE_SHIFT) - 1));
    }
}

impl BinCoder for Decoder<'_> {
    const READS: bool = true;

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx, _: bool) -> bool {
        let word = self.held.switch_to(ctx, &mut self.memory.models);
        let DecodedBin { range, margin, shift, next_word } = decode(word, self.range, self.margin);
        (self.range, self.margin, self.held.in_use) = (range, margin, next_word);
        self.finish_bin(shift);
        next_word.bin()
    }

    #[inline(always)]
    fn bypass(&mut self, _: bool) -> bool {
        self.consume_bypass(1);
        let bin = self.margin < self.range >> 1;
        self.margin = (self.margin << 1).wrapping_sub(select_unpredictable(bin, 0, self.range));
        bin
    }

    #[inline(always)]
    fn bypass_bits(&mut self, n: u32, _: u32) -> u32 {
        let n = n.min(32);
        if n <= AT_ONCE {
            return self.bypass_few(n);
        }
        let upper = self.bypass_few(n - AT_ONCE);
        upper << AT_ONCE | self.bypass_few(AT_ONCE)
    }

    /// As long as bins are 1, the margin is only doubled. So the number of ones is how often it can be doubled before it reaches half of
    /// codIRange: the number of its leading zeros, or one less.
    #[inline(always)]
    fn bypass_ones(&mut self, _: u32, most: u32) -> u32 {
        let doublings = self.margin.leading_zeros();
        let is_beyond = self.margin.wrapping_shl(doublings) >> 1 >= self.range >> 1;
        let ones = doublings.saturating_sub(is_beyond.into());
        if ones >= most || ones as i32 >= self.ahead {
            return self.bypass_ones_one_by_one(most);
        }
        self.margin = (self.margin << (ones + 1)).wrapping_sub(self.range);
        self.consume_bypass(ones + 1);
        ones
    }

    #[inline(always)]
    fn terminate(&mut self, _: bool) -> bool {
        let (margin, bin) = self.margin.overflowing_sub(2 << RANGE_SHIFT);
        if bin {
            self.range = 256 << RANGE_SHIFT;
            self.clear_offset();
            self.memory.bins += 1;
        } else {
            let range = self.range - (2 << RANGE_SHIFT);
            let shift = range.leading_zeros();
            (self.range, self.margin) = (range << shift, margin << shift);
            self.finish_bin(shift);
        }
        bin
    }

    fn align(&mut self) {
        let (margin, is_misaligned) = self.margin.overflowing_sub(self.range - (256 << RANGE_SHIFT));
        (self.range, self.margin) = (256 << RANGE_SHIFT, margin);
        if is_misaligned {
            let position = self.position();
            self.memory.fail(DecodeErrorKind::Misaligned, position);
            self.clear_offset();
        }
    }

    fn stop_bit(&self) -> bool {
        let Some(last) = self.position().checked_sub(1) else { return true };
        let byte = usize::try_from(last / 8).ok().and_then(|byte| self.memory.slice.get(byte));
        byte.is_none_or(|byte| byte >> (7 - last % 8) & 1 != 0)
    }

    fn padding(&mut self, _: u8) -> u8 {
        Tail::of(self.memory.slice, self.position()).bits
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        if bytes.is_empty() {
            return;
        }
        let first = self.next_byte();
        for (at, byte) in (first..).zip(bytes.iter_mut()) {
            *byte = self.memory.slice.get(at).copied().unwrap_or(0);
        }
        // No bit after these bytes is loaded yet.
        (self.memory.loaded, self.ahead) = (first + bytes.len(), 0);
        self.margin &= !((1 << RANGE_SHIFT) - 1);
        let end = self.memory.slice.len();
        if self.memory.loaded > end {
            self.memory.fail(DecodeErrorKind::Exhausted, end as u64 * 8);
        }
    }

    fn start(&mut self) {
        let first = self.next_byte();
        (self.memory.loaded, self.range) = (first, INITIAL_RANGE);
        // The nine bits of codIOffset are not loaded yet either.
        (self.margin, self.ahead) = self.memory.fill(0, -9, 0);
        // The complement of nine bits is 511-codIOffset; with codIRange 510 it has to be 509-codIOffset.
        let (margin, is_forbidden) = self.margin.overflowing_sub(2 << RANGE_SHIFT);
        self.margin = margin;
        if is_forbidden {
            self.memory.fail(DecodeErrorKind::Forbidden, first as u64 * 8);
            self.clear_offset();
        }
    }

    #[inline]
    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.held.load(ctx, model, &mut self.memory.models);
    }

    #[inline]
    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.held.save(ctx, &self.memory.models)
    }
}

impl Decode for Decoder<'_> {
    fn cod_i_range(&self) -> u32 {
        (self.range >> RANGE_SHIFT) as u32
    }

    fn cod_i_offset(&self) -> u32 {
        ((self.range >> RANGE_SHIFT) - 1 - (self.margin >> RANGE_SHIFT)) as u32
    }

    fn position(&self) -> u64 {
        (self.memory.loaded as u64 * 8).wrapping_sub(self.ahead as u64)
    }

    fn error(&self) -> Option<DecodeError> {
        self.memory.error
    }
}
