//! Limits levels so that nothing overflows (clauses 8.5.6 to 8.5.14): no coefficient, and no intermediate value of a transform, may need
//! more than 8 + BitDepth bits.
//!
//! A transform adds up coefficients, each times a gain of at most 1 (of 4 in the 8x8 transform). So it is enough that the sum of the scaled
//! magnitudes of a block stays below the limit. That excludes some legal blocks and admits no illegal one.

use crate::avc::{Macroblock, Parameters};

/// How levels are scaled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaling {
    /// The largest entry of the scaling lists; 16 where they are flat.
    pub(super) weight: i64,
    /// qpprime_y_zero_transform_bypass_flag.
    pub(super) has_bypass: bool,
    /// chroma_qp_index_offset and second_chroma_qp_index_offset.
    pub(super) chroma_qp_offset: [i32; 2],
}

/// For each row of normAdjust the largest factor of the first place and of any place of a 4x4 block, and of any place of an 8x8 block.
const NORM: [[i64; 3]; 6] =
    [[10, 16, 32], [11, 18, 35], [13, 20, 42], [14, 23, 45], [16, 25, 51], [18, 29, 58]];

/// QPC for a qPI of 30 and more (table 8-15).
const QP_C: [i32; 22] =
    [29, 30, 31, 32, 32, 33, 34, 34, 35, 35, 36, 36, 37, 37, 37, 38, 38, 38, 39, 39, 39, 39];

/// The largest factors between levels and coefficients at one qP, in units of 1/64.
#[derive(Clone, Copy, Debug)]
struct Factors {
    /// For a level of luma DC, or of the chroma DC of 4:2:2.
    dc: i64,
    small: i64,
    large: i64,
}

impl Factors {
    const BYPASS: Factors = Factors { dc: 64, small: 64, large: 64 };

    fn new(qp: i32, weight: i64) -> Factors {
        let [first, any, large] = NORM[qp.rem_euclid(6) as usize].map(|norm| (norm * weight) << (qp / 6));
        Factors { dc: first, small: 4 * any, large: 4 * large }
    }
}

/// Reduces the levels of a macroblock that are too large, given its QPY.
pub(super) fn limit(macroblock: &mut Macroblock, parameters: &Parameters, scaling: &Scaling, qp_y: i32) {
    if macroblock.levels.is_empty() {
        return;
    }
    let offset = |bit_depth: u8| 6 * (i32::from(bit_depth) - 8);
    let qp = qp_y + offset(parameters.bit_depth_luma);
    let has_bypass = scaling.has_bypass && qp == 0;
    let factors = |qp| if has_bypass { Factors::BYPASS } else { Factors::new(qp, scaling.weight) };
    let most = |bit_depth: u8| (1 << (7 + bit_depth)) - 64;
    let qp_c = |plane: usize| {
        let offset = offset(parameters.bit_depth_chroma);
        let index = (qp_y + scaling.chroma_qp_offset[plane - 1]).clamp(-offset, 51);
        offset + if index < 30 { index } else { QP_C[index as usize - 30] }
    };
    let is_16x16 = macroblock.mb_type.is_intra_16x16();
    let is_large = macroblock.transform_size_8x8_flag;
    // An 8x8 block that is coded has a level, except in 4:4:4, where it has a coded_block_flag. A 1 at its first place is small enough at
    // every QP.
    let needs_one = is_large && parameters.chroma_array_type != 3;
    let pattern = macroblock.coded_block_pattern;
    let planes = if parameters.chroma_array_type == 3 { 3 } else { 1 };
    let (luma, chroma) = macroblock.levels.split_at_mut(256 * planes);
    for (plane, levels) in luma.chunks_exact_mut(256).enumerate() {
        let (qp, bit_depth) = match plane {
            0 => (qp, parameters.bit_depth_luma),
            _ => (qp_c(plane), parameters.bit_depth_chroma),
        };
        let (factors, most) = (factors(qp), most(bit_depth));
        if is_large {
            for (block, levels) in levels.chunks_exact_mut(64).enumerate() {
                keep_below(levels.iter_mut(), factors.large, most);
                if needs_one && pattern >> block & 1 != 0 && levels.iter().all(|&level| level == 0) {
                    levels[0] = 1;
                }
            }
        } else {
            blocks(levels, is_16x16.then_some(factors.dc), factors.small, most);
        }
    }
    if matches!(parameters.chroma_array_type, 1 | 2) {
        let count = parameters.chroma_levels();
        for (plane, levels) in chroma.chunks_exact_mut(count).enumerate() {
            let qp = qp_c(plane + 1);
            let ac = factors(qp);
            let dc = match (has_bypass, parameters.chroma_array_type) {
                (true, _) => ac.dc,
                (false, 1) => 2 * ac.dc,
                (false, _) => factors(qp + 3).dc,
            };
            blocks(levels, Some(dc), ac.small, most(parameters.bit_depth_chroma));
        }
    }
}

/// Limits 4x4 blocks. If they have DC levels of their own, these are the first of each, and `dc` is their factor.
fn blocks(levels: &mut [i32], dc: Option<i64>, factor: i64, most: i64) {
    let mut left = most;
    if let Some(dc) = dc {
        let sum = keep_below(levels.iter_mut().step_by(16), dc.max(64), most / 2);
        left -= sum;
    }
    for levels in levels.chunks_exact_mut(16) {
        let first = usize::from(dc.is_some());
        keep_below(levels[first..].iter_mut(), factor, left);
    }
}

/// Cuts levels, one after the other, so that the sum of their magnitudes, times a factor in 64ths, plus one for each, which rounding can
/// add, is not above `most`. Returns the sum.
fn keep_below<'a>(levels: impl Iterator<Item = &'a mut i32>, factor: i64, most: i64) -> i64 {
    let mut left = most;
    for level in levels.filter(|level| **level != 0) {
        let magnitude = i64::from(level.unsigned_abs()).min(64 * (left - 1).max(0) / factor);
        *level = level.signum() * magnitude as i32;
        if magnitude > 0 {
            left -= magnitude * factor / 64 + 2;
        }
    }
    most - left
}
