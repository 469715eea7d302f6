//! What both coders share: a context variable is one byte, and two words of tables have all that follows from it.
//!
//! codIRange is at the top of 64 bits, so that the count of leading zeros is the number of doublings. The four entries of a row of
//! rangeTabLPS are spread over a word, so that a shift by qCodIRangeIdx moves the right one to where codIRange is.

use core::hint::select_unpredictable;

use crate::context::{CONTEXTS, ContextModel};
use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, TRANS_IDX_MPS};

/// The lowest bit of codIRange, and of what is compared with it, is this bit of a word.
pub(super) const UNIT: u32 = 55;
/// codIRange at the start of an engine run, at [`UNIT`].
pub(super) const START: u64 = 510 << UNIT;

/// A context variable with a bin: `pStateIdx << 2 | valMPS << 1 | bin`. A decoder stores the bin that it has read there, so that it needs
/// no other place for its result; for an encoder the bin is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Model(pub(super) u8);

impl Model {
    pub(super) fn new(model: ContextModel) -> Model {
        Model(model.p_state_idx() << 2 | u8::from(model.val_mps()) << 1)
    }

    pub(super) fn get(self) -> ContextModel {
        ContextModel::new(self.0 >> 2, self.0 & 2 != 0).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn bin(self) -> bool {
        self.0 & 1 != 0
    }

    const fn is_mps(self) -> bool {
        self.0 & 1 == self.0 >> 1 & 1
    }

    /// The state and valMPS after this bin; the bin itself stays.
    const fn next(self) -> Model {
        let (state, mps, bin) = ((self.0 >> 2) as usize, self.0 & 2, self.0 & 1);
        match (self.is_mps(), state) {
            (true, _) => Model(TRANS_IDX_MPS[state] << 2 | mps | bin),
            (false, 0) => Model(mps ^ 2 | bin),
            (false, _) => Model(TRANS_IDX_LPS[state] << 2 | mps | bin),
        }
    }
}

/// All context variables.
pub(super) type Models = [Model; CONTEXTS];

pub(super) fn models() -> Models {
    [Model::default(); CONTEXTS]
}

/// Puts four entries where [`entry`] finds them.
const fn spread(entries: [u64; 4]) -> u64 {
    entries[0] << UNIT | entries[1] << (UNIT - 16) | entries[2] << (UNIT - 32) | entries[3] << (UNIT - 48)
}

/// The entry for this codIRange, at [`UNIT`]: the bits above it are zero, those below are other entries.
#[inline(always)]
fn entry(entries: u64, range: u64) -> u64 {
    entries << (range >> (UNIT + 2) & 48)
}

/// The table of the decoder, by [`Model`] with either bin.
#[repr(C)]
pub(super) struct Decoding {
    /// The entries of rangeTabLPS.
    pub(super) entries: [u64; 256],
    /// The context variables that can follow: after an MPS, after an LPS.
    pub(super) next: [[u32; 2]; 256],
}

pub(super) static DECODING: Decoding = {
    let mut all = Decoding { entries: [0; 256], next: [[0; 2]; 256] };
    let mut bits = 0;
    while bits < 256 {
        let [a, b, c, d] = RANGE_TAB_LPS[bits >> 2];
        all.entries[bits] = spread([a as u64, b as u64, c as u64, d as u64]);
        let mps = bits as u8 & !1 | bits as u8 >> 1 & 1;
        all.next[bits] = [Model(mps).next().0 as u32, Model(mps ^ 1).next().0 as u32];
        bits += 1;
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
    pub(super) next: Model,
}

/// Decodes a bin; `rest` is codIRange-1-codIOffset at [`UNIT`], with the complement of the bits ahead below it.
///
/// Subtracting codIRangeLPS from `rest` borrows exactly at an LPS, after which `rest` stays as it was; at an MPS the difference is the new
/// `rest`.
#[allow(dead_code, reason = "with a step in assembly only the tests use this one, to compare the two")]
#[inline(always)]
pub(super) fn decode(model: Model, range: u64, rest: u64) -> Step {
    let row = usize::from(model.0);
    let range_lps = entry(DECODING.entries[row], range) & 0xff << UNIT;
    let (rest_mps, is_lps) = rest.overflowing_sub(range_lps);
    let range = select_unpredictable(is_lps, range_lps, range - range_lps);
    let rest = select_unpredictable(is_lps, rest, rest_mps);
    let [after_mps, after_lps] = DECODING.next[row];
    let next = Model(select_unpredictable(is_lps, after_lps, after_mps) as u8);
    let shift = range.leading_zeros();
    Step { range: range << shift, rest: rest << shift, shift, next }
}

/// The tables of the encoder for a context variable and a bin.
///
/// An encoder knows the bin before it knows codIRange, and so need not select: the new codIRange is a masked part of the old one plus an
/// entry of a table.
pub(super) struct Encoding {
    /// The entries that are added to the masked codIRange: codIRangeLPS for an LPS, 256-codIRangeLPS for an MPS.
    entries: u64,
    /// The mask of codIRange: no bit for an LPS, all but the highest for an MPS. The low byte is the next context variable.
    kept: u64,
}

/// By [`Model`], which has the bin.
static ENTRIES: [u64; 256] = {
    let mut all = [0; 256];
    let mut bits = 0;
    while bits < 256 {
        let [a, b, c, d] = RANGE_TAB_LPS[bits >> 2];
        let lps = [a as u64, b as u64, c as u64, d as u64];
        let mps = [256 - lps[0], 256 - lps[1], 256 - lps[2], 256 - lps[3]];
        all[bits] = spread(if Model(bits as u8).is_mps() { mps } else { lps });
        bits += 1;
    }
    all
};

/// By [`Model`], which has the bin.
static KEPT: [u64; 256] = {
    let mut all = [0; 256];
    let mut bits = 0;
    while bits < 256 {
        let model = Model(bits as u8);
        let kept = if model.is_mps() { 0xff << UNIT } else { 0 };
        all[bits] = kept | (model.next().0 & !1) as u64;
        bits += 1;
    }
    all
};

impl Encoding {
    #[inline(always)]
    pub(super) fn of(model: Model, bin: bool) -> Encoding {
        let row = usize::from(model.0 | u8::from(bin));
        Encoding { entries: ENTRIES[row], kept: KEPT[row] }
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

    /// The context variable after the bin.
    #[inline(always)]
    pub(super) fn next(&self) -> Model {
        Model(self.kept as u8)
    }
}
