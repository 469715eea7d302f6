//! Coding tree units as JSON: a tree, with the elements that are not zero, absent or empty, by their names.
//!
//! The lists of a [`CodingTreeUnit`] are nested here: prediction units, samples and the transform tree stand in their coding unit,
//! and blocks with their levels in their node of the tree. A level stands with its place in the scan before it.

use std::cmp::Reverse;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::tree::{
    CodingTreeUnit, CodingUnit, Level, LumaMode, PartMode, PredMode, PredictionUnit, ResidualBlock, Sao,
    SaoComponent, SaoMerge, TransformNode,
};

/// Whether a value is left out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CodingTreeKeys {
    #[serde(skip_serializing_if = "is_default")]
    sao_merge_left_flag: bool,
    #[serde(skip_serializing_if = "is_default")]
    sao_merge_up_flag: bool,
    /// Of Y, Cb and Cr.
    #[serde(skip_serializing_if = "is_default")]
    sao: [SaoComponent; 3],
    coding_units: Vec<CodingUnitKeys>,
    #[serde(skip_serializing_if = "is_default")]
    alignment_bit_equal_to_zero: u8,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CodingUnitKeys {
    log2_cb_size: u8,
    #[serde(skip_serializing_if = "is_default")]
    cu_transquant_bypass_flag: bool,
    pred_mode: PredMode,
    part_mode: PartMode,
    #[serde(skip_serializing_if = "is_default")]
    pcm_alignment_zero_bit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pcm_sample: Option<Vec<u8>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    luma_modes: Vec<LumaMode>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intra_chroma_pred_mode: Vec<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prediction_units: Vec<PredictionUnit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transform_tree: Option<TransformKeys>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TransformKeys {
    #[serde(skip_serializing_if = "is_default")]
    cbf_cb: [bool; 2],
    #[serde(skip_serializing_if = "is_default")]
    cbf_cr: [bool; 2],
    #[serde(skip_serializing_if = "is_default")]
    cbf_luma: bool,
    #[serde(skip_serializing_if = "is_default")]
    cu_qp_delta: i8,
    #[serde(skip_serializing_if = "Option::is_none")]
    cu_chroma_qp_offset_idx: Option<u8>,
    #[serde(skip_serializing_if = "is_default")]
    log2_res_scale_abs_plus1: [u8; 2],
    #[serde(skip_serializing_if = "is_default")]
    res_scale_sign_flag: [bool; 2],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    residual_coding: Vec<BlockKeys>,
    /// The four nodes that it is split into.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transform_tree: Vec<TransformKeys>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BlockKeys {
    #[serde(skip_serializing_if = "is_default")]
    transform_skip_flag: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    explicit_rdpcm_dir_flag: Option<bool>,
    levels: Vec<(u16, i32)>,
}

impl Serialize for CodingTreeUnit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lists = Lists {
            prediction_units: &self.prediction_units,
            transform_nodes: &self.transform_nodes,
            blocks: &self.blocks,
            levels: &self.levels,
            pcm: &self.pcm,
        };
        let keys = CodingTreeKeys {
            sao_merge_left_flag: self.sao.merge == Some(SaoMerge::Left),
            sao_merge_up_flag: self.sao.merge == Some(SaoMerge::Up),
            sao: self.sao.components,
            coding_units: self.coding_units.iter().map(|unit| lists.coding_unit(unit)).collect(),
            alignment_bit_equal_to_zero: self.subset_alignment,
        };
        keys.serialize(serializer)
    }
}

/// What is left of the lists of a coding tree unit.
struct Lists<'a> {
    prediction_units: &'a [PredictionUnit],
    transform_nodes: &'a [TransformNode],
    blocks: &'a [ResidualBlock],
    levels: &'a [Level],
    pcm: &'a [u8],
}

/// The first elements of a list, as many as there are of them.
fn take<'a, T>(list: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, rest) = list.split_at(count.min(list.len()));
    *list = rest;
    first
}

impl Lists<'_> {
    fn coding_unit(&mut self, unit: &CodingUnit) -> CodingUnitKeys {
        let count = unit.part_mode.count();
        let is_intra = unit.pred_mode == PredMode::Intra;
        let modes = if is_intra && unit.pcm.is_none() { count } else { 0 };
        let chroma_modes = &unit.intra_chroma_pred_mode;
        let chroma = chroma_modes.iter().rposition(|mode| *mode != 0).map_or(0, |last| last + 1);
        CodingUnitKeys {
            log2_cb_size: unit.log2_cb_size,
            cu_transquant_bypass_flag: unit.cu_transquant_bypass_flag,
            pred_mode: unit.pred_mode,
            part_mode: unit.part_mode,
            pcm_alignment_zero_bit: unit.pcm_alignment,
            pcm_sample: unit.pcm.map(|bytes| take(&mut self.pcm, bytes.into()).to_vec()),
            luma_modes: unit.luma_modes[..modes].to_vec(),
            intra_chroma_pred_mode: chroma_modes[..chroma].to_vec(),
            prediction_units: take(&mut self.prediction_units, if is_intra { 0 } else { count }).to_vec(),
            transform_tree: unit.rqt_root_cbf.then(|| self.transform_tree(0)),
        }
    }

    fn transform_tree(&mut self, depth: u32) -> TransformKeys {
        let node = take(&mut self.transform_nodes, 1).first().copied().unwrap_or_default();
        let [cbf_cb, cbf_cr] = node.cbf_chroma;
        // A tree is split four times at the most; a longer chain belongs to none.
        let parts = if node.split_transform_flag && depth < MOST_DEPTH { 4 } else { 0 };
        TransformKeys {
            cbf_cb,
            cbf_cr,
            cbf_luma: node.cbf_luma,
            cu_qp_delta: node.cu_qp_delta,
            cu_chroma_qp_offset_idx: node.cu_chroma_qp_offset,
            log2_res_scale_abs_plus1: node.log2_res_scale_abs_plus1,
            res_scale_sign_flag: node.res_scale_sign_flag,
            residual_coding: take(&mut self.blocks, node.blocks.into())
                .iter()
                .map(|block| BlockKeys {
                    transform_skip_flag: block.transform_skip_flag,
                    explicit_rdpcm_dir_flag: block.explicit_rdpcm,
                    levels: take(&mut self.levels, block.levels.into())
                        .iter()
                        .map(|level| (level.place, level.level))
                        .collect(),
                })
                .collect(),
            transform_tree: (0..parts).map(|_| self.transform_tree(depth + 1)).collect(),
        }
    }
}

/// How often a transform tree can be split: from 64x64 to 4x4.
const MOST_DEPTH: u32 = 4;

impl<'de> Deserialize<'de> for CodingTreeUnit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CodingTreeUnit, D::Error> {
        let keys = CodingTreeKeys::deserialize(deserializer)?;
        let merge = match (keys.sao_merge_left_flag, keys.sao_merge_up_flag) {
            (true, _) => Some(SaoMerge::Left),
            (_, true) => Some(SaoMerge::Up),
            _ => None,
        };
        let mut unit = CodingTreeUnit {
            sao: Sao { merge, components: keys.sao },
            subset_alignment: keys.alignment_bit_equal_to_zero,
            ..CodingTreeUnit::default()
        };
        for coding_unit in keys.coding_units {
            unit.add_coding_unit(coding_unit).map_err(D::Error::custom)?;
        }
        Ok(unit)
    }
}

impl CodingTreeUnit {
    fn add_coding_unit(&mut self, keys: CodingUnitKeys) -> Result<(), String> {
        let too_many = |count, name| format!("there are {count} of {name}, but four at the most");
        let mut unit = CodingUnit {
            log2_cb_size: keys.log2_cb_size,
            cu_transquant_bypass_flag: keys.cu_transquant_bypass_flag,
            pred_mode: keys.pred_mode,
            part_mode: keys.part_mode,
            pcm: None,
            pcm_alignment: keys.pcm_alignment_zero_bit,
            luma_modes: Default::default(),
            intra_chroma_pred_mode: [0; 4],
            rqt_root_cbf: keys.transform_tree.is_some(),
        };
        let count = keys.luma_modes.len();
        let modes = unit.luma_modes.get_mut(..count);
        modes.ok_or_else(|| too_many(count, "luma_modes"))?.copy_from_slice(&keys.luma_modes);
        let count = keys.intra_chroma_pred_mode.len();
        let modes = unit.intra_chroma_pred_mode.get_mut(..count);
        modes
            .ok_or_else(|| too_many(count, "intra_chroma_pred_mode"))?
            .copy_from_slice(&keys.intra_chroma_pred_mode);
        if let Some(samples) = keys.pcm_sample {
            let bytes = u16::try_from(samples.len());
            unit.pcm = Some(bytes.map_err(|_| format!("pcm_sample has {} bytes", samples.len()))?);
            self.pcm.extend(samples);
        }
        self.coding_units.push(unit);
        self.prediction_units.extend(keys.prediction_units);
        keys.transform_tree.map_or(Ok(()), |tree| self.add_transform_tree(tree))
    }

    fn add_transform_tree(&mut self, keys: TransformKeys) -> Result<(), String> {
        let parts = keys.transform_tree.len();
        if ![0, 4].contains(&parts) {
            return Err(format!("a transform tree is split into {parts} transform trees, and not into four"));
        }
        let blocks = keys.residual_coding.len();
        self.transform_nodes.push(TransformNode {
            split_transform_flag: parts > 0,
            cbf_chroma: [keys.cbf_cb, keys.cbf_cr],
            cbf_luma: keys.cbf_luma,
            cu_qp_delta: keys.cu_qp_delta,
            cu_chroma_qp_offset: keys.cu_chroma_qp_offset_idx,
            log2_res_scale_abs_plus1: keys.log2_res_scale_abs_plus1,
            res_scale_sign_flag: keys.res_scale_sign_flag,
            blocks: u8::try_from(blocks).map_err(|_| format!("a node has {blocks} blocks"))?,
        });
        keys.residual_coding.into_iter().try_for_each(|block| self.add_block(block))?;
        keys.transform_tree.into_iter().try_for_each(|tree| self.add_transform_tree(tree))
    }

    /// Its levels can come in any order.
    fn add_block(&mut self, mut keys: BlockKeys) -> Result<(), String> {
        keys.levels.sort_by_key(|(place, _)| Reverse(*place));
        if let Some(pair) = keys.levels.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("level number {} is there twice", pair[0].0));
        }
        let count = keys.levels.len();
        self.blocks.push(ResidualBlock {
            transform_skip_flag: keys.transform_skip_flag,
            explicit_rdpcm: keys.explicit_rdpcm_dir_flag,
            levels: u16::try_from(count).map_err(|_| format!("a block has {count} levels"))?,
        });
        self.levels.extend(keys.levels.into_iter().map(|(place, level)| Level { place, level }));
        Ok(())
    }
}
