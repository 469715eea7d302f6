//! Slice segment data of H.265: what is read is what two other decoders read, what is written is what was read, and damage of every kind is
//! noticed.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::common::{Corpus, coders::Wrong, golden_traces, hevc_streams};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::bin::Event;
use silicabac::context::{Codec, ContextModel, CtxIdx};
use silicabac::engine;
use silicabac::hevc::headers::ParameterSets;
use silicabac::hevc::{Content, DataError, Stream, StreamUnit, read_each};
use silicabac::observed::Observed;
use silicabac::syntax::nal::escape;
use silicabac::syntax::{BitReader, BitWriter, Elements, Traced, work_in_order};
use silicabac::trace::{Recorder, SliceTrace, Trace, TracedSlice};

fn units(bytes: &[u8]) -> impl Iterator<Item = StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap())
}

fn traced(bytes: &[u8]) -> impl Iterator<Item = SliceTrace> {
    units(bytes).filter_map(|unit| unit.trace()).map(|trace| trace.unwrap())
}

#[test]
fn streams_are_rewritten_as_the_same_bytes() {
    let segments = rewritten(&hevc_streams());
    assert!(segments >= 30, "only {segments} slice segments");
}

#[test]
fn streams_of_the_corpus_are_rewritten_as_the_same_bytes() {
    let Some(corpus) = Corpus::find() else { return };
    let segments = rewritten(&corpus.hevc_streams());
    assert!(segments > 0, "no slice segment");
}

/// Decodes and encodes streams, and counts their slice segments.
fn rewritten(streams: &[PathBuf]) -> usize {
    let mut segments = 0;
    for path in streams {
        let bytes = fs::read(path).unwrap();
        let mut written = Vec::new();
        for unit in units(&bytes) {
            written.extend_from_slice(&unit.unit.prefix);
            written.extend(unit.rewrite().unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            segments += usize::from(unit.segment().is_some());
        }
        assert!(written == bytes, "{}", path.display());
    }
    segments
}

/// Compares bins, contexts, their states before each bin, and the states at the start of each engine run.
fn compare(own: &SliceTrace, other: &TracedSlice, what: &str) {
    own.slice.compare(other).unwrap_or_else(|difference| {
        panic!("{what}, {:?}: {difference:?}", own.place(difference.bin));
    });
    for (own, other) in own.slice.segments.iter().zip(&other.segments) {
        for (flat, (own, other)) in own.contexts.iter().zip(&other.contexts).enumerate() {
            assert!(own.is_none() || other.is_none() || own == other, "{what}: initial context {flat}");
        }
    }
}

#[test]
fn bins_of_the_corpus_are_those_that_other_decoders_had() {
    let Some(corpus) = Corpus::find() else { return };
    let (mut segments, mut bins, mut streams) = (0, 0, 0);
    for path in corpus.hevc_streams() {
        let bytes = fs::read(&path).unwrap();
        let Some(trace) = corpus.trace_of(&path) else { continue };
        let trace = Trace::read(&trace).unwrap();
        streams += 1;
        let mut own = traced(&bytes);
        for (i, other) in trace.slices.iter().enumerate() {
            compare(&own.next().unwrap(), other, &format!("{}, segment {i}", path.display()));
            segments += 1;
            bins += other.segments.iter().map(|segment| segment.events.len()).sum::<usize>();
        }
    }
    println!("{streams} streams, {segments} slice segments, {bins} bins");
    assert!(segments > 0, "no stream has a trace");
}

/// Recorded slice segments of the committed streams.
fn recorded() -> Vec<TracedSlice> {
    let mut traces = golden_traces().into_iter().map(|path| Trace::read(&path).unwrap());
    traces.find(|trace| trace.codec == Codec::Hevc).unwrap().slices
}

#[test]
fn bins_contexts_and_states_are_those_that_other_decoders_had() {
    let recorded = recorded();
    let mut found = 0;
    for path in hevc_streams() {
        for own in traced(&fs::read(&path).unwrap()) {
            let same = |other: &&TracedSlice| {
                other.payload == own.slice.payload && other.header.init == own.slice.header.init
            };
            if let Some(other) = recorded.iter().find(same) {
                let at_once = TracedSlice { header: other.header, ..own.slice.clone() };
                compare(&SliceTrace { slice: at_once, ..own }, other, &path.display().to_string());
                found += 1;
            }
        }
    }
    assert!(found >= 10, "only {found} recorded slice segments of {} are in a stream", recorded.len());
}

/// For every context that the committed streams use: with a wrong initial state, and with its neighbour in its place.
#[test]
fn one_wrong_initial_state_and_one_wrong_context_are_noticed() {
    let [mut initial, mut taken, mut all] = [const { BTreeSet::new() }; 3];
    for path in hevc_streams() {
        for unit in units(&fs::read(&path).unwrap()) {
            let Some(own) = unit.trace() else { continue };
            let slice = own.unwrap().slice;
            let (parameters, before, data) = unit.segment().unwrap();
            let is_noticed = |ctx, initial, taken| {
                let coder = Wrong { decoder: engine::Decoder::new(data), ctx, initial, taken };
                let observed = Observed { coder, observer: Recorder::default() };
                let (observed, read) = read_each(parameters, before, observed, |_| {});
                let (segments, _) = observed.observer.into_parts();
                read.is_err() || TracedSlice { segments, ..slice.clone() }.compare(&slice).is_err()
            };
            let events = slice.segments.iter().flat_map(|segment| &segment.events);
            let used: BTreeSet<CtxIdx> = events
                .filter_map(|event| if let Event::Context { ctx, .. } = event { Some(*ctx) } else { None })
                .collect();
            for &ctx in &used {
                let model = parameters.init().model(ctx).unwrap();
                let other = ContextModel::new((model.p_state_idx() + 1) % 63, model.val_mps());
                if !initial.contains(&ctx) && is_noticed(ctx, other, ctx) {
                    initial.insert(ctx);
                }
                // Where both are in the same state by chance there is no difference; in some other segment there is.
                let next = CtxIdx::new((ctx.get() as u16 + 1) % 202).unwrap();
                if !taken.contains(&ctx) && is_noticed(ctx, None, next) {
                    taken.insert(ctx);
                }
            }
            all.extend(used);
        }
    }
    assert_eq!((&initial, &taken), (&all, &all));
    assert!(all.len() > 150, "only {} contexts", all.len());
}

/// A dependent slice segment without the one before it, a slice of another layer, one of screen content.
#[test]
fn what_cannot_be_read_is_named_and_passed_through() {
    let bytes = dependent_segments();
    let all: Vec<StreamUnit> = units(&bytes).collect();
    let first = all.iter().position(|unit| unit.segment().is_some()).unwrap();
    let next = &all[first + 1];
    assert!(next.segment().is_some_and(|(parameters, ..)| parameters.is_dependent()));
    let without: Vec<u8> = all
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != first)
        .flat_map(|(_, unit)| [&unit.unit.prefix[..], &unit.unit.bytes].concat())
        .collect();
    let units: Vec<StreamUnit> = units(&without).collect();
    let Content::Damaged(error) = &units[first].content else { panic!("{:?}", units[first].content) };
    assert!(error.to_string().contains("where no slice segment that could be read ends"), "{error}");
    assert_eq!(units[first].rewrite().as_ref(), Err(error));

    let mut other_layer = all[first].unit.bytes.clone();
    other_layer[1] |= 8;
    let stream = [&[0, 0, 1][..], &other_layer].concat();
    let unit = self::units(&stream).next().unwrap();
    let Content::Unsupported(why) = unit.content else { panic!("{:?}", unit.content) };
    assert!(why.to_string().contains("other layers"));
    assert_eq!(unit.rewrite().unwrap(), unit.unit.bytes);
}

/// Entry points say, too, where tiles and rows begin; if they are wrong there is a note and nothing else.
#[test]
fn entry_points_are_compared_with_where_substreams_begin() {
    let (mut substreams, mut edited) = (0, 0);
    for path in hevc_streams() {
        for unit in units(&fs::read(&path).unwrap()) {
            assert_eq!(unit.entry_point_note(), None, "{}, NAL unit {}", path.display(), unit.number);
            let Content::Segment { entry_points, .. } = &unit.content else { continue };
            substreams += entry_points.len();
            let note_of = |edit: fn(&mut Vec<u64>)| {
                let mut unit = unit.clone();
                if let Content::Segment { entry_points, .. } = &mut unit.content {
                    edit(entry_points);
                }
                unit.entry_point_note().unwrap()
            };
            if !entry_points.is_empty() {
                assert!(note_of(|points| points[0] += 2).contains("entry point 0 is byte "));
                assert!(note_of(|points| points.push(3)).contains("entry points are signalled, but"));
                edited += 1;
            }
        }
    }
    assert!(substreams >= 9 && edited >= 3, "only {substreams} substreams in {edited} slice segments");
}

/// All that a tool can find out about a unit.
fn all_of(unit: &StreamUnit) -> (String, String, Result<Vec<u8>, DataError>) {
    let trace = unit.trace().map(|trace| trace.map(|trace| trace.slice));
    (format!("{:?}", unit.info()), format!("{:?} {trace:?}", unit.lines(true)), unit.rewrite())
}

/// The units of a stream of dependent slice segments, some of which are damaged, missing, repeated, or moved.
fn damaged(seed: u64) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |count: usize| random.next_u32() as usize % count;
    let mut parts: Vec<Vec<u8>> =
        units(&dependent_segments()).map(|unit| [&unit.unit.prefix[..], &unit.unit.bytes].concat()).collect();
    for _ in 0..below(4) {
        let (from, to) = (below(parts.len()), below(parts.len()));
        match below(5) {
            0 => _ = parts.remove(from),
            1 => parts.insert(to, parts[from].clone()),
            2 => parts.swap(from, to),
            _ => {
                let at = below(parts[from].len());
                parts[from][at] ^= 1 << below(8);
            }
        }
    }
    parts.concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// In whatever order units are read, and however many at once, the result for a dependent slice segment is the same as if all were read
    /// one after the other, whatever is wrong with those before it.
    #[test]
    fn units_can_be_read_in_any_order_and_at_once(seed: u64) {
        let bytes = damaged(seed);
        let in_order: Vec<_> = units(&bytes).map(|unit| all_of(&unit)).collect();
        let later: Vec<StreamUnit> = units(&bytes).collect();
        let mut reversed: Vec<_> = later.iter().rev().map(all_of).collect();
        reversed.reverse();
        prop_assert_eq!(&reversed, &in_order);
        for jobs in [2, 5] {
            for goes_on in [StreamUnit::is_dependent, |_: &StreamUnit| false] {
                let mut at_once = Vec::new();
                let sink = |_, all| {
                    at_once.push(all);
                    Ok::<(), std::io::Error>(())
                };
                work_in_order(Stream::new(&bytes[..]), jobs, goes_on, all_of, sink).unwrap();
                prop_assert_eq!(&at_once, &in_order, "{} at once", jobs);
            }
        }
    }
}

/// Thousands of dependent slice segments that are not read before the last one is, and all of which are wrong.
#[test]
fn a_long_row_of_unread_segments_is_no_deep_recursion() {
    let bytes = dependent_segments();
    let all: Vec<StreamUnit> = units(&bytes).collect();
    let sequence = all.iter().find(|unit| unit.nal_unit_type() == Some(33)).unwrap();
    let first = all.iter().position(|unit| unit.segment().is_some()).unwrap();
    let sequence = edited(sequence, |elements| {
        elements["pic_width_in_luma_samples"] = 16_384.into();
        elements["pic_height_in_luma_samples"] = 8_192.into();
    });
    let before = all[..first].iter().filter(|unit| unit.nal_unit_type() != Some(33));
    let mut stream: Vec<u8> =
        before.flat_map(|unit| [&unit.unit.prefix[..], &unit.unit.bytes].concat()).collect();
    stream.splice(0..0, sequence);
    stream.extend([&all[first].unit.prefix[..], &all[first].unit.bytes].concat());
    // TRAIL_R with dependent_slice_segment_flag: first_slice_segment_in_pic_flag 0, slice_pic_parameter_set_id 0, an address of the number
    // of bits that the picture needs, num_entry_point_offsets 0, alignment_bit_equal_to_one.
    let ctb = all[first].segment().unwrap().0.sps.ctb_log2_size;
    let size = (16_384_u32 >> ctb) * (8_192 >> ctb);
    let bits = (size - 1).ilog2() + 1;
    for address in 1..size.min(20_000) {
        let header = (0b011_u64 << bits | u64::from(address)) << 2 | 0b11;
        let length = 3 + bits + 2;
        let header = (header << (64 - length)).to_be_bytes();
        let rbsp = [&[2, 1][..], &header[..length.div_ceil(8) as usize], &[0x80, 0x55]].concat();
        stream.extend([&[0, 0, 1][..], &escape(&rbsp)].concat());
    }
    let units: Vec<StreamUnit> = units(&stream).collect();
    let dependent = units.iter().filter(|unit| unit.is_dependent()).count();
    assert!(dependent > 5_000, "only {dependent}");
    assert!(units.last().unwrap().rewrite().is_err());
}

/// A stream of dependent slice segments.
fn dependent_segments() -> Vec<u8> {
    let path = hevc_streams().into_iter().find(|path| path.to_string_lossy().contains("wpp_dep")).unwrap();
    fs::read(path).unwrap()
}

/// The bytes of a sequence parameter set with other elements.
fn edited(unit: &StreamUnit, edit: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let mut reader = Traced::new(BitReader::new(&unit.rbsp));
    ParameterSets::default().walk(&mut reader).unwrap();
    let elements = Elements::of(&reader.elements, |element| element.value);
    let mut elements = serde_json::to_value(elements).unwrap();
    edit(&mut elements);
    let elements: Elements = serde_json::from_value(elements).unwrap();
    let mut writer = BitWriter::new(elements.values());
    ParameterSets::default().walk(&mut writer).unwrap();
    writer.push(true);
    [&[0, 0, 1][..], &escape(&writer.into_parts().0)].concat()
}

/// A picture that gets larger or smaller between a slice segment and the dependent one that follows it.
#[test]
fn parameter_sets_that_change_within_a_picture_do_no_harm() {
    let bytes = dependent_segments();
    let all: Vec<StreamUnit> = units(&bytes).collect();
    let sequence = all.iter().find(|unit| unit.nal_unit_type() == Some(33)).unwrap();
    for (width, height) in [(4096, 2160), (64, 64), (208, 8), (8, 120), (208, 4096)] {
        let sequence = edited(sequence, |elements| {
            elements["pic_width_in_luma_samples"] = width.into();
            elements["pic_height_in_luma_samples"] = height.into();
        });
        let stream =
            all.iter().flat_map(|unit| [&sequence[..], &unit.unit.prefix, &unit.unit.bytes].concat());
        let stream: Vec<u8> = sequence.iter().copied().chain(stream).collect();
        for unit in units(&stream) {
            let _ = unit.trace();
        }
        // After the first segment alone.
        let first = all.iter().position(|unit| unit.segment().is_some()).unwrap();
        let (before, after) = all.split_at(first + 1);
        let bytes_of = |units: &[StreamUnit]| {
            units
                .iter()
                .flat_map(|unit| [&unit.unit.prefix[..], &unit.unit.bytes].concat())
                .collect::<Vec<u8>>()
        };
        let stream = [bytes_of(before), sequence, bytes_of(after)].concat();
        for unit in units(&stream) {
            let _ = unit.trace();
        }
    }
}
