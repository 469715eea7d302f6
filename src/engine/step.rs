//! What both coders share: a context variable is a byte, and all that follows from it is one word of a table.
//!
//! codIRange stands at the top of 64 bits, so that the count of leading zeros is the number of doublings. A row of
//! rangeTabLPS is spread over the word so that a shift by the quantised range puts the entry where codIRange is; the two
//! states that can follow stand between the entries, there before it is known which.

use alloc::boxed::Box;
use core::hint::select_unpredictable;

use crate::context::{CONTEXTS, ContextModel};
use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, TRANS_IDX_MPS};

/// codIRange and what is compared with it have their lowest bit here.
pub(super) const UNIT: u32 = 55;
/// codIRange at the start of a life.
pub(super) const START: u64 = 510 << UNIT;

/// By the bits of a [`Model`].
const ROWS: [Row; 256] = {
    let mut rows = [Row(0); 256];
    let mut bits = 0;
    while bits < 256 {
        let (state, mps) = (bits >> 1 & 63, bits as u8 & 1);
        let entries = RANGE_TAB_LPS[state];
        let mut row = 0;
        let mut q = 0;
        while q < 4 {
            row |= (entries[q] as u64) << (UNIT - 16 * q as u32);
            q += 1;
        }
        let mps_after_lps = if state == 0 { mps ^ 1 } else { mps };
        let after_lps = (mps ^ 1) << 7 | TRANS_IDX_LPS[state] << 1 | mps_after_lps;
        let after_mps = mps << 7 | TRANS_IDX_MPS[state] << 1 | mps;
        rows[bits] = Row(row | (after_lps as u64) << AFTER_LPS | (after_mps as u64) << AFTER_MPS);
        bits += 1;
    }
    rows
};

/// Where the context variables that can follow stand in a row.
const AFTER_LPS: u32 = 15;
const AFTER_MPS: u32 = 31;

/// All that a bin needs to know of its context variable.
#[derive(Clone, Copy)]
pub(super) struct Row(u64);

impl Row {
    /// codIRangeLPS for a codIRange.
    #[inline(always)]
    pub(super) fn range_lps(self, range: u64) -> u64 {
        (self.0 << (range >> (UNIT + 2) & 48)) & 0xff << UNIT
    }

    /// The context variable after the bin.
    #[inline(always)]
    pub(super) fn next(self, is_lps: bool) -> Model {
        Model(select_unpredictable(is_lps, self.0 >> AFTER_LPS, self.0 >> AFTER_MPS) as u8)
    }
}

/// A context variable with the bin that was coded last, so that a decoder has no other result to keep:
/// `bin << 7 | pStateIdx << 1 | valMPS`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Model(u8);

impl Model {
    pub(super) fn new(model: ContextModel) -> Model {
        Model(model.p_state_idx() << 1 | u8::from(model.val_mps()))
    }

    pub(super) fn get(self) -> ContextModel {
        ContextModel::new(self.0 >> 1 & 63, self.val_mps()).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn val_mps(self) -> bool {
        self.0 & 1 != 0
    }

    /// The bin that was coded last.
    #[inline(always)]
    pub(super) fn bin(self) -> bool {
        self.0 >> 7 != 0
    }

    #[inline(always)]
    pub(super) fn row(self) -> Row {
        ROWS[usize::from(self.0)]
    }
}

/// All context variables. They have a place of their own, so that the registers of a coder can be registers.
pub(super) type Models = Box<[Model; CONTEXTS]>;

pub(super) fn models() -> Models {
    Box::new([Model::default(); CONTEXTS])
}
