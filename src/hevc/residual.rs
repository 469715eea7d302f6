//! residual_coding (clause 7.3.8.11): how a block is transformed, and its levels, from the last one in the scan to the first.

use core::hint::select_unpredictable;

use super::binarization::{Remaining, coeff_abs_level_remaining, truncated_unary};
use super::contexts::{
    CODED_SUB_BLOCK_FLAG, COEFF_ABS_LEVEL_GREATER1_FLAG, COEFF_ABS_LEVEL_GREATER2_FLAG,
    EXPLICIT_RDPCM_DIR_FLAG, EXPLICIT_RDPCM_FLAG, LAST_SIG_COEFF_PREFIX, SIG_COEFF_FLAG,
    SIG_COEFF_FLAG_SKIPPED, TRANSFORM_SKIP_FLAG, ctx,
};
use super::edges::{INTRA_HORIZONTAL, INTRA_VERTICAL};
use super::scan::{self, Place, SCANS, SIG_CTX};
use super::transform::Coding;
use super::tree::{Level, ResidualBlock};
use super::walk::{CtuPair, StatCoeff, Walk, next_given};
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

/// What the coding of the levels of a block depends on.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// cIdx is not 0.
    is_chroma: bool,
    log2_size: u32,
    scan_idx: usize,
    /// Whether the sign of a level can be hidden in the parity of the sum of all absolute levels of its sub-block.
    can_hide_sign: bool,
    /// Whether sig_coeff_flag has a single context.
    has_one_sig_ctx: bool,
    /// The index of StatCoeff for such blocks (sbType), with persistent_rice_adaptation_enabled_flag.
    sb_type: Option<usize>,
    /// cabac_bypass_alignment_enabled_flag.
    aligns: bool,
    /// log2TransformRange, with extended_precision_processing_flag.
    extended_log2_transform_range: Option<u32>,
}

impl<C: BinCoder> Walk<'_, C> {
    /// Codes a block of the component cIdx, given its intra prediction mode if it has one.
    pub(super) fn residual_coding(
        &mut self,
        unit: &mut CtuPair<'_>,
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
        let given = next_given(&unit.given.blocks, &unit.coded.blocks);
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
            && matches!(mode, INTRA_HORIZONTAL | INTRA_VERTICAL);
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
            extended_log2_transform_range: parameters.extended_log2_transform_range(component),
        };
        let first = unit.coded.levels.len();
        let given_levels = match unit.given.levels.get(first..) {
            Some(levels) if !C::READS => &levels[..levels.len().min(given.levels.into())],
            _ => &[],
        };
        let last = self.last_sig_coeff(&shape, given_levels);
        let too_large =
            levels(&mut self.coder, &shape, &mut self.stat_coeff, last, given_levels, &mut unit.coded.levels);
        if let Some((value, most)) = too_large {
            self.record_fault(REMAINING, value, 0..=most);
        }
        coded.levels = (unit.coded.levels.len() - first) as u16;
        unit.coded.blocks.push(coded);
    }

    /// The place of the last level in the scan: 16 times the number of its sub-block, plus its number in that.
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

/// The first column of a prefix above 3, and the number of bits of its suffix (7-74).
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

/// Codes the levels of a block whose last one has this place, and appends them. If a coeff_abs_level_remaining is too large, 0 takes its
/// place; the first such value and the largest legal one are returned.
#[inline]
fn levels<C: BinCoder>(
    coder: &mut C,
    shape: &Shape,
    stat_coeff: &mut StatCoeff,
    last: usize,
    given: &[Level],
    coded: &mut Vec<Level>,
) -> Option<(i32, i32)> {
    let plane = usize::from(shape.is_chroma);
    let sub_blocks = &SCANS[shape.scan_idx][shape.log2_size as usize - 2];
    let mut given = given.iter().peekable();
    let mut too_large = None;
    // coded_sub_block_flag by row, with a column and a row of zeros to the right and below.
    let mut coded_sub_blocks = [0_u16; 9];
    let mut last_greater1_ctx_is_zero = false;
    for i in (0..=last / 16).rev() {
        let at = sub_blocks.place(i);
        let (x, y) = (usize::from(at.x & 7), usize::from(at.y & 7));
        let mut levels = [0; 16];
        if !C::READS {
            while let Some(level) = given.next_if(|level| usize::from(level.place) / 16 == i) {
                levels[usize::from(level.place) % 16] = level.level;
            }
        }
        let right = coded_sub_blocks[y] >> (x + 1) & 1;
        let below = coded_sub_blocks[y + 1] >> x & 1;
        let is_last = i == last / 16;
        let is_flag_coded = !is_last && i > 0;
        let index = CODED_SUB_BLOCK_FLAG + 2 * plane + usize::from(right | below);
        if is_flag_coded && !flag(coder, CODED_SUB_BLOCK, levels != [0; 16], index) {
            continue;
        }
        coded_sub_blocks[y] |= 1 << x;

        let prev_csbf = usize::from(right | below << 1);
        let mut sub_block = SubBlock { shape, i, levels, found: [0; 16], count: 0 };
        sub_block.sig_coeffs(coder, prev_csbf, is_last.then_some(last % 16), is_flag_coded);
        if sub_block.count == 0 {
            continue;
        }
        let greater = sub_block.greater_flags(coder, last_greater1_ctx_is_zero);
        last_greater1_ctx_is_zero = greater.greater1_ctx_is_zero;
        if shape.aligns && greater.has_escape {
            coder.align();
        }
        let signs = sub_block.signs(coder);
        let of_sub_block = sub_block.remaining(coder, &greater, &signs, stat_coeff, coded);
        too_large = too_large.or(of_sub_block);
    }
    too_large
}

/// A sub-block of 4x4 levels.
struct SubBlock<'a> {
    shape: &'a Shape,
    /// Its number in the scan.
    i: usize,
    /// The coefficients that are given, by number in the scan.
    levels: [i32; 16],
    /// The numbers of the levels that are not zero, and how many they are.
    found: [u8; 16],
    count: usize,
}

/// Which levels are above 1 and 2.
struct Greater {
    /// coeff_abs_level_greater1_flag, by the order of the levels.
    greater1: u32,
    /// coeff_abs_level_greater2_flag of the first level that is above 1.
    is_greater2: bool,
    /// Whether greater1Ctx is 0 at the end.
    greater1_ctx_is_zero: bool,
    /// escapeDataPresent: whether there is a coeff_abs_level_remaining.
    has_escape: bool,
}

/// The signs that are in the stream.
struct Signs {
    /// The signs as a number, the first one highest.
    bits: u32,
    count: usize,
}

impl SubBlock<'_> {
    #[inline(always)]
    fn found(&self) -> &[u8] {
        &self.found[..self.count.min(16)]
    }

    /// Adds n to `found` if its level is not zero. There is no branch, since it could not be predicted.
    #[inline(always)]
    fn add(&mut self, n: usize, is_significant: bool) {
        self.found[self.count & 15] = n as u8;
        self.count += usize::from(is_significant);
    }

    /// Tells the coder which level comes.
    #[inline(always)]
    fn place<C: BinCoder>(&self, coder: &mut C, n: usize) {
        coder.place(bin::Place::Coefficient((16 * self.i + n) as u16));
    }

    /// The first context of sig_coeff_flag, and which one each place has, by prevCsbf (clause 9.3.4.2.5).
    #[inline(always)]
    fn sig_ctx(&self, prev_csbf: usize) -> (usize, &'static [u8; 16]) {
        let Shape { is_chroma, log2_size, scan_idx, .. } = *self.shape;
        let plane = usize::from(is_chroma);
        if self.shape.has_one_sig_ctx {
            return (SIG_COEFF_FLAG_SKIPPED[plane], &[0; 16]);
        }
        if log2_size == 2 {
            return (SIG_COEFF_FLAG[plane], &SIG_CTX[scan_idx].of_4x4);
        }
        let of_size = match (is_chroma, log2_size) {
            (false, 3) if scan_idx == scan::DIAGONAL => 9,
            (false, 3) => 15,
            (false, _) => 21,
            (true, 3) => 9,
            (true, _) => 12,
        };
        let of_place = if !is_chroma && self.i > 0 { 3 } else { 0 };
        (SIG_COEFF_FLAG[plane] + of_size + of_place, &SIG_CTX[scan_idx].of_sub_block[prev_csbf])
    }

    /// sig_coeff_flag of all places but the last of the block. Where coded_sub_block_flag was coded, and is 1, that of the first place is
    /// inferred to be 1 if all others are 0 (inferSbDcSigCoeffFlag).
    #[inline(always)]
    fn sig_coeffs<C: BinCoder>(
        &mut self,
        coder: &mut C,
        prev_csbf: usize,
        last: Option<usize>,
        is_flag_coded: bool,
    ) {
        let (first, row) = self.sig_ctx(prev_csbf);
        if let Some(last) = last {
            self.add(last, true);
        }
        let mut n = last.unwrap_or(16);
        while n > 1 {
            n -= 1;
            self.place(coder, n);
            let is_significant = flag(coder, SIG_COEFF, self.levels[n] != 0, first + usize::from(row[n]));
            self.add(n, is_significant);
        }
        if n == 0 {
            return;
        }
        let is_inferred = is_flag_coded && self.count == 0;
        // The DC level has a context of its own, which comes first.
        let is_dc = self.i == 0 && !self.shape.has_one_sig_ctx;
        let plane = usize::from(self.shape.is_chroma);
        let index = if is_dc { SIG_COEFF_FLAG[plane] } else { first + usize::from(row[0]) };
        if !is_inferred {
            self.place(coder, 0);
        }
        let is_significant = is_inferred || flag(coder, SIG_COEFF, self.levels[0] != 0, index);
        self.add(0, is_significant);
    }

    /// coeff_abs_level_greater1_flag of the first eight levels, and coeff_abs_level_greater2_flag of one (clauses 9.3.4.2.6 and
    /// 9.3.4.2.7), given whether greater1Ctx was 0 at the end of the sub-block before.
    #[inline(always)]
    fn greater_flags<C: BinCoder>(&self, coder: &mut C, last_greater1_ctx_is_zero: bool) -> Greater {
        let plane = usize::from(self.shape.is_chroma);
        let of_place = if self.i == 0 || self.shape.is_chroma { 0 } else { 2 };
        let ctx_set = of_place + usize::from(last_greater1_ctx_is_zero);
        let first = COEFF_ABS_LEVEL_GREATER1_FLAG + 16 * plane + 4 * ctx_set;
        let given = |n: u8| self.levels[usize::from(n & 15)].unsigned_abs();
        let mut greater1_ctx = 1;
        let mut greater1 = 0_u32;
        for (k, &n) in self.found().iter().take(8).enumerate() {
            self.place(coder, n.into());
            let is_greater1 = flag(coder, GREATER1, given(n) > 1, first + greater1_ctx);
            greater1 |= u32::from(is_greater1) << k;
            let after_zero = [0, 2, 3, 3][greater1_ctx & 3];
            greater1_ctx = select_unpredictable(is_greater1, 0, after_zero);
        }
        let mut is_greater2 = false;
        if greater1 != 0 {
            let n = self.found[greater1.trailing_zeros() as usize & 15];
            self.place(coder, n.into());
            let index = COEFF_ABS_LEVEL_GREATER2_FLAG + 4 * plane + ctx_set;
            is_greater2 = flag(coder, GREATER2, given(n) > 2, index);
        }
        let has_several = greater1 & greater1.wrapping_sub(1) != 0;
        Greater {
            greater1,
            is_greater2,
            greater1_ctx_is_zero: greater1_ctx == 0,
            has_escape: is_greater2 || has_several || self.count > 8,
        }
    }

    /// coeff_sign_flag of all levels but the one that is hidden. Together they are one element here, the first one its highest bit.
    #[inline(always)]
    fn signs<C: BinCoder>(&self, coder: &mut C) -> Signs {
        let found = self.found();
        let is_hidden = self.shape.can_hide_sign && found[0] - found[found.len() - 1] > 3;
        let count = found.len() - usize::from(is_hidden);
        let given = found[..count]
            .iter()
            .fold(0, |signs, &n| signs << 1 | i32::from(self.levels[usize::from(n & 15)] < 0));
        let most = (1 << count) - 1;
        let given = coder.element(COEFF_SIGN, given, 0..=most) & most;
        let bits = coder.bypass_bits(count as u32, given as u32);
        coder.coded(COEFF_SIGN, bits as i32);
        Signs { bits, count }
    }

    /// Codes coeff_abs_level_remaining, and appends the levels, which are known then. Returns what [`levels`] returns for a level that is
    /// too large.
    #[inline(always)]
    fn remaining<C: BinCoder>(
        &self,
        coder: &mut C,
        greater: &Greater,
        signs: &Signs,
        stat_coeff: &mut StatCoeff,
        coded: &mut Vec<Level>,
    ) -> Option<(i32, i32)> {
        let shape = self.shape;
        let mut too_large = None;
        let mut rice = shape.sb_type.map_or(0, |sb_type| u32::from(stat_coeff[sb_type] / 4));
        let mut is_first = true;
        let mut sum = 0_u32;
        let log2_transform_range = shape.extended_log2_transform_range.unwrap_or(15);
        for (k, &n) in self.found().iter().enumerate() {
            let has_greater2 = greater.greater1 != 0 && k as u32 == greater.greater1.trailing_zeros();
            let base = 1 + (greater.greater1 >> k & 1) + u32::from(greater.is_greater2 && has_greater2);
            // The base at which a level has a coeff_abs_level_remaining.
            let most_base = match k {
                8.. => 1,
                _ if has_greater2 => 3,
                _ => 2,
            };
            let coded_sign = (k < signs.count).then(|| signs.bits >> (signs.count - 1 - k) & 1 != 0);
            let mut abs = base;
            if base == most_base {
                self.place(coder, n.into());
                // Only a negative level can be CoeffMinY. A hidden sign is negative if the sum of the absolute values is odd; the absolute
                // value of CoeffMinY is even, so the sum without this level already tells that.
                let can_be_lowest = coded_sign.unwrap_or(sum % 2 == 1);
                let most = (1_i32 << log2_transform_range) - 1 + i32::from(can_be_lowest) - base as i32;
                let given = self.levels[usize::from(n & 15)].unsigned_abs().saturating_sub(base);
                let mut given = coder.element(REMAINING, given.min(i32::MAX as u32) as i32, 0..=most);
                if !C::READS && !(0..=most).contains(&given) {
                    too_large = too_large.or(Some((given, most)));
                    given = 0;
                }
                let how = Remaining { rice, limit: shape.extended_log2_transform_range };
                let mut remaining = coeff_abs_level_remaining(coder, given as u32, how) as i32;
                coder.coded(REMAINING, remaining);
                if !(0..=most).contains(&remaining) {
                    too_large = too_large.or(Some((remaining, most)));
                    remaining = 0;
                }
                abs += remaining as u32;
                if abs > 3 << rice {
                    rice = if shape.sb_type.is_some() { rice + 1 } else { (rice + 1).min(4) };
                }
                if let (true, Some(sb_type)) = (is_first, shape.sb_type) {
                    adapt(&mut stat_coeff[sb_type], remaining as u32);
                }
                is_first = false;
            }
            sum = sum.wrapping_add(abs);
            let level = if coded_sign.unwrap_or(sum % 2 == 1) { -(abs as i32) } else { abs as i32 };
            coded.push(Level { place: (16 * self.i) as u16 + u16::from(n), level });
        }
        too_large
    }
}

/// Updates StatCoeff after the first coeff_abs_level_remaining of a sub-block (clause 9.3.3.11).
fn adapt(stat_coeff: &mut u8, remaining: u32) {
    let scale = u32::from(*stat_coeff / 4);
    if remaining >= 3 << scale {
        *stat_coeff += 1;
    } else if 2 * remaining < 1 << scale && *stat_coeff > 0 {
        *stat_coeff -= 1;
    }
}
