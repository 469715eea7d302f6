//! A coding tree unit as JSON, as the tree that it is: coding units with their prediction units and their transform tree, by the names of
//! the standard. What is zero, false or empty is left out. The place of a coding unit and the component of a block are written for people,
//! and not read again.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use super::tree::{
    CodingTreeUnit, CodingUnit, Level, LumaMode, PartMode, PredMode, PredictionUnit, ResidualBlock, Sao,
    SaoComponent, SaoMerge, TransformNode,
};
use crate::json::is_default;
use crate::syntax::Hex;

/// Why a [`Tree`] is no coding tree unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// A list is longer than it can be.
    #[error("{name} has {count} values, but can have {most} at the most")]
    LongList {
        /// Its name.
        name: &'static str,
        /// How many values it has.
        count: usize,
        /// How many it can have.
        most: usize,
    },
    /// The samples of a coding unit are more than any has.
    #[error("pcm has {bytes} bytes, more than any coding unit")]
    LongPcm {
        /// How many bytes they are.
        bytes: usize,
    },
    /// A block has two levels in one place.
    #[error("level number {place} is there twice")]
    RepeatedLevel {
        /// The place, the number of the level in its block.
        place: u16,
    },
}

/// coding_tree_unit().
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tree {
    #[serde(skip_serializing_if = "is_default")]
    sao: SaoKeys,
    coding_units: Vec<Unit>,
    #[serde(skip_serializing_if = "is_default")]
    alignment_bits: u8,
}

/// sao(): from where it is taken, or what each component has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SaoKeys {
    #[serde(skip_serializing_if = "is_default")]
    sao_merge_left_flag: bool,
    #[serde(skip_serializing_if = "is_default")]
    sao_merge_up_flag: bool,
    #[serde(rename = "Y", skip_serializing_if = "is_default")]
    luma: SaoComponent,
    #[serde(rename = "Cb", skip_serializing_if = "is_default")]
    cb: SaoComponent,
    #[serde(rename = "Cr", skip_serializing_if = "is_default")]
    cr: SaoComponent,
}

/// coding_unit().
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Unit {
    x: u32,
    y: u32,
    log2_cb_size: u8,
    #[serde(skip_serializing_if = "is_default")]
    cu_transquant_bypass_flag: bool,
    pred_mode: PredMode,
    part_mode: PartMode,
    #[serde(skip_serializing_if = "is_default")]
    pcm_alignment_zero_bits: u8,
    #[serde(skip_serializing_if = "is_default")]
    pcm: Option<Hex>,
    #[serde(skip_serializing_if = "is_default")]
    luma_modes: Vec<LumaMode>,
    #[serde(skip_serializing_if = "is_default")]
    intra_chroma_pred_mode: Vec<u8>,
    #[serde(skip_serializing_if = "is_default")]
    prediction_units: Vec<Prediction>,
    #[serde(skip_serializing_if = "is_default")]
    transform_tree: Option<Node>,
}

/// prediction_unit(): merge_idx if merge_flag is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Prediction {
    #[serde(skip_serializing_if = "is_default")]
    merge_idx: Option<u8>,
    #[serde(skip_serializing_if = "is_default")]
    inter_pred_idc: Option<Lists>,
    #[serde(skip_serializing_if = "is_default")]
    ref_idx_l0: u8,
    #[serde(skip_serializing_if = "is_default")]
    ref_idx_l1: u8,
    #[serde(skip_serializing_if = "is_default")]
    mvd_l0: [i16; 2],
    #[serde(skip_serializing_if = "is_default")]
    mvd_l1: [i16; 2],
    #[serde(skip_serializing_if = "is_default")]
    mvp_l0_flag: bool,
    #[serde(skip_serializing_if = "is_default")]
    mvp_l1_flag: bool,
}

/// inter_pred_idc (table 7-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Lists {
    #[serde(rename = "PRED_L0")]
    L0,
    #[serde(rename = "PRED_L1")]
    L1,
    #[serde(rename = "PRED_BI")]
    Bi,
}

/// transform_tree(): four others, or a transform_unit().
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Node {
    #[serde(skip_serializing_if = "is_default")]
    cbf_cb: Vec<bool>,
    #[serde(skip_serializing_if = "is_default")]
    cbf_cr: Vec<bool>,
    #[serde(skip_serializing_if = "is_default")]
    split: Option<Box<[Node; 4]>>,
    #[serde(skip_serializing_if = "is_default")]
    cbf_luma: bool,
    #[serde(skip_serializing_if = "is_default")]
    cu_qp_delta_val: i8,
    #[serde(skip_serializing_if = "is_default")]
    cu_chroma_qp_offset_idx: Option<u8>,
    #[serde(skip_serializing_if = "is_default")]
    log2_res_scale_abs_plus1: [u8; 2],
    #[serde(skip_serializing_if = "is_default")]
    res_scale_sign_flag: [bool; 2],
    #[serde(skip_serializing_if = "is_default")]
    blocks: Vec<Block>,
}

/// residual_coding(): its levels, each with its place in the scan before it, from the last one to the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Block {
    component: String,
    #[serde(skip_serializing_if = "is_default")]
    transform_skip_flag: bool,
    #[serde(skip_serializing_if = "is_default")]
    explicit_rdpcm_dir_flag: Option<bool>,
    levels: Vec<(u16, i32)>,
}

impl Tree {
    /// The tree of a coding tree unit in a slice segment with these parameters, given the place of its first luma sample.
    pub fn new(unit: &CodingTreeUnit, parameters: &Parameters, [x, y]: [u32; 2]) -> Tree {
        let sps = &parameters.sps;
        let mut builder = Builder {
            format: sps.chroma_array_type(),
            size: sps.pic_size,
            units: unit.coding_units.iter(),
            predictions: unit.prediction_units.iter(),
            nodes: unit.transform_nodes.iter(),
            blocks: unit.blocks.iter(),
            levels: &unit.levels,
            pcm: &unit.pcm,
            built: Vec::new(),
        };
        builder.quadtree(x, y, sps.ctb_log2_size.into());
        Tree {
            sao: SaoKeys::of(&unit.sao),
            coding_units: builder.built,
            alignment_bits: unit.subset_alignment,
        }
    }

    /// The coding tree unit; places and components in the tree are not looked at.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn into_unit(self) -> Result<CodingTreeUnit, TreeError> {
        let mut unit = CodingTreeUnit {
            sao: self.sao.sao(),
            subset_alignment: self.alignment_bits,
            ..CodingTreeUnit::default()
        };
        self.coding_units.into_iter().try_for_each(|coding_unit| coding_unit.append_to(&mut unit))?;
        Ok(unit)
    }
}

impl SaoKeys {
    fn of(sao: &Sao) -> SaoKeys {
        let [luma, cb, cr] = sao.components;
        SaoKeys {
            sao_merge_left_flag: sao.merge == Some(SaoMerge::Left),
            sao_merge_up_flag: sao.merge == Some(SaoMerge::Up),
            luma,
            cb,
            cr,
        }
    }

    fn sao(self) -> Sao {
        let merge = match (self.sao_merge_left_flag, self.sao_merge_up_flag) {
            (true, _) => Some(SaoMerge::Left),
            (false, true) => Some(SaoMerge::Up),
            (false, false) => None,
        };
        Sao { merge, components: [self.luma, self.cb, self.cr] }
    }
}

/// Goes through the lists of a coding tree unit, which are in the order of the stream, and makes its tree.
struct Builder<'a> {
    /// ChromaArrayType.
    format: u8,
    /// The size of the picture, in luma samples.
    size: [u32; 2],
    units: std::slice::Iter<'a, CodingUnit>,
    predictions: std::slice::Iter<'a, PredictionUnit>,
    nodes: std::slice::Iter<'a, TransformNode>,
    blocks: std::slice::Iter<'a, ResidualBlock>,
    levels: &'a [Level],
    pcm: &'a [u8],
    built: Vec<Unit>,
}

impl Builder<'_> {
    /// coding_quadtree(): adds the coding units, at the places where their sizes put them.
    fn quadtree(&mut self, x: u32, y: u32, log2_size: u32) {
        if x >= self.size[0] || y >= self.size[1] {
            return;
        }
        let Some(unit) = self.units.as_slice().first() else { return };
        if u32::from(unit.log2_cb_size) >= log2_size || log2_size == 0 {
            self.units.next();
            let built = self.unit(unit, x, y);
            self.built.push(built);
            return;
        }
        let half = 1 << (log2_size - 1);
        for [x, y] in [[x, y], [x + half, y], [x, y + half], [x + half, y + half]] {
            self.quadtree(x, y, log2_size - 1);
        }
    }

    fn unit(&mut self, unit: &CodingUnit, x: u32, y: u32) -> Unit {
        let parts = unit.part_mode.count();
        let is_intra = unit.pred_mode == PredMode::Intra;
        let [luma_modes, chroma_modes] = match (is_intra && unit.pcm.is_none(), self.format) {
            (false, _) => [0, 0],
            (true, 0) => [parts, 0],
            (true, 3) => [parts, parts],
            (true, _) => [parts, 1],
        };
        let pcm = unit.pcm.map(|bytes| {
            let (samples, rest) = self.pcm.split_at(usize::from(bytes).min(self.pcm.len()));
            self.pcm = rest;
            Hex(samples.to_vec())
        });
        let predictions = self.predictions.by_ref().take(if is_intra { 0 } else { parts });
        Unit {
            x,
            y,
            log2_cb_size: unit.log2_cb_size,
            cu_transquant_bypass_flag: unit.cu_transquant_bypass_flag,
            pred_mode: unit.pred_mode,
            part_mode: unit.part_mode,
            pcm_alignment_zero_bits: unit.pcm_alignment,
            pcm,
            luma_modes: unit.luma_modes[..luma_modes].to_vec(),
            intra_chroma_pred_mode: unit.intra_chroma_pred_mode[..chroma_modes].to_vec(),
            prediction_units: predictions.map(Prediction::of).collect(),
            transform_tree: unit
                .rqt_root_cbf
                .then(|| self.node(unit.log2_cb_size.into(), 0, [[false; 2]; 2])),
        }
    }

    /// transform_tree(): `parent` has cbf_cb and cbf_cr of the node that it is a quarter of.
    fn node(&mut self, log2_size: u32, blk_idx: usize, parent: [[bool; 2]; 2]) -> Node {
        let node = self.nodes.next().copied().unwrap_or_default();
        // The last of four luma blocks of 4x4 has the chroma blocks of all four, except in 4:4:4.
        let has_own_chroma = log2_size > 2 || self.format == 3;
        let cbf_chroma = if has_own_chroma { node.cbf_chroma } else { parent };
        let [cbf_cb, cbf_cr] = node.cbf_chroma.map(|flags| match flags {
            [false, false] => vec![],
            [first, false] => vec![first],
            [first, second] => vec![first, second],
        });
        let mut built = Node { cbf_cb, cbf_cr, ..Node::default() };
        if node.split_transform_flag {
            built.split = Some(Box::new(
                [0, 1, 2, 3].map(|blk_idx| self.node(log2_size.saturating_sub(1), blk_idx, cbf_chroma)),
            ));
            return built;
        }
        let luma = node.cbf_luma.then_some("Y");
        let chroma = cbf_chroma.into_iter().zip(["Cb", "Cr"]);
        let chroma =
            chroma.flat_map(|(flags, name)| flags.into_iter().filter(|flag| *flag).map(move |_| name));
        let chroma = chroma.filter(|_| has_own_chroma || blk_idx == 3);
        let mut components = luma.into_iter().chain(chroma);
        built.blocks = (0..node.blocks).map(|_| self.block(components.next().unwrap_or_default())).collect();
        Node {
            cbf_luma: node.cbf_luma,
            cu_qp_delta_val: node.cu_qp_delta,
            cu_chroma_qp_offset_idx: node.cu_chroma_qp_offset,
            log2_res_scale_abs_plus1: node.log2_res_scale_abs_plus1,
            res_scale_sign_flag: node.res_scale_sign_flag,
            ..built
        }
    }

    fn block(&mut self, component: &str) -> Block {
        let block = self.blocks.next().copied().unwrap_or_default();
        let (levels, rest) = self.levels.split_at(usize::from(block.levels).min(self.levels.len()));
        self.levels = rest;
        Block {
            component: component.to_owned(),
            transform_skip_flag: block.transform_skip_flag,
            explicit_rdpcm_dir_flag: block.explicit_rdpcm,
            levels: levels.iter().map(|level| (level.place, level.level)).collect(),
        }
    }
}

impl Unit {
    /// Appends the coding unit to the lists of its coding tree unit.
    fn append_to(self, unit: &mut CodingTreeUnit) -> Result<(), TreeError> {
        let mut coded = CodingUnit {
            log2_cb_size: self.log2_cb_size,
            cu_transquant_bypass_flag: self.cu_transquant_bypass_flag,
            pred_mode: self.pred_mode,
            part_mode: self.part_mode,
            pcm_alignment: self.pcm_alignment_zero_bits,
            rqt_root_cbf: self.transform_tree.is_some(),
            ..CodingUnit::default()
        };
        coded.luma_modes = array("luma_modes", &self.luma_modes)?;
        coded.intra_chroma_pred_mode = array("intra_chroma_pred_mode", &self.intra_chroma_pred_mode)?;
        if let Some(Hex(samples)) = self.pcm {
            let bytes = samples.len();
            coded.pcm = Some(bytes.try_into().map_err(|_| TreeError::LongPcm { bytes })?);
            unit.pcm.extend(samples);
        }
        unit.coding_units.push(coded);
        unit.prediction_units.extend(self.prediction_units.into_iter().map(Prediction::unit));
        self.transform_tree.map_or(Ok(()), |root| root.append_to(unit))
    }
}

/// A list as an array whose rest is zero.
fn array<T: Copy + Default, const N: usize>(name: &'static str, list: &[T]) -> Result<[T; N], TreeError> {
    let mut array = [T::default(); N];
    match array.get_mut(..list.len()) {
        Some(first) => first.copy_from_slice(list),
        None => return Err(TreeError::LongList { name, count: list.len(), most: N }),
    }
    Ok(array)
}

impl Prediction {
    fn of(unit: &PredictionUnit) -> Prediction {
        let lists = [Lists::L0, Lists::L1, Lists::Bi].get(usize::from(unit.inter_pred_idc)).copied();
        Prediction {
            merge_idx: unit.merge_flag.then_some(unit.merge_idx),
            inter_pred_idc: lists.filter(|_| !unit.merge_flag),
            ref_idx_l0: unit.ref_idx[0],
            ref_idx_l1: unit.ref_idx[1],
            mvd_l0: unit.mvd[0],
            mvd_l1: unit.mvd[1],
            mvp_l0_flag: unit.mvp_flag[0],
            mvp_l1_flag: unit.mvp_flag[1],
        }
    }

    fn unit(self) -> PredictionUnit {
        PredictionUnit {
            merge_flag: self.merge_idx.is_some(),
            merge_idx: self.merge_idx.unwrap_or(0),
            inter_pred_idc: self.inter_pred_idc.map_or(0, |lists| lists as u8),
            ref_idx: [self.ref_idx_l0, self.ref_idx_l1],
            mvd: [self.mvd_l0, self.mvd_l1],
            mvp_flag: [self.mvp_l0_flag, self.mvp_l1_flag],
        }
    }
}

impl Node {
    fn append_to(self, unit: &mut CodingTreeUnit) -> Result<(), TreeError> {
        unit.transform_nodes.push(TransformNode {
            split_transform_flag: self.split.is_some(),
            cbf_chroma: [array("cbf_cb", &self.cbf_cb)?, array("cbf_cr", &self.cbf_cr)?],
            cbf_luma: self.cbf_luma,
            cu_qp_delta: self.cu_qp_delta_val,
            cu_chroma_qp_offset: self.cu_chroma_qp_offset_idx,
            log2_res_scale_abs_plus1: self.log2_res_scale_abs_plus1,
            res_scale_sign_flag: self.res_scale_sign_flag,
            // Blocks that are more than a node has are refused when they are written; likewise levels of a block.
            blocks: self.blocks.len().min(usize::from(u8::MAX)) as u8,
        });
        for mut block in self.blocks {
            block.levels.sort_by_key(|&(place, _)| Reverse(place));
            if let Some(pair) = block.levels.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(TreeError::RepeatedLevel { place: pair[0].0 });
            }
            unit.blocks.push(ResidualBlock {
                transform_skip_flag: block.transform_skip_flag,
                explicit_rdpcm: block.explicit_rdpcm_dir_flag,
                levels: block.levels.len().min(usize::from(u16::MAX)) as u16,
            });
            unit.levels.extend(block.levels.into_iter().map(|(place, level)| Level { place, level }));
        }
        self.split.into_iter().flat_map(|quarters| *quarters).try_for_each(|quarter| quarter.append_to(unit))
    }
}
