//! coding_unit (clause 7.3.8.5): its kind, its modes and its PCM samples. Prediction units and residual have files of their own.

use super::binarization::truncated_unary;
use super::contexts::{
    CU_SKIP_FLAG, CU_TRANSQUANT_BYPASS_FLAG, INTRA_CHROMA_PRED_MODE, PART_MODE, PRED_MODE_FLAG,
    PREV_INTRA_LUMA_PRED_FLAG, RQT_ROOT_CBF, ctx,
};
use super::edges::{DC, INTRA_HORIZONTAL, INTRA_VERTICAL, Neighbour, PLANAR};
use super::headers::SliceType;
use super::parameters::NO_PART_MODE;
use super::transform::{Coding, Node};
use super::tree::{CodingUnit, LumaMode, PartMode, PredMode};
use super::walk::{CtuPair, Walk, next_given};
use crate::bin::{BinCoder, Element};

const CU_TRANSQUANT_BYPASS: Element = Element("cu_transquant_bypass_flag");
const CU_SKIP: Element = Element("cu_skip_flag");
const PRED_MODE: Element = Element("pred_mode_flag");
const PART_MODE_ELEMENT: Element = Element("part_mode");
const PCM_FLAG: Element = Element("pcm_flag");
const STOP_BIT_OF_PCM: Element = Element("the stop bit after pcm_flag");
const PREV_INTRA_LUMA_PRED: Element = Element("prev_intra_luma_pred_flag");
const MPM_IDX: Element = Element("mpm_idx");
const REM_INTRA_LUMA_PRED_MODE: Element = Element("rem_intra_luma_pred_mode");
const INTRA_CHROMA_PRED: Element = Element("intra_chroma_pred_mode");
const RQT_ROOT: Element = Element("rqt_root_cbf");

impl<C: BinCoder> Walk<'_, C> {
    pub(super) fn coding_unit(&mut self, unit: &mut CtuPair<'_>, at: [u32; 2], log2_size: u32, depth: u8) {
        let parameters = self.parameters;
        let given = next_given(&unit.given.coding_units, &unit.coded.coding_units);
        let mut coded = CodingUnit { log2_cb_size: log2_size as u8, ..CodingUnit::default() };
        let [x, y] = at;
        if parameters.pps.transquant_bypass_enabled_flag {
            coded.cu_transquant_bypass_flag =
                self.flag(CU_TRANSQUANT_BYPASS, given.cu_transquant_bypass_flag, CU_TRANSQUANT_BYPASS_FLAG);
        }
        if parameters.slice.slice_type != SliceType::I {
            coded.pred_mode = self.pred_mode(given.pred_mode, at);
        }
        if coded.pred_mode != PredMode::Skip {
            coded.part_mode = self.part_mode(given.part_mode, coded.pred_mode, log2_size);
        }
        let is_skipped = coded.pred_mode == PredMode::Skip;
        self.edges.set(x, y, log2_size, Neighbour { depth, is_skipped });
        let mut coding = Coding::default();
        if coded.pred_mode == PredMode::Intra {
            let has_pcm = coded.part_mode == PartMode::Whole
                && parameters
                    .sps
                    .pcm
                    .is_some_and(|pcm| (pcm.log2_size[0]..=pcm.log2_size[1]).contains(&coded.log2_cb_size));
            if has_pcm && self.pcm_flag(given.pcm.is_some()) {
                self.edges.set_mode(x, y, log2_size, DC);
                self.pcm_samples(unit, &given, &mut coded);
                unit.coded.coding_units.push(coded);
                return;
            }
            self.luma_modes(&given, &mut coded, &mut coding, at);
            self.chroma_modes(&given, &mut coded, &mut coding);
        } else {
            self.edges.set_mode(x, y, log2_size, DC);
            for index in 0..coded.part_mode.count() as u32 {
                let [_, _, width, height] = coded.part_mode.part(index, 1 << log2_size);
                self.prediction_unit(unit, is_skipped, width + height == 12, depth);
            }
        }
        coded.rqt_root_cbf = match coded.pred_mode {
            PredMode::Intra => true,
            PredMode::Skip => false,
            PredMode::Inter => {
                let is_merged = unit.coded.prediction_units.last().is_some_and(|last| last.merge_flag);
                coded.part_mode == PartMode::Whole && is_merged
                    || self.flag(RQT_ROOT, given.rqt_root_cbf, RQT_ROOT_CBF)
            }
        };
        unit.coded.coding_units.push(coded);
        if coded.rqt_root_cbf {
            let is_intra = coded.pred_mode == PredMode::Intra;
            let [inter_depth, intra_depth] = parameters.sps.max_transform_hierarchy_depth;
            coding.is_intra = is_intra;
            coding.intra_split = is_intra && coded.part_mode == PartMode::Quarters;
            coding.inter_split = !is_intra && inter_depth == 0 && coded.part_mode != PartMode::Whole;
            coding.max_depth =
                if is_intra { intra_depth + u8::from(coding.intra_split) } else { inter_depth };
            coding.cu_transquant_bypass_flag = coded.cu_transquant_bypass_flag;
            let root = Node { at, base: at, log2_size, depth: 0, blk_idx: 0, part: 0 };
            self.transform_tree(unit, &coding, root, [[false; 2]; 2]);
        }
    }

    fn pred_mode(&mut self, given: PredMode, [x, y]: [u32; 2]) -> PredMode {
        let near = self.edges.neighbours(x, y);
        let inc = usize::from(near[0].is_skipped) + usize::from(near[1].is_skipped);
        if self.flag(CU_SKIP, given == PredMode::Skip, CU_SKIP_FLAG + inc) {
            PredMode::Skip
        } else if self.flag(PRED_MODE, given == PredMode::Intra, PRED_MODE_FLAG) {
            PredMode::Intra
        } else {
            PredMode::Inter
        }
    }

    /// part_mode, with the bins of clause 9.3.3.7: the first says whether the unit is whole, the second whether it is divided into rows. At
    /// the smallest size, the next says whether it is divided into columns; at larger sizes, whether into halves, and if not, which part is
    /// the larger one.
    fn part_mode(&mut self, given: PartMode, pred_mode: PredMode, log2_size: u32) -> PartMode {
        let sps = &self.parameters.sps;
        let is_smallest = log2_size == u32::from(sps.min_cb_log2_size);
        if pred_mode == PredMode::Intra && !is_smallest {
            return PartMode::Whole;
        }
        let has_amp = sps.amp_enabled_flag && !is_smallest;
        let most = match pred_mode {
            PredMode::Intra => 1,
            _ if has_amp => 7,
            _ if is_smallest && log2_size > 3 => 3,
            _ => 2,
        };
        // An intra-predicted unit can only be whole or PART_NxN, which is 1 here.
        let value = |mode: PartMode| match (pred_mode, mode) {
            (PredMode::Intra, PartMode::Quarters) => 1,
            (PredMode::Intra, PartMode::Whole) => 0,
            (PredMode::Intra, _) => NO_PART_MODE,
            (_, PartMode::Quarters) if has_amp => NO_PART_MODE,
            _ => mode as i32,
        };
        let code = |coder: &mut C, given: u32| {
            if coder.context(ctx(PART_MODE), given == 0) {
                return 0;
            }
            if most == 1 {
                return 1;
            }
            let is_rows = coder.context(ctx(PART_MODE + 1), matches!(given, 1 | 4 | 5));
            if has_amp {
                if coder.context(ctx(PART_MODE + 3), given < 4) {
                    return if is_rows { 1 } else { 2 };
                }
                let is_second = coder.bypass(given % 2 == 1);
                return if is_rows { 4 } else { 6 } + u32::from(is_second);
            }
            if is_rows {
                1
            } else if most == 3 {
                if coder.context(ctx(PART_MODE + 2), given == 2) { 2 } else { 3 }
            } else {
                2
            }
        };
        let coded = self.element(PART_MODE_ELEMENT, value(given), 0..=most, code);
        if pred_mode == PredMode::Intra && coded == 1 {
            return PartMode::Quarters;
        }
        PartMode::ALL[coded as usize & 7]
    }

    fn pcm_flag(&mut self, given: bool) -> bool {
        let given = self.coder.element(PCM_FLAG, given.into(), 0..=1);
        let coded = self.coder.terminate(given != 0);
        self.coder.coded(PCM_FLAG, coded.into());
        coded
    }

    fn pcm_samples(&mut self, unit: &mut CtuPair<'_>, given: &CodingUnit, coded: &mut CodingUnit) {
        if !self.coder.stop_bit() {
            self.record_fault(STOP_BIT_OF_PCM, 0, 1..=1);
        }
        coded.pcm_alignment = self.coder.padding(given.pcm_alignment);
        let first = unit.coded.pcm.len();
        let bytes = self.parameters.pcm_bytes(coded.log2_cb_size.into());
        coded.pcm = Some(bytes as u16);
        let end = first + bytes;
        let there = unit.given.pcm.get(first..end.min(unit.given.pcm.len())).unwrap_or_default();
        unit.coded.pcm.extend_from_slice(there);
        unit.coded.pcm.resize(end, 0);
        self.coder.raw(&mut unit.coded.pcm[first..]);
        self.coder.start();
    }

    /// The modes of the luma blocks, and IntraPredModeY of each (clause 8.4.2).
    fn luma_modes(
        &mut self,
        given: &CodingUnit,
        coded: &mut CodingUnit,
        coding: &mut Coding,
        [x, y]: [u32; 2],
    ) {
        let count = coded.part_mode.count();
        let mut is_predicted = [false; 4];
        for (part, is_predicted) in is_predicted[..count].iter_mut().enumerate() {
            let given = matches!(given.luma_modes[part], LumaMode::Mpm(_));
            *is_predicted = self.flag(PREV_INTRA_LUMA_PRED, given, PREV_INTRA_LUMA_PRED_FLAG);
        }
        let log2_part = u32::from(coded.log2_cb_size) - u32::from(count == 4);
        for (part, is_predicted) in is_predicted[..count].iter().enumerate() {
            let [left, above, ..] = coded.part_mode.part(part as u32, 1 << coded.log2_cb_size);
            let (x, y) = (x + left, y + above);
            let cand_mode_list = cand_mode_list(self.edges.modes(x, y));
            let mode = if *is_predicted {
                let given = if let LumaMode::Mpm(idx) = given.luma_modes[part] { idx } else { 0 };
                let code = |coder: &mut C, given| truncated_unary(coder, given, 2, |_| None);
                let mpm_idx = self.element(MPM_IDX, given.into(), 0..=2, code) as u8;
                coded.luma_modes[part] = LumaMode::Mpm(mpm_idx);
                cand_mode_list[usize::from(mpm_idx)]
            } else {
                let given = if let LumaMode::Rem(mode) = given.luma_modes[part] { mode } else { 0 };
                let rem = self.bits(REM_INTRA_LUMA_PRED_MODE, given, 5);
                coded.luma_modes[part] = LumaMode::Rem(rem);
                remaining_mode(cand_mode_list, rem)
            };
            self.edges.set_mode(x, y, log2_part, mode);
            coding.luma_modes[part] = mode;
        }
        if count == 1 {
            coding.luma_modes = [coding.luma_modes[0]; 4];
        }
    }

    /// intra_chroma_pred_mode, and IntraPredModeC of each block (clause 8.4.3).
    fn chroma_modes(&mut self, given: &CodingUnit, coded: &mut CodingUnit, coding: &mut Coding) {
        let format = self.parameters.sps.chroma_array_type();
        let count = match format {
            0 => 0,
            3 => coded.part_mode.count(),
            _ => 1,
        };
        for part in 0..count {
            let given = given.intra_chroma_pred_mode[part].into();
            let coded_mode = self.element(INTRA_CHROMA_PRED, given, 0..=4, |coder, given| {
                let is_other = coder.context(ctx(INTRA_CHROMA_PRED_MODE), given < 4);
                if is_other { coder.bypass_bits(2, given) } else { 4 }
            }) as u8;
            coded.intra_chroma_pred_mode[part] = coded_mode;
            let mode = chroma_mode(coded_mode, coding.luma_modes[part]);
            coding.chroma_modes[part] = if format == 2 { MODE_422[usize::from(mode)] } else { mode };
            coding.is_chroma_derived[part] = coded_mode == 4;
        }
        if count == 1 {
            coding.chroma_modes = [coding.chroma_modes[0]; 4];
            coding.is_chroma_derived = [coding.is_chroma_derived[0]; 4];
        }
    }
}

/// candModeList (8-11 to 8-20).
fn cand_mode_list([a, b]: [u8; 2]) -> [u8; 3] {
    if a != b {
        let third = [PLANAR, DC, INTRA_VERTICAL].into_iter().find(|mode| *mode != a && *mode != b);
        [a, b, third.unwrap_or(INTRA_VERTICAL)]
    } else if a < 2 {
        [PLANAR, DC, INTRA_VERTICAL]
    } else {
        [a, 2 + (a + 29) % 32, 2 + (a - 2 + 1) % 32]
    }
}

/// The mode that rem_intra_luma_pred_mode codes, which counts only the modes that are not in candModeList.
fn remaining_mode(mut cand_mode_list: [u8; 3], rem: u8) -> u8 {
    cand_mode_list.sort_unstable();
    cand_mode_list.into_iter().fold(rem, |mode, candidate| mode + u8::from(mode >= candidate))
}

/// IntraPredModeC before the mapping for 4:2:2 (table 8-2).
fn chroma_mode(intra_chroma_pred_mode: u8, luma_mode: u8) -> u8 {
    let mode = match intra_chroma_pred_mode {
        0 => PLANAR,
        1 => INTRA_VERTICAL,
        2 => INTRA_HORIZONTAL,
        3 => DC,
        _ => return luma_mode,
    };
    if mode == luma_mode { 34 } else { mode }
}

/// The mode of a 4:2:2 chroma block, whose samples are twice as wide as high (table 8-3).
const MODE_422: [u8; 35] = [
    0, 1, 2, 2, 2, 2, 3, 5, 7, 8, 10, 11, 13, 15, 16, 18, 19, 20, 21, 22, 23, 23, 24, 24, 25, 25, 26, 27, 27,
    28, 28, 29, 29, 30, 31,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand from clause 8.4.2.
    #[test]
    fn most_probable_modes_are_those_of_the_standard() {
        assert_eq!(cand_mode_list([DC, DC]), [PLANAR, DC, INTRA_VERTICAL]);
        assert_eq!(cand_mode_list([10, 10]), [10, 9, 11]);
        assert_eq!(cand_mode_list([2, 2]), [2, 33, 3]);
        assert_eq!(cand_mode_list([34, 34]), [34, 33, 3]);
        assert_eq!(cand_mode_list([PLANAR, 26]), [PLANAR, 26, DC]);
        assert_eq!(cand_mode_list([PLANAR, DC]), [PLANAR, DC, INTRA_VERTICAL]);
        for list in [[0, 1, 26], [10, 9, 11], [34, 33, 3]] {
            let mut modes: Vec<u8> = (0..32).map(|rem| remaining_mode(list, rem)).chain(list).collect();
            modes.sort_unstable();
            assert!(modes.into_iter().eq(0..35));
        }
    }
}
