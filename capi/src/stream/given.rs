//! A coding tree unit of H.265 that C gives, checked: what no coding tree unit can have is refused here, and what this slice segment cannot
//! have when it is written.

use silicabac::hevc::{self, LumaMode, PartMode, PredMode, Sao, SaoMerge};

use super::hevc::CodingTreeUnit;
use super::tree::{CodingUnit, Level, PredictionUnit, ResidualBlock, SaoComponent, TransformNode};
use crate::border::input;
use crate::status::Status;

/// The most samples of a component, and the most squares of 8x8 and of 4x4 of them.
const SAMPLES: usize = 64 * 64;
const SQUARES_OF_8: usize = SAMPLES / 64;
const SQUARES_OF_4: usize = SAMPLES / 16;
/// The most bits after a stop bit in its byte, as a number.
const MOST_ALIGNMENT: u8 = 127;
/// The most levels of a block.
const MOST_LEVELS: u32 = 32 * 32;

impl CodingTreeUnit {
    /// The coding tree unit that this says.
    ///
    /// # Safety
    /// Each pointer has as many values behind it as the count after it says.
    pub(super) unsafe fn given(&self) -> Result<hevc::CodingTreeUnit, Status> {
        // SAFETY: the caller promises this.
        let (coding_units, prediction_units, transform_nodes, blocks, levels, pcm) = unsafe {
            (
                list(self.coding_units, self.coding_unit_count, SQUARES_OF_8)?,
                list(self.prediction_units, self.prediction_unit_count, 4 * SQUARES_OF_8)?,
                // A tree with all squares of 4x4 has a third as many nodes above them.
                list(self.transform_nodes, self.transform_node_count, 2 * SQUARES_OF_4)?,
                list(self.blocks, self.block_count, 3 * SQUARES_OF_4)?,
                list(self.levels, self.level_count, 3 * SAMPLES)?,
                // Samples have 16 bits at the most.
                list(self.pcm, self.pcm_count, 2 * 3 * SAMPLES)?,
            )
        };
        let [y, cb, cr] = self.sao;
        Ok(hevc::CodingTreeUnit {
            sao: Sao {
                merge: match self.sao_merge {
                    0 => None,
                    1 => Some(SaoMerge::Left),
                    2 => Some(SaoMerge::Up),
                    _ => return Err(Status::Argument),
                },
                components: [sao_component(y)?, sao_component(cb)?, sao_component(cr)?],
            },
            coding_units: coding_units.iter().map(coding_unit).collect::<Result<_, _>>()?,
            prediction_units: prediction_units.iter().map(prediction_unit).collect::<Result<_, _>>()?,
            transform_nodes: transform_nodes.iter().map(transform_node).collect::<Result<_, _>>()?,
            blocks: residual_blocks(blocks, levels.len())?,
            levels: levels.iter().map(level).collect::<Result<_, _>>()?,
            pcm: pcm.to_vec(),
            subset_alignment: at_most(self.subset_alignment, MOST_ALIGNMENT)?,
        })
    }
}

/// The values of a list that can have `most` of them.
///
/// # Safety
/// As for [`input`].
unsafe fn list<'a, T>(pointer: *const T, count: usize, most: usize) -> Result<&'a [T], Status> {
    if count > most {
        return Err(Status::Argument);
    }
    // SAFETY: the caller promises this.
    unsafe { input(pointer, count) }
}

fn at_most(value: u8, most: u8) -> Result<u8, Status> {
    if value > most { Err(Status::Argument) } else { Ok(value) }
}

/// Flags, each 0 or 1.
pub(super) fn flags<const N: usize>(given: [u8; N]) -> Result<[bool; N], Status> {
    if given.iter().any(|flag| *flag > 1) { Err(Status::Argument) } else { Ok(given.map(|flag| flag == 1)) }
}

pub(super) fn flag(given: u8) -> Result<bool, Status> {
    flags([given]).map(|[flag]| flag)
}

/// A number; -1 is none.
fn if_any(given: i8) -> Result<Option<u8>, Status> {
    match given {
        -1 => Ok(None),
        other => u8::try_from(other).map(Some).map_err(|_| Status::Argument),
    }
}

fn sao_component(given: SaoComponent) -> Result<hevc::SaoComponent, Status> {
    Ok(hevc::SaoComponent {
        type_idx: given.type_idx,
        offset_abs: given.offset_abs,
        offset_sign: flags(given.offset_sign)?,
        band_position: given.band_position,
        eo_class: given.eo_class,
    })
}

fn coding_unit(given: &CodingUnit) -> Result<hevc::CodingUnit, Status> {
    const PART_MODES: [PartMode; 8] = [
        PartMode::Whole,
        PartMode::Rows,
        PartMode::Columns,
        PartMode::Quarters,
        PartMode::RowsUp,
        PartMode::RowsDown,
        PartMode::ColumnsLeft,
        PartMode::ColumnsRight,
    ];
    let pred_mode = match given.pred_mode {
        0 => PredMode::Inter,
        1 => PredMode::Intra,
        2 => PredMode::Skip,
        _ => return Err(Status::Argument),
    };
    let part_mode = *PART_MODES.get(usize::from(given.part_mode)).ok_or(Status::Argument)?;
    let count = if pred_mode == PredMode::Intra { 0 } else { part_mode.count() };
    let has_pcm = flag(given.pcm_flag)?;
    let is_possible = (3..=6).contains(&given.log2_cb_size)
        && usize::from(given.prediction_unit_count) == count
        && (has_pcm || given.pcm_count == 0);
    if !is_possible {
        return Err(Status::Argument);
    }
    let mut luma_modes = [LumaMode::default(); 4];
    for (part, mode) in luma_modes.iter_mut().enumerate() {
        *mode = match (if_any(given.mpm_idx[part])?, given.rem_intra_luma_pred_mode[part]) {
            (Some(index), 0) => LumaMode::Mpm(index),
            (None, mode) => LumaMode::Rem(mode),
            _ => return Err(Status::Argument),
        };
    }
    Ok(hevc::CodingUnit {
        log2_cb_size: given.log2_cb_size,
        cu_transquant_bypass_flag: flag(given.cu_transquant_bypass_flag)?,
        pred_mode,
        part_mode,
        pcm: has_pcm.then_some(given.pcm_count),
        pcm_alignment: at_most(given.pcm_alignment, MOST_ALIGNMENT)?,
        luma_modes,
        intra_chroma_pred_mode: given.intra_chroma_pred_mode,
        rqt_root_cbf: flag(given.rqt_root_cbf)?,
    })
}

fn prediction_unit(given: &PredictionUnit) -> Result<hevc::PredictionUnit, Status> {
    Ok(hevc::PredictionUnit {
        merge_flag: flag(given.merge_flag)?,
        merge_idx: given.merge_idx,
        inter_pred_idc: given.inter_pred_idc,
        ref_idx: given.ref_idx,
        mvd: given.mvd,
        mvp_flag: flags(given.mvp_flag)?,
    })
}

fn transform_node(given: &TransformNode) -> Result<hevc::TransformNode, Status> {
    let [cb, cr] = given.cbf_chroma;
    Ok(hevc::TransformNode {
        split_transform_flag: flag(given.split_transform_flag)?,
        cbf_chroma: [flags(cb)?, flags(cr)?],
        cbf_luma: flag(given.cbf_luma)?,
        cu_qp_delta: given.cu_qp_delta,
        cu_chroma_qp_offset: if_any(given.cu_chroma_qp_offset_idx)?,
        log2_res_scale_abs_plus1: given.log2_res_scale_abs_plus1,
        res_scale_sign_flag: flags(given.res_scale_sign_flag)?,
        blocks: given.block_count,
    })
}

/// Blocks, whose levels are all of the list, one block after the other.
fn residual_blocks(given: &[ResidualBlock], levels: usize) -> Result<Vec<hevc::ResidualBlock>, Status> {
    let mut first_level = 0;
    let mut blocks = Vec::new();
    for block in given {
        if block.first_level != first_level || !(1..=MOST_LEVELS).contains(&block.level_count) {
            return Err(Status::Argument);
        }
        first_level += block.level_count;
        blocks.push(hevc::ResidualBlock {
            transform_skip_flag: flag(block.transform_skip_flag)?,
            explicit_rdpcm: match if_any(block.explicit_rdpcm_dir_flag)? {
                None => None,
                Some(direction) => Some(flag(direction)?),
            },
            levels: block.level_count as u16,
        });
    }
    if first_level as usize == levels { Ok(blocks) } else { Err(Status::Argument) }
}

fn level(given: &Level) -> Result<hevc::Level, Status> {
    let is_possible = u32::from(given.place) < MOST_LEVELS && given.level != 0;
    if is_possible {
        Ok(hevc::Level { place: given.place, level: given.level })
    } else {
        Err(Status::Argument)
    }
}
