//! prediction_unit and mvd_coding (clauses 7.3.8.6 and 7.3.8.9).

use super::binarization::truncated_unary;
use super::contexts::{
    ABS_MVD_GREATER0_FLAG, ABS_MVD_GREATER1_FLAG, INTER_PRED_IDC, MERGE_FLAG, MERGE_IDX, MVP_FLAG, REF_IDX,
    ctx,
};
use super::headers::SliceType;
use super::tree::PredictionUnit;
use super::walk::{CtuPair, Walk, next_given};
use crate::bin::{BinCoder, Element};
use crate::binarization::exp_golomb;

const MERGE: Element = Element("merge_flag");
const MERGE_IDX_ELEMENT: Element = Element("merge_idx");
const INTER_PRED: Element = Element("inter_pred_idc");
const REF_IDX_OF: [Element; 2] = [Element("ref_idx_l0"), Element("ref_idx_l1")];
const MVP_OF: [Element; 2] = [Element("mvp_l0_flag"), Element("mvp_l1_flag")];
const ABS_MVD_GREATER0: Element = Element("abs_mvd_greater0_flag");
const ABS_MVD_GREATER1: Element = Element("abs_mvd_greater1_flag");
const ABS_MVD_MINUS2: Element = Element("abs_mvd_minus2");
const MVD_SIGN: Element = Element("mvd_sign_flag");

/// inter_pred_idc.
const PRED_L0: u8 = 0;
const PRED_L1: u8 = 1;
const PRED_BI: u8 = 2;

impl<C: BinCoder> Walk<'_, C> {
    /// Codes a prediction unit, given CtDepth and whether it is 8x4 or 4x8.
    pub(super) fn prediction_unit(
        &mut self,
        unit: &mut CtuPair<'_>,
        is_skipped: bool,
        is_small: bool,
        depth: u8,
    ) {
        let slice = &self.parameters.slice;
        let given = next_given(&unit.given.prediction_units, &unit.coded.prediction_units);
        let mut coded = PredictionUnit {
            merge_flag: is_skipped || self.flag(MERGE, given.merge_flag, MERGE_FLAG),
            ..PredictionUnit::default()
        };
        if coded.merge_flag {
            let c_max = u32::from(slice.max_num_merge_cand) - 1;
            if c_max > 0 {
                let code = |coder: &mut C, given| {
                    truncated_unary(coder, given, c_max, |bin_idx| (bin_idx == 0).then_some(ctx(MERGE_IDX)))
                };
                let given = given.merge_idx.into();
                coded.merge_idx = self.element(MERGE_IDX_ELEMENT, given, 0..=c_max as i32, code) as u8;
            }
            unit.coded.prediction_units.push(coded);
            return;
        }
        if slice.slice_type == SliceType::B {
            coded.inter_pred_idc = self.inter_pred_idc(given.inter_pred_idc, is_small, depth);
        }
        for list in 0..2 {
            if coded.inter_pred_idc == [PRED_L1, PRED_L0][list] {
                continue;
            }
            if slice.num_ref_idx_active[list] > 1 {
                coded.ref_idx[list] = self.ref_idx(given.ref_idx[list], list);
            }
            let is_zero = list == 1 && slice.mvd_l1_zero_flag && coded.inter_pred_idc == PRED_BI;
            if !is_zero {
                coded.mvd[list] = self.mvd_coding(given.mvd[list]);
            }
            coded.mvp_flag[list] = self.flag(MVP_OF[list], given.mvp_flag[list], MVP_FLAG);
        }
        unit.coded.prediction_units.push(coded);
    }

    fn inter_pred_idc(&mut self, given: u8, is_small: bool, depth: u8) -> u8 {
        let most = if is_small { PRED_L1 } else { PRED_BI };
        let both = ctx(INTER_PRED_IDC + usize::from(depth & 3));
        let code = |coder: &mut C, given| {
            if !is_small && coder.context(both, given == u32::from(PRED_BI)) {
                return PRED_BI.into();
            }
            coder.context(ctx(INTER_PRED_IDC + 4), given == u32::from(PRED_L1)).into()
        };
        self.element(INTER_PRED, given.into(), 0..=most.into(), code) as u8
    }

    fn ref_idx(&mut self, given: u8, list: usize) -> u8 {
        let c_max = u32::from(self.parameters.slice.num_ref_idx_active[list]) - 1;
        let code = |coder: &mut C, given| {
            truncated_unary(coder, given, c_max, |bin_idx| {
                (bin_idx < 2).then(|| ctx(REF_IDX + bin_idx as usize))
            })
        };
        self.element(REF_IDX_OF[list], given.into(), 0..=c_max as i32, code) as u8
    }

    fn mvd_coding(&mut self, given: [i16; 2]) -> [i16; 2] {
        let given = given.map(i32::from);
        let mut is_above = [[false; 2]; 2];
        for i in 0..2 {
            is_above[0][i] = self.flag(ABS_MVD_GREATER0, given[i] != 0, ABS_MVD_GREATER0_FLAG);
        }
        for i in 0..2 {
            is_above[1][i] =
                is_above[0][i] && self.flag(ABS_MVD_GREATER1, given[i].abs() > 1, ABS_MVD_GREATER1_FLAG);
        }
        let mut coded = [0; 2];
        for i in 0..2 {
            let mut abs = i32::from(is_above[0][i]);
            if is_above[1][i] {
                let code = |coder: &mut C, given| exp_golomb(coder, given, 1);
                abs = 2 + self.element(ABS_MVD_MINUS2, given[i].abs() - 2, 0..=(1 << 15) - 2, code);
            }
            if abs != 0 {
                // At the largest absolute value only the negative one is legal.
                let is_negative = self.sign(MVD_SIGN, given[i] < 0, i32::from(abs == 1 << 15));
                coded[i] = if is_negative { -abs } else { abs } as i16;
            }
        }
        coded
    }
}
