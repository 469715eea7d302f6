//! mb_pred and sub_mb_pred (clauses 7.3.5.1 and 7.3.5.2) of macroblocks that are predicted from other pictures.

use super::macroblock::{
    B_SUB_MB_TYPE, Lists, Macroblock, MbType, P_SUB_MB_TYPE, Shape, b_partitions, b_sub_shape, p_partitions,
    p_sub_shape,
};
use super::neighbours::{CodedMb, InterView};
use super::walk::{Walk, ctx};
use crate::bin::{BinCoder, Element};
use crate::binarization::{truncated_unary, unary_exp_golomb};

const SUB_MB_TYPE: Element = Element("sub_mb_type");
const REF_IDX: [Element; 2] = [Element("ref_idx_l0"), Element("ref_idx_l1")];
const MVD: [Element; 2] = [Element("mvd_l0"), Element("mvd_l1")];

/// A macroblock partition or sub-macroblock: its first 4x4 block, its size in such blocks, the lists that it is predicted from if its
/// prediction is in the stream, and how it is divided.
#[derive(Clone, Copy, Debug)]
struct Part {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    lists: Option<Lists>,
    shape: Shape,
}

impl Part {
    fn uses(&self, list: usize) -> bool {
        self.lists.is_some_and(|lists| lists.use_list(list))
    }

    /// The places of the 4x4 blocks of a rectangle at `x` and `y`.
    fn places(x: usize, y: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
        (y..y + height).flat_map(move |y| (x..x + width).map(move |x| 4 * y + x))
    }
}

impl<C: BinCoder> Walk<'_, C> {
    /// Codes what a macroblock is predicted from, and returns whether no part of it is smaller than 8x8.
    pub(super) fn inter(&mut self, macroblock: &mut Macroblock, mb: &mut CodedMb) -> bool {
        let mut parts = [Part { x: 0, y: 0, width: 4, height: 4, lists: None, shape: Shape::Whole }; 4];
        let direct_8x8_inference = self.parameters.direct_8x8_inference_flag;
        let mut allows_8x8 = true;
        let count = if macroblock.mb_type.has_sub_macroblocks() {
            for (index, part) in parts.iter_mut().enumerate() {
                let (lists, shape) = self.sub_mb_type(macroblock, index);
                let (x, y, width, height) = Shape::Quarters.part(index, 4);
                *part = Part { x, y, width, height, lists, shape };
                allows_8x8 &= if lists.is_none() { direct_8x8_inference } else { shape == Shape::Whole };
            }
            4
        } else {
            let partitions = match macroblock.mb_type {
                MbType::P(kind) => p_partitions(kind),
                MbType::B(kind @ 1..) => b_partitions(kind),
                // B_Direct_16x16.
                _ => return direct_8x8_inference,
            };
            let count = partitions.shape.count();
            for (index, part) in parts[..count].iter_mut().enumerate() {
                let (x, y, width, height) = partitions.shape.part(index, 4);
                *part =
                    Part { x, y, width, height, lists: Some(partitions.lists[index]), shape: Shape::Whole };
            }
            count
        };
        let parts = &parts[..count];
        let near = self.coded_mbs.neighbours(self.is_field);
        let view = near.inter_view(self.parameters.mbaff_frame_flag, self.is_field);
        for list in [0, 1] {
            for (index, part) in parts.iter().enumerate().filter(|(_, part)| part.uses(list)) {
                self.ref_idx(&mut macroblock.ref_idx[list][index], list, part, mb, &view);
            }
        }
        for list in [0, 1] {
            // The absolute values of mvd of what is coded so far.
            let mut abs = [[0; 2]; 16];
            for part in parts.iter().filter(|part| part.uses(list)) {
                for index in 0..part.shape.count() {
                    let (x, y, width, height) = part.shape.part(index, 2);
                    let (width, height) =
                        if part.shape == Shape::Whole { (part.width, part.height) } else { (width, height) };
                    let (x, y) = (part.x + x, part.y + y);
                    let mvd = &mut macroblock.mvd[list][4 * y + x];
                    self.mvd(mvd, list, (x, y), &abs, &view);
                    let mvd = mvd.map(|component| component.unsigned_abs().min(127) as u8);
                    Part::places(x, y, width, height).for_each(|place| abs[place] = mvd);
                }
            }
            mb.mvd_right[list] = [abs[3], abs[7], abs[11], abs[15]];
            mb.mvd_bottom[list] = [abs[12], abs[13], abs[14], abs[15]];
        }
        allows_8x8
    }

    fn sub_mb_type(&mut self, macroblock: &mut Macroblock, index: usize) -> (Option<Lists>, Shape) {
        let given = macroblock.sub_mb_type[index].into();
        if let MbType::P(_) = macroblock.mb_type {
            let coded = self.element(SUB_MB_TYPE, given, 0..=3, |coder, given| {
                P_SUB_MB_TYPE.code(coder, given as usize, |bin_idx, _| ctx(21 + bin_idx as usize)) as i32
            });
            macroblock.sub_mb_type[index] = coded as u8;
            return (Some(Lists::L0), p_sub_shape(coded as u8));
        }
        let coded = self.element(SUB_MB_TYPE, given, 0..=12, |coder, given| {
            let coded = B_SUB_MB_TYPE.code(coder, given as usize, |bin_idx, bins| match bin_idx {
                0 | 1 => ctx(36 + bin_idx as usize),
                2 => ctx(39 - (bins & 1) as usize),
                _ => ctx(39),
            });
            coded as i32
        });
        macroblock.sub_mb_type[index] = coded as u8;
        b_sub_shape(coded as u8).map_or((None, Shape::Quarters), |(shape, lists)| (Some(lists), shape))
    }

    fn ref_idx(&mut self, ref_idx: &mut u8, list: usize, part: &Part, mb: &mut CodedMb, view: &InterView) {
        let fields = if self.parameters.mbaff_frame_flag && self.is_field { 2 } else { 1 };
        let most = fields * i32::from(self.parameters.num_ref_idx_active[list]) - 1;
        // The first 8x8 block of the part.
        let (x, y) = (part.x / 2, part.y / 2);
        let (bit, own) = (4 * list + 2 * y + x, mb.ref_idx_above[0]);
        let left = if x > 0 { own >> (bit - 1) } else { view.ref_idx_left >> bit };
        let above = if y > 0 { own >> (bit - 2) } else { view.ref_idx_above >> bit };
        let inc = usize::from(left & 1) + 2 * usize::from(above & 1);
        let contexts = move |bin_idx| match bin_idx {
            0 => ctx(54 + inc),
            1 => ctx(54 + 4),
            _ => ctx(54 + 5),
        };
        let coded = self.element(REF_IDX[list], (*ref_idx).into(), 0..=most, |coder, given| {
            if most == 0 { given } else { truncated_unary(coder, given as u32, 64, contexts) as i32 }
        });
        *ref_idx = coded as u8;
        for place in Part::places(part.x / 2, part.y / 2, part.width / 2, part.height / 2) {
            // Places are in rows of four, 8x8 blocks in rows of two.
            let bit = 4 * list + place / 4 * 2 + place % 4;
            mb.ref_idx_above[0] |= u8::from(coded > 0) << bit;
            mb.ref_idx_above[1] |= u8::from(coded > 1) << bit;
        }
    }

    fn mvd(
        &mut self,
        mvd: &mut [i16; 2],
        list: usize,
        (x, y): (usize, usize),
        abs: &[[u8; 2]; 16],
        view: &InterView,
    ) {
        let left = if x > 0 { abs[4 * y + x - 1] } else { view.mvd_left[list][y] };
        let above = if y > 0 { abs[4 * (y - 1) + x] } else { view.mvd_above[list][x] };
        for (component, offset) in [40, 47].into_iter().enumerate() {
            let sum = u16::from(left[component]) + u16::from(above[component]);
            let first = offset + usize::from(sum > 2) + usize::from(sum > 32);
            let contexts = move |bin_idx| match bin_idx {
                0 => ctx(first),
                _ => ctx(offset + usize::min(2 + bin_idx as usize, 6)),
            };
            let legal = i16::MIN.into()..=i16::MAX.into();
            let coded = self.element(MVD[list], mvd[component].into(), legal, |coder, given| {
                let abs = unary_exp_golomb(coder, given.unsigned_abs(), 9, 3, contexts);
                let abs = i32::try_from(abs).unwrap_or(i32::MAX);
                if abs != 0 && coder.bypass(given < 0) { -abs } else { abs }
            });
            mvd[component] = coded as i16;
        }
    }
}
