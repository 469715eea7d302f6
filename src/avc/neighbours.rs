//! Which macroblocks and blocks are the neighbours of a macroblock (clause 6.4.12), and what the choice of contexts depends on in them.
//!
//! Only neighbours to the left (A) and above (B), in the same slice, have an influence. What later macroblocks need of a macroblock is its
//! [`CodedMb`]. From those around it the next macroblock makes a [`View`]: what lies along its left and its upper edge, as if the blocks
//! there were those of a frame. MBAFF is handled here; the choice of contexts depends on it only by two rules, which compare fields with
//! frames.

use super::parameters::Parameters;

/// What later macroblocks need of a macroblock. The bit of a 4x4 block at x and y is bit `4 * y + x`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CodedMb {
    /// Whether the macroblock is in this slice and has been coded.
    pub(super) is_available: bool,
    pub(super) is_skipped: bool,
    pub(super) is_intra: bool,
    pub(super) is_i_nxn: bool,
    pub(super) is_pcm: bool,
    /// B_Skip or B_Direct_16x16.
    pub(super) is_direct: bool,
    pub(super) is_field: bool,
    pub(super) transform_size_8x8_flag: bool,
    /// intra_chroma_pred_mode is not 0.
    pub(super) has_nonzero_chroma_mode: bool,
    pub(super) coded_block_pattern: u8,
    /// coded_block_flag of the blocks of Y, Cb and Cr from bits 0, 16 and 32 on, and of their DC blocks from bit 48 on.
    pub(super) coded_block_flags: u64,
    /// By bit `4 * list + block` of list and 8x8 block: whether ref_idx is above 0, and whether it is above 1.
    pub(super) ref_idx_above: [u8; 2],
    /// The absolute values of mvd, 127 at the most, by list and by place along the right edge; then the same along the lower edge.
    pub(super) mvd_right: [[[u8; 2]; 4]; 2],
    pub(super) mvd_bottom: [[[u8; 2]; 4]; 2],
}

/// coded_block_flag of every block.
pub(super) const ALL_CODED: u64 = (1 << 51) - 1;
/// The first bit of the DC blocks in [`CodedMb::coded_block_flags`].
pub(super) const DC: u32 = 48;

impl CodedMb {
    /// In the place of a macroblock that is not there: coded_block_pattern counts as all coded, everything else as not coded.
    const NONE: CodedMb = CodedMb {
        is_available: false,
        is_skipped: false,
        is_intra: false,
        is_i_nxn: false,
        is_pcm: false,
        is_direct: false,
        is_field: false,
        transform_size_8x8_flag: false,
        has_nonzero_chroma_mode: false,
        coded_block_pattern: 0x0f,
        coded_block_flags: 0,
        ref_idx_above: [0; 2],
        mvd_right: [[[0; 2]; 4]; 2],
        mvd_bottom: [[[0; 2]; 4]; 2],
    };
}

/// The macroblocks of a slice that have been coded.
#[derive(Clone, Debug)]
pub(super) struct CodedMbs {
    mbs: Vec<CodedMb>,
    /// mbAddr of the first macroblock of the slice.
    first: usize,
    grid: Grid,
}

/// The neighbours of a macroblock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbours<'a> {
    /// The macroblock to the left of its first row of samples.
    pub(super) a: &'a CodedMb,
    /// The macroblock above.
    pub(super) b: &'a CodedMb,
    /// For each row of 4x4 blocks, the macroblock to its left and the row of that macroblock's blocks.
    left: [(&'a CodedMb, usize); 4],
}

impl CodedMbs {
    pub(super) fn new(parameters: &Parameters) -> CodedMbs {
        CodedMbs { mbs: Vec::new(), first: parameters.first_mb_addr(), grid: Grid::of(parameters) }
    }

    /// mbAddr of the next macroblock; macroblocks are coded in this order.
    pub(super) fn next_mb_addr(&self) -> usize {
        self.first + self.mbs.len()
    }

    pub(super) fn push(&mut self, mb: CodedMb) {
        self.mbs.push(mb);
    }

    /// The macroblock before the next one.
    pub(super) fn previous(&mut self) -> Option<&mut CodedMb> {
        self.mbs.last_mut()
    }

    fn get(&self, mb_addr: Option<usize>) -> &CodedMb {
        let index = mb_addr.and_then(|mb_addr| mb_addr.checked_sub(self.first));
        index.and_then(|index| self.mbs.get(index)).unwrap_or(&CodedMb::NONE)
    }

    /// In MBAFF frames: the upper macroblocks of the pair to the left and of the pair above.
    pub(super) fn pairs(&self) -> [&CodedMb; 2] {
        let pair = self.next_mb_addr() / 2;
        [self.grid.left_of(pair), pair.checked_sub(self.grid.width)]
            .map(|pair| self.get(pair.map(|pair| 2 * pair)))
    }

    /// The neighbours of the next macroblock, given whether it is a field macroblock.
    pub(super) fn neighbours(&self, is_field: bool) -> Neighbours<'_> {
        let around =
            self.grid.around(self.next_mb_addr(), is_field, |mb_addr| self.get(Some(mb_addr)).is_field);
        Neighbours {
            a: self.get(around.left[0].0),
            b: self.get(around.above),
            left: around.left.map(|(mb_addr, row)| (self.get(mb_addr), row)),
        }
    }
}

/// How the macroblocks of a picture are arranged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// PicWidthInMbs.
    pub(crate) width: usize,
    /// MbaffFrameFlag.
    pub(crate) is_mbaff: bool,
}

/// The neighbours of a macroblock by their addresses; `None` beyond the edge of the picture. They may be in another slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    /// For each row of 4x4 blocks, the macroblock to its left and the row of that macroblock's blocks.
    pub(crate) left: [(Option<usize>, usize); 4],
    /// The macroblock above.
    pub(crate) above: Option<usize>,
}

impl Grid {
    /// The arrangement in the picture of a slice with these parameters.
    pub(crate) fn of(parameters: &Parameters) -> Grid {
        Grid { width: parameters.pic_width_in_mbs as usize, is_mbaff: parameters.mbaff_frame_flag }
    }

    /// The number of the macroblock, or of the pair, to the left.
    fn left_of(self, at: usize) -> Option<usize> {
        if at.is_multiple_of(self.width) { None } else { Some(at - 1) }
    }

    /// The neighbours of the macroblock at this address (table 6-4, in rows of four samples), given whether it is a field macroblock, and
    /// for each macroblock before it whether that is one.
    #[inline(always)]
    pub(crate) fn around(
        self,
        mb_addr: usize,
        is_field: bool,
        is_field_at: impl Fn(usize) -> bool,
    ) -> Around {
        if !self.is_mbaff {
            let left = self.left_of(mb_addr);
            return Around {
                left: [0, 1, 2, 3].map(|row| (left, row)),
                above: mb_addr.checked_sub(self.width),
            };
        }
        let (pair, is_bottom) = (mb_addr / 2, mb_addr % 2 == 1);
        let left_pair = self.left_of(pair).map(|pair| 2 * pair);
        let left_of = |is_bottom, row| (left_pair.map(|top| top + usize::from(is_bottom)), row);
        let left = [0, 1, 2, 3].map(|row| match (is_field, left_pair.is_some_and(&is_field_at)) {
            (false, true) => left_of(false, (row + 4 * usize::from(is_bottom)) / 2),
            (true, false) => left_of(row >= 2, 2 * row % 4),
            _ => left_of(is_bottom, row),
        });
        let above_pair = pair.checked_sub(self.width).map(|pair| 2 * pair);
        let above = match (is_field, is_bottom) {
            (false, true) => Some(mb_addr - 1),
            (true, false) if above_pair.is_some_and(is_field_at) => above_pair,
            _ => above_pair.map(|top| top + 1),
        };
        Around { left, above }
    }
}

/// What lies along the edges of a macroblock.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// coded_block_flag to the left of each block of the first column, at the bit of that block, and of the DC blocks.
    pub(super) coded_left: u64,
    /// coded_block_flag above each block of the first row, likewise.
    pub(super) coded_above: u64,
    /// CodedBlockPatternLuma to the left: in bit 0 for the upper 8x8 blocks, in bit 2 for the lower.
    pub(super) pattern_left: u8,
    /// CodedBlockPatternLuma above, in bits 0 and 1.
    pub(super) pattern_above: u8,
}

/// What lies along the edges of a macroblock that is predicted from other pictures.
#[derive(Clone, Copy, Debug)]
pub(super) struct InterView {
    /// The inverse of refIdxZeroFlag, by bit `4 * list + 8x8 block`, for the blocks of the first column.
    pub(super) ref_idx_left: u8,
    /// The same for the blocks of the first row.
    pub(super) ref_idx_above: u8,
    /// absMvdComp to the left of each row, by list.
    pub(super) mvd_left: [[[u8; 2]; 4]; 2],
    /// absMvdComp above each column, by list.
    pub(super) mvd_above: [[[u8; 2]; 4]; 2],
}

impl Neighbours<'_> {
    pub(super) fn view(
        &self,
        parameters: &Parameters,
        is_intra: bool,
        transform_size_8x8_flag: bool,
    ) -> View {
        let format = parameters.chroma_array_type;
        // In 4:4:4, where 8x8 blocks have a coded_block_flag, their neighbours are other 8x8 blocks and those of I_PCM macroblocks.
        let apart = format == 3 && transform_size_8x8_flag;
        let coded = |mb: &CodedMb| match mb {
            CodedMb { is_available: false, .. } if is_intra => ALL_CODED,
            CodedMb { is_pcm: false, transform_size_8x8_flag: false, .. } if apart => {
                mb.coded_block_flags & !0 << DC
            }
            _ => mb.coded_block_flags,
        };
        let columns = if format == 3 { 4 } else { 2 };
        let mut view = View { coded_left: 0, coded_above: 0, pattern_left: 0, pattern_above: 0 };
        for (row, &(mb, of_row)) in self.left.iter().enumerate() {
            let coded = coded(mb);
            view.coded_left |= (coded >> (4 * of_row + 3) & 1) << (4 * row);
            let (row, of_row) = match format {
                2 | 3 => (row, of_row),
                1 if row % 2 == 0 => (row / 2, of_row / 2),
                _ => continue,
            };
            for plane in [16, 32] {
                view.coded_left |= (coded >> (plane + 4 * of_row + columns - 1) & 1) << (plane + 4 * row);
            }
        }
        let above = coded(self.b);
        let last_row = if format == 1 { 1 } else { 3 };
        view.coded_above = above >> 12 & 0xf | (above >> (4 * last_row)) & (0xf_u64 << 16 | 0xf_u64 << 32);
        view.coded_left |= coded(self.a) & !0 << DC;
        view.coded_above |= above & !0 << DC;
        for half in [0, 1] {
            let (mb, row) = self.left[2 * half];
            view.pattern_left |= (mb.coded_block_pattern >> (row / 2 * 2 + 1) & 1) << (2 * half);
        }
        view.pattern_above = self.b.coded_block_pattern >> 2 & 3;
        view
    }

    pub(super) fn inter_view(&self, is_mbaff: bool, is_field: bool) -> InterView {
        let above_zero = |mb: &CodedMb| mb.ref_idx_above[usize::from(is_mbaff && !is_field && mb.is_field)];
        let scaled = |mb: &CodedMb, [x, y]: [u8; 2]| match (is_field, mb.is_field) {
            (false, true) if is_mbaff => [x, y * 2],
            (true, false) if is_mbaff => [x, y / 2],
            _ => [x, y],
        };
        let mut view = InterView {
            ref_idx_left: 0,
            ref_idx_above: above_zero(self.b) >> 2 & 0x33,
            mvd_left: [[[0; 2]; 4]; 2],
            mvd_above: self.b.mvd_bottom.map(|list| list.map(|mvd| scaled(self.b, mvd))),
        };
        for (row, &(mb, of_row)) in self.left.iter().enumerate() {
            for list in [0, 1] {
                view.mvd_left[list][row] = scaled(mb, mb.mvd_right[list][of_row]);
            }
            if row % 2 == 0 {
                view.ref_idx_left |= (above_zero(mb) >> (of_row / 2 * 2 + 1) & 0x11) << row;
            }
        }
        view
    }
}
