//! residual (clause 7.3.5.3): which blocks of a macroblock are coded, and the levels of each, in scan order.

use super::macroblock::Macroblock;
use super::neighbours::{CodedMb, DC, View};
use super::walk::Walk;
use crate::bin::{BinCoder, Element, Place};
use crate::binarization::unary_exp_golomb;
use crate::context::CtxIdx;

/// What depends on ctxBlockCat (table 9-42): its contexts (tables 9-34 and 9-40), those for frame macroblocks first.
#[derive(Debug)]
struct Category {
    ctx_block_cat: u8,
    coded_block_flag: u16,
    significant: [u16; 2],
    last: [u16; 2],
    abs: u16,
    /// ctxIdxInc by levelListIdx.
    significant_inc: [&'static [u8; 64]; 2],
    last_inc: &'static [u8; 64],
    /// The largest numDecodAbsLevelGt1 that the choice of a context distinguishes.
    most_gt1: usize,
}

const EACH: [u8; 64] = {
    let mut each = [0; 64];
    let mut i = 0;
    while i < 64 {
        each[i] = i as u8;
        i += 1;
    }
    each
};

/// ctxIdxInc of chroma DC, Min(levelListIdx / NumC8x8, 2), in 4:2:0 and in 4:2:2.
const CHROMA_DC: [[u8; 64]; 2] = {
    let mut inc = [[0; 64]; 2];
    let mut i = 0;
    while i < 64 {
        inc[0][i] = if i < 2 { i as u8 } else { 2 };
        inc[1][i] = if i < 4 { i as u8 / 2 } else { 2 };
        i += 1;
    }
    inc
};

/// ctxIdxInc of 8x8 blocks (table 9-43): significant_coeff_flag in frame and in field macroblocks, and last_significant_coeff_flag. The
/// last entry is never used.
#[rustfmt::skip]
const SIGNIFICANT_8X8: [[u8; 64]; 2] = [
    [
         0,  1,  2,  3,  4,  5,  5,  4,  4,  3,  3,  4,  4,  4,  5,  5,
         4,  4,  4,  4,  3,  3,  6,  7,  7,  7,  8,  9, 10,  9,  8,  7,
         7,  6, 11, 12, 13, 11,  6,  7,  8,  9, 14, 10,  9,  8,  6, 11,
        12, 13, 11,  6,  9, 14, 10,  9, 11, 12, 13, 11, 14, 10, 12,  0,
    ],
    [
         0,  1,  1,  2,  2,  3,  3,  4,  5,  6,  7,  7,  7,  8,  4,  5,
         6,  9, 10, 10,  8, 11, 12, 11,  9,  9, 10, 10,  8, 11, 12, 11,
         9,  9, 10, 10,  8, 11, 12, 11,  9,  9, 10, 10,  8, 13, 13,  9,
         9, 10, 10,  8, 13, 13,  9,  9, 10, 10, 14, 14, 14, 14, 14,  0,
    ],
];
#[rustfmt::skip]
const LAST_8X8: [u8; 64] = [
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4,
    5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 0,
];

/// By ctxBlockCat; chroma DC (3) as in 4:2:0.
static CATEGORIES: [Category; 14] = {
    const fn small(
        ctx_block_cat: u8,
        flag: u16,
        significant: u16,
        last: u16,
        abs: u16,
        plane: usize,
    ) -> Category {
        // ctxIdxOffset of luma and what shares it, of Cb, of Cr.
        let flags = [85, 460, 472];
        let maps = [[105, 277], [484, 776], [528, 820]];
        let lasts = [[166, 338], [572, 864], [616, 908]];
        let levels = [227, 952, 982];
        Category {
            ctx_block_cat,
            coded_block_flag: flags[plane] + flag,
            significant: [maps[plane][0] + significant, maps[plane][1] + significant],
            last: [lasts[plane][0] + last, lasts[plane][1] + last],
            abs: levels[plane] + abs,
            significant_inc: [&EACH, &EACH],
            last_inc: &EACH,
            most_gt1: 4,
        }
    }
    const fn large(
        ctx_block_cat: u8,
        flag: u16,
        significant: [u16; 2],
        last: [u16; 2],
        abs: u16,
    ) -> Category {
        Category {
            ctx_block_cat,
            coded_block_flag: flag,
            significant,
            last,
            abs,
            significant_inc: [&SIGNIFICANT_8X8[0], &SIGNIFICANT_8X8[1]],
            last_inc: &LAST_8X8,
            most_gt1: 4,
        }
    }
    [
        small(0, 0, 0, 0, 0, 0),
        small(1, 4, 15, 15, 10, 0),
        small(2, 8, 29, 29, 20, 0),
        chroma_dc(0),
        small(4, 16, 47, 47, 39, 0),
        large(5, 1012, [402, 436], [417, 451], 426),
        small(6, 0, 0, 0, 0, 1),
        small(7, 4, 15, 15, 10, 1),
        small(8, 8, 29, 29, 20, 1),
        large(9, 1016, [660, 675], [690, 699], 708),
        small(10, 0, 0, 0, 0, 2),
        small(11, 4, 15, 15, 10, 2),
        small(12, 8, 29, 29, 20, 2),
        large(13, 1020, [718, 733], [748, 757], 766),
    ]
};

static CHROMA_DC_422: Category = chroma_dc(1);

const fn chroma_dc(format: usize) -> Category {
    let inc = &CHROMA_DC[format];
    Category {
        ctx_block_cat: 3,
        coded_block_flag: 85 + 12,
        significant: [105 + 44, 277 + 44],
        last: [166 + 44, 338 + 44],
        abs: 227 + 30,
        significant_inc: [inc, inc],
        last_inc: inc,
        most_gt1: 3,
    }
}

impl Category {
    /// The category of this ctxBlockCat.
    fn of(ctx_block_cat: usize) -> &'static Category {
        &CATEGORIES[ctx_block_cat]
    }

    /// The category of chroma DC with this number of levels: four in 4:2:0, eight in 4:2:2.
    fn chroma_dc(levels: usize) -> &'static Category {
        if levels == 8 { &CHROMA_DC_422 } else { &CATEGORIES[3] }
    }
}

const CODED_BLOCK_FLAG: Element = Element("coded_block_flag");
const SIGNIFICANT_COEFF_FLAG: Element = Element("significant_coeff_flag");
const LAST_SIGNIFICANT_COEFF_FLAG: Element = Element("last_significant_coeff_flag");
const COEFF_ABS_LEVEL_MINUS1: Element = Element("coeff_abs_level_minus1");
const COEFF_SIGN_FLAG: Element = Element("coeff_sign_flag");

impl<C: BinCoder> Walk<'_, C> {
    pub(super) fn residual(&mut self, macroblock: &mut Macroblock, mb: &mut CodedMb) {
        let parameters = self.parameters;
        let view = self.coded_mbs.neighbours(self.is_field).view(
            parameters,
            mb.is_intra,
            mb.transform_size_8x8_flag,
        );
        macroblock.levels.resize(parameters.levels(), 0);
        self.residual_luma(macroblock, mb, &view, 0);
        match parameters.chroma_array_type {
            1 | 2 => self.residual_chroma(macroblock, mb, &view),
            3 => (1..3).for_each(|plane| self.residual_luma(macroblock, mb, &view, plane)),
            _ => {}
        }
        self.coder.place(Place::Macroblock(self.mb_addr() as u32));
    }

    /// residual_luma, for Y or for a chroma plane that is coded like it.
    fn residual_luma(&mut self, macroblock: &mut Macroblock, mb: &mut CodedMb, view: &View, plane: usize) {
        let is_intra_16x16 = macroblock.mb_type.is_intra_16x16();
        let [dc, ac, whole, large] = match plane {
            0 => [0, 1, 2, 5],
            _ => [4 * plane + 2, 4 * plane + 3, 4 * plane + 4, 4 * plane + 5],
        }
        .map(Category::of);
        let plane_levels = &mut macroblock.levels[256 * plane..256 * (plane + 1)];
        if is_intra_16x16 {
            self.dc_block(dc, plane_levels, mb, view, plane);
        }
        for block in 0..4 {
            if macroblock.coded_block_pattern >> block & 1 == 0 {
                continue;
            }
            let place = |index: usize| 2 * (block % 2) + index % 2 + 4 * (2 * (block / 2) + index / 2);
            if macroblock.transform_size_8x8_flag {
                let levels = &mut plane_levels[64 * block..64 * (block + 1)];
                self.begin_block(large, plane, block);
                let is_coded = self.parameters.chroma_array_type != 3
                    || self.coded_block_flag(large, levels, mb, view, 16 * plane + place(0));
                if is_coded {
                    mb.coded_block_flags |= 0x33 << (16 * plane + place(0));
                    self.block(large, levels);
                }
                continue;
            }
            for index in 0..4 {
                let levels = &mut plane_levels[64 * block + 16 * index..][..16];
                let (category, levels) =
                    if is_intra_16x16 { (ac, &mut levels[1..]) } else { (whole, levels) };
                let bit = 16 * plane + place(index);
                self.begin_block(category, plane, 4 * block + index);
                if self.coded_block_flag(category, levels, mb, view, bit) {
                    mb.coded_block_flags |= 1 << bit;
                    self.block(category, levels);
                }
            }
        }
    }

    fn residual_chroma(&mut self, macroblock: &mut Macroblock, mb: &mut CodedMb, view: &View) {
        let count = self.parameters.chroma_levels();
        let planes = [256..256 + count, 256 + count..256 + 2 * count];
        let chroma = macroblock.coded_block_pattern >> 4;
        if chroma != 0 {
            for (plane, range) in planes.clone().into_iter().enumerate() {
                let category = Category::chroma_dc(count / 16);
                self.dc_block(category, &mut macroblock.levels[range], mb, view, plane + 1);
            }
        }
        if chroma == 2 {
            for (plane, range) in planes.into_iter().enumerate() {
                for (index, levels) in macroblock.levels[range].chunks_exact_mut(16).enumerate() {
                    let category = Category::of(4);
                    let bit = 16 * (plane + 1) + 4 * (index / 2) + index % 2;
                    self.begin_block(category, plane + 1, index);
                    if self.coded_block_flag(category, &levels[1..], mb, view, bit) {
                        mb.coded_block_flags |= 1 << bit;
                        self.block(category, &mut levels[1..]);
                    }
                }
            }
        }
    }

    /// A block of DC levels, which are sixteen places apart.
    fn dc_block(
        &mut self,
        category: &Category,
        levels: &mut [i32],
        mb: &mut CodedMb,
        view: &View,
        plane: usize,
    ) {
        let mut dc = [0; 16];
        let dc = &mut dc[..levels.len() / 16];
        dc.iter_mut().zip(levels.chunks_exact(16)).for_each(|(dc, levels)| *dc = levels[0]);
        let bit = DC as usize + plane;
        self.begin_block(category, plane, 0);
        if self.coded_block_flag(category, dc, mb, view, bit) {
            mb.coded_block_flags |= 1 << bit;
            self.block(category, dc);
            dc.iter().zip(levels.chunks_exact_mut(16)).for_each(|(&dc, levels)| levels[0] = dc);
        }
    }

    /// Tells the coder which block comes.
    #[inline(always)]
    fn begin_block(&mut self, category: &Category, component: usize, index: usize) {
        let (category, component, index) = (category.ctx_block_cat, component as u8, index as u8);
        self.coder.place(Place::Block { category, component, index });
    }

    /// coded_block_flag of the block with this bit of [`CodedMb::coded_block_flags`].
    #[inline]
    fn coded_block_flag(
        &mut self,
        category: &Category,
        levels: &[i32],
        mb: &CodedMb,
        view: &View,
        bit: usize,
    ) -> bool {
        let (is_dc, place) = (bit >= DC as usize, bit % 16);
        let left =
            if is_dc || place % 4 == 0 { view.coded_left >> bit } else { mb.coded_block_flags >> (bit - 1) };
        let above =
            if is_dc || place < 4 { view.coded_above >> bit } else { mb.coded_block_flags >> (bit - 4) };
        let inc = (left & 1) as usize + 2 * (above & 1) as usize;
        let given = !C::READS && levels.iter().any(|&level| level != 0);
        self.flag(CODED_BLOCK_FLAG, given, usize::from(category.coded_block_flag) + inc)
    }

    #[inline]
    fn block(&mut self, category: &Category, block: &mut [i32]) {
        let beyond = 1 << (7 + self.parameters.bit_depth());
        if let Some(outside) = levels(&mut self.coder, category, self.is_field, block, beyond) {
            self.record_fault(COEFF_ABS_LEVEL_MINUS1, outside, 0..=beyond - 1);
        }
    }
}

/// Codes the levels of a block whose coded_block_flag is 1; for a coder that reads, they have to be zero. Returns the
/// coeff_abs_level_minus1 that is not below `beyond`, if there is one; it counts as 0.
#[inline]
fn levels<C: BinCoder>(
    coder: &mut C,
    category: &Category,
    is_field: bool,
    levels: &mut [i32],
    beyond: i32,
) -> Option<i32> {
    let field = usize::from(is_field);
    let (significant, last) = (usize::from(category.significant[field]), usize::from(category.last[field]));
    let significant_inc = category.significant_inc[field];
    let mut found = [0; 64];
    let mut count = 0;
    let end = if C::READS { 0 } else { levels.iter().rposition(|&level| level != 0).unwrap_or(levels.len()) };
    let mut at = 0;
    while at + 1 < levels.len() {
        let ctx = CtxIdx::known(significant + usize::from(significant_inc[at]));
        coder.place(Place::Level(at as u8));
        let given = coder.element(SIGNIFICANT_COEFF_FLAG, i32::from(levels[at] != 0), 0..=1);
        let is_significant = coder.context(ctx, given != 0);
        coder.coded(SIGNIFICANT_COEFF_FLAG, is_significant.into());
        if is_significant {
            found[count] = at as u8;
            count += 1;
            let ctx = CtxIdx::known(last + usize::from(category.last_inc[at]));
            let given = coder.element(LAST_SIGNIFICANT_COEFF_FLAG, i32::from(at == end), 0..=1);
            let is_last = coder.context(ctx, given != 0);
            coder.coded(LAST_SIGNIFICANT_COEFF_FLAG, is_last.into());
            if is_last {
                break;
            }
        }
        at += 1;
    }
    if at + 1 == levels.len() {
        // If no flag has said which level is the last, the last place has a level, and no flag says so.
        found[count] = at as u8;
        count += 1;
    }

    let mut outside = None;
    let (mut eq1, mut gt1) = (0, 0);
    for &at in found[..count].iter().rev() {
        coder.place(Place::Level(at));
        let level = &mut levels[usize::from(at)];
        let first = if gt1 != 0 { 0 } else { usize::min(4, 1 + eq1) };
        let others = 5 + gt1.min(category.most_gt1);
        let ctx =
            |bin_idx| CtxIdx::known(usize::from(category.abs) + if bin_idx == 0 { first } else { others });
        let mut given = coder.element(COEFF_ABS_LEVEL_MINUS1, level.saturating_abs() - 1, 0..=beyond - 1);
        if !(0..beyond).contains(&given) && !C::READS {
            outside = outside.or(Some(given));
            given = 0;
        }
        let mut abs_minus1 = unary_exp_golomb(coder, given as u32, 14, 0, ctx) as i32;
        coder.coded(COEFF_ABS_LEVEL_MINUS1, abs_minus1);
        if !(0..beyond).contains(&abs_minus1) {
            outside = outside.or(Some(abs_minus1));
            abs_minus1 = 0;
        }
        let is_negative = coder.element(COEFF_SIGN_FLAG, i32::from(*level < 0), 0..=1);
        let is_negative = coder.bypass(is_negative != 0);
        coder.coded(COEFF_SIGN_FLAG, is_negative.into());
        *level = if is_negative { -1 - abs_minus1 } else { 1 + abs_minus1 };
        if abs_minus1 == 0 {
            eq1 += 1;
        } else {
            gt1 += 1;
        }
    }
    outside
}
