//! A slice of any stream that is made smaller and stays legal. A changed macroblock goes through the walk, which drops the elements that it
//! no longer has in the stream, and through all rules of [`Legal`], so that the macroblocks after it stay legal too.
//!
//! What the rules need of the parameter sets is taken from their elements. Where the elements leave open what a dream knows of its own
//! stream, the largest value that they allow is used.

use std::collections::BTreeMap;

use super::legal::{Legal, Limits};
use super::levels::Scaling;
use crate::avc::{Content, Macroblock, MbType, Parameters, ReadUnit, SliceData, StreamUnit, Walk, read_each};
use crate::bin::Encode;
use crate::context::SliceType;
use crate::dream::random::Random;
use crate::dream::reduce::{Edit, Simpler};
use crate::engine;
use crate::syntax::HeaderElement;
use crate::syntax::nal::escape;

/// The parameter sets that were sent so far.
#[derive(Clone, Debug, Default)]
pub(in crate::dream) struct Sent {
    sequences: BTreeMap<i64, Vec<HeaderElement>>,
    pictures: BTreeMap<i64, Vec<HeaderElement>>,
}

fn value(elements: &[HeaderElement], name: &str) -> Option<i64> {
    elements.iter().find(|element| element.element.0 == name).map(|element| element.value)
}

impl Sent {
    /// Takes a NAL unit; only parameter sets have an effect.
    pub(in crate::dream) fn take(&mut self, unit: &StreamUnit) {
        let (kept, id) = match unit.nal_unit_type() {
            Some(7) => (&mut self.sequences, "seq_parameter_set_id"),
            Some(8) => (&mut self.pictures, "pic_parameter_set_id"),
            _ => return,
        };
        let elements = unit.headers().elements;
        if let Some(id) = value(&elements, id) {
            kept.insert(id, elements);
        }
    }

    /// The limits that apply to the slice data of a header.
    fn limits(&self, header: &[HeaderElement], parameters: &Parameters) -> Option<Limits> {
        const LARGEST: i64 = 255;
        const FLAT: i64 = 16;
        let picture = self.pictures.get(&value(header, "pic_parameter_set_id")?)?;
        let sequence = self.sequences.get(&value(picture, "seq_parameter_set_id")?)?;
        let is_set = |elements, name| value(elements, name) == Some(1);
        let has_matrix = is_set(sequence, "seq_scaling_matrix_present_flag")
            || is_set(picture, "pic_scaling_matrix_present_flag");
        let offset = value(picture, "chroma_qp_index_offset")?;
        let second = value(picture, "second_chroma_qp_index_offset").unwrap_or(offset);
        // Table A-1, in samples of a frame.
        let vertical = match value(sequence, "level_idc")? {
            ..=10 => 64,
            // Level 1b.
            11 if value(sequence, "profile_idc")? < 100 && is_set(sequence, "constraint_set3_flag") => 64,
            11..=20 => 128,
            21..=30 => 256,
            _ => 512,
        };
        let most = [8_191, 4 * vertical / if parameters.field_pic_flag { 2 } else { 1 } - 1];
        let is_temporal =
            parameters.slice_type == SliceType::B && !is_set(header, "direct_spatial_mv_pred_flag");
        Some(Limits {
            constrained_intra_pred_flag: is_set(picture, "constrained_intra_pred_flag"),
            scaling: Scaling {
                weight: if has_matrix { LARGEST } else { FLAT },
                has_bypass: is_set(sequence, "qpprime_y_zero_transform_bypass_flag"),
                chroma_qp_offset: [offset, second].map(|offset| offset.clamp(-12, 12) as i32),
            },
            motion: [most, if is_temporal { most } else { [0, 0] }],
        })
    }
}

/// A slice of which all parts have been read.
#[derive(Clone, Debug)]
pub(in crate::dream) struct Slice {
    /// The bytes before slice data, without emulation prevention.
    header: Vec<u8>,
    parameters: Parameters,
    limits: Limits,
    macroblocks: Vec<Macroblock>,
    /// QPY of each macroblock. A macroblock keeps it as long as it has an element for it, so that the meaning of levels after a change
    /// stays the same.
    qp_y: Vec<i32>,
}

impl Slice {
    /// The slice of a unit; `None` if it is not a slice, or its data cannot be read.
    pub(in crate::dream) fn new(unit: &StreamUnit, sent: &Sent) -> Option<Slice> {
        let Content::Slice { parameters, data } = &unit.content else { return None };
        let (header, data) = unit.rbsp.split_at_checked(*data)?;
        let (mut macroblocks, mut qp_y) = (Vec::new(), Vec::new());
        let show = |read_unit: ReadUnit<'_, _>| {
            macroblocks.push(read_unit.macroblock.clone());
            qp_y.push(read_unit.derived.qp_y);
        };
        read_each(parameters, engine::Decoder::new(data), show).1.ok()?;
        let limits = sent.limits(&unit.headers().elements, parameters)?;
        Some(Slice { header: header.to_vec(), parameters: *parameters, limits, macroblocks, qp_y })
    }

    /// Whether any macroblock may be skipped. That is not so in an MBAFF frame, where skipping one decides whether others are fields; and
    /// vectors that are inferred from another picture need its reference in list 0.
    fn may_skip(&self) -> bool {
        let [_, inferred] = self.limits.motion;
        !self.parameters.mbaff_frame_flag && self.parameters.slice_type != SliceType::I && inferred == [0, 0]
    }

    /// The slice with these macroblocks, made legal.
    fn with(&self, mut macroblocks: Vec<Macroblock>) -> Option<Slice> {
        let (count, mut random) = (macroblocks.len(), Random::new(0));
        let mut walk = Walk::new(engine::Encoder::new(), &self.parameters);
        let mut legal = Legal::new(&self.parameters, &self.limits);
        let mut qp_before = i32::from(self.parameters.slice_qp_y);
        for (index, macroblock) in macroblocks.iter_mut().enumerate() {
            let mb_addr = walk.mb_addr();
            macroblock.mb_qp_delta = self.mb_qp_delta(*self.qp_y.get(index)? - qp_before);
            walk.macroblock(macroblock, index + 1 == count).ok()?;
            let derived = walk.derived(mb_addr);
            qp_before = derived.qp_y;
            legal.take(&mut random, macroblock, derived);
        }
        let macroblocks = self.in_stream(macroblocks)?;
        (macroblocks != self.macroblocks).then(|| Slice { macroblocks, ..self.clone() })
    }

    /// These macroblocks, reduced to what elements in the stream code: written, and read again.
    fn in_stream(&self, macroblocks: Vec<Macroblock>) -> Option<Vec<Macroblock>> {
        let count = macroblocks.len();
        let mut walk = Walk::new(engine::Encoder::new(), &self.parameters);
        for (index, mut macroblock) in macroblocks.into_iter().enumerate() {
            walk.macroblock(&mut macroblock, index + 1 == count).ok()?;
        }
        SliceData::read(&self.parameters, &walk.into_coder().finish()).ok().map(|data| data.macroblocks)
    }

    /// The mb_qp_delta that increases QPY by this difference (clause 7.4.5).
    fn mb_qp_delta(&self, difference: i32) -> i8 {
        let offset = 6 * (i32::from(self.parameters.bit_depth_luma) - 8);
        let (values, most) = (52 + offset, 25 + offset / 2);
        let wrapped = difference.rem_euclid(values);
        (if wrapped > most { wrapped - values } else { wrapped }) as i8
    }
}

impl Simpler for Slice {
    fn blocks(&self) -> usize {
        self.macroblocks.len()
    }

    fn coded(&self) -> usize {
        self.macroblocks.iter().filter(|macroblock| macroblock.mb_type != MbType::Skip).count()
    }

    fn levels(&self) -> Vec<(usize, usize)> {
        let levels = self.macroblocks.iter().enumerate().flat_map(|(number, macroblock)| {
            let levels = macroblock.levels.iter().enumerate().filter(|(_, level)| **level != 0);
            levels.map(move |(place, _)| (number, place))
        });
        levels.collect()
    }

    fn edited(&self, edit: Edit, numbers: &[usize]) -> Option<Slice> {
        let mut macroblocks = self.macroblocks.clone();
        for &number in numbers {
            let macroblock = macroblocks.get_mut(number)?;
            match edit {
                Edit::Skip if !self.may_skip() => {}
                Edit::Skip => macroblock.mb_type = MbType::Skip,
                Edit::Plain if macroblock.mb_type == MbType::Skip => {}
                Edit::Plain => {
                    macroblock.mb_type = MbType::I(3);
                    macroblock.intra_chroma_pred_mode = 0;
                    macroblock.levels.clear();
                }
                Edit::Bare => {
                    macroblock.coded_block_pattern = 0;
                    macroblock.levels.clear();
                    if let MbType::I(kind @ 1..=24) = macroblock.mb_type {
                        macroblock.mb_type = MbType::I(1 + (kind - 1) % 4);
                    }
                }
                Edit::Still => macroblock.mvd = Default::default(),
            }
        }
        self.with(macroblocks)
    }

    fn without_levels(&self, places: &[(usize, usize)]) -> Option<Slice> {
        let mut macroblocks = self.macroblocks.clone();
        for &(number, place) in places {
            if let Some(level) = macroblocks.get_mut(number)?.levels.get_mut(place) {
                *level = 0;
            }
        }
        let has_chroma_blocks = matches!(self.parameters.chroma_array_type, 1 | 2);
        macroblocks.iter_mut().for_each(|macroblock| drop_empty(macroblock, has_chroma_blocks));
        self.with(macroblocks)
    }

    fn write(&self) -> Option<Vec<u8>> {
        let data = SliceData { macroblocks: self.macroblocks.clone(), tail_bits: 0, tail: Vec::new() }
            .write(&self.parameters);
        Some(escape(&[&self.header[..], &data.ok()?].concat()))
    }
}

/// Sets coded_block_pattern so that blocks without levels are not coded.
fn drop_empty(macroblock: &mut Macroblock, has_chroma_blocks: bool) {
    if macroblock.levels.is_empty() {
        return;
    }
    let is_empty = |levels: &[i32]| levels.iter().all(|&level| level == 0);
    let (luma, chroma) =
        macroblock.levels.split_at(if has_chroma_blocks { 256 } else { macroblock.levels.len() });
    let is_dc = |place: &usize| place.is_multiple_of(16);
    let has_ac = chroma.iter().enumerate().any(|(place, &level)| level != 0 && !is_dc(&place));
    let chroma_pattern = if has_ac { 2 } else { u8::from(!is_empty(chroma)) };
    match macroblock.mb_type {
        MbType::I(kind @ 1..=24) => {
            let has_ac = luma.iter().enumerate().any(|(place, &level)| level != 0 && !is_dc(&place));
            macroblock.mb_type =
                MbType::I(1 + (kind - 1) % 4 + 4 * chroma_pattern + if has_ac { 12 } else { 0 });
        }
        _ => {
            let is_coded =
                |block: usize| !luma.chunks(256).all(|plane| is_empty(&plane[64 * block..64 * (block + 1)]));
            let pattern = (0..4).filter(|&block| is_coded(block)).map(|block| 1 << block).sum::<u8>();
            macroblock.coded_block_pattern = pattern & macroblock.coded_block_pattern | chroma_pattern << 4;
        }
    }
}
