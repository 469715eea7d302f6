//! A step of the coders: what a bin with a context variable does to codIRange. Tables have all that follows from a context variable.
//!
//! codIRange is at the top of 64 bits, so that the count of leading zeros is the number of doublings. The four entries of a row of
//! rangeTabLPS are spread over a word, so that a shift by qCodIRangeIdx moves the right one to where codIRange is.

use core::hint::select_unpredictable;

use super::models::{InUse, PackedContext};
use crate::tables::RANGE_TAB_LPS;

/// codIRange, and what is subtracted from it or from the margin of a decoder, is shifted left by this number of bits in a word.
pub(super) const RANGE_SHIFT: u32 = 55;
/// codIRange at the start of an engine run, shifted by [`RANGE_SHIFT`].
pub(super) const INITIAL_RANGE: u64 = 510 << RANGE_SHIFT;

/// Puts four entries where [`entry`] finds them.
const fn spread(entries: [u64; 4]) -> u64 {
    entries[0] << RANGE_SHIFT
        | entries[1] << (RANGE_SHIFT - 16)
        | entries[2] << (RANGE_SHIFT - 32)
        | entries[3] << (RANGE_SHIFT - 48)
}

/// The entry for this codIRange; both are shifted by [`RANGE_SHIFT`]. The bit above the entry is the highest of the word that is given, or
/// 0 if the entry is not the first. Below it are the other entries.
#[inline(always)]
fn entry(entries: u64, range: u64) -> u64 {
    entries << (range >> (RANGE_SHIFT + 2) & 48)
}

/// The row of rangeTabLPS of a context variable.
const fn row(context: PackedContext) -> [u64; 4] {
    let [a, b, c, d] = RANGE_TAB_LPS[(context.0 >> 1 & 63) as usize];
    [a as u64, b as u64, c as u64, d as u64]
}

/// A context variable as the decoder holds it, in a word that has all that the step of a bin needs first: the entries of rangeTabLPS, in
/// the lowest byte the [`PackedContext`], and in the highest bit the bin that was decoded last.
///
/// Seven bits are free below the entries. The eighth of the lowest byte is the lowest bit of an entry, which is why the highest bit of a
/// [`PackedContext`] has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    const fn pack(context: PackedContext, bin: bool) -> u64 {
        (bin as u64) << 63 | spread(row(context)) | context.0 as u64
    }

    #[inline(always)]
    pub(super) fn bin(self) -> bool {
        self.0 >> 63 != 0
    }
}

impl InUse for Word {
    #[inline(always)]
    fn of(context: PackedContext) -> Word {
        Word(DECODER_TABLES.words[usize::from(context.0)])
    }

    #[inline(always)]
    fn packed(self) -> PackedContext {
        PackedContext(self.0 as u8)
    }

    #[inline(always)]
    fn select(is_first: bool, first: Word, second: Word) -> Word {
        Word(select_unpredictable(is_first, first.0, second.0))
    }
}

/// The words of the decoder, by [`PackedContext`].
#[repr(C)]
pub(super) struct DecoderTables {
    words: [u64; 256],
    /// The word after an MPS.
    pub(super) after_mps: [u64; 256],
    /// The word after an LPS.
    pub(super) after_lps: [u64; 256],
}

/// A constant, since the address of a static would be loaded from a table of addresses.
pub(super) const DECODER_TABLES: &DecoderTables = &{
    let mut all = DecoderTables { words: [0; 256], after_mps: [0; 256], after_lps: [0; 256] };
    let mut byte = 0;
    while byte < 256 {
        let context = PackedContext(byte as u8 & 0x7f);
        let mps = context.0 & 1 != 0;
        all.words[byte] = Word::pack(context, false);
        all.after_mps[byte] = Word::pack(context.next(mps), mps);
        all.after_lps[byte] = Word::pack(context.next(!mps), !mps);
        byte += 1;
    }
    all
};

/// A bin that was decoded, with the registers of the decoder after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DecodedBin {
    /// codIRange, renormalised.
    pub(super) range: u64,
    /// The margin with the complement of the bits ahead below it, renormalised.
    pub(super) margin: u64,
    /// How many doublings renormalisation took.
    pub(super) shift: u32,
    /// The context variable after the bin, with the bin.
    pub(super) next_word: Word,
}

/// Decodes a bin. `margin` is codIRange-1-codIOffset, shifted by [`RANGE_SHIFT`], with the complement of the bits ahead below it.
///
/// Subtracting codIRangeLPS from the margin borrows exactly at an LPS, and then the margin stays as it was. At an MPS the difference is the
/// new margin.
#[allow(dead_code, reason = "with a step in assembly only the tests use this one, to compare the two")]
#[inline(always)]
pub(super) fn decode(word: Word, range: u64, margin: u64) -> DecodedBin {
    let index = usize::from(word.packed().0);
    let range_lps = entry(word.0, range) & 0xff << RANGE_SHIFT;
    let (margin_mps, is_lps) = margin.overflowing_sub(range_lps);
    let range = select_unpredictable(is_lps, range_lps, range - range_lps);
    let margin = select_unpredictable(is_lps, margin, margin_mps);
    let next_word =
        Word(select_unpredictable(is_lps, DECODER_TABLES.after_lps[index], DECODER_TABLES.after_mps[index]));
    let shift = range.leading_zeros();
    DecodedBin { range: range << shift, margin: margin << shift, shift, next_word }
}

/// The tables of the encoder for a bin, by [`PackedContext`].
///
/// An encoder knows the bin before it knows codIRange, and so need not select: the new codIRange is a masked part of the old one plus an
/// entry of a table.
#[derive(Clone, Copy)]
struct EncoderTables {
    /// The entries that are added to the masked codIRange: codIRangeLPS for an LPS, 256-codIRangeLPS for an MPS.
    entries: [u64; 128],
    /// The mask of codIRange: no bit for an LPS, all but the highest for an MPS.
    kept: [u64; 128],
    /// The [`PackedContext`] after the bin. It has 32 bits, so that nothing has to be done to it before it is the index of the next bin.
    next_context: [u32; 128],
}

/// By the bin.
const ENCODER_TABLES: &[EncoderTables; 2] = &{
    let mut all = [EncoderTables { entries: [0; 128], kept: [0; 128], next_context: [0; 128] }; 2];
    let mut index = 0;
    while index < 128 {
        let context = PackedContext(index as u8);
        let [a, b, c, d] = row(context);
        let mut bin = 0;
        while bin < 2 {
            let is_mps = bin == index & 1;
            all[bin].entries[index] =
                spread(if is_mps { [256 - a, 256 - b, 256 - c, 256 - d] } else { [a, b, c, d] });
            all[bin].kept[index] = if is_mps { 0xff << RANGE_SHIFT } else { 0 };
            all[bin].next_context[index] = context.next(bin != 0).0 as u32;
            bin += 1;
        }
        index += 1;
    }
    all
};

/// What the tables have for a context variable and a bin.
pub(super) struct EncoderEntry {
    entries: u64,
    kept: u64,
    /// The [`PackedContext`] after the bin, as the index in the tables for the next bin.
    pub(super) next_context: usize,
}

impl EncoderEntry {
    /// For the context variable `context`, which is a [`PackedContext`] whose highest bit is 0.
    #[inline(always)]
    pub(super) fn of(context: usize, bin: bool) -> EncoderEntry {
        let tables = &ENCODER_TABLES[usize::from(bin)];
        EncoderEntry {
            entries: tables.entries[context],
            kept: tables.kept[context],
            next_context: tables.next_context[context] as usize,
        }
    }

    /// codIRange after the bin, before renormalisation. The bits below [`RANGE_SHIFT`] have no meaning, neither in the argument nor in the
    /// result.
    #[inline(always)]
    pub(super) fn range(&self, range: u64) -> u64 {
        (range & self.kept) + entry(self.entries, range)
    }

    /// How much is added to codILow when codIRange becomes `after`.
    #[inline(always)]
    pub(super) fn low_increment(&self, before: u64, after: u64) -> u64 {
        let below = (1 << RANGE_SHIFT) - 1;
        (((before | below) - after) & !self.kept) >> RANGE_SHIFT
    }
}
