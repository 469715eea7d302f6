//! Limits levels so that residuals fit into 16 bits: where they are added up, by RDPCM or by cross-component prediction, and in large
//! blocks with transform_skip_flag, whose residuals could be larger.
//!
//! The standard does not demand this: it clips coefficients and samples, and does not limit intermediate values. But decoders have a limit,
//! and beyond it their pictures differ. All other blocks keep their levels.
//!
//! A transform adds up coefficients, each times a gain that is known. So it is enough that the sum of the scaled magnitudes stays below the
//! limit; where nothing is added up, each of them.

use super::blocks::{Found, find};
use super::qp::Qp;
use crate::hevc::{CodingTreeUnit, Level, Parameters, PredMode, ResidualBlock};

/// The most for one component: half of what fits into 16 bits, since a residual of luma can be added to one of chroma.
const MOST: i64 = (1 << 14) - 1;

/// levelScale.
const LEVEL_SCALE: [i64; 6] = [40, 45, 51, 57, 64, 72];

/// How a level becomes a residual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Bypass,
    Skip,
    Transform,
}

#[derive(Clone, Copy, Debug)]
struct Scale {
    way: Way,
    /// Whether residuals are added up.
    adds_up: bool,
    /// m times levelScale, shifted by QP.
    factor: i64,
    log2_size: u32,
    bit_depth: u32,
    most: i64,
}

/// How levels are scaled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaling {
    /// The largest entry of the scaling lists.
    pub(super) weight: i64,
    /// By how much the QP of chroma can be larger than that of luma.
    pub(super) chroma_qp_offset: i64,
}

/// Reduces the levels of a coding tree unit at this luma sample that are too large.
pub(super) fn limit(
    unit: &mut CodingTreeUnit,
    parameters: &Parameters,
    scaling: &Scaling,
    origin: [u32; 2],
    qp: &mut Qp,
) {
    let found = find(unit, parameters, origin, qp);
    debug_assert_eq!(found.len(), unit.blocks.len());
    let all = std::mem::take(&mut unit.levels);
    let mut rest = &all[..];
    for (found, block) in found.iter().zip(&mut unit.blocks) {
        let (own, others) = rest.split_at(usize::from(block.levels).min(rest.len()));
        rest = others;
        let first = unit.levels.len();
        match Scale::new(found, block, parameters, scaling) {
            None => unit.levels.extend(own),
            Some(scale) => scale.keep(own, &mut unit.levels),
        }
        block.levels = (unit.levels.len() - first) as u16;
    }
}

impl Scale {
    /// `None` if every level is small enough.
    fn new(
        found: &Found,
        block: &ResidualBlock,
        parameters: &Parameters,
        scaling: &Scaling,
    ) -> Option<Scale> {
        let (sps, log2_size) = (&parameters.sps, found.log2_size);
        if sps.range.extended_precision_processing_flag {
            return None;
        }
        let way = match (found.coding_unit.cu_transquant_bypass_flag, block.transform_skip_flag) {
            (true, _) => Way::Bypass,
            (false, true) => Way::Skip,
            (false, false) => Way::Transform,
        };
        let bit_depth = if found.component == 0 { sps.bit_depth_luma } else { sps.bit_depth_chroma }.into();
        // Whether an intra-predicted block has RDPCM depends on its mode.
        let has_rdpcm = way != Way::Transform
            && match found.coding_unit.pred_mode {
                PredMode::Intra => sps.range.implicit_rdpcm_enabled_flag,
                _ => block.explicit_rdpcm.is_some(),
            };
        let is_added = found.node.log2_res_scale_abs_plus1 != [0; 2];
        let grows = way == Way::Skip && log2_size + bit_depth > 15;
        if !has_rdpcm && !is_added && !grows {
            return None;
        }
        let offset = 6 * (i64::from(bit_depth) - 8);
        let qp_y = i64::from(found.qp_y);
        let qp = offset + if found.component == 0 { qp_y } else { (qp_y + scaling.chroma_qp_offset).min(57) };
        let qp = qp.max(0);
        let factor = (scaling.weight * LEVEL_SCALE[(qp % 6) as usize]) << (qp / 6);
        // Where luma is added to chroma, its samples are scaled to the bit depth of chroma (equation 7-83).
        let growth = u32::from(sps.bit_depth_chroma).saturating_sub(sps.bit_depth_luma.into());
        let most = if is_added && found.component == 0 { MOST >> growth } else { MOST };
        Some(Scale { way, adds_up: has_rdpcm || way == Way::Transform, factor, log2_size, bit_depth, most })
    }

    /// The most that a level of this magnitude adds to a residual.
    fn residual(&self, magnitude: i64) -> i64 {
        let bits = self.bit_depth + self.log2_size;
        // Rounded up, since a decoder rounds to the nearest.
        let coefficient = || (((magnitude * self.factor) >> (bits - 5)) + 1).min(1 << 15);
        match self.way {
            Way::Bypass => magnitude,
            Way::Skip if bits > 15 => coefficient() << (bits - 15),
            Way::Skip => (coefficient() >> (15 - bits)) + 1,
            // A transform has two passes, whose factors are 90 at the most.
            Way::Transform if self.bit_depth > 14 => coefficient() << (self.bit_depth - 14),
            Way::Transform => (coefficient() >> (14 - self.bit_depth)) + 1,
        }
    }

    /// Appends the levels, reduced where necessary; at least one stays.
    fn keep(&self, given: &[Level], kept: &mut Vec<Level>) {
        let first = kept.len();
        let mut left = self.most;
        for &Level { place, level } in given {
            // If a sign is hidden, a level can change its sign, so the largest magnitude, which only negative levels have, is excluded.
            let mut magnitude = i64::from(level.unsigned_abs()).min((1 << 15) - 1);
            while magnitude > 0 && self.residual(magnitude) > left {
                magnitude /= 2;
            }
            if magnitude > 0 {
                kept.push(Level { place, level: level.signum() * magnitude as i32 });
                left -= if self.adds_up { self.residual(magnitude) } else { 0 };
            }
        }
        if kept.len() == first
            && let Some(&Level { place, level }) = given.first()
        {
            kept.push(Level { place, level: level.signum() });
        }
    }
}
