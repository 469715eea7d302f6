//! Chooses modes of intra prediction that need only samples that are available (clause 8.3).
//!
//! Which mode rem_intra4x4_pred_mode stands for depends on the blocks to the left and above, so the modes of all macroblocks are kept. In
//! MBAFF frames a mode is used only if it is legal whichever macroblocks of the neighbouring pairs it refers to.

use crate::avc::{Grid, Macroblock, MbType, Parameters};
use crate::bin::Element;

/// What is kept of a macroblock.
#[derive(Clone, Copy, Debug)]
struct Coded {
    is_field: bool,
    is_intra: bool,
    /// The modes of its 4x4 blocks by their places, `4 * y + x`, if it is I_NxN.
    modes: Option<[u8; 16]>,
    transform_size_8x8_flag: bool,
}

/// The macroblocks of a slice so far.
#[derive(Clone, Debug)]
pub(in crate::dream) struct Modes {
    grid: Grid,
    first: usize,
    constrained_intra_pred_flag: bool,
    /// Whether ChromaArrayType is 1 or 2.
    has_chroma_blocks: bool,
    coded: Vec<Coded>,
}

/// The mode of a macroblock or of a block in it, and which others are legal there.
pub(in crate::dream) struct Choice<'a> {
    /// The element that codes the mode.
    pub(in crate::dream) element: Element,
    /// The address of the macroblock, and the number of the block, if the mode is that of a block.
    pub(in crate::dream) mb_addr: usize,
    pub(in crate::dream) block: Option<usize>,
    pub(in crate::dream) mode: u8,
    /// How many modes there are.
    pub(in crate::dream) count: u8,
    pub(in crate::dream) is_legal: &'a dyn Fn(u8) -> bool,
}

/// Which neighbouring samples are available for prediction.
#[derive(Clone, Copy, Debug)]
struct Samples {
    left: bool,
    above: bool,
    corner: bool,
}

const DC: u8 = 2;

impl Samples {
    fn allow_4x4(self, mode: u8) -> bool {
        match mode {
            0 | 3 | 7 => self.above,
            1 | 8 => self.left,
            DC => true,
            _ => self.left && self.above && self.corner,
        }
    }

    fn allow_16x16(self, mode: u8) -> bool {
        match mode {
            0 => self.above,
            1 => self.left,
            2 => true,
            _ => self.left && self.above && self.corner,
        }
    }

    fn allow_chroma(self, mode: u8) -> bool {
        match mode {
            0 => true,
            1 => self.left,
            2 => self.above,
            _ => self.left && self.above && self.corner,
        }
    }
}

impl Modes {
    /// The state before the first macroblock of a slice.
    pub(in crate::dream) fn new(parameters: &Parameters, constrained_intra_pred_flag: bool) -> Modes {
        Modes {
            grid: Grid::of(parameters),
            first: parameters.first_mb_addr(),
            constrained_intra_pred_flag,
            has_chroma_blocks: matches!(parameters.chroma_array_type, 1 | 2),
            coded: Vec::new(),
        }
    }

    fn get(&self, mb_addr: Option<usize>) -> Option<&Coded> {
        self.coded.get(mb_addr?.checked_sub(self.first)?)
    }

    /// Whether the samples of the macroblock at an address, or of both of a pair, are available for prediction.
    fn serves(&self, at: Option<usize>) -> bool {
        let count = if self.grid.is_mbaff { 2 } else { 1 };
        at.is_some_and(|at| {
            (count * at..count * (at + 1)).all(|mb_addr| {
                let coded = self.get(Some(mb_addr));
                coded.is_some_and(|coded| coded.is_intra || !self.constrained_intra_pred_flag)
            })
        })
    }

    fn samples(&self, mb_addr: usize, is_field: bool) -> Samples {
        let (width, is_mbaff) = (self.grid.width, self.grid.is_mbaff);
        let at = if is_mbaff { mb_addr / 2 } else { mb_addr };
        let is_first = at.is_multiple_of(width);
        let left = !is_first && self.serves(Some(at - 1));
        if is_mbaff && mb_addr % 2 == 1 && !is_field {
            let upper = self.get(Some(mb_addr - 1));
            let above = upper.is_some_and(|upper| upper.is_intra || !self.constrained_intra_pred_flag);
            return Samples { left, above, corner: left };
        }
        Samples {
            left,
            above: self.serves(at.checked_sub(width)),
            corner: !is_first && self.serves(at.checked_sub(width + 1)),
        }
    }

    /// Gives the macroblock the modes that are chosen for it, and keeps what the modes of later macroblocks depend on.
    pub(in crate::dream) fn take(
        &mut self,
        macroblock: &mut Macroblock,
        is_field: bool,
        mut choose: impl FnMut(&Choice<'_>) -> u8,
    ) {
        let mb_addr = self.first + self.coded.len();
        let samples = self.samples(mb_addr, is_field);
        let mut modes = None;
        if let MbType::I(kind) = macroblock.mb_type {
            match kind {
                0 => modes = Some(self.nxn(macroblock, mb_addr, is_field, samples, &mut choose)),
                1..=24 => {
                    let mode = choose(&Choice {
                        element: Element("mb_type"),
                        mb_addr,
                        block: None,
                        mode: (kind - 1) % 4,
                        count: 4,
                        is_legal: &|mode| samples.allow_16x16(mode),
                    });
                    let (chroma, luma) = ((kind - 1) / 4 % 3, (kind - 1) / 12);
                    // Without chroma blocks of its own it has no chroma levels.
                    let chroma = if self.has_chroma_blocks { chroma } else { 0 };
                    macroblock.mb_type = MbType::I(1 + mode + 4 * chroma + 12 * luma);
                    macroblock.coded_block_pattern = (15 * luma) | (chroma << 4);
                }
                _ => {}
            }
            if self.has_chroma_blocks && macroblock.mb_type != MbType::I_PCM {
                macroblock.intra_chroma_pred_mode = choose(&Choice {
                    element: Element("intra_chroma_pred_mode"),
                    mb_addr,
                    block: None,
                    mode: macroblock.intra_chroma_pred_mode,
                    count: 4,
                    is_legal: &|mode| samples.allow_chroma(mode),
                });
            }
        }
        if self.grid.is_mbaff
            && mb_addr % 2 == 1
            && let Some(upper) = self.coded.last_mut()
        {
            // If the upper macroblock was skipped, only the lower one says whether the pair is a field pair.
            upper.is_field = is_field;
        }
        self.coded.push(Coded {
            is_field,
            is_intra: macroblock.mb_type.is_intra(),
            modes,
            transform_size_8x8_flag: macroblock.transform_size_8x8_flag,
        });
    }

    /// The modes of an I_NxN macroblock (clauses 8.3.1.1 and 8.3.2.1).
    fn nxn(
        &self,
        macroblock: &mut Macroblock,
        mb_addr: usize,
        is_field: bool,
        samples: Samples,
        choose: &mut impl FnMut(&Choice<'_>) -> u8,
    ) -> [u8; 16] {
        let is_field_at = |mb_addr| self.get(Some(mb_addr)).is_some_and(|coded| coded.is_field);
        let around = self.grid.around(mb_addr, is_field, is_field_at);
        let is_8x8 = macroblock.transform_size_8x8_flag;
        let (count, size) = if is_8x8 { (4, 2) } else { (16, 1) };
        let names = match is_8x8 {
            true => ["prev_intra8x8_pred_mode_flag", "rem_intra8x8_pred_mode"],
            false => ["prev_intra4x4_pred_mode_flag", "rem_intra4x4_pred_mode"],
        };
        let mut modes = [DC; 16];
        for block in 0..count {
            let (x, y) = place(block * size * size);
            let left = if x > 0 {
                Some(modes[4 * y + x - 1])
            } else {
                let (mb_addr, row) = around.left[y];
                let coded = self.get(mb_addr);
                let row = match coded {
                    // Of the two 4x4 blocks of the left 8x8 block that are adjacent, the upper one counts; for the lower block of a frame
                    // macroblock next to field macroblocks it is the other.
                    Some(coded) if is_8x8 && !coded.transform_size_8x8_flag => {
                        let is_lower = self.grid.is_mbaff && !is_field && coded.is_field && block == 2;
                        row / 2 * 2 + usize::from(is_lower)
                    }
                    _ => row,
                };
                self.mode(coded, 4 * row + 3)
            };
            let above =
                if y > 0 { Some(modes[4 * (y - 1) + x]) } else { self.mode(self.get(around.above), 12 + x) };
            let predicted = match (left, above) {
                (Some(left), Some(above)) => left.min(above),
                _ => DC,
            };
            let samples = Samples {
                left: x > 0 || samples.left,
                above: y > 0 || samples.above,
                corner: match (x > 0, y > 0) {
                    (true, true) => true,
                    (true, false) => samples.above,
                    (false, true) => samples.left,
                    (false, false) => samples.corner,
                },
            };
            let given = match macroblock.rem_intra_pred_mode[block] {
                Some(rem) if rem >= predicted => rem + 1,
                Some(rem) => rem,
                None => predicted,
            };
            let mode = choose(&Choice {
                element: Element(names[usize::from(given != predicted)]),
                mb_addr,
                block: Some(block),
                mode: given,
                count: 9,
                is_legal: &|mode| samples.allow_4x4(mode),
            });
            macroblock.rem_intra_pred_mode[block] = match mode {
                mode if mode == predicted => None,
                mode if mode > predicted => Some(mode - 1),
                mode => Some(mode),
            };
            for place in (y..y + size).flat_map(|y| (x..x + size).map(move |x| 4 * y + x)) {
                modes[place] = mode;
            }
        }
        modes
    }

    /// The mode of a 4x4 block, as its neighbour derives its own mode from it; `None` if the macroblock makes the neighbour's predicted
    /// mode DC.
    fn mode(&self, coded: Option<&Coded>, place: usize) -> Option<u8> {
        let coded = coded?;
        if !coded.is_intra && self.constrained_intra_pred_flag {
            return None;
        }
        Some(coded.modes.map_or(DC, |modes| modes[place]))
    }
}

/// The column and the row of a 4x4 block (clause 6.4.3).
fn place(block: usize) -> (usize, usize) {
    (block & 1 | block >> 1 & 2, block >> 1 & 1 | block >> 2 & 2)
}
