//! What a coding tree unit of H.265 consists of, as C has it: lists in the order of the stream.

use silicabac::hevc::{self, LumaMode, PredMode, SaoMerge};

/// What sao() has of a component.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SaoComponent {
    /// sao_type_idx_luma or sao_type_idx_chroma: 0 nothing, 1 band offset, 2 edge offset. That of Cr is that of Cb.
    pub type_idx: u8,
    /// sao_offset_abs.
    pub offset_abs: [u8; 4],
    /// sao_offset_sign, of a band offset.
    pub offset_sign: [u8; 4],
    /// sao_band_position.
    pub band_position: u8,
    /// sao_eo_class_luma or sao_eo_class_chroma; that of Cr is that of Cb.
    pub eo_class: u8,
}

/// coding_unit().
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct CodingUnit {
    /// The column of its first luma sample. Derived: not looked at when it is written, as the next.
    pub x: u32,
    /// Its row.
    pub y: u32,
    /// log2CbSize.
    pub log2_cb_size: u8,
    /// cu_transquant_bypass_flag.
    pub cu_transquant_bypass_flag: u8,
    /// CuPredMode: MODE_INTER 0, MODE_INTRA 1, MODE_SKIP 2.
    pub pred_mode: u8,
    /// PartMode, as table 7-10 numbers it: PART_2Nx2N 0 to PART_nRx2N 7.
    pub part_mode: u8,
    /// How many entries of `prediction_units` are its own: as many parts as `part_mode` has, or none of MODE_INTRA.
    pub prediction_unit_count: u8,
    /// pcm_flag.
    pub pcm_flag: u8,
    /// If that is 1, how many bytes of `pcm` are its own.
    pub pcm_count: u16,
    /// pcm_alignment_zero_bit, as the low bits of a byte.
    pub pcm_alignment: u8,
    /// rqt_root_cbf, read or inferred: whether it has a transform tree.
    pub rqt_root_cbf: u8,
    /// mpm_idx of each luma block, of which PART_NxN has four; -1 where the mode is told by the next.
    pub mpm_idx: [i8; 4],
    /// rem_intra_luma_pred_mode of each; 0 where mpm_idx is told.
    pub rem_intra_luma_pred_mode: [u8; 4],
    /// intra_chroma_pred_mode, of which PART_NxN in 4:4:4 has four.
    pub intra_chroma_pred_mode: [u8; 4],
}

/// prediction_unit().
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct PredictionUnit {
    /// merge_flag; 1 in skipped coding units.
    pub merge_flag: u8,
    /// merge_idx.
    pub merge_idx: u8,
    /// inter_pred_idc: PRED_L0 0, PRED_L1 1, PRED_BI 2.
    pub inter_pred_idc: u8,
    /// ref_idx_l0 and ref_idx_l1.
    pub ref_idx: [u8; 2],
    /// mvp_l0_flag and mvp_l1_flag.
    pub mvp_flag: [u8; 2],
    /// MvdL0 and MvdL1, horizontal and vertical.
    pub mvd: [[i16; 2]; 2],
}

/// A node of transform_tree(), and transform_unit() if it is not split. Each stands before the four that it is split into.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct TransformNode {
    /// split_transform_flag, read or inferred.
    pub split_transform_flag: u8,
    /// cbf_luma, read or inferred.
    pub cbf_luma: u8,
    /// cbf_cb and cbf_cr; of each a second one in 4:2:2.
    pub cbf_chroma: [[u8; 2]; 2],
    /// CuQpDeltaVal, in the first node of a quantization group that has something coded.
    pub cu_qp_delta: i8,
    /// cu_chroma_qp_offset_idx; -1 if cu_chroma_qp_offset_flag is not 1.
    pub cu_chroma_qp_offset_idx: i8,
    /// log2_res_scale_abs_plus1 of Cb and of Cr.
    pub log2_res_scale_abs_plus1: [u8; 2],
    /// res_scale_sign_flag of Cb and of Cr.
    pub res_scale_sign_flag: [u8; 2],
    /// How many entries of `blocks` are its own.
    pub block_count: u8,
}

/// residual_coding(): a block that is coded.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ResidualBlock {
    /// Y 0, Cb 1, Cr 2. Derived: not looked at when it is written, as the next, `x` and `y`.
    pub component: u8,
    /// log2 of how many samples of its component it is wide.
    pub log2_size: u8,
    /// transform_skip_flag.
    pub transform_skip_flag: u8,
    /// explicit_rdpcm_dir_flag; -1 if explicit_rdpcm_flag is not 1.
    pub explicit_rdpcm_dir_flag: i8,
    /// The column of the luma sample at its upper left corner.
    pub x: u32,
    /// Its row.
    pub y: u32,
    /// Where its levels begin in `levels`: after those of the blocks before it.
    pub first_level: u32,
    /// How many levels are not zero.
    pub level_count: u32,
}

/// A transform coefficient level that is not zero; those of a block stand with the last one of the scan first.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    /// Its place in the scan: 16 times the number of its sub-block, and its place within that.
    pub place: u16,
    /// TransCoeffLevel.
    pub level: i32,
}

// Levels are handed over as the library has them.
const _: () = {
    use std::mem::offset_of;
    assert!(
        size_of::<Level>() == size_of::<hevc::Level>() && align_of::<Level>() == align_of::<hevc::Level>()
    );
    assert!(offset_of!(Level, place) == offset_of!(hevc::Level, place));
    assert!(offset_of!(Level, level) == offset_of!(hevc::Level, level));
};

/// sao_merge_left_flag and sao_merge_up_flag as a number: none 0, left 1, up 2.
pub(super) fn sao_merge(merge: Option<SaoMerge>) -> u8 {
    match merge {
        None => 0,
        Some(SaoMerge::Left) => 1,
        Some(SaoMerge::Up) => 2,
    }
}

pub(super) fn sao_component(read: hevc::SaoComponent) -> SaoComponent {
    SaoComponent {
        type_idx: read.type_idx,
        offset_abs: read.offset_abs,
        offset_sign: read.offset_sign.map(u8::from),
        band_position: read.band_position,
        eo_class: read.eo_class,
    }
}

pub(super) fn coding_unit(read: &hevc::CodingUnit, [x, y]: [u32; 2]) -> CodingUnit {
    let is_inter = read.pred_mode != PredMode::Intra;
    CodingUnit {
        x,
        y,
        log2_cb_size: read.log2_cb_size,
        cu_transquant_bypass_flag: read.cu_transquant_bypass_flag.into(),
        pred_mode: match read.pred_mode {
            PredMode::Inter => 0,
            PredMode::Intra => 1,
            PredMode::Skip => 2,
        },
        part_mode: read.part_mode as u8,
        prediction_unit_count: if is_inter { read.part_mode.count() as u8 } else { 0 },
        pcm_flag: read.pcm.is_some().into(),
        pcm_count: read.pcm.unwrap_or(0),
        pcm_alignment: read.pcm_alignment,
        rqt_root_cbf: read.rqt_root_cbf.into(),
        mpm_idx: read.luma_modes.map(|mode| if let LumaMode::Mpm(index) = mode { index as i8 } else { -1 }),
        rem_intra_luma_pred_mode: read
            .luma_modes
            .map(|mode| if let LumaMode::Rem(mode) = mode { mode } else { 0 }),
        intra_chroma_pred_mode: read.intra_chroma_pred_mode,
    }
}

pub(super) fn prediction_unit(read: &hevc::PredictionUnit) -> PredictionUnit {
    PredictionUnit {
        merge_flag: read.merge_flag.into(),
        merge_idx: read.merge_idx,
        inter_pred_idc: read.inter_pred_idc,
        ref_idx: read.ref_idx,
        mvp_flag: read.mvp_flag.map(u8::from),
        mvd: read.mvd,
    }
}

pub(super) fn transform_node(read: &hevc::TransformNode) -> TransformNode {
    TransformNode {
        split_transform_flag: read.split_transform_flag.into(),
        cbf_luma: read.cbf_luma.into(),
        cbf_chroma: read.cbf_chroma.map(|flags| flags.map(u8::from)),
        cu_qp_delta: read.cu_qp_delta,
        cu_chroma_qp_offset_idx: read.cu_chroma_qp_offset.map_or(-1, |index| index as i8),
        log2_res_scale_abs_plus1: read.log2_res_scale_abs_plus1,
        res_scale_sign_flag: read.res_scale_sign_flag.map(u8::from),
        block_count: read.blocks,
    }
}
