//! A step of the coders: what a bin with a context variable does to codIRange. Tables have all that follows from a context variable.
//!
//! codIRange is at the top of 64 bits, so that the count of leading zeros is the number of doublings. The four entries of a row of
//! rangeTabLPS are spread over a word, so that a shift by qCodIRangeIdx moves the right one to where codIRange is.

use core::hint::select_unpredictable;

use super::models::{InUse, Model};
use crate::tables::RANGE_TAB_LPS;

/// The lowest bit of codIRange, and of what is compared with it, is this bit of a word.
pub(super) const UNIT: u32 = 55;
/// codIRange at the start of an engine run, at [`UNIT`].
pub(super) const START: u64 = 510 << UNIT;

/// Puts four entries where [`entry`] finds them.
const fn spread(entries: [u64; 4]) -> u64 {
    entries[0] << UNIT | entries[1] << (UNIT - 16) | entries[2] << (UNIT - 32) | entries[3] << (UNIT - 48)
}

/// The entry for this codIRange, at [`UNIT`]. The bit above it is the highest of the word that is given, or 0 if the entry is not the first;
/// below it are the other entries.
#[inline(always)]
fn entry(entries: u64, range: u64) -> u64 {
    entries << (range >> (UNIT + 2) & 48)
}

/// The row of rangeTabLPS of a context variable.
const fn row(model: Model) -> [u64; 4] {
    let [a, b, c, d] = RANGE_TAB_LPS[(model.0 >> 1 & 63) as usize];
    [a as u64, b as u64, c as u64, d as u64]
}

/// A context variable as the decoder holds it, in a word that has all that the step of a bin needs first: the entries of rangeTabLPS, in
/// the lowest byte the [`Model`], and in the highest bit the bin that was decoded last.
///
/// Seven bits are free below the entries. The eighth of the lowest byte is the lowest bit of an entry, which is why the highest bit of a
/// [`Model`] has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    const fn after(model: Model, bin: bool) -> u64 {
        (bin as u64) << 63 | spread(row(model)) | model.0 as u64
    }

    #[inline(always)]
    pub(super) fn bin(self) -> bool {
        self.0 >> 63 != 0
    }
}

impl InUse for Word {
    #[inline(always)]
    fn of(model: Model) -> Word {
        Word(DECODING.words[usize::from(model.0)])
    }

    #[inline(always)]
    fn model(self) -> Model {
        Model(self.0 as u8)
    }

    #[inline(always)]
    fn select(is_first: bool, first: Word, second: Word) -> Word {
        Word(select_unpredictable(is_first, first.0, second.0))
    }
}

/// The words of the decoder, by [`Model`].
#[repr(C)]
pub(super) struct Decoding {
    words: [u64; 256],
    /// The word after an MPS.
    pub(super) after_mps: [u64; 256],
    /// The word after an LPS.
    pub(super) after_lps: [u64; 256],
}

/// A constant, since the address of a static would be loaded from a table of addresses.
pub(super) const DECODING: &Decoding = &{
    let mut all = Decoding { words: [0; 256], after_mps: [0; 256], after_lps: [0; 256] };
    let mut byte = 0;
    while byte < 256 {
        let model = Model(byte as u8 & 0x7f);
        let mps = model.0 & 1 != 0;
        all.words[byte] = Word::after(model, false);
        all.after_mps[byte] = Word::after(model.next(mps), mps);
        all.after_lps[byte] = Word::after(model.next(!mps), !mps);
        byte += 1;
    }
    all
};

/// The registers of a decoder after a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// codIRange, renormalised.
    pub(super) range: u64,
    /// codIRange-1-codIOffset with the complement of the bits ahead below it, renormalised.
    pub(super) rest: u64,
    /// How many doublings renormalisation took.
    pub(super) shift: u32,
    /// The context variable after the bin, with the bin.
    pub(super) next: Word,
}

/// Decodes a bin; `rest` is codIRange-1-codIOffset at [`UNIT`], with the complement of the bits ahead below it.
///
/// Subtracting codIRangeLPS from `rest` borrows exactly at an LPS, after which `rest` stays as it was; at an MPS the difference is the new
/// `rest`.
#[allow(dead_code, reason = "with a step in assembly only the tests use this one, to compare the two")]
#[inline(always)]
pub(super) fn decode(word: Word, range: u64, rest: u64) -> Step {
    let model = usize::from(word.model().0);
    let range_lps = entry(word.0, range) & 0xff << UNIT;
    let (rest_mps, is_lps) = rest.overflowing_sub(range_lps);
    let range = select_unpredictable(is_lps, range_lps, range - range_lps);
    let rest = select_unpredictable(is_lps, rest, rest_mps);
    let next = Word(select_unpredictable(is_lps, DECODING.after_lps[model], DECODING.after_mps[model]));
    let shift = range.leading_zeros();
    Step { range: range << shift, rest: rest << shift, shift, next }
}

/// The tables of the encoder for a bin, by [`Model`].
///
/// An encoder knows the bin before it knows codIRange, and so need not select: the new codIRange is a masked part of the old one plus an
/// entry of a table.
#[derive(Clone, Copy)]
struct Tables {
    /// The entries that are added to the masked codIRange: codIRangeLPS for an LPS, 256-codIRangeLPS for an MPS.
    entries: [u64; 128],
    /// The mask of codIRange: no bit for an LPS, all but the highest for an MPS.
    kept: [u64; 128],
    /// The next context variable. It is a word, so that nothing has to be done to it before it is the next index.
    next: [u32; 128],
}

/// By the bin.
const ENCODING: &[Tables; 2] = &{
    let mut all = [Tables { entries: [0; 128], kept: [0; 128], next: [0; 128] }; 2];
    let mut index = 0;
    while index < 128 {
        let model = Model(index as u8);
        let [a, b, c, d] = row(model);
        let mut bin = 0;
        while bin < 2 {
            let is_mps = bin == index & 1;
            all[bin].entries[index] =
                spread(if is_mps { [256 - a, 256 - b, 256 - c, 256 - d] } else { [a, b, c, d] });
            all[bin].kept[index] = if is_mps { 0xff << UNIT } else { 0 };
            all[bin].next[index] = model.next(bin != 0).0 as u32;
            bin += 1;
        }
        index += 1;
    }
    all
};

/// What the tables have for a context variable and a bin.
pub(super) struct Encoding {
    entries: u64,
    kept: u64,
    /// The index of the context variable after the bin.
    pub(super) next: usize,
}

impl Encoding {
    /// For the context variable with this index, which is a [`Model`] without its highest bit.
    #[inline(always)]
    pub(super) fn of(index: usize, bin: bool) -> Encoding {
        let tables = &ENCODING[usize::from(bin)];
        Encoding {
            entries: tables.entries[index],
            kept: tables.kept[index],
            next: tables.next[index] as usize,
        }
    }

    /// codIRange after the bin, before renormalisation. The bits below [`UNIT`] have no meaning, neither in the argument nor in the
    /// result.
    #[inline(always)]
    pub(super) fn range(&self, range: u64) -> u64 {
        (range & self.kept) + entry(self.entries, range)
    }

    /// How much is added to codILow when codIRange becomes `after`.
    #[inline(always)]
    pub(super) fn rise(&self, before: u64, after: u64) -> u64 {
        let below = (1 << UNIT) - 1;
        (((before | below) - after) & !self.kept) >> UNIT
    }
}
