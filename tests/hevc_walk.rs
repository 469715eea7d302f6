//! The walk of H.265 slice segments with random elements: whatever they are, they come back, and together they reach every context.

use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc};

use crate::common::segments::segments;
use proptest::prelude::*;
use silicabac::bin::{BinCoder, Decode, Element, Encode, Event, with_starts};
use silicabac::context::{ContextModel, CtxIdx};
use silicabac::engine;
use silicabac::hevc::headers::{Sequence, SliceType};
use silicabac::hevc::{
    CodingTreeUnit, DataError, Parameters, PredMode, SegmentData, TileGrid, Tree, Walk, WriteError,
    read_each, rewrite,
};
use silicabac::observed::{Observed, Observer};
use silicabac::tables::hevc_contexts::HevcProfile;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The walk is the same in both directions, whatever the elements are.
    #[test]
    fn any_elements_come_back(seed: u64) {
        for (parameters, before, data, bytes) in segments(seed) {
            let before = before.as_ref();
            let read = SegmentData::read(&parameters, before, &bytes).unwrap();
            prop_assert!(read == data);
            prop_assert_eq!(&read.write(&parameters, before).unwrap().0, &bytes);
            prop_assert_eq!(rewrite(&parameters, before, &bytes).unwrap().0, bytes);
        }
    }

    /// A walk over damaged or random bytes ends.
    #[test]
    fn no_bytes_lead_astray(seed: u64, bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0..200_usize, bit in 0..8) {
        let (parameters, before, _, mut written) = segments(seed).pop().unwrap();
        let _ = SegmentData::read(&parameters, before.as_ref(), &bytes);
        let at = at % written.len();
        written[at] ^= 1_u8 << bit;
        if let Ok(read) = SegmentData::read(&parameters, before.as_ref(), &written) {
            prop_assert!(read.write(&parameters, before.as_ref()).is_ok());
        }
    }
}

/// An observer that records all events.
#[derive(Default)]
struct Seen(Vec<Event>);

impl<C> Observer<C> for Seen {
    fn after(&mut self, _: &C, coded: Event) {
        self.0.push(coded);
    }
}

/// Observers of encoders and of decoders see the same: engine runs begin after samples and after the ends of substreams, and nowhere else.
/// They see every context of the standard.
#[test]
fn observers_see_every_context_and_where_the_engine_starts() {
    let mut used = BTreeSet::new();
    let (mut starts, mut aligns) = (0, 0);
    for seed in 0..400 {
        for (parameters, before, data, bytes) in segments(seed) {
            let writer = Observed { coder: engine::Encoder::new(), observer: Seen::default() };
            let mut walk = Walk::new(writer, &parameters, before.as_ref());
            let last = data.coding_tree_units.len() - 1;
            let mut coded = CodingTreeUnit::default();
            for (number, unit) in data.coding_tree_units.iter().enumerate() {
                walk.coding_tree_unit(unit, &mut coded, number == last).unwrap();
            }
            let substreams = walk.substreams() - 1;
            let written = walk.into_coder().observer.0;
            let reader = Observed { coder: engine::Decoder::new(&bytes), observer: Seen::default() };
            let (reader, read) = read_each(&parameters, before.as_ref(), reader, |_| {});
            read.unwrap();
            let read = reader.observer.0;
            assert!(read == written, "{parameters:?}");
            assert!(with_starts(read.iter().copied()) == read, "{parameters:?}");
            let count = |wanted| read.iter().filter(|event| **event == wanted).count();
            let units = data.coding_tree_units.iter().flat_map(|unit| &unit.coding_units);
            let pcm = units.filter(|unit| unit.pcm.is_some()).count();
            assert_eq!(count(Event::Start), substreams + pcm);
            starts += substreams;
            aligns += count(Event::Align);
            used.extend(read.iter().filter_map(|event| match event {
                Event::Context { ctx, .. } => Some(ctx.get() as u16),
                _ => None,
            }));
        }
    }
    assert!(starts > 100 && aligns > 1000, "only {starts} substreams, {aligns} alignments");
    let missing: Vec<u16> =
        (0..202).filter(|flat| used.contains(flat) != HevcProfile::RangeExtensions.has(*flat)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The positions of the stop bits within a slice segment.
#[derive(Default)]
struct StopBits(Vec<u64>);

impl<C: Decode> Observer<C> for StopBits {
    fn after(&mut self, decoder: &C, coded: Event) {
        if coded == (Event::Terminate { bin: true }) {
            self.0.push(decoder.position() - 1);
        }
    }
}

/// A stop bit of 0 before PCM samples or a substream would be written as 1.
#[test]
fn a_stop_bit_of_0_is_an_error() {
    let mut refused = [0; 2];
    for (parameters, before, _, bytes) in (0..200).flat_map(segments) {
        let reader = Observed { coder: engine::Decoder::new(&bytes), observer: StopBits::default() };
        let (reader, read) = read_each(&parameters, before.as_ref(), reader, |_| {});
        read.unwrap();
        for bit in reader.observer.0 {
            let mut damaged = bytes.clone();
            damaged[bit as usize / 8] &= !(128 >> (bit % 8));
            match SegmentData::read(&parameters, before.as_ref(), &damaged) {
                Err(DataError::Fault(fault)) if fault.element.0.starts_with("the stop bit") => {
                    assert_eq!((fault.value, fault.legal), (0, 1..=1));
                    refused[usize::from(fault.element.0.ends_with("pcm_flag"))] += 1;
                }
                // The terminate bin was lost with the bit.
                Err(_) => {}
                Ok(data) => assert_eq!(data.write(&parameters, before.as_ref()).unwrap().0, damaged),
            }
        }
    }
    assert!(refused.iter().all(|&count| count > 20), "only {refused:?}");
}

/// Coding tree units become JSON and come back without a loss; where there would be a loss, the JSON is refused.
#[test]
fn coding_tree_units_are_json() {
    for (parameters, before, data, bytes) in (0..40).flat_map(segments) {
        let mut units = data.coding_tree_units.iter();
        read_each(&parameters, before.as_ref(), engine::Decoder::new(&bytes), |read_unit| {
            let json = serde_json::to_string(&Tree::new(
                read_unit.coding_tree_unit,
                &parameters,
                read_unit.luma_position,
            ))
            .unwrap();
            let tree: Tree = serde_json::from_str(&json).unwrap();
            assert_eq!(&tree.into_unit().unwrap(), units.next().unwrap(), "{json}");
        })
        .1
        .unwrap();
    }
    let refused = |json: &str| match serde_json::from_str::<Tree>(json) {
        Ok(tree) => tree.into_unit().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    let nodes = r#"{"coding_units":[{"log2_cb_size":3,"transform_tree":{"split":[{},{}]}}]}"#;
    assert!(refused(nodes).contains("invalid length 2"), "{}", refused(nodes));
    let twice = r#"{"coding_units":[{"transform_tree":{"blocks":[{"levels":[[3,1],[3,2]]}]}}]}"#;
    assert!(refused(twice).contains("level number 3 is there twice"), "{}", refused(twice));
    let modes = r#"{"coding_units":[{"intra_chroma_pred_mode":[1,1,1,1,1]}]}"#;
    assert!(refused(modes).contains("intra_chroma_pred_mode has 5 values"), "{}", refused(modes));
    assert!(refused(r#"{"split_cu_flag":1}"#).contains("unknown field"));
}

/// A seed whose first segment is wanted, and that segment.
fn segment_with(wanted: impl Fn(&Parameters, &SegmentData) -> bool) -> (Parameters, SegmentData, Vec<u8>) {
    let found = (0..).find_map(|seed| {
        let (parameters, _, data, bytes) = segments(seed).swap_remove(0);
        wanted(&parameters, &data).then_some((parameters, data, bytes))
    });
    found.unwrap()
}

#[test]
fn edits_that_are_not_legal_are_refused_with_the_element_and_the_reason() {
    let has_level = |unit: &CodingTreeUnit| !unit.levels.is_empty();
    let (parameters, data, _) = segment_with(|parameters, data| {
        let is_inter = |unit: &CodingTreeUnit| {
            unit.prediction_units.iter().any(|unit| !unit.merge_flag && unit.inter_pred_idc == 0)
        };
        parameters.slice.slice_type == SliceType::B
            && data.coding_tree_units.iter().any(is_inter)
            && data.coding_tree_units.iter().any(has_level)
            && !parameters.sps.range.extended_precision_processing_flag
    });
    let units = &data.coding_tree_units;
    let coded = units.iter().position(has_level).unwrap();
    let check = |edit: &dyn Fn(&mut SegmentData), words: &str| {
        let mut data = data.clone();
        edit(&mut data);
        let refused = data.write(&parameters, None).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    };
    check(
        &|data| data.coding_tree_units[coded].levels[0].level = 1 << 20,
        "coeff_abs_level_remaining of coding",
    );
    check(&|data| data.coding_tree_units[coded].levels[0].level = 0, "would be lost");
    check(&|data| data.coding_tree_units[coded].levels.push(Default::default()), "would be lost");
    check(&|data| data.coding_tree_units[0].coding_units[0].log2_cb_size = 7, "would be lost");
    check(&|data| data.coding_tree_units[0].pcm.push(1), "pcm_sample of coding tree unit");
    check(&|data| data.coding_tree_units.clear(), "cannot have 0 of them");
    check(&|data| data.coding_tree_units.resize(1 << 20, Default::default()), "cannot have 1048576 of them");
    let inter = units.iter().position(|unit| unit.prediction_units.iter().any(|unit| !unit.merge_flag));
    let far = |data: &mut SegmentData| {
        let units = &mut data.coding_tree_units[inter.unwrap()].prediction_units;
        units.iter_mut().find(|unit| !unit.merge_flag).unwrap().inter_pred_idc = 3;
    };
    check(&far, "inter_pred_idc of coding tree unit");
}

#[test]
fn damage_is_an_error_with_its_place() {
    let (parameters, data, bytes) = segment_with(|parameters, data| {
        let [width, height] = parameters.sps.size_in_ctbs();
        let size = width * height;
        parameters.slice_segment_address == 0 && data.coding_tree_units.len() > 2 && size > 7
    });
    let error = SegmentData::read(&parameters, None, &bytes[..bytes.len() / 2]).unwrap_err();
    assert!(matches!(error, DataError::Decode { .. } | DataError::Fault(_)), "{error}");
    // A coding tree unit beyond the picture.
    let mut small = Sequence::clone(&parameters.sps);
    let [_, height] = &mut small.pic_size;
    *height = 1 << small.ctb_log2_size;
    let too_far = small.size_in_ctbs()[0] as usize;
    let mut small = Parameters {
        tiles: TileGrid::new(None, small.size_in_ctbs()).unwrap(),
        sps: Arc::new(small),
        ..parameters.clone()
    };
    small.slice_segment_address = too_far as u32 - 1;
    small.slice_addr_rs = small.slice_segment_address;
    assert!(matches!(data.write(&small, None), Err(WriteError::Count { .. })));
    // A dependent segment alone.
    let alone = Parameters { slice_segment_address: 1, ..parameters.clone() };
    assert_eq!(data.write(&alone, None), Err(WriteError::MissingPredecessor));
    let error = SegmentData::read(&alone, None, &bytes).unwrap_err();
    assert!(error.to_string().contains("begins at coding tree unit 1, where no slice segment"), "{error}");
}

/// Writes what it is given, except that it inverts the bin that ends a substream, or a slice.
struct Without(engine::Encoder, &'static str, bool);

impl BinCoder for Without {
    const READS: bool = false;

    fn element(&mut self, element: Element, given: i32, _: RangeInclusive<i32>) -> i32 {
        self.2 = element.0 == self.1;
        given
    }

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        self.0.context(ctx, bin)
    }

    fn bypass(&mut self, bin: bool) -> bool {
        self.0.bypass(bin)
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.0.terminate(bin && !self.2);
        bin
    }

    fn align(&mut self) {
        self.0.align();
    }

    fn stop_bit(&self) -> bool {
        self.0.stop_bit()
    }

    fn padding(&mut self, bits: u8) -> u8 {
        self.0.padding(bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.0.raw(bytes);
    }

    fn start(&mut self) {
        self.0.start();
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.0.load(ctx, model);
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.0.save(ctx)
    }
}

/// The bits that end substreams and the picture have to be there.
#[test]
fn a_missing_end_is_an_error() {
    for (element, words) in [
        ("end_of_subset_one_bit", "end_of_subset_one_bit of coding tree unit"),
        ("end_of_slice_segment_flag", "end_of_slice_segment_flag of coding tree unit"),
    ] {
        let (parameters, data, _) = segment_with(|parameters, data| {
            let first = parameters.tiles.address_in_tile_scan(parameters.slice_segment_address) as usize;
            first + data.coding_tree_units.len() == parameters.tiles.size() as usize
                && parameters.pps.entropy_coding_sync_enabled_flag
                && data.coding_tree_units.len() > parameters.sps.size_in_ctbs()[0] as usize
                && data.coding_tree_units.iter().all(|unit| unit.pcm.is_empty())
        });
        let coder = Without(engine::Encoder::new(), element, false);
        let mut walk = Walk::new(coder, &parameters, None);
        let (last, mut coded) = (data.coding_tree_units.len() - 1, CodingTreeUnit::default());
        for (number, unit) in data.coding_tree_units.iter().enumerate() {
            walk.coding_tree_unit(unit, &mut coded, number == last).unwrap();
        }
        let mut encoder = walk.into_coder().0;
        encoder.terminate(true);
        let error = SegmentData::read(&parameters, None, &encoder.finish()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("is 0; it can be 1 to 1"), "{error}");
    }
}

/// Skipped coding units have no residual, and elements that are left out are not written.
#[test]
fn skipped_units_have_no_residual() {
    let (_, data, _) = segment_with(|_, data| {
        let units = data.coding_tree_units.iter().flat_map(|unit| &unit.coding_units);
        units.filter(|unit| unit.pred_mode == PredMode::Skip).count() > 3
    });
    let units = data.coding_tree_units.iter().flat_map(|unit| &unit.coding_units);
    assert!(units.filter(|unit| unit.pred_mode == PredMode::Skip).all(|unit| !unit.rqt_root_cbf));
}
