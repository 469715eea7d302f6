//! transform_tree and transform_unit (clauses 7.3.8.8 and 7.3.8.10), with the QP offsets and the cross-component prediction of
//! transform_unit (clauses 7.3.8.12 to 7.3.8.14).

use super::binarization::truncated_unary;
use super::contexts::{
    CBF_CHROMA, CBF_LUMA, CU_CHROMA_QP_OFFSET_FLAG, CU_CHROMA_QP_OFFSET_IDX, CU_QP_DELTA_ABS,
    LOG2_RES_SCALE_ABS_PLUS1, RES_SCALE_SIGN_FLAG, SPLIT_TRANSFORM_FLAG, ctx,
};
use super::tree::TransformNode;
use super::walk::{CtuPair, Walk, next_given};
use crate::bin::{BinCoder, Element};
use crate::binarization::exp_golomb;

const SPLIT_TRANSFORM: Element = Element("split_transform_flag");
const CBF_CHROMA_OF: [Element; 2] = [Element("cbf_cb"), Element("cbf_cr")];
const CBF_LUMA_ELEMENT: Element = Element("cbf_luma");
const CU_QP_DELTA_ABS_ELEMENT: Element = Element("cu_qp_delta_abs");
const CU_QP_DELTA_SIGN: Element = Element("cu_qp_delta_sign_flag");
const CU_CHROMA_QP_OFFSET: Element = Element("cu_chroma_qp_offset_flag");
const CU_CHROMA_QP_OFFSET_IDX_ELEMENT: Element = Element("cu_chroma_qp_offset_idx");
const LOG2_RES_SCALE: Element = Element("log2_res_scale_abs_plus1");
const RES_SCALE_SIGN: Element = Element("res_scale_sign_flag");

/// What a transform tree needs to know of its coding unit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Coding {
    pub(super) is_intra: bool,
    pub(super) cu_transquant_bypass_flag: bool,
    /// IntraSplitFlag.
    pub(super) intra_split: bool,
    /// interSplitFlag, at the root.
    pub(super) inter_split: bool,
    /// MaxTrafoDepth.
    pub(super) max_depth: u8,
    /// IntraPredModeY, by quarter.
    pub(super) luma_modes: [u8; 4],
    /// IntraPredModeC, by quarter.
    pub(super) chroma_modes: [u8; 4],
    /// Whether intra_chroma_pred_mode is 4, by quarter.
    pub(super) is_chroma_derived: [bool; 4],
}

/// A node of a transform tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// x0 and y0; `base` is xBase and yBase, those of the node that it is a quarter of.
    pub(super) at: [u32; 2],
    pub(super) base: [u32; 2],
    pub(super) log2_size: u32,
    pub(super) depth: u8,
    pub(super) blk_idx: u8,
    /// The quarter of the coding unit in which it is or begins.
    pub(super) part: usize,
}

/// cbf_cb and cbf_cr, each with the second one of 4:2:2.
type CbfChroma = [[bool; 2]; 2];

impl<C: BinCoder> Walk<'_, C> {
    pub(super) fn transform_tree(
        &mut self,
        unit: &mut CtuPair<'_>,
        coding: &Coding,
        node: Node,
        parent: CbfChroma,
    ) {
        let sps = &self.parameters.sps;
        let format = sps.chroma_array_type();
        let Node { log2_size, depth, .. } = node;
        let index = unit.coded.transform_nodes.len();
        let given = next_given(&unit.given.transform_nodes, &unit.coded.transform_nodes);
        let is_too_large = log2_size > sps.max_tb_log2_size.into();
        let splits_itself = depth == 0 && (coding.intra_split || coding.inter_split);
        let can_split = log2_size > sps.min_tb_log2_size.into() && depth < coding.max_depth;
        let mut coded = TransformNode {
            split_transform_flag: if !is_too_large && can_split && !(coding.intra_split && depth == 0) {
                let index = SPLIT_TRANSFORM_FLAG + 5 - log2_size as usize;
                self.flag(SPLIT_TRANSFORM, given.split_transform_flag, index)
            } else {
                is_too_large || splits_itself
            },
            ..TransformNode::default()
        };
        let mut cbf_chroma = [[false; 2]; 2];
        if format == 3 || format != 0 && log2_size > 2 {
            let has_second = format == 2 && (!coded.split_transform_flag || log2_size == 3);
            for plane in 0..2 {
                if depth > 0 && parent[plane] == [false; 2] {
                    continue;
                }
                let seconds = if has_second { 2 } else { 1 };
                for (second, cbf) in cbf_chroma[plane][..seconds].iter_mut().enumerate() {
                    let index = CBF_CHROMA + usize::from(depth.min(4));
                    *cbf = self.flag(CBF_CHROMA_OF[plane], given.cbf_chroma[plane][second], index);
                }
            }
            coded.cbf_chroma = cbf_chroma;
        } else if depth > 0 {
            cbf_chroma = parent;
        }
        if coded.split_transform_flag {
            unit.coded.transform_nodes.push(coded);
            let [x, y] = node.at;
            let half = 1 << (log2_size - 1);
            let quarters = [[x, y], [x + half, y], [x, y + half], [x + half, y + half]];
            for (blk_idx, at) in quarters.into_iter().enumerate() {
                let part = if depth == 0 { blk_idx } else { node.part };
                let (base, log2_size, depth) = (node.at, log2_size - 1, depth + 1);
                let quarter = Node { at, base, log2_size, depth, blk_idx: blk_idx as u8, part };
                self.transform_tree(unit, coding, quarter, cbf_chroma);
            }
            return;
        }
        let has_chroma = cbf_chroma != [[false; 2]; 2];
        coded.cbf_luma = if coding.is_intra || depth != 0 || has_chroma {
            self.flag(CBF_LUMA_ELEMENT, given.cbf_luma, CBF_LUMA + usize::from(depth == 0))
        } else {
            true
        };
        unit.coded.transform_nodes.push(coded);
        if coded.cbf_luma || has_chroma {
            let first = unit.coded.blocks.len();
            self.transform_unit(unit, coding, node, (&given, &mut coded), cbf_chroma);
            coded.blocks = (unit.coded.blocks.len() - first) as u8;
            unit.coded.transform_nodes[index] = coded;
        }
    }

    fn transform_unit(
        &mut self,
        unit: &mut CtuPair<'_>,
        coding: &Coding,
        node: Node,
        (given, coded): (&TransformNode, &mut TransformNode),
        cbf_chroma: CbfChroma,
    ) {
        let format = self.parameters.sps.chroma_array_type();
        let has_chroma = cbf_chroma != [[false; 2]; 2];
        if self.parameters.pps.cu_qp_delta_enabled_flag && !self.is_cu_qp_delta_coded {
            self.is_cu_qp_delta_coded = true;
            coded.cu_qp_delta = self.cu_qp_delta(given.cu_qp_delta);
        }
        let can_offset = self.parameters.slice.cu_chroma_qp_offset_enabled_flag
            && has_chroma
            && !coding.cu_transquant_bypass_flag;
        if can_offset && !self.is_cu_chroma_qp_offset_coded {
            self.is_cu_chroma_qp_offset_coded = true;
            coded.cu_chroma_qp_offset = self.cu_chroma_qp_offset(given.cu_chroma_qp_offset);
        }
        let part = node.part;
        if coded.cbf_luma {
            self.residual_coding(unit, coding, 0, node.at, node.log2_size, coding.luma_modes[part]);
        }
        // Four luma blocks of 4x4 share one chroma block, except in 4:4:4.
        let (at, log2_size, part) = match format {
            0 => return,
            3 => (node.at, node.log2_size, part),
            _ if node.log2_size > 2 => (node.at, node.log2_size - 1, part),
            _ if node.blk_idx == 3 => (node.base, 2, part),
            _ => return,
        };
        let is_predicted = self.parameters.pps.cross_component_prediction_enabled_flag
            && coded.cbf_luma
            && (!coding.is_intra || coding.is_chroma_derived[part]);
        for (plane, cbf) in cbf_chroma.into_iter().enumerate() {
            if is_predicted {
                self.cross_comp_pred(plane, given, coded);
            }
            for (second, is_coded) in cbf.into_iter().enumerate() {
                if is_coded {
                    // Places are in luma samples, and in 4:2:2 chroma has as many rows as luma.
                    let at = [at[0], at[1] + ((second as u32) << log2_size)];
                    self.residual_coding(unit, coding, 1 + plane, at, log2_size, coding.chroma_modes[part]);
                }
            }
        }
    }

    fn cu_qp_delta(&mut self, given: i8) -> i8 {
        let half = 3 * (i32::from(self.parameters.sps.bit_depth_luma) - 8);
        let code = |coder: &mut C, given| {
            let prefix = truncated_unary(coder, given, 5, |bin_idx| {
                Some(ctx(CU_QP_DELTA_ABS + (bin_idx > 0) as usize))
            });
            if prefix < 5 { prefix } else { exp_golomb(coder, given.wrapping_sub(5), 0).saturating_add(5) }
        };
        let given_abs = i32::from(given).abs();
        let abs = self.element(CU_QP_DELTA_ABS_ELEMENT, given_abs, 0..=26 + half, code);
        if abs == 0 {
            return 0;
        }
        // At the largest absolute value only the negative one is legal.
        let lowest = i32::from(abs == 26 + half);
        let is_negative = self.sign(CU_QP_DELTA_SIGN, given < 0, lowest);
        if is_negative { -abs as i8 } else { abs as i8 }
    }

    fn cu_chroma_qp_offset(&mut self, given: Option<u8>) -> Option<u8> {
        if !self.flag(CU_CHROMA_QP_OFFSET, given.is_some(), CU_CHROMA_QP_OFFSET_FLAG) {
            return None;
        }
        let c_max = self.parameters.pps.chroma_qp_offset_list.map_or(0, |[_, len_minus1]| len_minus1);
        if c_max == 0 {
            return Some(0);
        }
        let code = |coder: &mut C, given| {
            truncated_unary(coder, given, c_max.into(), |_| Some(ctx(CU_CHROMA_QP_OFFSET_IDX)))
        };
        let given = given.unwrap_or(0).into();
        Some(self.element(CU_CHROMA_QP_OFFSET_IDX_ELEMENT, given, 0..=c_max.into(), code) as u8)
    }

    fn cross_comp_pred(&mut self, plane: usize, given: &TransformNode, coded: &mut TransformNode) {
        let first = LOG2_RES_SCALE_ABS_PLUS1[plane];
        let code = |coder: &mut C, given| {
            truncated_unary(coder, given, 4, |bin_idx| Some(ctx(first + bin_idx as usize)))
        };
        let given_scale = given.log2_res_scale_abs_plus1[plane].into();
        coded.log2_res_scale_abs_plus1[plane] = self.element(LOG2_RES_SCALE, given_scale, 0..=4, code) as u8;
        if coded.log2_res_scale_abs_plus1[plane] != 0 {
            coded.res_scale_sign_flag[plane] =
                self.flag(RES_SCALE_SIGN, given.res_scale_sign_flag[plane], RES_SCALE_SIGN_FLAG[plane]);
        }
    }
}
