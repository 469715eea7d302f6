//! Recorded slices of real streams: every coder replays them, and damage of every kind is noticed.

use std::{collections::BTreeSet, path::PathBuf};

use crate::common::{Corpus, command, expect, golden_traces, streams};
use silicabac::avc::Stream;
use silicabac::bin::{BinCoder, Decode, Event};
use silicabac::context::{Codec, CtxIdx};
use silicabac::replay::{What, replay, replay_all};
use silicabac::spec;
use silicabac::trace::{MAX_BYTES, Start, Trace, TraceError, TracedSlice};

fn read(files: Vec<PathBuf>) -> impl Iterator<Item = (String, Trace)> {
    files.into_iter().map(|path| (path.display().to_string(), Trace::read(&path).unwrap()))
}

fn golden(codec: Codec) -> Trace {
    let mut golden = golden_traces().into_iter().map(|path| Trace::read(&path).unwrap());
    golden.find(|trace| trace.codec == codec).unwrap()
}

#[test]
fn every_slice_replays() {
    replays(golden_traces());
}

#[test]
fn every_slice_of_the_corpus_replays() {
    let Some(corpus) = Corpus::find() else { return };
    replays(corpus.traces());
}

fn replays(files: Vec<PathBuf>) {
    for (name, trace) in read(files) {
        for (i, slice) in trace.slices.iter().enumerate() {
            replay(slice).unwrap_or_else(|difference| panic!("{name}: slice {i}: {difference}"));
        }
    }
}

#[test]
fn initial_contexts_are_those_of_the_tables() {
    initial_contexts_agree(golden_traces());
}

#[test]
fn initial_contexts_of_the_corpus_are_those_of_the_tables() {
    let Some(corpus) = Corpus::find() else { return };
    initial_contexts_agree(corpus.traces());
}

fn initial_contexts_agree(files: Vec<PathBuf>) {
    let mut compared = 0;
    for (name, trace) in read(files) {
        for slice in &trace.slices {
            let Some(init) = slice.header.init(trace.codec) else { continue };
            let first = slice.segments.first().filter(|first| first.start == Start::Slice);
            for (ctx, traced) in
                (0..).map_while(CtxIdx::new).zip(first.iter().flat_map(|first| &first.contexts))
            {
                // The standard has no initial value for some H.265 contexts in some slices, which never use them.
                let computed = init.model(ctx);
                if traced.is_some() && (trace.codec == Codec::Avc || computed.is_some()) {
                    assert_eq!(computed, *traced, "{name}: context {}", ctx.get());
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10_000, "only {compared} initial contexts were there to compare");
}

#[test]
fn golden_touches_every_cell_with_both_outcomes() {
    let mut cells = BTreeSet::new();
    for path in golden_traces() {
        for slice in Trace::read(&path).unwrap().slices {
            let mut decoder = spec::Decoder::new(&slice.payload);
            for segment in &slice.segments {
                if segment.offset > 0 {
                    let skipped = u64::from(segment.offset) - decoder.position().div_ceil(8);
                    decoder.raw(&mut vec![0; skipped as usize]);
                    decoder.start();
                }
                decoder.play(&segment.loads().collect::<Vec<_>>()).unwrap();
                for &event in &segment.events {
                    if let Event::Context { ctx, bin } = event {
                        let model = decoder.save(ctx);
                        cells.insert((
                            model.p_state_idx(),
                            decoder.cod_i_range() >> 6 & 3,
                            model.val_mps(),
                            bin,
                        ));
                    }
                    decoder.play(&[event]).unwrap();
                }
            }
        }
    }
    assert_eq!(cells.len(), 63 * 4 * 2 * 2);
}

#[test]
fn what_is_written_reads_back() {
    for codec in [Codec::Avc, Codec::Hevc] {
        let trace = golden(codec);
        let mut packed = Vec::new();
        trace.write_to(&mut packed).unwrap();
        assert_eq!(Trace::read_from(&*packed).unwrap(), trace);
    }
}

#[test]
fn slices_that_are_replayed_at_once_keep_their_order() {
    let mut slices = golden(Codec::Hevc).slices;
    let damaged = [1, slices.len() - 1];
    damaged.iter().for_each(|&slice| slices[slice].segments[0].crc32 ^= 1);
    let found = replay_all(&slices);
    assert_eq!(found, slices.iter().map(replay).collect::<Vec<_>>());
    assert!((0..slices.len()).filter(|&slice| found[slice].is_err()).eq(damaged));
}

/// The first golden slice with PCM samples, which has everything that the damages below need.
fn sample() -> TracedSlice {
    let has_pcm = |slice: &TracedSlice| slice.segments.iter().any(|segment| segment.start == Start::Pcm);
    let sample = golden(Codec::Hevc).slices.into_iter().find(has_pcm);
    sample.expect("a golden slice with PCM samples")
}

fn damaged(damage: impl FnOnce(&mut TracedSlice)) -> String {
    let mut slice = sample();
    damage(&mut slice);
    let difference = replay(&slice).expect_err("the damage is not noticed");
    assert!(matches!(difference.what, What::Differs(_)), "{difference}");
    difference.to_string()
}

#[test]
fn replay_notices_a_changed_bin() {
    let found = damaged(|slice| {
        let event =
            slice.segments[0].events.iter_mut().find(|event| matches!(event, Event::Bypass { .. })).unwrap();
        let Event::Bypass { bin } = event else { unreachable!() };
        *bin = !*bin;
    });
    assert!(found.contains("another bin"), "{found}");
}

#[test]
fn replay_notices_a_changed_state() {
    let found = damaged(|slice| {
        let state = &mut slice.segments[0].states[5];
        *state = state.next(!state.val_mps());
    });
    assert!(found.starts_with("segment 0, bin ") && found.contains("the state before it"), "{found}");
}

#[test]
fn replay_notices_a_changed_checksum() {
    let found = damaged(|slice| slice.segments[1].crc32 ^= 1);
    assert!(found.starts_with("segment 1,") && found.contains("CRC-32"), "{found}");
}

#[test]
fn replay_notices_a_changed_payload() {
    damaged(|slice| slice.payload[3] ^= 0x10);
}

#[test]
fn bits_in_front_of_pcm_samples_are_data_but_the_stop_bit_is_not() {
    let mut slice = sample();
    let mut decoder = spec::Decoder::new(&slice.payload);
    let first = &slice.segments[0];
    decoder.play(&first.loads().chain(first.events.iter().copied()).collect::<Vec<_>>()).unwrap();
    let end = decoder.position();
    assert!(!end.is_multiple_of(8), "this slice has no padding; choose another");
    // x264 sets the last bit.
    slice.payload[end as usize / 8] ^= 1;
    assert_eq!(replay(&slice), Ok(()));
    slice.payload[(end - 1) as usize / 8] ^= 0x80 >> ((end - 1) % 8);
    assert!(replay(&slice).is_err());
}

#[test]
fn replay_notices_a_segment_in_the_wrong_place() {
    damaged(|slice| slice.segments[1].offset += 1);
}

#[test]
fn a_payload_that_ends_in_a_bin_is_no_stream() {
    let mut slice = sample();
    slice.segments.truncate(1);
    slice.payload.truncate(slice.segments[0].events.len() / 64);
    let difference = replay(&slice).unwrap_err();
    assert!(matches!(difference.what, What::Stream(_)), "{difference}");
    assert!(
        difference.to_string().contains("a bit beyond the last byte of the slice is needed"),
        "{difference}"
    );
}

#[test]
fn a_small_file_cannot_fill_the_memory() {
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), MAX_BYTES + 1), &mut bomb).unwrap();
    let error = Trace::read_from(&*bomb.finish().unwrap()).unwrap_err();
    assert!(matches!(error, TraceError::TooLarge), "{error}");
}

#[test]
fn what_the_layout_has_no_room_for_is_not_written() {
    let refused = |change: fn(&mut TracedSlice)| {
        let mut trace = golden(Codec::Hevc);
        trace.slices = vec![sample()];
        change(&mut trace.slices[0]);
        let error = trace.write_to(Vec::new()).unwrap_err();
        assert!(matches!(error, TraceError::Format(_)), "{error}");
        error.to_string()
    };
    let many = refused(|slice| {
        slice.segments.truncate(1);
        let segment = &mut slice.segments[0];
        (segment.events, segment.states, segment.contexts) = (vec![], vec![], vec![]);
        slice.segments = vec![segment.clone(); 65_536];
    });
    assert!(many.contains("nsegment does not fit"), "{many}");
    let none = Trace { slices: vec![], ..golden(Codec::Hevc) }.write_to(Vec::new()).unwrap_err();
    assert!(none.to_string().contains("there is no slice in it"), "{none}");
    let raw = refused(|slice| slice.segments[1].events[3] = Event::Raw(1));
    assert!(raw.contains("event 3 of the segment") && raw.contains("segment 1"), "{raw}");
}

#[test]
fn errors_stand_where_the_fault_is() {
    let mut packed = Vec::new();
    golden(Codec::Avc).write_to(&mut packed).unwrap();
    let plain = zstd::decode_all(&*packed).unwrap();
    // The file's header, the slice's, its payload, the segment's header, then the initial contexts.
    let contexts = 16 + 22 + u32::from_le_bytes(plain[24..28].try_into().unwrap()) as usize + 20;
    for (at, value, what) in [(4, 9, "codec"), (29, 7, "slice_type"), (contexts + 5, 0x80, "initial context")]
    {
        let mut wrong = plain.clone();
        wrong[at] = value;
        let error = Trace::read_from(&*zstd::encode_all(&*wrong, 1).unwrap()).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains(&format!("byte {at} of")), "{error}");
    }
}

#[test]
fn damaged_files_are_refused_without_a_panic() {
    let mut trace = golden(Codec::Avc);
    trace.slices.sort_by_key(|slice| slice.payload.len());
    trace.slices.truncate(1);
    let mut packed = Vec::new();
    trace.write_to(&mut packed).unwrap();
    for cut in 0..packed.len() {
        assert!(Trace::read_from(&packed[..cut]).is_err(), "cut to {cut} bytes");
    }
    for at in 0..packed.len() {
        let mut flipped = packed.clone();
        flipped[at] ^= 1;
        // A few bits of a zstd frame's header have no meaning; no flipped bit may give another trace.
        if let Ok(read) = Trace::read_from(&*flipped) {
            assert_eq!(read, trace, "byte {at}");
        }
    }
    // Without the checksum of the frame: the layout itself, cut and flipped everywhere.
    let plain = zstd::decode_all(&*packed).unwrap();
    for cut in 0..plain.len() {
        let repacked = zstd::encode_all(&plain[..cut], 1).unwrap();
        let error = Trace::read_from(&*repacked).unwrap_err().to_string();
        assert!(error.contains("byte"), "{error}");
    }
    for at in 0..plain.len() {
        let mut flipped = plain.clone();
        flipped[at] ^= 0x80;
        let _ = Trace::read_from(&*zstd::encode_all(&*flipped, 1).unwrap());
    }
}

#[test]
fn a_slice_after_4_gib_of_stream_keeps_its_place() {
    let stream = std::fs::read(&streams()[0]).unwrap();
    let mut units = Stream::new(&stream[..]).map(Result::unwrap);
    let (mut unit, first) =
        units.find_map(|unit| unit.trace().map(|traced| (unit, traced.unwrap()))).unwrap();
    unit.unit.offset += 5 << 32;
    let far = unit.trace().unwrap().unwrap().slice;
    assert_eq!(far.header.nal_offset, first.slice.header.nal_offset + (5 << 32));
    assert!(first.slice.compare(&far).unwrap_err().what.contains("its NAL unit begins at byte"));
    let trace = Trace { slices: vec![first.slice, far], ..golden(Codec::Avc) };
    assert_eq!(Trace::from_unpacked(&trace.to_unpacked().unwrap()).unwrap(), trace);
}

#[test]
fn a_trace_that_nobody_could_read_again_is_not_written() {
    let mut trace = golden(Codec::Avc);
    let one = trace.slices[0].clone();
    trace.slices = vec![one.clone()];
    let count = MAX_BYTES as usize / (trace.to_unpacked().unwrap().len() - 16);
    trace.slices = vec![one; count + 1];
    let error = trace.write_to(Vec::new()).unwrap_err();
    assert!(matches!(error, TraceError::TooLarge), "{error}");
}

#[test]
fn what_has_no_slice_is_bad_input_for_every_judge() {
    let dir = tempfile::tempdir().unwrap();
    let (trace, stream) = (dir.path().join("t.cbt.zst"), dir.path().join("s.264"));
    let mut empty = golden(Codec::Avc).to_unpacked().unwrap();
    empty.truncate(16);
    empty[8..16].fill(0);
    std::fs::write(&trace, zstd::encode_all(&*empty, 1).unwrap()).unwrap();
    // Parameter sets alone.
    let whole = std::fs::read(&streams()[0]).unwrap();
    let units: Vec<_> = Stream::new(&whole[..]).map(Result::unwrap).collect();
    let slice = units.iter().position(|unit| unit.slice().is_some()).unwrap();
    std::fs::write(&stream, &whole[..units[slice].unit.offset as usize]).unwrap();

    let run =
        |arguments: &[&str], file: &std::path::Path| command().args(arguments).arg(file).output().unwrap();
    let words = ["there is no slice"];
    expect(&run(&["replay"], &trace), 4, &words);
    expect(&run(&["cosim", "--trace"], &trace), 4, &words);
    expect(&run(&["cosim", "--stream"], &stream), 4, &words);
    let out = dir.path().join("out.cbt.zst");
    let to_out = ["stream", "trace", "-o", out.to_str().unwrap()];
    for verb in [&["stream", "trace"][..], &to_out] {
        expect(&run(verb, &stream), 4, &words);
    }
    assert!(!out.exists());
    let compare = ["stream", "trace", "--compare", trace.to_str().unwrap()];
    expect(&run(&compare, &streams()[0]), 4, &words);
    expect(&run(&["stream", "trace", "--slice", "-"], &streams()[0]), 2, &["--slice"]);
}
