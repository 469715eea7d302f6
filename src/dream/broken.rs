//! Streams in which exactly one thing is broken, and where a decoder should notice it.
//!
//! A legal stream is taken apart and one of its slices is written again with one wrong value. The walk itself is to say what is wrong. So
//! it is given a coder that claims to read, whose elements have the values that were recorded from the slice, except one; the bins that the
//! walk then asks for are encoded. The walk reports the wrong value where a reader would.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

pub mod hevc;
mod intra_mode;

pub use intra_mode::{WrongMode, wrong_mode};

use super::{DreamError, random::Random};
use crate::avc::{Content, DataError, Macroblock, Parameters, Stream, StreamUnit, Walk, read_each};
use crate::bin::{BinCoder, Decode, Element, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::observed::{Observed, Observer};
use crate::syntax::nal::escape;
use crate::syntax::{BitCoder, BitWriter, Descriptor, HeaderElement, Values};
use crate::{engine, spec};

/// Defines the classes together with their names.
macro_rules! classes {
    ($($name:ident, $text:literal: $what:literal;)*) => {
        /// What is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Class {
            $(#[doc = concat!($what, ".")] #[serde(rename = $text)] $name,)*
        }

        impl Class {
            /// All classes.
            pub const ALL: [Class; [$($text),*].len()] = [$(Class::$name),*];

            /// Its name in files.
            pub const fn name(self) -> &'static str {
                match self { $(Class::$name => $text),* }
            }
        }
    };
}

classes! {
    CabacInitIdc, "cabac-init-idc": "cabac_init_idc is above 2";
    FirstMbInSlice, "first-mb-in-slice": "first_mb_in_slice is beyond the picture";
    SliceQpDelta, "slice-qp-delta": "slice_qp_delta makes a SliceQPY that no slice can have";
    PicParameterSetId, "pic-parameter-set-id": "pic_parameter_set_id names a set that was not sent";
    NumRefIdxActive, "num-ref-idx-active": "num_ref_idx_l0_active_minus1 is above 31";
    ModificationOfPicNumsIdc, "modification-of-pic-nums-idc": "modification_of_pic_nums_idc is above 3, in a stream of the base view";
    SlicePicParameterSetId, "slice-pic-parameter-set-id": "H.265: slice_pic_parameter_set_id names a set that was not sent";
    SliceSegmentAddress, "slice-segment-address": "H.265: slice_segment_address is beyond the picture";
    FiveMinusMaxNumMergeCand, "five-minus-max-num-merge-cand": "H.265: five_minus_max_num_merge_cand is above 4";
    NumEntryPointOffsets, "num-entry-point-offsets": "H.265: there are more entry points than the picture has rows and tiles";
    OffsetLen, "offset-len": "H.265: offset_len_minus1 is above 31";
    EntryPoint, "entry-point": "H.265: an entry point is not where a substream begins";
    CuQpDelta, "cu-qp-delta": "H.265: cu_qp_delta_abs is out of its range";
    NoEndOfSubset, "no-end-of-subset": "H.265: end_of_subset_one_bit is 0";
    HeaderCut, "header-cut": "The NAL unit ends within the slice header";
    MbQpDelta, "mb-qp-delta": "mb_qp_delta is out of its range";
    RefIdx, "ref-idx": "ref_idx_l0 or ref_idx_l1 is beyond the list";
    Mvd, "mvd": "A motion vector difference needs more than 16 bits";
    IntraMode, "intra-mode": "An intra prediction mode needs samples that do not exist";
    CoeffAbsLevel, "coeff-abs-level": "A level needs more bits than its profile has";
    NoEnd, "no-end": "end_of_slice_flag, or end_of_slice_segment_flag, is 0 at the end of the picture";
    StopBit, "stop-bit": "rbsp_stop_one_bit is 0";
    Truncated, "truncated": "Slice data ends too early";
    Empty, "empty": "There is no slice data";
    FirstBits, "first-bits": "The first nine bits of slice data are 511";
    Bit, "bit": "A bit of slice data is inverted";
}

impl Class {
    /// The classes of H.264.
    pub const AVC: [Class; 18] = [
        Class::CabacInitIdc,
        Class::FirstMbInSlice,
        Class::SliceQpDelta,
        Class::PicParameterSetId,
        Class::NumRefIdxActive,
        Class::ModificationOfPicNumsIdc,
        Class::HeaderCut,
        Class::MbQpDelta,
        Class::RefIdx,
        Class::Mvd,
        Class::IntraMode,
        Class::CoeffAbsLevel,
        Class::NoEnd,
        Class::StopBit,
        Class::Truncated,
        Class::Empty,
        Class::FirstBits,
        Class::Bit,
    ];

    /// The classes of H.265.
    pub const HEVC: [Class; 19] = [
        Class::SlicePicParameterSetId,
        Class::SliceSegmentAddress,
        Class::SliceQpDelta,
        Class::NumRefIdxActive,
        Class::FiveMinusMaxNumMergeCand,
        Class::NumEntryPointOffsets,
        Class::OffsetLen,
        Class::EntryPoint,
        Class::HeaderCut,
        Class::CuQpDelta,
        Class::Mvd,
        Class::CoeffAbsLevel,
        Class::NoEnd,
        Class::NoEndOfSubset,
        Class::StopBit,
        Class::Truncated,
        Class::Empty,
        Class::FirstBits,
        Class::Bit,
    ];
}

/// Where a decoder should notice what is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// What is broken.
    pub class: Class,
    /// The number of the NAL unit.
    pub nal_unit: u64,
    /// The address of the macroblock where a decoder notices, if that is in slice data.
    pub mb_addr: Option<usize>,
    /// H.265: CtbAddrInRs of the coding tree unit where a decoder notices, if that is in slice segment data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctb_addr: Option<u32>,
    /// The element with a wrong value, if it is an element.
    pub element: Option<String>,
    /// What is wrong, in words.
    pub error: String,
}

/// The stream with one thing of this class broken, and where. `None` if the stream has nothing of this class.
///
/// ```
/// use silicabac::dream::{avc, broken::{Class, break_one}};
/// let (stream, broken) = break_one(&avc(7, &["p"])?, Class::CabacInitIdc, 1).unwrap();
/// assert_eq!(broken.element.as_deref(), Some("cabac_init_idc"));
/// assert!(broken.error.contains("it can be 0 to 2"), "{}", broken.error);
/// # Ok::<(), silicabac::dream::DreamError>(())
/// ```
pub fn break_one(stream: &[u8], class: Class, seed: u64) -> Option<(Vec<u8>, Broken)> {
    let random = &mut Random::new(seed);
    let units: Vec<StreamUnit> = Stream::new(stream).map_while(Result::ok).collect();
    let mut slices: Vec<usize> = (0..units.len()).filter(|&index| units[index].slice().is_some()).collect();
    random.shuffle(&mut slices);
    slices.into_iter().find_map(|index| {
        let unit = &units[index];
        let bytes = broken_unit(unit, class, random)?;
        let broken = noticed(unit, &bytes, class)?;
        let others = units.iter().enumerate().flat_map(|(other, unit)| {
            let bytes = if other == index { &bytes } else { &unit.unit.bytes };
            [&unit.unit.prefix[..], bytes].concat()
        });
        Some((others.collect(), broken))
    })
}

/// Makes streams from a seed, with these features, until one can be broken in this class; returns it broken.
///
/// # Errors
/// [`DreamError`].
pub fn dream(seed: u64, features: &[&'static str], class: Class) -> Result<(Vec<u8>, Broken), DreamError> {
    first(seed, features, class, super::avc, break_one)
}

/// How many streams are made to find one that can be broken.
const TRIES: u64 = 200;

/// Makes streams from a seed until one can be broken in this class; returns it broken.
fn first(
    seed: u64,
    features: &[&'static str],
    class: Class,
    make: fn(u64, &[&'static str]) -> Result<Vec<u8>, DreamError>,
    break_one: impl Fn(&[u8], Class, u64) -> Option<(Vec<u8>, Broken)>,
) -> Result<(Vec<u8>, Broken), DreamError> {
    let mut seeds = Random::new(seed);
    for _ in 0..TRIES {
        let seed = seeds.seed();
        if let Some(found) = break_one(&make(seed, features)?, class, seed) {
            return Ok(found);
        }
    }
    Err(DreamError::NoSuchStream { tries: TRIES, features: [features, &[class.name()]].concat() })
}

/// The elements of a header, in which the one with this name has another value.
fn changed(
    mut elements: Vec<HeaderElement>,
    random: &mut Random,
    name: &str,
    change: &dyn Fn(&mut Random, i64) -> i64,
) -> Option<Vec<HeaderElement>> {
    let of_name: Vec<usize> =
        (0..elements.len()).filter(|&index| elements[index].element.0 == name).collect();
    let index = (!of_name.is_empty()).then(|| random.one_of(&of_name))?;
    elements[index].value = change(random, elements[index].value);
    Some(elements)
}

/// A slice_qp_delta that is out of range for every slice.
fn slice_qp_delta(random: &mut Random, _: i64) -> i64 {
    let magnitude = random.within(200..=400);
    if random.chance(128) { magnitude } else { -magnitude }
}

/// The NAL unit of a slice with one thing broken.
fn broken_unit(unit: &StreamUnit, class: Class, random: &mut Random) -> Option<Vec<u8>> {
    let Content::Slice { parameters, data: at } = &unit.content else { return None };
    let (header, data) = unit.rbsp.split_at(*at);
    let with_data = |data: Vec<u8>| Some(escape(&[header, &data].concat()));
    let mut in_header = |name: &'static str, change: &dyn Fn(&mut Random, i64) -> i64| {
        let elements = changed(unit.headers().elements, random, name, change)?;
        Some(escape(&[&written(elements)?[..], data].concat()))
    };
    match class {
        Class::CabacInitIdc => in_header("cabac_init_idc", &|random, _| random.within(3..=9)),
        Class::FirstMbInSlice => {
            let size = i64::from(parameters.pic_size_in_mbs);
            in_header("first_mb_in_slice", &|random, _| random.within(2 * size..=4 * size))
        }
        Class::SliceQpDelta => in_header("slice_qp_delta", &slice_qp_delta),
        Class::PicParameterSetId => in_header("pic_parameter_set_id", &|random, _| random.within(100..=255)),
        Class::NumRefIdxActive => {
            in_header("num_ref_idx_l0_active_minus1", &|random, _| random.within(32..=99))
        }
        Class::ModificationOfPicNumsIdc => {
            in_header("modification_of_pic_nums_idc", &|random, _| random.within(4..=9))
        }
        Class::HeaderCut => {
            let end = 2 + random.below(u32::try_from(*at).ok()?.checked_sub(3)?) as usize;
            Some(escape(&unit.rbsp[..end])).filter(|bytes| bytes.last() != Some(&0))
        }
        Class::MbQpDelta => with_data(rewritten(parameters, data, random, &["mb_qp_delta"])?),
        Class::RefIdx => with_data(rewritten(parameters, data, random, &["ref_idx_l0", "ref_idx_l1"])?),
        Class::Mvd => with_data(rewritten(parameters, data, random, &["mvd_l0", "mvd_l1"])?),
        Class::CoeffAbsLevel => with_data(rewritten(parameters, data, random, &["coeff_abs_level_minus1"])?),
        Class::NoEnd => with_data(rewritten(parameters, data, random, &["end_of_slice_flag"])?),
        Class::IntraMode => with_data(intra_mode::broken(unit, random)?),
        _ => with_data(broken_bytes(data, class, random)?).filter(|bytes| bytes.last() != Some(&0)),
    }
}

/// Slice data of either standard with broken bytes or bits. `None` for other classes.
fn broken_bytes(data: &[u8], class: Class, random: &mut Random) -> Option<Vec<u8>> {
    let mut data = data.to_vec();
    match class {
        Class::StopBit => {
            // The last byte with a bit that is 1.
            let last = data.iter().rposition(|&byte| byte != 0)?;
            data[last] &= data[last] - 1;
        }
        Class::Truncated => {
            let end = random.below(u32::try_from(data.len()).ok()?.checked_sub(1)?) as usize;
            data.truncate(end + 1);
        }
        Class::Empty => data.clear(),
        Class::FirstBits => data.iter_mut().take(2).for_each(|byte| *byte = 0xff),
        Class::Bit => {
            let bit = random.below(8 * u32::try_from(data.len()).ok()?);
            data[bit as usize / 8] ^= 0x80 >> (bit % 8);
        }
        _ => return None,
    }
    Some(data)
}

/// Where a reader of the unit notices that it is broken; `None` if it does not.
fn noticed(unit: &StreamUnit, bytes: &[u8], class: Class) -> Option<Broken> {
    let rbsp = crate::syntax::nal::unescape(bytes);
    let mut sets = (*unit.sets).clone();
    let nal_unit = unit.number;
    match sets.take(&rbsp) {
        Content::Damaged(error) => {
            let element = error.element().map(|element| element.0.to_owned());
            Some(Broken { class, nal_unit, mb_addr: None, ctb_addr: None, element, error: error.to_string() })
        }
        Content::Slice { parameters, data } => {
            let mut last =
                parameters.first_mb_in_slice as usize * if parameters.mbaff_frame_flag { 2 } else { 1 };
            let (decoder, read) = read_each(&parameters, spec::Decoder::new(&rbsp[data..]), |read_unit| {
                last = read_unit.mb_addr
            });
            let error = match read {
                Err(error) => error,
                Ok(()) if class == Class::IntraMode => {
                    let is_constrained = intra_mode::is_constrained(unit)?;
                    let wrong = intra_mode::first_wrong(&parameters, &rbsp[data..], is_constrained)?;
                    let element = Some(wrong.element.0.to_owned());
                    let (mb_addr, error) = (Some(wrong.mb_addr), wrong.to_string());
                    return Some(Broken { class, nal_unit, mb_addr, ctb_addr: None, element, error });
                }
                Ok(()) => {
                    let bit = decoder.position() - 1;
                    let byte = rbsp.get(data + (bit / 8) as usize).copied().unwrap_or(0);
                    (byte >> (7 - bit % 8) & 1 == 0).then_some(DataError::StopBit { bit })?
                }
            };
            let (mb_addr, element) = match &error {
                DataError::Fault(fault) => (fault.mb_addr, Some(fault.element.0.to_owned())),
                DataError::Decode { mb_addr, .. } => (*mb_addr, None),
                _ => (last, None),
            };
            Some(Broken {
                class,
                nal_unit,
                mb_addr: Some(mb_addr),
                ctb_addr: None,
                element,
                error: error.to_string(),
            })
        }
        _ => None,
    }
}

/// The bytes of a header of these elements.
fn written(elements: Vec<HeaderElement>) -> Option<Vec<u8>> {
    let mut bits = values(elements)?;
    bits.align(true, "cabac_alignment_one_bit").ok()?;
    Some(bits.into_parts().0)
}

/// The bits of a header, without those that fill up its last byte, whose number may have changed.
pub(super) fn values(elements: Vec<HeaderElement>) -> Option<BitWriter<Listed>> {
    let is_value = |coded: &&HeaderElement| !matches!(coded.descriptor, Descriptor::Alignment(_));
    let values: VecDeque<i64> = elements.iter().filter(is_value).map(|coded| coded.value).collect();
    let mut bits = BitWriter::new(Listed(values));
    for HeaderElement { element, descriptor, .. } in elements.iter().filter(is_value) {
        bits.code(*element, *descriptor, descriptor.all()).ok()?;
    }
    Some(bits)
}

/// Values in their order.
pub(super) struct Listed(VecDeque<i64>);

impl Values for Listed {
    fn value(&mut self, _: Element, _: &RangeInclusive<i64>) -> Option<i64> {
        self.0.pop_front()
    }

    fn has(&self, _: Element) -> bool {
        !self.0.is_empty()
    }
}

/// All that was coded in a slice.
#[derive(Clone, Debug, Default)]
struct Record {
    elements: VecDeque<(Element, i32)>,
    raw: VecDeque<u8>,
}

impl<C> Observer<C> for Record {
    fn coded(&mut self, _: &C, element: Element, value: i32) {
        self.elements.push_back((element, value));
    }

    fn after(&mut self, _: &C, coded: Event) {
        if let Event::Raw(byte) = coded {
            self.raw.push_back(byte);
        }
    }
}

/// Slice data in which an element with one of these names has a value that is not legal. It ends after its macroblock.
fn rewritten(parameters: &Parameters, data: &[u8], random: &mut Random, names: &[&str]) -> Option<Vec<u8>> {
    let observed = Observed { coder: engine::Decoder::new(data), observer: Record::default() };
    let (observed, read) = read_each(parameters, observed, |_| {});
    read.ok()?;
    let record = observed.observer;
    let mut candidates: Vec<usize> =
        (0..record.elements.len()).filter(|&index| names.contains(&record.elements[index].0.0)).collect();
    random.shuffle(&mut candidates);
    // A wrong value can be coded only where there is a choice of values at all.
    candidates.into_iter().take(20).find_map(|wrong| {
        let larger = 1 + random.below(8) as i32;
        let coder =
            Injector { encoder: engine::Encoder::new(), record: record.clone(), at: 0, wrong, larger };
        let mut walk = Walk::new(coder, parameters);
        loop {
            match walk.macroblock(&mut Macroblock::default(), false) {
                Ok(false) if walk.coder().record.elements.is_empty() => return None,
                Ok(false) => {}
                Ok(true) => return None,
                Err(_) => break,
            }
        }
        let mut encoder = walk.into_coder().encoder;
        encoder.terminate(true);
        Some(encoder.finish())
    })
}

/// Codes what was recorded, except one value.
struct Injector {
    encoder: engine::Encoder,
    record: Record,
    /// The number of the next element.
    at: usize,
    /// The number of the element that gets a wrong value, and by how much that is too large.
    wrong: usize,
    larger: i32,
}

/// Elements that are broken if they are 0.
const ENDS: [&str; 3] = ["end_of_slice_flag", "end_of_slice_segment_flag", "end_of_subset_one_bit"];

impl BinCoder for Injector {
    /// Makes the walk check the values that are coded, not those that it is given.
    const READS: bool = true;

    fn element(&mut self, element: Element, _: i32, legal: RangeInclusive<i32>) -> i32 {
        let recorded = self.record.elements.pop_front().map_or(0, |(_, value)| value);
        self.at += 1;
        match self.at - 1 == self.wrong {
            true if ENDS.contains(&element.0) => 0,
            true if legal.start() < legal.end() => legal.end() + self.larger,
            _ => recorded,
        }
    }

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        self.encoder.context(ctx, bin)
    }

    fn bypass(&mut self, bin: bool) -> bool {
        self.encoder.bypass(bin)
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.encoder.terminate(bin)
    }

    fn align(&mut self) {
        self.encoder.align();
    }

    fn stop_bit(&self) -> bool {
        self.encoder.stop_bit()
    }

    fn padding(&mut self, bits: u8) -> u8 {
        self.encoder.padding(bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.record.raw.pop_front().unwrap_or(0));
        self.encoder.raw(bytes);
    }

    fn start(&mut self) {
        self.encoder.start();
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.encoder.load(ctx, model);
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.encoder.save(ctx)
    }
}
