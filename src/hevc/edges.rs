//! What blocks need to know of the blocks to their left and above them (clauses 6.4.1, 8.4.2 and 9.3.4.2.2).
//!
//! In the order of coding, the last block that was coded in a row of samples is the left neighbour of the next one, and the last block in a
//! column is the upper neighbour. So only two lines of values are kept. For a neighbour that is not available, a line has the value that
//! the standard assumes.

use std::ops::Range;

use super::tiles::Available;

/// Values of IntraPredModeY: planar, DC, and the two angular modes that have rules of their own.
pub(super) const PLANAR: u8 = 0;
pub(super) const DC: u8 = 1;
pub(super) const INTRA_HORIZONTAL: u8 = 10;
pub(super) const INTRA_VERTICAL: u8 = 26;

/// What the contexts of split_cu_flag and cu_skip_flag take from a neighbouring coding unit; all zero if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbour {
    /// CtDepth.
    pub(super) depth: u8,
    pub(super) is_skipped: bool,
}

/// The neighbours along a row or a column of a coding tree block of 64 samples; a smaller one uses the first of them.
pub(super) type Line = [Neighbour; 8];

/// A neighbour that another walk has coded; no coding unit is that deep.
const UNKNOWN: Neighbour = Neighbour { depth: u8::MAX, is_skipped: false };

/// log2 of the number of samples that an entry covers: in the lines of coding units, and in those of modes.
const LOG2_UNIT: u32 = 3;
const LOG2_MODE: u32 = 2;

/// The entries above a block at this column of samples.
fn units(x: u32, log2_size: u32) -> Range<usize> {
    let first = (x >> LOG2_UNIT) as usize;
    first..first + (1 << (log2_size - LOG2_UNIT))
}

/// The lower and the right edge of what is coded so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edges {
    /// The lower edge, for the width of the picture.
    above: Vec<Neighbour>,
    /// The right edge, for the height of a coding tree block.
    left: Line,
    /// candIntraPredModeB, for the width of a coding tree block; no block depends on a mode beyond it.
    modes_above: [u8; 16],
    /// candIntraPredModeA.
    modes_left: [u8; 16],
}

impl Edges {
    /// The edges in a picture of `width` samples, of which nothing is coded.
    pub(super) fn new(width: u32) -> Edges {
        Edges {
            above: vec![Neighbour::default(); (width >> LOG2_UNIT) as usize],
            left: Line::default(),
            modes_above: [DC; 16],
            modes_left: [DC; 16],
        }
    }

    /// The same, where what is above is not known.
    pub(super) fn unknown(width: u32) -> Edges {
        let mut edges = Edges::new(width);
        edges.above.fill(UNKNOWN);
        edges
    }

    /// Fills in what is not known, from the edges of the part of the picture that was coded before.
    pub(super) fn complete(&mut self, before: &Edges) {
        let unknown = self.above.iter_mut().zip(&before.above).filter(|(own, _)| **own == UNKNOWN);
        unknown.for_each(|(own, before)| *own = *before);
    }

    /// The lower edge of the coding tree block at this column of samples.
    pub(super) fn line(&self, x: u32, log2_size: u32) -> Line {
        let mut line = Line::default();
        let units = &self.above[units(x, log2_size)];
        line[..units.len()].copy_from_slice(units);
        line
    }

    /// Sets the lower edge of the block above.
    pub(super) fn set_line(&mut self, x: u32, log2_size: u32, line: &Line) {
        let units = &mut self.above[units(x, log2_size)];
        units.copy_from_slice(&line[..units.len()]);
    }

    /// Whether they are of a picture of this width.
    pub(super) fn fits(&self, width: u32) -> bool {
        self.above.len() == (width >> LOG2_UNIT) as usize
    }

    /// Begins a coding tree block at this column of samples: neighbours that are not available get the values that the standard assumes.
    pub(super) fn begin(&mut self, x: u32, log2_size: u32, available: Available) {
        self.modes_above = [DC; 16];
        if !available.left {
            self.left = [Neighbour::default(); 8];
            self.modes_left = [DC; 16];
        }
        if !available.above {
            self.above[units(x, log2_size)].fill(Neighbour::default());
        }
    }

    /// The neighbours to the left of a coding block and above it.
    #[inline(always)]
    pub(super) fn neighbours(&self, x: u32, y: u32) -> [Neighbour; 2] {
        [self.left[(y >> LOG2_UNIT & 7) as usize], self.above[(x >> LOG2_UNIT) as usize]]
    }

    /// Records a coding unit that was coded.
    #[inline(always)]
    pub(super) fn set(&mut self, x: u32, y: u32, log2_size: u32, neighbour: Neighbour) {
        let count = 1 << (log2_size - LOG2_UNIT);
        let (column, row) = ((x >> LOG2_UNIT) as usize, (y >> LOG2_UNIT & 7) as usize);
        self.above[column..column + count].fill(neighbour);
        self.left[row..row + count].fill(neighbour);
    }

    /// candIntraPredModeA and candIntraPredModeB of a block.
    #[inline(always)]
    pub(super) fn modes(&self, x: u32, y: u32) -> [u8; 2] {
        [self.modes_left[(y >> LOG2_MODE & 15) as usize], self.modes_above[(x >> LOG2_MODE & 15) as usize]]
    }

    /// Records the mode of a block for later ones: DC if it has none.
    #[inline(always)]
    pub(super) fn set_mode(&mut self, x: u32, y: u32, log2_size: u32, mode: u8) {
        let count = 1 << (log2_size - LOG2_MODE);
        let (column, row) = ((x >> LOG2_MODE & 15) as usize, (y >> LOG2_MODE & 15) as usize);
        self.modes_above[column..column + count].fill(mode);
        self.modes_left[row..row + count].fill(mode);
    }
}
