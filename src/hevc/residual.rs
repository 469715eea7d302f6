//! residual_coding (clause 7.3.8.11): how a block is transformed, and its levels, from the last one in the scan to the first.

use super::binarization::{Remaining, coeff_abs_level_remaining, truncated_unary};
use super::contexts::{
    CODED_SUB_BLOCK_FLAG, COEFF_ABS_LEVEL_GREATER1_FLAG, COEFF_ABS_LEVEL_GREATER2_FLAG,
    EXPLICIT_RDPCM_DIR_FLAG, EXPLICIT_RDPCM_FLAG, LAST_SIG_COEFF_PREFIX, SIG_COEFF_FLAG,
    SIG_COEFF_FLAG_SKIPPED, TRANSFORM_SKIP_FLAG, ctx,
};
use super::edges::{HORIZONTAL, VERTICAL};
use super::scan::{self, Place, SCANS, SIG_CTX};
use super::transform::Coding;
use super::tree::{Level, ResidualBlock};
use super::walk::{StatCoeff, Unit, Walk, next};
use crate::bin::{self, BinCoder, Element};

const TRANSFORM_SKIP: Element = Element("transform_skip_flag");
const EXPLICIT_RDPCM: Element = Element("explicit_rdpcm_flag");
const EXPLICIT_RDPCM_DIR: Element = Element("explicit_rdpcm_dir_flag");
const LAST_PREFIX: [Element; 2] = [Element("last_sig_coeff_x_prefix"), Element("last_sig_coeff_y_prefix")];
const LAST_SUFFIX: [Element; 2] = [Element("last_sig_coeff_x_suffix"), Element("last_sig_coeff_y_suffix")];
const CODED_SUB_BLOCK: Element = Element("coded_sub_block_flag");
const SIG_COEFF: Element = Element("sig_coeff_flag");
const GREATER1: Element = Element("coeff_abs_level_greater1_flag");
const GREATER2: Element = Element("coeff_abs_level_greater2_flag");
const COEFF_SIGN: Element = Element("coeff_sign_flag");
const REMAINING: Element = Element("coeff_abs_level_remaining");

/// What the levels of a block depend on.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// cIdx is not 0.
    is_chroma: bool,
    log2_size: u32,
    scan_idx: usize,
    /// Whether the sign of a level can be hidden in the parity of the others.
    can_hide_sign: bool,
    /// Whether sig_coeff_flag has but one context.
    has_one_sig_ctx: bool,
    /// Where StatCoeff of such blocks is, with persistent_rice_adaptation_enabled_flag.
    sb_type: Option<usize>,
    /// cabac_bypass_alignment_enabled_flag.
    aligns: bool,
    /// log2TransformRange, with extended_precision_processing_flag.
    extended_range: Option<u32>,
}

impl<C: BinCoder> Walk<'_, C> {
    /// Codes a block of the component cIdx, given its prediction mode if it has one.
    pub(super) fn residual_coding(
        &mut self,
        unit: &mut Unit<'_>,
        coding: &Coding,
        component: usize,
        [x, y]: [u32; 2],
        log2_size: u32,
        mode: u8,
    ) {
        let parameters = self.parameters;
        let (sps, pps) = (&parameters.sps, &parameters.pps);
        self.coder.place(bin::Place::TransformBlock {
            component: component as u8,
            x,
            y,
            log2_size: log2_size as u8,
        });
        let plane = component.min(1);
        let given = next(&unit.given.blocks, &unit.coded.blocks);
        let mut coded = ResidualBlock::default();
        if pps.transform_skip_enabled_flag
            && !coding.cu_transquant_bypass_flag
            && log2_size <= pps.log2_max_transform_skip_size.into()
        {
            let index = TRANSFORM_SKIP_FLAG + plane;
            coded.transform_skip_flag = self.flag(TRANSFORM_SKIP, given.transform_skip_flag, index);
        }
        let is_transformed = !coded.transform_skip_flag && !coding.cu_transquant_bypass_flag;
        if !coding.is_intra && sps.range.explicit_rdpcm_enabled_flag && !is_transformed {
            let index = EXPLICIT_RDPCM_FLAG + plane;
            if self.flag(EXPLICIT_RDPCM, given.explicit_rdpcm.is_some(), index) {
                let index = EXPLICIT_RDPCM_DIR_FLAG + plane;
                let given = given.explicit_rdpcm.unwrap_or(false);
                coded.explicit_rdpcm = Some(self.flag(EXPLICIT_RDPCM_DIR, given, index));
            }
        }
        let has_implicit_rdpcm = coding.is_intra
            && sps.range.implicit_rdpcm_enabled_flag
            && coded.transform_skip_flag
            && matches!(mode, HORIZONTAL | VERTICAL);
        let is_lossless_or_rdpcm =
            coding.cu_transquant_bypass_flag || has_implicit_rdpcm || coded.explicit_rdpcm.is_some();
        let scan_idx = if coding.is_intra
            && (log2_size == 2 || log2_size == 3 && (component == 0 || sps.chroma_array_type() == 3))
        {
            match mode {
                6..=14 => scan::VERTICAL,
                22..=30 => scan::HORIZONTAL,
                _ => scan::DIAGONAL,
            }
        } else {
            scan::DIAGONAL
        };
        let shape = Shape {
            is_chroma: component > 0,
            log2_size,
            scan_idx,
            can_hide_sign: pps.sign_data_hiding_enabled_flag && !is_lossless_or_rdpcm,
            has_one_sig_ctx: sps.range.transform_skip_context_enabled_flag && !is_transformed,
            sb_type: sps
                .range
                .persistent_rice_adaptation_enabled_flag
                .then_some(2 * usize::from(component == 0) + usize::from(!is_transformed)),
            aligns: sps.range.cabac_bypass_alignment_enabled_flag,
            extended_range: parameters.extended_range(component),
        };
        let first = unit.coded.levels.len();
        let given_levels = match unit.given.levels.get(first..) {
            Some(levels) if !C::READS => &levels[..levels.len().min(given.levels.into())],
            _ => &[],
        };
        let last = self.last_sig_coeff(&shape, given_levels);
        let outside =
            levels(&mut self.coder, &shape, &mut self.stat_coeff, last, given_levels, &mut unit.coded.levels);
        if let Some((value, most)) = outside {
            self.complain(REMAINING, value, 0..=most);
        }
        coded.levels = (unit.coded.levels.len() - first) as u16;
        unit.coded.blocks.push(coded);
    }

    /// The place of the last level in the scan: 16 times the number of its sub-block, and its number in that.
    fn last_sig_coeff(&mut self, shape: &Shape, given: &[Level]) -> usize {
        let Shape { log2_size, scan_idx, .. } = *shape;
        let [sub_blocks, places] = [&SCANS[scan_idx][log2_size as usize - 2], &SCANS[scan_idx][2]];
        let given = given.first().map_or(0, |level| usize::from(level.place)) & ((1 << (2 * log2_size)) - 1);
        let [block, place] = [sub_blocks.place(given / 16), places.place(given % 16)];
        let mut given = [4 * block.x + place.x, 4 * block.y + place.y].map(u32::from);
        if scan_idx == scan::VERTICAL {
            given.swap(0, 1);
        }
        let (offset, shift) = match shape.is_chroma {
            false => (3 * (log2_size - 2) + ((log2_size - 1) >> 2), (log2_size + 1) >> 2),
            true => (15, log2_size - 2),
        };
        let c_max = 2 * log2_size - 1;
        let mut prefix = [0; 2];
        for i in 0..2 {
            let first = LAST_SIG_COEFF_PREFIX[i] + offset as usize;
            let code = |coder: &mut C, given| {
                truncated_unary(coder, given, c_max, |bin_idx| Some(ctx(first + (bin_idx >> shift) as usize)))
            };
            let given = prefix_of(given[i]) as i32;
            prefix[i] = self.element(LAST_PREFIX[i], given, 0..=c_max as i32, code) as u32;
        }
        let mut last = prefix;
        for i in 0..2 {
            if prefix[i] > 3 {
                let (first, bits) = first_of(prefix[i]);
                let given = (given[i].wrapping_sub(first) & ((1 << bits) - 1)) as u8;
                last[i] = first + u32::from(self.bits(LAST_SUFFIX[i], given, bits));
            }
        }
        if scan_idx == scan::VERTICAL {
            last.swap(0, 1);
        }
        let [x, y] = last.map(|last| last as u8);
        let block = sub_blocks.number(Place { x: x / 4, y: y / 4 });
        16 * block + places.number(Place { x: x % 4, y: y % 4 })
    }
}

/// last_sig_coeff_x_prefix of a column.
fn prefix_of(last: u32) -> u32 {
    if last < 4 {
        return last;
    }
    let log2 = last.ilog2();
    2 * log2 + (last >> (log2 - 1) & 1)
}

/// The first column of a prefix above 3, and how many bits the suffix has (7-74).
fn first_of(prefix: u32) -> (u32, u32) {
    let bits = (prefix >> 1) - 1;
    ((2 + (prefix & 1)) << bits, bits)
}

#[inline(always)]
fn flag<C: BinCoder>(coder: &mut C, element: Element, given: bool, index: usize) -> bool {
    let given = coder.element(element, i32::from(given), 0..=1);
    let coded = coder.context(ctx(index), given != 0);
    coder.coded(element, coded.into());
    coded
}

/// sig_coeff_flag of a place in the scan.
#[inline(always)]
fn significant<C: BinCoder>(coder: &mut C, place: u16, given: i32, index: usize) -> bool {
    coder.place(bin::Place::Coefficient(place));
    flag(coder, SIG_COEFF, given != 0, index)
}

/// Codes the levels of a block whose last one has this place, and appends them. The first coeff_abs_level_remaining that is too large,
/// if there is one, and how large it can be; it counts as 0.
#[inline]
fn levels<C: BinCoder>(
    coder: &mut C,
    shape: &Shape,
    stat_coeff: &mut StatCoeff,
    last: usize,
    given: &[Level],
    coded: &mut Vec<Level>,
) -> Option<(i32, i32)> {
    let Shape { log2_size, scan_idx, is_chroma, .. } = *shape;
    let plane = usize::from(is_chroma);
    let sub_blocks = &SCANS[scan_idx][log2_size as usize - 2];
    let sig_ctx = &SIG_CTX[scan_idx];
    let mut given = given.iter().peekable();
    let mut outside = None;
    // coded_sub_block_flag by row, with a column and a row of zeros after the last ones.
    let mut coded_sub_blocks = [0_u16; 9];
    let mut was_greater1 = false;
    for i in (0..=last / 16).rev() {
        let at = sub_blocks.place(i);
        let (x, y) = (usize::from(at.x & 7), usize::from(at.y & 7));
        let mut levels = [0_i32; 16];
        if !C::READS {
            while let Some(level) = given.next_if(|level| usize::from(level.place) / 16 == i) {
                levels[usize::from(level.place) % 16] = level.level;
            }
        }
        let right = coded_sub_blocks[y] >> (x + 1) & 1;
        let below = coded_sub_blocks[y + 1] >> x & 1;
        let is_last = i == last / 16;
        let mut is_dc_inferred = false;
        if !is_last && i > 0 {
            let index = CODED_SUB_BLOCK_FLAG + 2 * plane + usize::from(right | below);
            if !flag(coder, CODED_SUB_BLOCK, levels != [0; 16], index) {
                continue;
            }
            is_dc_inferred = true;
        }
        coded_sub_blocks[y] |= 1 << x;

        // The numbers of the levels that are not zero.
        let mut found = [0_u8; 16];
        let mut count = 0;
        let mut n = 16;
        if is_last {
            n = last % 16;
            found[0] = n as u8;
            count = 1;
        }
        let (row, first) = if shape.has_one_sig_ctx {
            (&[0; 16], SIG_COEFF_FLAG_SKIPPED[plane])
        } else if log2_size == 2 {
            (&sig_ctx.of_4x4, SIG_COEFF_FLAG[plane])
        } else {
            let added = match (is_chroma, log2_size) {
                (false, 3) => {
                    if scan_idx == scan::DIAGONAL {
                        9
                    } else {
                        15
                    }
                }
                (false, _) => 21,
                (true, 3) => 9,
                (true, _) => 12,
            } + if !is_chroma && i > 0 { 3 } else { 0 };
            (&sig_ctx.of_sub_block[usize::from(right | below << 1)], SIG_COEFF_FLAG[plane] + added)
        };
        while n > 1 {
            n -= 1;
            if significant(coder, (16 * i + n) as u16, levels[n], first + usize::from(row[n])) {
                found[count & 15] = n as u8;
                count += 1;
            }
        }
        if n == 1 {
            // The DC level has a context of its own, which comes first.
            let is_dc = i == 0 && !shape.has_one_sig_ctx;
            let index = if is_dc { SIG_COEFF_FLAG[plane] } else { first + usize::from(row[0]) };
            let is_inferred = is_dc_inferred && count == 0;
            if is_inferred || significant(coder, 16 * i as u16, levels[0], index) {
                found[count & 15] = 0;
                count += 1;
            }
        }
        if count == 0 {
            continue;
        }
        let found = &found[..count.min(16)];

        let ctx_set = if i == 0 || is_chroma { 0 } else { 2 } + usize::from(was_greater1);
        let first = COEFF_ABS_LEVEL_GREATER1_FLAG + 16 * plane + 4 * ctx_set;
        let mut greater1_ctx = 1;
        // Which levels are above 1, by their order.
        let mut greater1 = 0_u32;
        for (k, &n) in found.iter().take(8).enumerate() {
            coder.place(bin::Place::Coefficient((16 * i) as u16 + u16::from(n)));
            let given = levels[usize::from(n)].unsigned_abs() > 1;
            if flag(coder, GREATER1, given, first + greater1_ctx) {
                greater1 |= 1 << k;
                greater1_ctx = 0;
            } else if greater1_ctx > 0 {
                greater1_ctx = usize::min(greater1_ctx + 1, 3);
            }
        }
        was_greater1 = greater1_ctx == 0;
        let mut is_greater2 = false;
        if greater1 != 0 {
            let n = found[greater1.trailing_zeros() as usize & 15];
            coder.place(bin::Place::Coefficient((16 * i) as u16 + u16::from(n)));
            let given = levels[usize::from(n)].unsigned_abs() > 2;
            is_greater2 = flag(coder, GREATER2, given, COEFF_ABS_LEVEL_GREATER2_FLAG + 4 * plane + ctx_set);
        }
        // What is above the first of these, or one that is, can have more, and so can all after the eighth.
        let has_escape = is_greater2 || greater1 & greater1.wrapping_sub(1) != 0 || found.len() > 8;
        if shape.aligns && has_escape {
            coder.align();
        }

        let is_hidden = shape.can_hide_sign && found[0] - found[found.len() - 1] > 3;
        let sign_count = found.len() - usize::from(is_hidden);
        let given_signs = found[..sign_count]
            .iter()
            .fold(0, |signs, &n| signs << 1 | i32::from(levels[usize::from(n)] < 0));
        let most = (1 << sign_count) - 1;
        let given_signs = coder.element(COEFF_SIGN, given_signs, 0..=most) & most;
        let signs = coder.bypass_bits(sign_count as u32, given_signs as u32);
        coder.coded(COEFF_SIGN, signs as i32);

        let mut rice = shape.sb_type.map_or(0, |sb_type| u32::from(stat_coeff[sb_type] / 4));
        let mut is_first = true;
        let mut sum = 0_u32;
        let range = shape.extended_range.unwrap_or(15);
        for (k, &n) in found.iter().enumerate() {
            let is_first_greater1 = greater1 != 0 && k as u32 == greater1.trailing_zeros();
            let base = 1 + (greater1 >> k & 1) + u32::from(is_greater2 && is_first_greater1);
            let limit = if k >= 8 {
                1
            } else if is_first_greater1 {
                3
            } else {
                2
            };
            // The sign that is hidden is that of an odd sum.
            let is_sign_told = k < sign_count;
            let sign_bit = if is_sign_told { signs >> (sign_count - 1 - k) & 1 != 0 } else { false };
            let mut abs = base;
            if base == limit {
                coder.place(bin::Place::Coefficient((16 * i) as u16 + u16::from(n)));
                let can_be_lowest = if is_sign_told { sign_bit } else { sum % 2 == 1 };
                let most = (1_i32 << range) - 1 + i32::from(can_be_lowest) - base as i32;
                let given = levels[usize::from(n)].unsigned_abs().saturating_sub(base).min(i32::MAX as u32);
                let mut given = coder.element(REMAINING, given as i32, 0..=most);
                if !C::READS && !(0..=most).contains(&given) {
                    outside = outside.or(Some((given, most)));
                    given = 0;
                }
                let how = Remaining { rice, limit: shape.extended_range };
                let mut remaining = coeff_abs_level_remaining(coder, given as u32, how) as i32;
                coder.coded(REMAINING, remaining);
                if !(0..=most).contains(&remaining) {
                    outside = outside.or(Some((remaining, most)));
                    remaining = 0;
                }
                let remaining = remaining as u32;
                abs += remaining;
                if abs > 3 << rice {
                    rice = if shape.sb_type.is_some() { rice + 1 } else { (rice + 1).min(4) };
                }
                if let (true, Some(sb_type)) = (is_first, shape.sb_type) {
                    adapt(&mut stat_coeff[sb_type], remaining);
                }
                is_first = false;
            }
            sum = sum.wrapping_add(abs);
            let is_negative = if is_sign_told { sign_bit } else { sum % 2 == 1 };
            let level = if is_negative { -(abs as i32) } else { abs as i32 };
            coded.push(Level { place: (16 * i) as u16 + u16::from(n), level });
        }
    }
    outside
}

/// StatCoeff after the first coeff_abs_level_remaining of a sub-block (clause 9.3.4.2.6).
fn adapt(stat_coeff: &mut u8, remaining: u32) {
    let scale = u32::from(*stat_coeff / 4);
    if remaining >= 3 << scale {
        *stat_coeff += 1;
    } else if 2 * remaining < 1 << scale && *stat_coeff > 0 {
        *stat_coeff -= 1;
    }
}
