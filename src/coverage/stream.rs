//! What streams make a decoder meet: the situations of their bins, the context variables that they use, the values of their syntax
//! elements, and the places of their levels.
//!
//! If an element has few values, each has a cell; if it has many, a cell stands for a sign and a number of bits.

use std::collections::BTreeMap;

use super::code::Code;
use super::item::{Axis, Item};
use super::{Coverage, Report};
use crate::bin::{BinCoder, Element, Event, Place};
use crate::context::Codec;
use crate::observed::Observer;
use crate::stream::{DataError, StreamUnit};
use crate::tables::hevc_contexts::HevcProfile;

/// The elements of H.264 slice data, with the values that they can have in a stream of 8 bits. Macroblock types are counted by slice type.
const AVC: [(&str, i32, i32); 25] = [
    ("mb_skip_flag", 0, 1),
    ("mb_field_decoding_flag", 0, 1),
    ("end_of_slice_flag", 0, 1),
    ("mb_type I", 0, 25),
    ("mb_type P", 0, 30),
    ("mb_type B", 0, 48),
    ("transform_size_8x8_flag", 0, 1),
    ("coded_block_pattern", 0, 47),
    ("mb_qp_delta", -26, 25),
    ("prev_intra4x4_pred_mode_flag", 0, 1),
    ("rem_intra4x4_pred_mode", 0, 7),
    ("prev_intra8x8_pred_mode_flag", 0, 1),
    ("rem_intra8x8_pred_mode", 0, 7),
    ("intra_chroma_pred_mode", 0, 3),
    ("sub_mb_type P", 0, 3),
    ("sub_mb_type B", 0, 12),
    ("ref_idx_l0", 0, 31),
    ("ref_idx_l1", 0, 31),
    ("mvd_l0", -8_191, 8_191),
    ("mvd_l1", -8_191, 8_191),
    ("coded_block_flag", 0, 1),
    ("significant_coeff_flag", 0, 1),
    ("last_significant_coeff_flag", 0, 1),
    ("coeff_abs_level_minus1", 0, 2_047),
    ("coeff_sign_flag", 0, 1),
];

/// The elements of H.265 slice segment data, likewise. coeff_sign_flag is missing: the signs of a sub-block are coded together, as one
/// number.
const HEVC: [(&str, i32, i32); 55] = [
    ("end_of_slice_segment_flag", 0, 1),
    ("end_of_subset_one_bit", 1, 1),
    ("sao_merge_left_flag", 0, 1),
    ("sao_merge_up_flag", 0, 1),
    ("sao_type_idx_luma", 0, 2),
    ("sao_type_idx_chroma", 0, 2),
    ("sao_offset_abs", 0, 7),
    ("sao_offset_sign", 0, 1),
    ("sao_band_position", 0, 31),
    ("sao_eo_class_luma", 0, 3),
    ("sao_eo_class_chroma", 0, 3),
    ("split_cu_flag", 0, 1),
    ("cu_transquant_bypass_flag", 0, 1),
    ("cu_skip_flag", 0, 1),
    ("pred_mode_flag", 0, 1),
    ("part_mode", 0, 7),
    ("pcm_flag", 0, 1),
    ("prev_intra_luma_pred_flag", 0, 1),
    ("mpm_idx", 0, 2),
    ("rem_intra_luma_pred_mode", 0, 31),
    ("intra_chroma_pred_mode", 0, 4),
    ("rqt_root_cbf", 0, 1),
    ("merge_flag", 0, 1),
    ("merge_idx", 0, 4),
    ("inter_pred_idc", 0, 2),
    ("ref_idx_l0", 0, 14),
    ("ref_idx_l1", 0, 14),
    ("mvp_l0_flag", 0, 1),
    ("mvp_l1_flag", 0, 1),
    ("split_transform_flag", 0, 1),
    ("cbf_luma", 0, 1),
    ("cbf_cb", 0, 1),
    ("cbf_cr", 0, 1),
    ("abs_mvd_greater0_flag", 0, 1),
    ("abs_mvd_greater1_flag", 0, 1),
    ("abs_mvd_minus2", 0, 32_766),
    ("mvd_sign_flag", 0, 1),
    ("cu_qp_delta_abs", 0, 26),
    ("cu_qp_delta_sign_flag", 0, 1),
    ("cu_chroma_qp_offset_flag", 0, 1),
    ("cu_chroma_qp_offset_idx", 0, 5),
    ("log2_res_scale_abs_plus1", 0, 4),
    ("res_scale_sign_flag", 0, 1),
    ("transform_skip_flag", 0, 1),
    ("explicit_rdpcm_flag", 0, 1),
    ("explicit_rdpcm_dir_flag", 0, 1),
    ("last_sig_coeff_x_prefix", 0, 9),
    ("last_sig_coeff_y_prefix", 0, 9),
    ("last_sig_coeff_x_suffix", 0, 7),
    ("last_sig_coeff_y_suffix", 0, 7),
    ("coded_sub_block_flag", 0, 1),
    ("sig_coeff_flag", 0, 1),
    ("coeff_abs_level_greater1_flag", 0, 1),
    ("coeff_abs_level_greater2_flag", 0, 1),
    ("coeff_abs_level_remaining", 0, 32_767),
];

fn elements(codec: Codec) -> &'static [(&'static str, i32, i32)] {
    match codec {
        Codec::Avc => &AVC,
        Codec::Hevc => &HEVC,
    }
}

/// Up to this many values have a cell each.
const FEW: i32 = 64;

/// The coverage of streams of one standard.
///
/// ```
/// use silicabac::{context::Codec, coverage::StreamCoverage, stream::Stream};
/// let bytes = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let mut coverage = StreamCoverage::new(Codec::Avc);
/// for unit in Stream::new(Codec::Avc, &bytes[..]) {
///     coverage.take(&unit?)?;
/// }
/// let report = coverage.report();
/// let item = |name| report.items.iter().find(|item| item.name == name).unwrap();
/// assert_eq!(item("mb_skip_flag").percent(), 100.0);
/// assert_eq!(item("mb_field_decoding_flag").percent(), 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamCoverage {
    codec: Codec,
    bins: Coverage,
    code: Code,
    contexts: Item,
    states: Item,
    positions: Item,
    values: Vec<Item>,
    /// The item of values of each element in the current slice, as an index.
    of_element: BTreeMap<&'static str, usize>,
    block: Option<usize>,
    position: usize,
}

impl StreamCoverage {
    /// The coverage of nothing yet.
    pub fn new(codec: Codec) -> StreamCoverage {
        let contexts = Axis::new("ctxIdx", 0..codec.contexts());
        let states = vec![contexts.clone(), Axis::new("pStateIdx", 0..63)];
        let contexts = Item::new("contexts", "a bin with a context", vec![contexts]);
        let states = Item::new("states", "a bin that leaves the context in a state", states);
        let (blocks, places) = match codec {
            Codec::Avc => (Axis::new("ctxBlockCat", 0..14), 64),
            Codec::Hevc => (Axis::new("colour and log2 of size", BLOCKS), 1_024),
        };
        let positions =
            Item::new("levels", "a level that is not 0", vec![blocks, Axis::new("place in scan", 0..places)]);
        let size = move |block: usize| match codec {
            Codec::Avc => [16, 15, 16, 8, 15, 64, 16, 15, 16, 64, 16, 15, 16, 64][block],
            Codec::Hevc => 16 << (2 * (block % 4)),
        };
        let positions =
            positions.without("the block has fewer levels", |places| places[1] >= size(places[0]));
        StreamCoverage {
            codec,
            bins: Coverage::new().of_syntax(codec),
            code: Code::new(),
            contexts: without_unused(codec, contexts),
            states: without_unused(codec, states),
            positions,
            values: elements(codec).iter().map(|&(name, low, high)| values(name, low, high)).collect(),
            of_element: BTreeMap::new(),
            block: None,
            position: 0,
        }
    }

    /// Takes the slice data of a unit. If it cannot be read to its end, the part before that counts.
    ///
    /// # Errors
    /// [`DataError`]: why it cannot be read to its end.
    pub fn take(&mut self, unit: &StreamUnit) -> Result<(), DataError> {
        let Some(init) = unit.init() else { return Ok(()) };
        let of_slice = |name: &'static str| match name.split_once(' ') {
            None => Some(name),
            Some((name, slice_type)) => (slice_type == format!("{:?}", init.slice_type)).then_some(name),
        };
        let elements = elements(self.codec).iter().enumerate();
        self.of_element = elements.filter_map(|(index, (name, ..))| Some((of_slice(name)?, index))).collect();
        self.bins.begin_slice();
        let Some((_, read)) = unit.observe(&mut *self) else { return Ok(()) };
        let tail = read?;
        self.code.take(unit.data().unwrap_or_default(), tail.bytes.len());
        Ok(())
    }

    /// The items that depend on the syntax: contexts, values of elements, and places of levels.
    fn of_syntax(&self) -> impl Iterator<Item = &Item> {
        [&self.contexts, &self.positions].into_iter().chain(&self.values)
    }

    /// The items that depend on the bins: the states of contexts, and what an engine does.
    fn of_bins(&self) -> impl Iterator<Item = &Item> {
        // H.264 has no bypass alignment.
        let has = |item: &&Item| self.codec == Codec::Hevc || item.name != self.bins.alignments.name;
        [&self.states].into_iter().chain(self.bins.of_bins().filter(has)).chain(self.code.items())
    }

    /// The cells of contexts, values of elements and places of levels that were hit, or with `of_all` those of all items. There is one bit
    /// per cell, in an order that is the same for all streams of a standard.
    pub fn met(&self, of_all: bool) -> Vec<u64> {
        let bins = self.of_bins().filter(|_| of_all);
        let mut cells = self.of_syntax().chain(bins).flat_map(|item| item.hits.iter().map(|&hits| hits > 0));
        let mut met = Vec::new();
        while let Some(first) = cells.next() {
            let word = (1..64)
                .fold(u64::from(first), |word, bit| word | u64::from(cells.next().unwrap_or(false)) << bit);
            met.push(word);
        }
        met
    }

    /// The report on all items.
    pub fn report(&self) -> Report<'_> {
        let items = self.of_syntax().chain(self.of_bins()).collect();
        Report { slices: self.bins.slices, bins: self.bins.bins, items }
    }
}

/// An item on contexts, in which those that no slice uses are excluded.
fn without_unused(codec: Codec, item: Item) -> Item {
    match codec {
        Codec::Avc => item
            .without("they belong to SI slices, which no profile has with CABAC", |places| places[0] < 3)
            .without("ctxIdx 276 is for the bins that end a slice", |places| places[0] == 276),
        Codec::Hevc => item.without("no context of the standard has this number", |places| {
            !HevcProfile::RangeExtensions.has(places[0] as u16)
        }),
    }
}

/// The transform blocks of H.265, by colour component and size.
const BLOCKS: [&str; 12] = [
    "Y 4x4", "Y 8x8", "Y 16x16", "Y 32x32", "Cb 4x4", "Cb 8x8", "Cb 16x16", "Cb 32x32", "Cr 4x4", "Cr 8x8",
    "Cr 16x16", "Cr 32x32",
];

/// The values of an element.
fn values(name: &'static str, low: i32, high: i32) -> Item {
    let axis = if high - low < FEW {
        Axis::new("value", low..=high)
    } else {
        let sizes = |sign: &'static str, most: i32| {
            (1..=i32::BITS - most.leading_zeros())
                .map(move |bits| format!("{sign}{} or more", 1_u32 << (bits - 1)))
        };
        let negative = if low < 0 { sizes("-", -low).collect() } else { Vec::new() };
        Axis::new("value", ["0".to_owned()].into_iter().chain(sizes("", high)).chain(negative))
    };
    let item = Item::new(name, "the element has the value", vec![axis]);
    match name {
        "mb_type P" => item.without("P_8x8ref0 has no bins (clause 7.4.5)", |places| places[0] == 4),
        _ => item,
    }
}

/// The index of a value along the axis that [`values`] makes.
fn place(low: i32, high: i32, value: i32) -> Option<usize> {
    if high - low < FEW {
        return usize::try_from(value.checked_sub(low)?).ok();
    }
    let bits = (u32::BITS - value.unsigned_abs().leading_zeros()) as usize;
    let positive = (i32::BITS - high.leading_zeros()) as usize;
    Some(if value < 0 { positive + bits } else { bits })
}

impl<C: BinCoder> Observer<C> for &mut StreamCoverage {
    fn coded(&mut self, _: &C, element: Element, value: i32) {
        if let Some(&index) = self.of_element.get(element.0) {
            let (_, low, high) = elements(self.codec)[index];
            place(low, high, value).into_iter().for_each(|place| self.values[index].hit(&[place]));
        }
        let is_level = match element.0 {
            "coeff_abs_level_minus1" | "coeff_abs_level_greater1_flag" => true,
            // The last level of a block has no sig_coeff_flag, and only the first eight levels of a sub-block have a
            // coeff_abs_level_greater1_flag.
            "sig_coeff_flag" => value != 0,
            _ => false,
        };
        if let Some(block) = self.block.filter(|_| is_level) {
            self.positions.hit(&[block, self.position]);
        }
    }

    fn place(&mut self, _: &C, place: Place) {
        match place {
            Place::Block { category, .. } => self.block = Some(category.into()),
            Place::TransformBlock { component, log2_size, .. } => {
                self.block = Some(4 * usize::from(component) + usize::from(log2_size.saturating_sub(2)));
            }
            Place::Level(position) => self.position = position.into(),
            Place::Coefficient(position) => self.position = position.into(),
            Place::Macroblock(_) | Place::CodingTreeUnit(_) => self.block = None,
        }
    }

    fn after(&mut self, coder: &C, coded: Event) {
        if let Event::Context { ctx, .. } = coded {
            self.contexts.hit(&[ctx.get()]);
            self.states.hit(&[ctx.get(), coder.save(ctx).p_state_idx().into()]);
        }
        self.bins.take(coded);
    }
}
