//! Streams of H.265 in which exactly one thing is broken.
//!
//! Where a decoder notices is found by reading the whole stream again, since a slice segment can depend on the one before it. Segments that
//! depend on a broken one cannot be read either.

use super::{Broken, Class, Injector, Record, broken_bytes, changed, first, slice_qp_delta, values};
use crate::bin::{BinCoder, Decode, Encode};
use crate::dream::{DreamError, random::Random};
use crate::hevc::{
    CodingTreeUnit, Content, DataError, Parameters, SegmentEnd, Stream, StreamUnit, Walk, read_each,
};
use crate::observed::Observed;
use crate::syntax::BitCoder;
use crate::syntax::nal::escape;
use crate::{engine, spec};

/// The stream with one thing of this class broken, and where. `None` if the stream has nothing of this class.
///
/// ```
/// use silicabac::dream::{hevc, broken::{Class, hevc::break_one}};
/// let (stream, broken) = break_one(&hevc(7, &["wpp"])?, Class::SliceQpDelta, 1).unwrap();
/// assert_eq!(broken.element.as_deref(), Some("slice_qp_delta"));
/// # Ok::<(), silicabac::dream::DreamError>(())
/// ```
pub fn break_one(stream: &[u8], class: Class, seed: u64) -> Option<(Vec<u8>, Broken)> {
    let random = &mut Random::new(seed);
    let units: Vec<StreamUnit> = Stream::new(stream).map_while(Result::ok).collect();
    let mut segments: Vec<usize> =
        (0..units.len()).filter(|&index| units[index].segment().is_some()).collect();
    random.shuffle(&mut segments);
    segments.into_iter().find_map(|index| {
        let bytes = broken_unit(&units[index], class, random)?;
        let others = units.iter().enumerate().flat_map(|(other, unit)| {
            let bytes = if other == index { &bytes } else { &unit.unit.bytes };
            [&unit.unit.prefix[..], bytes].concat()
        });
        let stream: Vec<u8> = others.collect();
        let unit = Stream::new(&stream[..]).map_while(Result::ok).nth(index)?;
        let broken = noticed(&unit, class)?;
        Some((stream, broken))
    })
}

/// Makes streams from a seed, with these features, until one can be broken in this class; returns it broken.
///
/// # Errors
/// [`DreamError`].
pub fn dream(seed: u64, features: &[&'static str], class: Class) -> Result<(Vec<u8>, Broken), DreamError> {
    first(seed, features, class, crate::dream::hevc, break_one)
}

/// The NAL unit of a slice segment with one thing broken.
fn broken_unit(unit: &StreamUnit, class: Class, random: &mut Random) -> Option<Vec<u8>> {
    let Content::Segment { parameters, data: at, .. } = &unit.content else { return None };
    let (_, before, data) = unit.segment()?;
    let header = &unit.rbsp[..*at];
    let with_data = |data: Vec<u8>| Some(escape(&[header, &data].concat()));
    let of_data = match class {
        Class::CuQpDelta => Some("cu_qp_delta_abs"),
        Class::Mvd => Some("abs_mvd_minus2"),
        Class::CoeffAbsLevel => Some("coeff_abs_level_remaining"),
        Class::NoEnd => Some("end_of_slice_segment_flag"),
        Class::NoEndOfSubset => Some("end_of_subset_one_bit"),
        _ => None,
    };
    if let Some(name) = of_data {
        return with_data(rewritten(parameters, before, data, random, name)?);
    }
    let mut in_header = |name: &str, change: &dyn Fn(&mut Random, i64) -> i64| {
        let mut bits = values(changed(unit.headers().elements, random, name, change)?)?;
        bits.alignment_bit(true, "alignment_bit_equal_to_one").ok()?;
        bits.align(false, "alignment_bit_equal_to_zero").ok()?;
        Some(escape(&[&bits.into_parts().0[..], data].concat()))
    };
    match class {
        Class::SlicePicParameterSetId => {
            in_header("slice_pic_parameter_set_id", &|random, _| random.within(20..=63))
        }
        Class::SliceSegmentAddress => {
            let size = i64::from(parameters.tiles.size());
            in_header("slice_segment_address", &|random, _| {
                random.within(size..=size.max((size as u64).next_power_of_two() as i64 - 1))
            })
        }
        Class::SliceQpDelta => in_header("slice_qp_delta", &slice_qp_delta),
        Class::NumRefIdxActive => {
            in_header("num_ref_idx_l0_active_minus1", &|random, _| random.within(15..=40))
        }
        Class::FiveMinusMaxNumMergeCand => {
            in_header("five_minus_max_num_merge_cand", &|random, _| random.within(5..=9))
        }
        Class::NumEntryPointOffsets => {
            in_header("num_entry_point_offsets", &|random, _| random.within(5_000..=9_000))
        }
        Class::OffsetLen => in_header("offset_len_minus1", &|random, _| random.within(32..=60)),
        Class::EntryPoint => in_header("entry_point_offset_minus1", &|_, offset| offset ^ 1),
        Class::HeaderCut => {
            let end = 3 + random.below(u32::try_from(*at).ok()?.checked_sub(4)?) as usize;
            Some(escape(&unit.rbsp[..end])).filter(|bytes| bytes.last() != Some(&0))
        }
        _ => with_data(broken_bytes(data, class, random)?).filter(|bytes| bytes.last() != Some(&0)),
    }
}

/// Where a reader of the unit notices that it is broken; `None` if it does not.
fn noticed(unit: &StreamUnit, class: Class) -> Option<Broken> {
    let nal_unit = unit.number;
    let broken = |ctb_addr, element: Option<&str>, error| {
        Some(Broken { class, nal_unit, mb_addr: None, ctb_addr, element: element.map(str::to_owned), error })
    };
    if let Content::Damaged(error) = &unit.content {
        let element = match error {
            DataError::Header(error) => error.element(),
            _ => None,
        };
        return broken(None, element.map(|element| element.0), error.to_string());
    }
    let (parameters, before, data) = unit.segment()?;
    let mut last = parameters.slice_segment_address;
    let (decoder, read) =
        read_each(parameters, before, spec::Decoder::new(data), |read_unit| last = read_unit.ctb_addr);
    let Err(error) = read else {
        let bit = decoder.position() - 1;
        let byte = data.get((bit / 8) as usize).copied().unwrap_or(0);
        if byte >> (7 - bit % 8) & 1 == 0 {
            return broken(Some(last), None, DataError::StopBit { bit }.to_string());
        }
        return broken(None, Some("entry_point_offset_minus1"), unit.entry_point_note()?);
    };
    let (ctb_addr, element) = match &error {
        DataError::Fault(fault) => (fault.ctb_addr, Some(fault.element.0)),
        DataError::Decode { ctb_addr, .. } => (*ctb_addr, None),
        _ => (last, None),
    };
    broken(Some(ctb_addr), element, error.to_string())
}

/// Slice segment data in which an element with this name has a value that is not legal. It ends after its coding tree unit.
fn rewritten(
    parameters: &Parameters,
    before: Option<&SegmentEnd>,
    data: &[u8],
    random: &mut Random,
    name: &str,
) -> Option<Vec<u8>> {
    let observed = Observed { coder: engine::Decoder::new(data), observer: Record::default() };
    let (observed, read) = read_each(parameters, before, observed, |_| {});
    read.ok()?;
    let record = observed.observer;
    let mut candidates: Vec<usize> =
        (0..record.elements.len()).filter(|&index| record.elements[index].0.0 == name).collect();
    random.shuffle(&mut candidates);
    candidates.into_iter().take(20).find_map(|wrong| {
        let larger = 1 + random.below(8) as i32;
        let coder =
            Injector { encoder: engine::Encoder::new(), record: record.clone(), at: 0, wrong, larger };
        let mut walk = Walk::new(coder, parameters, before);
        let (nothing, mut coded) = (CodingTreeUnit::default(), CodingTreeUnit::default());
        loop {
            match walk.coding_tree_unit(&nothing, &mut coded, false) {
                Ok(false) if walk.coder().record.elements.is_empty() => return None,
                Ok(false) => {}
                Ok(true) => return None,
                Err(fault) if fault.element.0 == name => break,
                // Another element became wrong as a consequence.
                Err(_) => return None,
            }
        }
        let mut encoder = walk.into_coder().encoder;
        encoder.terminate(true);
        Some(encoder.finish())
    })
}
