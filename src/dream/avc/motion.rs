//! Keeps motion vectors in their range (clause A.3.1), without computing them.
//!
//! A predicted vector is that of a neighbour, a median of several, or zero; in MBAFF frames, doubled or halved between field and frame
//! macroblocks. So, with the vectors of field macroblocks counted twice, no prediction is larger than the largest neighbour, and a
//! macroblock's vectors are at most that plus all differences that it codes. That bound is kept for each macroblock, and differences are
//! cut where it would leave the range.

use crate::avc::{Grid, Macroblock, MbType};

/// A bound in quarters of a sample, horizontal and vertical.
type Bound = [i32; 2];

/// The bounds of the macroblocks of a slice so far.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    pub(super) grid: Grid,
    pub(super) first: usize,
    /// The largest vector that is allowed.
    pub(super) most: Bound,
    /// The largest vector that can be inferred from another picture.
    pub(super) direct: Bound,
    pub(super) bounds: Vec<Bound>,
}

/// How much rounding may add to a predicted vector.
const ROUNDING: i32 = 4;

impl Motion {
    /// Reduces the differences of a macroblock that could lead out of the range.
    pub(super) fn take(&mut self, macroblock: &mut Macroblock, is_field_of_frame: bool) {
        let intra = macroblock.mb_type.is_intra();
        let near = self.near();
        let bound = [0, 1].map(|component| {
            if intra {
                return 0;
            }
            let is_direct = matches!(macroblock.mb_type, MbType::B(0 | 22) | MbType::Skip);
            let direct = if is_direct { self.direct[component] } else { 0 };
            let largest = near.iter().map(|bound| bound[component]).max().unwrap_or(0).max(direct);
            let unit = if component == 1 && is_field_of_frame { 2 } else { 1 };
            let predicted = largest + ROUNDING;
            let most = (self.most[component] - predicted) / unit;
            let spent = [0, 1].map(|list| {
                let mut left = most.max(0);
                for mvd in macroblock.mvd[list].iter_mut().map(|mvd| &mut mvd[component]) {
                    *mvd = i32::from(*mvd).clamp(-left, left) as i16;
                    left -= i32::from(mvd.unsigned_abs());
                }
                most.max(0) - left
            });
            predicted + unit * spent[0].max(spent[1])
        });
        self.bounds.push(bound);
    }

    /// The bounds of all macroblocks from which the next one can be predicted, and of some more.
    fn near(&self) -> Vec<Bound> {
        let mb_addr = self.first + self.bounds.len();
        let count = if self.grid.is_mbaff { 2 } else { 1 };
        let (at, width) = (mb_addr / count, self.grid.width);
        let around = [1, width - 1, width, width + 1].into_iter().filter_map(|back| at.checked_sub(back));
        let around = around.chain([at]).flat_map(|at| count * at..count * (at + 1));
        around.filter_map(|mb_addr| self.bounds.get(mb_addr.checked_sub(self.first)?)).copied().collect()
    }
}
