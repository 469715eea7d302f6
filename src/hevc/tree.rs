//! A coding tree unit as its syntax elements describe it: no sample, no predicted value, nothing that has to be derived.
//!
//! All items that the tree can have several of are in lists, in the order of the stream. The sizes of coding units say how the coding
//! quadtree is split, and each transform tree has its own split flags. So reading into the same unit over and over allocates nothing.

use crate::json::is_default;

/// The syntax elements of a coding tree unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodingTreeUnit {
    /// sao(), if the slice has it.
    pub sao: Sao,
    /// The coding units.
    pub coding_units: Vec<CodingUnit>,
    /// The prediction units of the coding units that are predicted from other pictures, [`PartMode::count`] for each.
    pub prediction_units: Vec<PredictionUnit>,
    /// The transform trees of the coding units that have one; a node comes before the four that it is split into.
    pub transform_nodes: Vec<TransformNode>,
    /// The blocks that are coded: for each node that is not split, those of Y, Cb and Cr.
    pub blocks: Vec<ResidualBlock>,
    /// The levels of the blocks that are not zero, [`ResidualBlock::levels`] for each block, the last one in the scan first.
    pub levels: Vec<Level>,
    /// The PCM samples of coding units that have them, packed into bytes for each.
    pub pcm: Vec<u8>,
    /// The bits after the stop bit that follows end_of_subset_one_bit, as the low bits of a byte: zero by the standard.
    pub subset_alignment: u8,
}

impl CodingTreeUnit {
    pub(super) fn clear(&mut self) {
        self.sao = Sao::default();
        self.coding_units.clear();
        self.prediction_units.clear();
        self.transform_nodes.clear();
        self.blocks.clear();
        self.levels.clear();
        self.pcm.clear();
        self.subset_alignment = 0;
    }

    /// The syntax structure or element of the first field, in the order of the stream, in which two units differ.
    pub(super) fn first_difference(&self, other: &CodingTreeUnit) -> Option<&'static str> {
        let differs = [
            ("sao", self.sao != other.sao),
            ("coding_unit", self.coding_units != other.coding_units),
            ("prediction_unit", self.prediction_units != other.prediction_units),
            ("transform_tree", self.transform_nodes != other.transform_nodes),
            ("residual_coding", self.blocks != other.blocks),
            ("coeff_abs_level", self.levels != other.levels),
            ("pcm_sample", self.pcm != other.pcm),
            ("alignment_bit_equal_to_zero", self.subset_alignment != other.subset_alignment),
        ];
        differs.into_iter().find_map(|(element, differs)| differs.then_some(element))
    }
}

/// sao() (clause 7.3.8.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sao {
    /// sao_merge_left_flag or sao_merge_up_flag; with either there is nothing else.
    pub merge: Option<SaoMerge>,
    /// The elements of Y, Cb and Cr.
    pub components: [SaoComponent; 3],
}

/// From which coding tree block the offsets are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaoMerge {
    /// sao_merge_left_flag is 1.
    Left,
    /// sao_merge_up_flag is 1.
    Up,
}

/// The elements of sao() for a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SaoComponent {
    /// sao_type_idx_luma or sao_type_idx_chroma: 0 nothing, 1 band offset, 2 edge offset. That of Cr is that of Cb.
    #[serde(rename = "sao_type_idx", skip_serializing_if = "is_default")]
    pub type_idx: u8,
    /// sao_offset_abs.
    #[serde(rename = "sao_offset_abs", skip_serializing_if = "is_default")]
    pub offset_abs: [u8; 4],
    /// sao_offset_sign, of a band offset.
    #[serde(rename = "sao_offset_sign", skip_serializing_if = "is_default")]
    pub offset_sign: [bool; 4],
    /// sao_band_position.
    #[serde(rename = "sao_band_position", skip_serializing_if = "is_default")]
    pub band_position: u8,
    /// sao_eo_class_luma or sao_eo_class_chroma; that of Cr is that of Cb.
    #[serde(rename = "sao_eo_class", skip_serializing_if = "is_default")]
    pub eo_class: u8,
}

/// coding_unit() (clause 7.3.8.5), without what is in lists of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodingUnit {
    /// log2CbSize, 3..=6.
    pub log2_cb_size: u8,
    /// cu_transquant_bypass_flag.
    pub cu_transquant_bypass_flag: bool,
    /// cu_skip_flag and pred_mode_flag.
    pub pred_mode: PredMode,
    /// part_mode.
    pub part_mode: PartMode,
    /// The number of bytes of its samples, if pcm_flag is 1.
    pub pcm: Option<u16>,
    /// pcm_alignment_zero_bit, as the low bits of a byte: zero by the standard.
    pub pcm_alignment: u8,
    /// The mode of each luma block, of which PART_NxN has four.
    pub luma_modes: [LumaMode; 4],
    /// intra_chroma_pred_mode, of which PART_NxN in 4:4:4 has four.
    pub intra_chroma_pred_mode: [u8; 4],
    /// rqt_root_cbf, read or inferred: whether it has a transform tree.
    pub rqt_root_cbf: bool,
}

/// CuPredMode.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum PredMode {
    /// MODE_INTRA.
    #[default]
    #[serde(rename = "MODE_INTRA")]
    Intra,
    /// MODE_INTER.
    #[serde(rename = "MODE_INTER")]
    Inter,
    /// MODE_SKIP: cu_skip_flag is 1.
    #[serde(rename = "MODE_SKIP")]
    Skip,
}

/// PartMode (table 7-10), by the values of part_mode.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum PartMode {
    /// PART_2Nx2N.
    #[default]
    #[serde(rename = "PART_2Nx2N")]
    Whole,
    /// PART_2NxN.
    #[serde(rename = "PART_2NxN")]
    Rows,
    /// PART_Nx2N.
    #[serde(rename = "PART_Nx2N")]
    Columns,
    /// PART_NxN.
    #[serde(rename = "PART_NxN")]
    Quarters,
    /// PART_2NxnU.
    #[serde(rename = "PART_2NxnU")]
    RowsUp,
    /// PART_2NxnD.
    #[serde(rename = "PART_2NxnD")]
    RowsDown,
    /// PART_nLx2N.
    #[serde(rename = "PART_nLx2N")]
    ColumnsLeft,
    /// PART_nRx2N.
    #[serde(rename = "PART_nRx2N")]
    ColumnsRight,
}

impl PartMode {
    /// All partitions, by the value of part_mode.
    pub(super) const ALL: [PartMode; 8] = [
        PartMode::Whole,
        PartMode::Rows,
        PartMode::Columns,
        PartMode::Quarters,
        PartMode::RowsUp,
        PartMode::RowsDown,
        PartMode::ColumnsLeft,
        PartMode::ColumnsRight,
    ];

    /// How many parts there are.
    pub const fn count(self) -> usize {
        match self {
            PartMode::Whole => 1,
            PartMode::Quarters => 4,
            _ => 2,
        }
    }

    /// The place and size of a part of a coding block of this size: x, y, width and height.
    pub(super) fn part(self, index: u32, size: u32) -> [u32; 4] {
        let (half, quarter) = (size / 2, size / 4);
        let rows = |first| if index == 0 { [0, 0, size, first] } else { [0, first, size, size - first] };
        let columns = |first| if index == 0 { [0, 0, first, size] } else { [first, 0, size - first, size] };
        match self {
            PartMode::Whole => [0, 0, size, size],
            PartMode::Rows => rows(half),
            PartMode::Columns => columns(half),
            PartMode::Quarters => [index % 2 * half, index / 2 * half, half, half],
            PartMode::RowsUp => rows(quarter),
            PartMode::RowsDown => rows(size - quarter),
            PartMode::ColumnsLeft => columns(quarter),
            PartMode::ColumnsRight => columns(size - quarter),
        }
    }
}

/// How the mode of an intra-predicted luma block is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum LumaMode {
    /// prev_intra_luma_pred_flag is 1, and this is mpm_idx.
    #[serde(rename = "mpm_idx")]
    Mpm(u8),
    /// It is 0, and this is rem_intra_luma_pred_mode.
    #[serde(rename = "rem_intra_luma_pred_mode")]
    Rem(u8),
}

impl Default for LumaMode {
    fn default() -> LumaMode {
        LumaMode::Mpm(0)
    }
}

/// prediction_unit() (clause 7.3.8.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PredictionUnit {
    /// merge_flag; 1 in skipped coding units.
    #[serde(skip_serializing_if = "is_default")]
    pub merge_flag: bool,
    /// merge_idx.
    #[serde(skip_serializing_if = "is_default")]
    pub merge_idx: u8,
    /// inter_pred_idc: PRED_L0 0, PRED_L1 1, PRED_BI 2.
    #[serde(skip_serializing_if = "is_default")]
    pub inter_pred_idc: u8,
    /// ref_idx_l0 and ref_idx_l1.
    #[serde(skip_serializing_if = "is_default")]
    pub ref_idx: [u8; 2],
    /// MvdL0 and MvdL1, horizontal and vertical.
    #[serde(skip_serializing_if = "is_default")]
    pub mvd: [[i16; 2]; 2],
    /// mvp_l0_flag and mvp_l1_flag.
    #[serde(skip_serializing_if = "is_default")]
    pub mvp_flag: [bool; 2],
}

/// A node of transform_tree() (clause 7.3.8.8), and transform_unit() if it is not split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransformNode {
    /// split_transform_flag, read or inferred.
    pub split_transform_flag: bool,
    /// cbf_cb and cbf_cr; each has a second flag in 4:2:2.
    pub cbf_chroma: [[bool; 2]; 2],
    /// cbf_luma, read or inferred.
    pub cbf_luma: bool,
    /// CuQpDeltaVal, in the first node of a quantization group that has something coded.
    pub cu_qp_delta: i8,
    /// cu_chroma_qp_offset_idx, if cu_chroma_qp_offset_flag is 1.
    pub cu_chroma_qp_offset: Option<u8>,
    /// log2_res_scale_abs_plus1 of Cb and of Cr.
    pub log2_res_scale_abs_plus1: [u8; 2],
    /// res_scale_sign_flag of Cb and of Cr.
    pub res_scale_sign_flag: [bool; 2],
    /// How many blocks of the node are coded.
    pub blocks: u8,
}

/// residual_coding() (clause 7.3.8.11), without its levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResidualBlock {
    /// transform_skip_flag.
    pub transform_skip_flag: bool,
    /// explicit_rdpcm_dir_flag, if explicit_rdpcm_flag is 1.
    pub explicit_rdpcm: Option<bool>,
    /// How many levels are not zero, 1..=1024.
    pub levels: u16,
}

/// A transform coefficient level that is not zero. Laid out as in C, so that a list of levels can be handed to C without a copy.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Its place in the scan: 16 times the number of its sub-block, plus its place within that.
    pub place: u16,
    /// TransCoeffLevel.
    pub level: i32,
}
