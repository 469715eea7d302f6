//! A macroblock as its syntax elements describe it: no sample, no predicted value, nothing that has to be derived.

use crate::binarization::Table;

/// The syntax elements of a macroblock. Elements that its type does not have are zero, `None` or empty.
///
/// Blocks are numbered as the standard numbers them; a place within the macroblock is `4 * y + x` of a 4x4 block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Macroblock {
    /// mb_type, or that mb_skip_flag is 1.
    pub mb_type: MbType,
    /// mb_field_decoding_flag, if it is in the stream.
    pub mb_field_decoding_flag: Option<bool>,
    /// transform_size_8x8_flag.
    pub transform_size_8x8_flag: bool,
    /// rem_intra4x4_pred_mode by 4x4 block, or rem_intra8x8_pred_mode in the first four; `None` if the flag before it says that the mode
    /// is the predicted one.
    pub rem_intra_pred_mode: [Option<u8>; 16],
    /// intra_chroma_pred_mode, 0..=3.
    pub intra_chroma_pred_mode: u8,
    /// sub_mb_type, by 8x8 block: 0..=3 in P macroblocks, 0..=12 in B macroblocks.
    pub sub_mb_type: [u8; 4],
    /// ref_idx_l0 and ref_idx_l1, by macroblock partition.
    pub ref_idx: [[u8; 4]; 2],
    /// mvd_l0 and mvd_l1, horizontal and vertical, in quarters of a sample, at the place of the first 4x4 block of each
    /// (sub-)macroblock partition.
    pub mvd: [[[i16; 2]; 16]; 2],
    /// coded_block_pattern: CodedBlockPatternLuma + 16 * CodedBlockPatternChroma. Intra_16x16 macroblocks have it too, although it is a
    /// part of their type in the stream.
    pub coded_block_pattern: u8,
    /// mb_qp_delta.
    pub mb_qp_delta: i8,
    /// The transform coefficient levels of Y, Cb and Cr, in the order of the blocks, and within a block in the order of its scan. Empty if
    /// no block is coded. A 4x4 block has 16 places, an 8x8 block 64. If the blocks have no DC level of their own, the first place of each
    /// holds a level of the DC block, in its order. 4:2:0 has 256, 64 and 64 places, 4:2:2 has 256, 128 and 128.
    pub levels: Vec<i32>,
    /// The pcm_alignment_zero_bits of an I_PCM macroblock, as the low bits of a byte: zero by the standard, but not in every stream.
    pub pcm_alignment: u8,
    /// The bytes of the samples of an I_PCM macroblock.
    pub pcm: Vec<u8>,
}

impl Macroblock {
    /// The first element, in the order of the stream, in which two macroblocks differ.
    pub(super) fn first_difference(&self, other: &Macroblock) -> Option<&'static str> {
        let differs = [
            ("mb_type", self.mb_type != other.mb_type),
            ("mb_field_decoding_flag", self.mb_field_decoding_flag != other.mb_field_decoding_flag),
            ("pcm_alignment_zero_bit", self.pcm_alignment != other.pcm_alignment),
            ("pcm_sample", self.pcm != other.pcm),
            ("sub_mb_type", self.sub_mb_type != other.sub_mb_type),
            ("transform_size_8x8_flag", self.transform_size_8x8_flag != other.transform_size_8x8_flag),
            ("rem_intra_pred_mode", self.rem_intra_pred_mode != other.rem_intra_pred_mode),
            ("intra_chroma_pred_mode", self.intra_chroma_pred_mode != other.intra_chroma_pred_mode),
            ("ref_idx", self.ref_idx != other.ref_idx),
            ("mvd", self.mvd != other.mvd),
            ("coded_block_pattern", self.coded_block_pattern != other.coded_block_pattern),
            ("mb_qp_delta", self.mb_qp_delta != other.mb_qp_delta),
            ("coeff_level", self.levels != other.levels),
        ];
        differs.into_iter().find_map(|(element, differs)| differs.then_some(element))
    }
}

/// What kind of macroblock it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MbType {
    /// P_Skip or B_Skip: mb_skip_flag is 1.
    #[default]
    Skip,
    /// By table 7-11: I_NxN 0, I_16x16 from 1 to 24, I_PCM 25. Also in P and B slices.
    I(u8),
    /// By table 7-13: P_L0_16x16 0, P_L0_L0_16x8 1, P_L0_L0_8x16 2, P_8x8 3.
    P(u8),
    /// By table 7-14: B_Direct_16x16 0 to B_8x8 22.
    B(u8),
}

impl MbType {
    /// I_NxN.
    pub const I_NXN: MbType = MbType::I(0);
    /// I_PCM.
    pub const I_PCM: MbType = MbType::I(25);
    /// B_Direct_16x16.
    pub const B_DIRECT_16X16: MbType = MbType::B(0);

    /// Whether it is predicted within its picture.
    pub const fn is_intra(self) -> bool {
        matches!(self, MbType::I(_))
    }

    /// Whether it is one of the Intra_16x16 types.
    pub const fn is_intra_16x16(self) -> bool {
        matches!(self, MbType::I(1..=24))
    }

    /// Whether each of its four 8x8 blocks has a sub_mb_type.
    pub const fn has_sub_macroblocks(self) -> bool {
        matches!(self, MbType::P(3) | MbType::B(22))
    }

    /// All types.
    pub(super) fn all() -> impl Iterator<Item = MbType> {
        let kinds = [(MbType::I as fn(u8) -> MbType, 26), (MbType::P, 4), (MbType::B, 23)];
        let kinds = kinds.into_iter().flat_map(|(of, count)| (0..count).map(of));
        std::iter::once(MbType::Skip).chain(kinds)
    }

    /// The names of the types of its sub-macroblocks, in their order; none where it has none.
    pub(super) fn sub_mb_types(self) -> Vec<String> {
        match self {
            MbType::P(3) => (0..4).map(|kind| format!("P_L0_{}", p_sub_shape(kind).sub_name())).collect(),
            MbType::B(22) => (0..13)
                .map(|kind| match b_sub_shape(kind) {
                    None => "B_Direct_8x8".to_owned(),
                    Some((shape, lists)) => format!("B_{}_{}", lists.name(), shape.sub_name()),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Its name in the standard.
    ///
    /// ```
    /// use silicabac::avc::MbType;
    /// assert_eq!(MbType::I(8).name(), "I_16x16_3_1_0");
    /// assert_eq!(MbType::B(13).name(), "B_L0_Bi_8x16");
    /// ```
    pub fn name(self) -> String {
        match self {
            MbType::Skip => "Skip".to_string(),
            MbType::I(0) => "I_NxN".to_string(),
            MbType::I(25) => "I_PCM".to_string(),
            MbType::I(kind) => {
                let (pred_mode, chroma, luma) = intra_16x16(kind);
                format!("I_16x16_{pred_mode}_{chroma}_{}", luma / 15)
            }
            MbType::P(3) => "P_8x8".to_string(),
            MbType::B(0) => "B_Direct_16x16".to_string(),
            MbType::B(22) => "B_8x8".to_string(),
            MbType::P(_) | MbType::B(_) => {
                let (letter, Partitions { shape, lists }) = match self {
                    MbType::P(kind) => ("P", p_partitions(kind)),
                    MbType::B(kind) => ("B", b_partitions(kind)),
                    _ => ("I", Partitions::NONE),
                };
                let lists = lists[..shape.count()].iter().map(|list| list.name());
                format!("{letter}_{}_{}", lists.collect::<Vec<_>>().join("_"), shape.name())
            }
        }
    }
}

/// Intra16x16PredMode, CodedBlockPatternChroma and CodedBlockPatternLuma of an Intra_16x16 mb_type.
pub(super) const fn intra_16x16(kind: u8) -> (u8, u8, u8) {
    let kind = kind.saturating_sub(1);
    (kind % 4, kind / 4 % 3, if kind >= 12 { 15 } else { 0 })
}

/// The lists that a partition is predicted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    L0,
    L1,
    Bi,
}

impl Lists {
    pub(super) const fn use_list(self, list: usize) -> bool {
        match self {
            Lists::L0 => list == 0,
            Lists::L1 => list == 1,
            Lists::Bi => true,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Lists::L0 => "L0",
            Lists::L1 => "L1",
            Lists::Bi => "Bi",
        }
    }
}

/// How a macroblock or an 8x8 block is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    Rows,
    Columns,
    Quarters,
}

impl Shape {
    pub(super) const fn count(self) -> usize {
        match self {
            Shape::Whole => 1,
            Shape::Rows | Shape::Columns => 2,
            Shape::Quarters => 4,
        }
    }

    /// The place and the size, x, y, width and height, of a part of a square with `size` blocks on a side.
    pub(super) const fn part(self, index: usize, size: usize) -> (usize, usize, usize, usize) {
        let half = size / 2;
        match self {
            Shape::Whole => (0, 0, size, size),
            Shape::Rows => (0, index * half, size, half),
            Shape::Columns => (index * half, 0, half, size),
            Shape::Quarters => (index % 2 * half, index / 2 * half, half, half),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Shape::Whole => "16x16",
            Shape::Rows => "16x8",
            Shape::Columns => "8x16",
            Shape::Quarters => "8x8",
        }
    }

    /// The part of the name of a sub-macroblock's type that says its shape.
    const fn sub_name(self) -> &'static str {
        match self {
            Shape::Whole => "8x8",
            Shape::Rows => "8x4",
            Shape::Columns => "4x8",
            Shape::Quarters => "4x4",
        }
    }
}

/// How a macroblock that is predicted from other pictures is divided, and from which lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partitions {
    pub(super) shape: Shape,
    pub(super) lists: [Lists; 2],
}

impl Partitions {
    const NONE: Partitions = Partitions { shape: Shape::Whole, lists: [Lists::L0; 2] };
}

/// The partitions of a P macroblock (table 7-13), but for P_8x8.
pub(super) const fn p_partitions(kind: u8) -> Partitions {
    let shape = [Shape::Whole, Shape::Rows, Shape::Columns][if kind < 3 { kind as usize } else { 0 }];
    Partitions { shape, lists: [Lists::L0; 2] }
}

/// The partitions of a B macroblock (table 7-14), but for B_Direct_16x16 and B_8x8.
pub(super) const fn b_partitions(kind: u8) -> Partitions {
    use Lists::{Bi, L0, L1};
    const PAIRS: [[Lists; 2]; 9] =
        [[L0, L0], [L1, L1], [L0, L1], [L1, L0], [L0, Bi], [L1, Bi], [Bi, L0], [Bi, L1], [Bi, Bi]];
    match kind {
        1..=3 => Partitions { shape: Shape::Whole, lists: [[L0, L1, Bi][kind as usize - 1]; 2] },
        4..=21 => {
            let shape = if kind.is_multiple_of(2) { Shape::Rows } else { Shape::Columns };
            Partitions { shape, lists: PAIRS[(kind as usize - 4) / 2] }
        }
        _ => Partitions::NONE,
    }
}

/// How a P sub-macroblock is divided (table 7-17).
pub(super) const fn p_sub_shape(kind: u8) -> Shape {
    [Shape::Whole, Shape::Rows, Shape::Columns, Shape::Quarters][kind as usize & 3]
}

/// How a B sub-macroblock is divided, and from which lists it is predicted (table 7-18); `None` for B_Direct_8x8.
pub(super) const fn b_sub_shape(kind: u8) -> Option<(Shape, Lists)> {
    use Lists::{Bi, L0, L1};
    use Shape::{Columns, Quarters, Rows, Whole};
    const SHAPES: [(Shape, Lists); 12] = [
        (Whole, L0),
        (Whole, L1),
        (Whole, Bi),
        (Rows, L0),
        (Columns, L0),
        (Rows, L1),
        (Columns, L1),
        (Rows, Bi),
        (Columns, Bi),
        (Quarters, L0),
        (Quarters, L1),
        (Quarters, Bi),
    ];
    match kind {
        1..=12 => Some(SHAPES[kind as usize - 1]),
        _ => None,
    }
}

/// The prefix of mb_type in P slices (table 9-37), by mb_type; the last string comes before the type of an I macroblock.
pub(super) const P_MB_TYPE: Table<5> = Table::new(["000", "011", "010", "001", "1"]);

/// The prefix of mb_type in B slices, likewise.
pub(super) const B_MB_TYPE: Table<24> = Table::new([
    "0", "100", "101", "110000", "110001", "110010", "110011", "110100", "110101", "110110", "110111",
    "111110", "1110000", "1110001", "1110010", "1110011", "1110100", "1110101", "1110110", "1110111",
    "1111000", "1111001", "111111", "111101",
]);

/// sub_mb_type in P macroblocks (table 9-38).
pub(super) const P_SUB_MB_TYPE: Table<4> = Table::new(["1", "00", "011", "010"]);

/// sub_mb_type in B macroblocks.
pub(super) const B_SUB_MB_TYPE: Table<13> = Table::new([
    "0", "100", "101", "11000", "11001", "11010", "11011", "111000", "111001", "111010", "111011", "11110",
    "11111",
]);
