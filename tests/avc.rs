//! H.264 streams: what is read is what two other decoders read, what is written is what was read, and damage of every kind is noticed.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::common::{
    Corpus,
    coders::{Dreamer, Wrong, any_legal},
    golden_traces, streams,
};
use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use silicabac::avc::{
    Content, DataError, Macroblock, MbType, Parameters, SliceData, Stream, StreamUnit, Walk, WriteError,
    read_each, rewrite,
};
use silicabac::bin::{Decode, Element, Encode, Event, with_starts};
use silicabac::context::{Codec, ContextModel, CtxIdx, SliceType};
use silicabac::engine;
use silicabac::observed::{Observed, Observer};
use silicabac::trace::{SliceTrace, Trace, TracedSlice};

fn units(bytes: &[u8]) -> impl Iterator<Item = StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap())
}

fn traced(bytes: &[u8]) -> impl Iterator<Item = SliceTrace> {
    units(bytes).filter_map(|unit| unit.trace()).map(|trace| trace.unwrap())
}

#[test]
fn streams_are_rewritten_as_the_same_bytes() {
    let slices = rewritten(&streams());
    assert!(slices >= 100, "only {slices} slices");
}

#[test]
fn streams_of_the_corpus_are_rewritten_as_the_same_bytes() {
    let Some(corpus) = Corpus::find() else { return };
    let slices = rewritten(&corpus.streams());
    assert!(slices > 0, "no slice");
}

/// Decodes and encodes streams, and counts their slices.
fn rewritten(streams: &[PathBuf]) -> usize {
    let mut slices = 0;
    for path in streams {
        let bytes = fs::read(path).unwrap();
        let mut written = Vec::new();
        for unit in units(&bytes) {
            written.extend_from_slice(&unit.unit.prefix);
            written.extend(unit.rewrite().unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            slices += usize::from(unit.slice().is_some());
        }
        assert!(written == bytes, "{}", path.display());
    }
    slices
}

/// Recorded slices of the committed streams.
fn recorded() -> Vec<TracedSlice> {
    let mut traces = golden_traces().into_iter().map(|path| Trace::read(&path).unwrap());
    traces.find(|trace| trace.codec == Codec::Avc).unwrap().slices
}

#[test]
fn bins_contexts_and_states_are_those_that_other_decoders_had() {
    let mut recorded = recorded();
    for path in streams() {
        for own in traced(&fs::read(&path).unwrap()) {
            // Two streams may begin with the same slice.
            if let Some(index) = recorded.iter().position(|other| own.slice.compare(other).is_ok()) {
                recorded.swap_remove(index);
            } else if let Some(other) = recorded.iter().find(|other| other.payload == own.slice.payload) {
                panic!("{}: {:?}", path.display(), own.slice.compare(other));
            }
        }
    }
    assert!(recorded.is_empty(), "{} recorded slices are in no stream", recorded.len());
}

#[test]
fn bins_of_the_corpus_are_those_that_other_decoders_had() {
    let Some(corpus) = Corpus::find() else { return };
    let mut compared = 0;
    for path in corpus.streams() {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Some(trace) = corpus.trace_of(&path) else { continue };
        let trace = Trace::read(&trace).unwrap();
        compared += trace.slices.len();
        let mut own = traced(&bytes);
        for (i, other) in trace.slices.iter().enumerate() {
            let own = own.next().unwrap();
            let equal = own.slice.compare(other);
            equal.unwrap_or_else(|difference| {
                panic!("{name}, slice {i}, {:?}: {difference:?}", own.place(difference.bin))
            });
        }
    }
    assert!(compared > 0, "no stream has a trace");
}

/// Whether a wrong decoder reads other bins than the recorded ones, or comes to the end of the slice with other registers.
fn is_noticed(parameters: &Parameters, slice: &TracedSlice, wrong: Wrong<'_>) -> bool {
    let observed = Observed { coder: wrong, observer: silicabac::trace::Recorder::default() };
    let (observed, read) = read_each(parameters, observed, |_| {});
    if read.is_err() {
        return true;
    }
    let (segments, _) = observed.observer.into_parts();
    TracedSlice { segments, ..slice.clone() }.compare(slice).is_err()
}

/// For every context that the committed streams use: with a wrong (m, n), and with its neighbour in its place.
#[test]
fn one_wrong_initial_state_and_one_wrong_context_are_noticed() {
    let [mut initial, mut taken, mut all] = [const { BTreeSet::new() }; 3];
    for path in streams() {
        let bytes = fs::read(&path).unwrap();
        for unit in units(&bytes) {
            let Some(own) = unit.trace() else { continue };
            let slice = own.unwrap().slice;
            let (parameters, data) = unit.slice().unwrap();
            let events = slice.segments.iter().flat_map(|segment| &segment.events);
            let used: BTreeSet<CtxIdx> = events
                .filter_map(|event| if let Event::Context { ctx, .. } = event { Some(*ctx) } else { None })
                .collect();
            let wrong = |ctx, initial, taken| {
                let decoder = engine::Decoder::new(data);
                is_noticed(parameters, &slice, Wrong { decoder, ctx, initial, taken })
            };
            for &ctx in &used {
                let model = parameters.init().model(ctx).unwrap();
                let other = ContextModel::new((model.p_state_idx() + 1) % 63, model.val_mps());
                if !initial.contains(&ctx) && wrong(ctx, other, ctx) {
                    initial.insert(ctx);
                }
                // Where both are in the same state by chance there is no difference; in some other slice there is.
                let next = CtxIdx::new((ctx.get() as u16 + 1) % 1024).unwrap();
                if !taken.contains(&ctx) && wrong(ctx, None, next) {
                    taken.insert(ctx);
                }
            }
            all.extend(used);
        }
    }
    assert_eq!((initial, taken), (all.clone(), all.clone()));
    assert!(all.len() > 700, "only {} contexts", all.len());
}

/// Chooses the value of an element among those that are legal.
fn choose(element: Element, given: i32, random: u32, legal: [i64; 2]) -> i32 {
    match element.0 {
        "end_of_slice_flag" => given,
        // So that there are long blocks.
        "last_significant_coeff_flag" => i32::from(random.is_multiple_of(32)),
        // Mostly small ones, as in real slices, but sometimes any.
        "coeff_abs_level_minus1" | "mvd_l0" | "mvd_l1" if !random.is_multiple_of(8) => {
            (i64::from(random >> 8) % 12 - 4).clamp(legal[0], legal[1]) as i32
        }
        // I_PCM leaves out the other elements, so it is no more likely than other types.
        _ => any_legal(random, legal),
    }
}

/// A slice of `count` macroblocks, or pairs, with any elements, and its bytes.
fn dreamed(parameters: &Parameters, count: usize, seed: u64) -> (SliceData, Vec<u8>) {
    let dreamer = Dreamer::new(ChaCha8Rng::seed_from_u64(seed), choose);
    let mut walk = Walk::new(dreamer, parameters);
    let count = if parameters.mbaff_frame_flag { 2 * count } else { count };
    let macroblocks = (1..=count).map(|number| {
        let mut macroblock = Default::default();
        assert_eq!(walk.macroblock(&mut macroblock, number == count), Ok(number == count));
        macroblock
    });
    let macroblocks = macroblocks.collect();
    let bytes = walk.into_coder().encoder.finish();
    (SliceData { macroblocks, tail_bits: 0, tail: vec![] }, bytes)
}

prop_compose! {
    fn parameters()(
        slice_type in prop_oneof![Just(SliceType::I), Just(SliceType::P), Just(SliceType::B)],
        cabac_init_idc in 0..3_u8,
        slice_qp_y in -36..52_i8,
        pic_width_in_mbs in 1..6_u32,
        first_mb_in_slice in 0..6_u32,
        structure in 0..3,
        chroma_array_type in 0..4_u8,
        bit_depth_luma in 8..15_u8,
        bit_depth_chroma in 8..15_u8,
        transform_8x8_mode_flag: bool,
        direct_8x8_inference_flag: bool,
        num_ref_idx_active in [1..33_u8, 1..33_u8],
    ) -> Parameters {
        Parameters {
            slice_type,
            cabac_init_idc: if slice_type == SliceType::I { 0 } else { cabac_init_idc },
            slice_qp_y,
            first_mb_in_slice,
            pic_width_in_mbs,
            pic_size_in_mbs: pic_width_in_mbs * 48,
            mbaff_frame_flag: structure == 1,
            field_pic_flag: structure == 2,
            chroma_array_type,
            bit_depth_luma,
            bit_depth_chroma,
            transform_8x8_mode_flag,
            direct_8x8_inference_flag,
            num_ref_idx_active,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The walk is the same in both directions, whatever the elements are.
    #[test]
    fn any_elements_come_back(parameters in parameters(), count in 1..15_usize, seed: u64) {
        let (data, bytes) = dreamed(&parameters, count, seed);
        let read = SliceData::read(&parameters, &bytes).unwrap();
        prop_assert_eq!(&read, &data);
        prop_assert_eq!(read.write(&parameters).unwrap(), &bytes[..]);
        prop_assert_eq!(rewrite(&parameters, &bytes).unwrap(), bytes);
    }

    /// A walk over damaged or random bytes ends.
    #[test]
    fn no_bytes_lead_astray(parameters in parameters(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = SliceData::read(&parameters, &bytes);
    }

    #[test]
    fn nal_units_come_back(pieces in prop::collection::vec(prop::sample::select(vec![0, 0, 0, 1, 2, 3, 0x65, 0xff]), 0..60)) {
        let bytes: Vec<u8> = pieces;
        let all: Vec<u8> = units(&bytes).flat_map(|unit| [unit.unit.prefix, unit.unit.bytes].concat()).collect();
        prop_assert_eq!(&all, &bytes);
        let escaped = silicabac::syntax::nal::escape(&bytes);
        prop_assert!(!escaped.windows(3).any(|window| window[..2] == [0, 0] && window[2] < 3));
        // An RBSP ends without zeros, or with cabac_zero_words of two zeros.
        prop_assume!(bytes.iter().rev().take_while(|byte| **byte == 0).count() % 2 == 0);
        prop_assert_eq!(silicabac::syntax::nal::unescape(&escaped), bytes);
    }
}

struct Used(BTreeSet<usize>);

impl<C> Observer<C> for Used {
    fn after(&mut self, _: &C, coded: Event) {
        if let Event::Context { ctx, .. } = coded {
            self.0.insert(ctx.get());
        }
    }
}

/// The parameters of a slice; 216 kinds of them.
fn kind_of_slice(seed: u64) -> Parameters {
    let [slice_type, format, structure, transform] = [seed % 3, seed / 3 % 4, seed / 12 % 3, seed / 36 % 2];
    Parameters {
        slice_type: [SliceType::I, SliceType::P, SliceType::B][slice_type as usize],
        cabac_init_idc: 0,
        slice_qp_y: 26,
        first_mb_in_slice: 0,
        pic_width_in_mbs: 6,
        pic_size_in_mbs: 60,
        mbaff_frame_flag: structure == 1,
        field_pic_flag: structure == 2,
        chroma_array_type: format as u8,
        bit_depth_luma: 8,
        bit_depth_chroma: 8,
        transform_8x8_mode_flag: transform == 1,
        direct_8x8_inference_flag: true,
        num_ref_idx_active: [4, 4],
    }
}

/// An observer that records all events.
struct Seen(Vec<Event>);

impl<C> Observer<C> for Seen {
    fn after(&mut self, _: &C, coded: Event) {
        self.0.push(coded);
    }
}

/// Observers of encoders and of decoders see a start after the samples of each I_PCM macroblock and nowhere else.
#[test]
fn observers_see_where_the_engine_starts() {
    let mut starts = 0;
    for seed in 0..216 {
        let parameters = kind_of_slice(seed);
        let (data, bytes) = dreamed(&parameters, 10, seed);
        let writer = Observed { coder: engine::Encoder::new(), observer: Seen(vec![]) };
        let mut walk = Walk::new(writer, &parameters);
        let last = data.macroblocks.len() - 1;
        for (number, macroblock) in data.macroblocks.iter().enumerate() {
            walk.macroblock(&mut macroblock.clone(), number == last).unwrap();
        }
        let written = walk.into_coder().observer.0;
        let reader = Observed { coder: engine::Decoder::new(&bytes), observer: Seen(vec![]) };
        let (reader, read) = read_each(&parameters, reader, |_| {});
        assert_eq!(read, Ok(()));
        let read = reader.observer.0;
        assert!(read == written, "{parameters:?}");
        assert!(with_starts(read.iter().copied()) == read, "{parameters:?}");
        let seen = read.iter().filter(|event| **event == Event::Start).count();
        let of_pcm = |macroblock: &&Macroblock| macroblock.mb_type == MbType::I_PCM;
        assert_eq!(seen, data.macroblocks.iter().filter(of_pcm).count());
        starts += seen;
    }
    assert!(starts > 50, "only {starts} macroblocks are I_PCM");
}

/// The positions of the stop bits within a slice.
#[derive(Default)]
struct StopBits(Vec<u64>);

impl<C: Decode> Observer<C> for StopBits {
    fn after(&mut self, decoder: &C, coded: Event) {
        if coded == (Event::Terminate { bin: true }) {
            self.0.push(decoder.position() - 1);
        }
    }
}

/// A stop bit of 0 before the samples of an I_PCM macroblock would be written as 1.
#[test]
fn a_stop_bit_of_0_is_an_error() {
    let mut refused = 0;
    for seed in 0..216 {
        let parameters = kind_of_slice(seed);
        let (_, bytes) = dreamed(&parameters, 10, seed);
        let reader = Observed { coder: engine::Decoder::new(&bytes), observer: StopBits::default() };
        let (reader, read) = read_each(&parameters, reader, |_| {});
        assert_eq!(read, Ok(()));
        for bit in reader.observer.0 {
            let mut damaged = bytes.clone();
            damaged[bit as usize / 8] &= !(128 >> (bit % 8));
            match SliceData::read(&parameters, &damaged) {
                Err(DataError::Fault(fault)) if fault.element.0 == "the stop bit after mb_type I_PCM" => {
                    assert_eq!((fault.value, fault.legal), (0, 1..=1));
                    refused += 1;
                }
                // The terminate bin was lost with the bit.
                Err(_) => {}
                Ok(data) => assert_eq!(data.write(&parameters), Ok(damaged)),
            }
        }
    }
    assert!(refused > 20, "only {refused}");
}

/// All contexts except those of SI macroblocks, and the index that the terminate bin has in the standard's tables.
#[test]
fn every_context_can_be_reached() {
    let mut used = Used(BTreeSet::new());
    for seed in 0..216 {
        let parameters = kind_of_slice(seed);
        let (_, bytes) = dreamed(&parameters, 30, seed);
        let observed = Observed { coder: engine::Decoder::new(&bytes), observer: Used(BTreeSet::new()) };
        let (observed, read) = read_each(&parameters, observed, |_| {});
        assert_eq!(read, Ok(()));
        used.0.extend(observed.observer.0);
    }
    let missing: Vec<usize> = (0..1024).filter(|ctx| !used.0.contains(ctx)).collect();
    assert_eq!(missing, [0, 1, 2, 276]);
}

/// The first slice of a committed stream, and its parameters.
fn slice_of(name: &str, index: usize) -> (Parameters, SliceData) {
    let path: PathBuf = streams().into_iter().find(|path| path.to_string_lossy().contains(name)).unwrap();
    let unit = units(&fs::read(path).unwrap()).filter(|unit| unit.slice().is_some()).nth(index).unwrap();
    let (parameters, data) = unit.slice().unwrap();
    (*parameters, SliceData::read(parameters, data).unwrap())
}

#[test]
fn slices_can_be_edited() {
    let (parameters, mut data) = slice_of("x264_main_ipb", 1);
    let macroblock = data.macroblocks.iter_mut().find(|macroblock| !macroblock.levels.is_empty()).unwrap();
    *macroblock.levels.iter_mut().find(|level| **level != 0).unwrap() = -300;
    macroblock.mvd[0][0] = [-1000, 31];
    let bytes = data.write(&parameters).unwrap();
    assert_eq!(SliceData::read(&parameters, &bytes).unwrap(), data);
}

#[test]
fn edits_that_are_not_legal_are_refused_with_the_element_and_the_reason() {
    let (parameters, data) = slice_of("x264_main_ipb", 1);
    let coded =
        data.macroblocks.iter().position(|macroblock| macroblock.coded_block_pattern & 15 != 0).unwrap();
    let inter = data.macroblocks.iter().position(|macroblock| macroblock.mb_type == MbType::P(0)).unwrap();
    let refused = |edit: &dyn Fn(&mut SliceData)| {
        let mut data = data.clone();
        edit(&mut data);
        data.write(&parameters).unwrap_err().to_string()
    };
    let check = |edit: &dyn Fn(&mut SliceData), words: &str| {
        let refused = refused(edit);
        assert!(refused.contains(words), "{refused}");
    };
    check(&|data| data.macroblocks[coded].mb_qp_delta = 26, "mb_qp_delta of macroblock");
    check(&|data| data.macroblocks[coded].mb_qp_delta = 26, "is 26; it can be -26 to 25");
    check(&|data| data.macroblocks[inter].ref_idx[0][0] = 40, "ref_idx_l0 of macroblock");
    check(&|data| data.macroblocks[inter].mb_type = MbType::B(3), "mb_type of macroblock");
    check(&|data| data.macroblocks[inter].mb_type = MbType::P(4), "mb_type of macroblock");
    check(&|data| data.macroblocks[coded].coded_block_pattern = 48, "coded_block_pattern of macroblock");
    check(&|data| data.macroblocks[coded].coded_block_pattern &= 15 << 4, "would be lost");
    check(&|data| data.macroblocks[inter].sub_mb_type[0] = 1, "sub_mb_type of macroblock");
    check(&|data| data.macroblocks[coded].levels.push(1), "would be lost");
    let place = data.macroblocks[coded].levels.iter().position(|level| *level != 0).unwrap();
    check(&|data| data.macroblocks[coded].levels[place] = i32::MIN, "coeff_abs_level_minus1 of macroblock");
    check(&|data| data.macroblocks.clear(), "cannot have 0 macroblocks");
    check(&|data| data.macroblocks.extend(data.macroblocks.clone()), "cannot have 198 macroblocks");
}

#[test]
fn both_macroblocks_of_a_pair_are_fields_or_frames() {
    let mut skipped_above = [0; 2];
    for path in streams().into_iter().filter(|path| path.to_string_lossy().contains("mbaff")) {
        for unit in units(&fs::read(&path).unwrap()) {
            for pair in unit.lines(true).macroblocks.chunks_exact(2) {
                let [upper, lower] = pair else { unreachable!() };
                assert_eq!(upper.derived.is_field, lower.derived.is_field, "{}: {pair:?}", path.display());
                if upper.macroblock.mb_type == MbType::Skip && lower.macroblock.mb_type != MbType::Skip {
                    skipped_above[usize::from(lower.derived.is_field)] += 1;
                }
            }
        }
    }
    assert!(skipped_above.iter().all(|count| *count > 0), "{skipped_above:?}");
}

#[test]
fn a_truncated_slice_is_an_error_with_its_place() {
    let (parameters, data) = slice_of("x264_main_ipb", 1);
    let bytes = data.write(&parameters).unwrap();
    let error = SliceData::read(&parameters, &bytes[..bytes.len() / 2]).unwrap_err();
    assert!(matches!(error, DataError::Decode { mb_addr: 1.., .. }), "{error}");
    let too_small = Parameters { pic_size_in_mbs: 50, ..parameters };
    let error = SliceData::read(&too_small, &bytes).unwrap_err();
    assert!(error.to_string().contains("end_of_slice_flag of macroblock 49 is 0"), "{error}");
    assert!(matches!(data.write(&too_small), Err(WriteError::Count { .. })));
}

#[test]
fn what_is_not_supported_is_named_and_passed_through() {
    // A sequence parameter set of 2^32 macroblocks, a slice without parameter sets, a data partition, an auxiliary picture.
    let stream = [
        &[0, 0, 1, 0x65, 0x88, 0x84, 0x21][..],
        &[0, 0, 1, 0x42, 0x9a],
        &[0, 0, 1, 0x13, 0x9a],
        &[0, 0, 1, 0x74, 0x9a],
    ]
    .concat();
    let found: Vec<String> = units(&stream)
        .map(|unit| match unit.content {
            Content::Unsupported(why) => why.to_string(),
            Content::Damaged(why) => why.to_string(),
            content => format!("{content:?}"),
        })
        .collect();
    assert_eq!(
        found[0],
        "pic_parameter_set_id is 0; the stream has sent no such parameter set that could be read (bit 16)"
    );
    assert!(
        found[1].contains("data partitioning")
            && found[2].contains("auxiliary")
            && found[3].contains("extension")
    );
    for unit in units(&stream).skip(1) {
        assert_eq!(unit.rewrite().unwrap(), unit.unit.bytes);
    }
}

/// Writes fixed-length and Exp-Golomb codes.
#[derive(Default)]
struct Bits(String);

impl Bits {
    fn u(mut self, bits: &str) -> Bits {
        self.0 += bits;
        self
    }

    fn ue(mut self, value: u32) -> Bits {
        let code = format!("{:b}", u64::from(value) + 1);
        self.0 += &"0".repeat(code.len() - 1);
        self.0 += &code;
        self
    }

    /// A NAL unit with its start code; the last byte is filled up with ones.
    fn unit(self, header: u8) -> Vec<u8> {
        let bytes = self
            .0
            .as_bytes()
            .chunks(8)
            .map(|chunk| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(chunk.get(bit) != Some(&b'0'))));
        let rbsp: Vec<u8> = std::iter::once(header).chain(bytes).collect();
        [&[0, 0, 1][..], &silicabac::syntax::nal::escape(&rbsp)].concat()
    }
}

/// A stream of one macroblock: its parameter sets, and a slice header with this slice_qp_delta code.
fn tiny_stream(width_minus1: u32, slice_qp_delta: u32) -> Vec<u8> {
    let sps = Bits::default()
        .u("010011010000000000001010")
        .ue(0)
        .ue(0)
        .ue(2)
        .ue(1)
        .u("0")
        .ue(width_minus1)
        .ue(0)
        .u("11001");
    let pps = Bits::default().ue(0).ue(0).u("10").ue(0).ue(0).ue(0).u("000").ue(0).ue(0).ue(0).u("0001");
    let slice = Bits::default().ue(0).ue(7).ue(0).u("0000").ue(0).u("00").ue(slice_qp_delta);
    let fill = |bits: Bits| {
        let zeros = "0".repeat((8 - bits.0.len() % 8) % 8);
        bits.u(&zeros)
    };
    [fill(sps).unit(0x67), fill(pps).unit(0x68), slice.unit(0x65), vec![0x55; 9]].concat()
}

#[test]
fn headers_that_no_encoder_writes_are_refused() {
    let content = |stream: &[u8]| units(stream).map(|unit| unit.content).collect::<Vec<_>>();
    let Content::Slice { parameters, data } = &content(&tiny_stream(0, 0))[2] else {
        panic!("it is a slice")
    };
    assert_eq!((parameters.pic_size_in_mbs, parameters.slice_qp_y, *data), (1, 26, 4));
    let refused = |stream: &[u8], unit: usize| match &content(stream)[unit] {
        Content::Damaged(error) => error.to_string(),
        content => panic!("{content:?}"),
    };
    let far = refused(&tiny_stream(0, u32::MAX - 2), 2);
    assert!(far.starts_with("slice_qp_delta is 2147483647; it can be -26 to 25"), "{far}");
    let wide = refused(&tiny_stream(200_000, 0), 0);
    assert!(wide.starts_with("pic_width_in_mbs_minus1 is 200000; it can be 0 to 139263"), "{wide}");
    let unsent = refused(&tiny_stream(200_000, 0), 2);
    assert!(unsent.starts_with("seq_parameter_set_id is 0; the stream has sent no such"), "{unsent}");
}
