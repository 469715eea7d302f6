//! The first context of each syntax element in the flat index, looked up in the table of all contexts.

use crate::context::CtxIdx;
use crate::tables::hevc_contexts::ELEMENTS;

/// The first context of an element, by its name in the table.
const fn first(name: &str) -> usize {
    let mut i = 0;
    while !is_equal(ELEMENTS[i].name, name) {
        i += 1;
    }
    ELEMENTS[i].flat.start as usize
}

const fn is_equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

pub(super) const SAO_MERGE_FLAG: usize = first("sao_merge_left_flag, sao_merge_up_flag");
pub(super) const SAO_TYPE_IDX: usize = first("sao_type_idx_luma, sao_type_idx_chroma");
pub(super) const SPLIT_CU_FLAG: usize = first("split_cu_flag");
pub(super) const CU_TRANSQUANT_BYPASS_FLAG: usize = first("cu_transquant_bypass_flag");
pub(super) const CU_SKIP_FLAG: usize = first("cu_skip_flag");
pub(super) const PRED_MODE_FLAG: usize = first("pred_mode_flag");
/// The context of the first bin; those of the other bins follow it.
pub(super) const PART_MODE: usize = first("part_mode, first bin");
pub(super) const PREV_INTRA_LUMA_PRED_FLAG: usize = first("prev_intra_luma_pred_flag");
pub(super) const INTRA_CHROMA_PRED_MODE: usize = first("intra_chroma_pred_mode");
pub(super) const RQT_ROOT_CBF: usize = first("rqt_root_cbf");
pub(super) const MERGE_FLAG: usize = first("merge_flag");
pub(super) const MERGE_IDX: usize = first("merge_idx");
pub(super) const INTER_PRED_IDC: usize = first("inter_pred_idc");
pub(super) const REF_IDX: usize = first("ref_idx_l0, ref_idx_l1");
pub(super) const MVP_FLAG: usize = first("mvp_l0_flag, mvp_l1_flag");
pub(super) const SPLIT_TRANSFORM_FLAG: usize = first("split_transform_flag");
pub(super) const CBF_LUMA: usize = first("cbf_luma");
/// The context for trafoDepth 4 follows the others.
pub(super) const CBF_CHROMA: usize = first("cbf_cb, cbf_cr");
pub(super) const ABS_MVD_GREATER0_FLAG: usize = first("abs_mvd_greater0_flag");
pub(super) const ABS_MVD_GREATER1_FLAG: usize = first("abs_mvd_greater1_flag");
pub(super) const CU_QP_DELTA_ABS: usize = first("cu_qp_delta_abs");
/// For luma; that for chroma follows it.
pub(super) const TRANSFORM_SKIP_FLAG: usize = first("transform_skip_flag, luma");
pub(super) const LAST_SIG_COEFF_PREFIX: [usize; 2] =
    [first("last_sig_coeff_x_prefix"), first("last_sig_coeff_y_prefix")];
pub(super) const CODED_SUB_BLOCK_FLAG: usize = first("coded_sub_block_flag");
/// For luma, and for chroma.
pub(super) const SIG_COEFF_FLAG: [usize; 2] =
    [first("sig_coeff_flag, luma"), first("sig_coeff_flag, chroma")];
/// The same with transform_skip_context_enabled_flag, for blocks that are not transformed.
pub(super) const SIG_COEFF_FLAG_SKIPPED: [usize; 2] = [
    first("sig_coeff_flag, luma, transform_skip_context"),
    first("sig_coeff_flag, chroma, transform_skip_context"),
];
pub(super) const COEFF_ABS_LEVEL_GREATER1_FLAG: usize = first("coeff_abs_level_greater1_flag");
pub(super) const COEFF_ABS_LEVEL_GREATER2_FLAG: usize = first("coeff_abs_level_greater2_flag");
pub(super) const EXPLICIT_RDPCM_FLAG: usize = first("explicit_rdpcm_flag");
pub(super) const EXPLICIT_RDPCM_DIR_FLAG: usize = first("explicit_rdpcm_dir_flag");
/// For Cb, and for Cr.
pub(super) const LOG2_RES_SCALE_ABS_PLUS1: [usize; 2] =
    [first("log2_res_scale_abs_plus1, Cb"), first("log2_res_scale_abs_plus1, Cr")];
pub(super) const RES_SCALE_SIGN_FLAG: [usize; 2] =
    [first("res_scale_sign_flag, Cb"), first("res_scale_sign_flag, Cr")];
pub(super) const CU_CHROMA_QP_OFFSET_FLAG: usize = first("cu_chroma_qp_offset_flag");
pub(super) const CU_CHROMA_QP_OFFSET_IDX: usize = first("cu_chroma_qp_offset_idx");

#[inline(always)]
pub(super) const fn ctx(index: usize) -> CtxIdx {
    CtxIdx::known(index)
}
