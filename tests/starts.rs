//! The start of an engine run reaches everyone: observers of encoders and of decoders, recorders, files, and any decoder that is given one
//! request after the other.

use proptest::prelude::*;
use silicabac::bin::{BinCoder, Decode, Encode, Event, with_starts};
use silicabac::context::{Codec, ContextModel, CtxIdx};
use silicabac::observed::{Observed, Observer};
use silicabac::replay::replay;
use silicabac::trace::{Recorder, SliceHeader, Start, Trace, TracedSlice};
use silicabac::{engine, spec};

/// An observer that records all events.
#[derive(Default)]
struct Seen(Vec<Event>);

impl<C> Observer<C> for Seen {
    fn after(&mut self, _: &C, coded: Event) {
        self.0.push(coded);
    }
}

/// A recorder that does not get the starts of engine runs.
#[derive(Default)]
struct Deaf(Recorder);

impl<C: Decode> Observer<C> for Deaf {
    fn before(&mut self, coder: &C, request: Event) {
        self.0.before(coder, request);
    }

    fn after(&mut self, coder: &C, coded: Event) {
        if coded != Event::Start {
            self.0.after(coder, coded);
        }
    }
}

const HEADER: SliceHeader =
    SliceHeader { nal_offset: 0, data_offset: 0, nal_type: 1, slice_type: 2, slice_qp_y: 26, init: 0 };
const END: Event = Event::Terminate { bin: true };

/// Engine runs with raw bytes between them or none; as in real slices, contexts are loaded only at the beginning of substreams.
fn slice() -> impl Strategy<Value = Vec<Event>> {
    let ctx = |index| CtxIdx::new(index).unwrap();
    let model = (0u8..63, any::<bool>()).prop_map(|(state, mps)| ContextModel::new(state, mps).unwrap());
    let bin = prop_oneof![
        12 => (0u16..4, any::<bool>()).prop_map(move |(index, bin)| Event::Context { ctx: ctx(index), bin }),
        5 => any::<bool>().prop_map(|bin| Event::Bypass { bin }),
        1 => Just(Event::Terminate { bin: false }),
        1 => Just(Event::Align),
    ];
    let loads = prop::collection::vec(prop::option::of(model), 4);
    let raw =
        prop_oneof![Just(0), 1usize..6].prop_flat_map(|count| prop::collection::vec(any::<u8>(), count));
    let run = (raw, loads, prop::collection::vec(bin, 0..40));
    prop::collection::vec(run, 1..6).prop_map(move |runs| {
        let mut events = Vec::new();
        for (number, (raw, loads, bins)) in runs.into_iter().enumerate() {
            let raw = if number > 0 { raw } else { vec![] };
            events.extend(raw.iter().map(|&byte| Event::Raw(byte)));
            events.extend((number > 0).then_some(Event::Start));
            if raw.is_empty() {
                let loads = (0..).map(ctx).zip(loads);
                events.extend(loads.filter_map(|(ctx, model)| Some(Event::Load { ctx, model: model? })));
            }
            events.extend(bins);
            events.push(END);
        }
        events
    })
}

fn encode(events: &[Event]) -> Vec<u8> {
    let mut encoder = spec::Encoder::new();
    encoder.play(events).unwrap();
    encoder.finish()
}

fn seen(coder: impl BinCoder, events: &[Event]) -> Vec<Event> {
    let mut observed = Observed { coder, observer: Seen::default() };
    observed.play(events).unwrap();
    observed.observer.0
}

fn record(decoder: impl Decode, payload: &[u8], events: &[Event]) -> TracedSlice {
    let mut observed = Observed { coder: decoder, observer: Recorder::default() };
    observed.play(events).unwrap();
    let (segments, _) = observed.observer.into_parts();
    TracedSlice { header: HEADER, payload: payload.to_vec(), segments }
}

fn trace(slice: TracedSlice) -> Trace {
    Trace { codec: Codec::Hevc, contexts: 1_024, slices: vec![slice] }
}

proptest! {
    #[test]
    fn what_observers_see_is_what_was_coded(events in slice()) {
        let bytes = encode(&events);
        prop_assert_eq!(&seen(spec::Encoder::new(), &events), &events);
        prop_assert_eq!(&seen(engine::Encoder::new(), &events), &events);
        prop_assert_eq!(&seen(engine::Meter::new(), &events), &events);
        prop_assert_eq!(&seen(spec::Decoder::new(&bytes), &events), &events);
        prop_assert_eq!(&seen(engine::Decoder::new(&bytes), &events), &events);
    }

    #[test]
    fn what_is_recorded_is_what_was_coded(events in slice()) {
        let bytes = encode(&events);
        let slice = record(engine::Decoder::new(&bytes), &bytes, &events);
        prop_assert_eq!(&record(spec::Decoder::new(&bytes), &bytes, &events), &slice);
        prop_assert_eq!(&slice.events(), &events);
        prop_assert_eq!(replay(&slice), Ok(()));
        let trace = trace(slice);
        let unpacked = trace.to_unpacked().unwrap();
        prop_assert_eq!(Trace::from_unpacked(&unpacked).unwrap(), trace);
    }

    #[test]
    fn starts_follow_from_the_rest(events in slice()) {
        let without = events.iter().copied().filter(|event| *event != Event::Start);
        prop_assert_eq!(with_starts(without), events);
    }

    #[test]
    fn raw_bytes_may_come_in_pieces(events in slice(), lengths in prop::collection::vec(1usize..4, 1..9)) {
        let bytes = encode(&events);
        let (mut spec, mut engine) = (spec::Decoder::new(&bytes), engine::Decoder::new(&bytes));
        let (mut rest, mut lengths) = (&events[..], lengths.into_iter().cycle());
        while let [event, after @ ..] = rest {
            let byte = |event: &Event| if let Event::Raw(byte) = event { Some(*byte) } else { None };
            let raw: Vec<u8> = rest.iter().map_while(byte).collect();
            if raw.is_empty() {
                prop_assert_eq!(spec.code(*event), *event);
                prop_assert_eq!(engine.code(*event), *event);
                rest = after;
            } else {
                let length = lengths.next().unwrap_or(1).min(raw.len());
                let (mut read, mut same) = (vec![0; length], vec![0; length]);
                spec.raw(&mut read);
                engine.raw(&mut same);
                prop_assert_eq!((&read[..], &same[..]), (&raw[..length], &raw[..length]));
                rest = &rest[length..];
            }
            prop_assert_eq!((spec.position(), spec.error()), (engine.position(), engine.error()));
        }
    }
}

/// Three substreams, then PCM samples.
fn substreams() -> Vec<Event> {
    let bin = Event::Context { ctx: CtxIdx::default(), bin: true };
    let load = Event::Load { ctx: CtxIdx::default(), model: ContextModel::new(9, true).unwrap() };
    let pcm = [Event::Raw(1), Event::Raw(2)];
    [&[load, bin, END, Event::Start, load, bin, END, Event::Start, END][..], &pcm, &[Event::Start, bin, END]]
        .concat()
}

#[test]
fn substreams_are_lives_of_their_own() {
    let events = substreams();
    let bytes = encode(&events);
    let slice = record(engine::Decoder::new(&bytes), &bytes, &events);
    let starts: Vec<Start> = slice.segments.iter().map(|segment| segment.start).collect();
    assert_eq!(starts, [Start::Slice, Start::Subset, Start::Subset, Start::Pcm]);
    assert_eq!(slice.events(), events);
}

#[test]
fn a_recorder_that_hears_of_no_start_is_noticed() {
    let events = substreams();
    let bytes = encode(&events);
    let mut observed = Observed { coder: engine::Decoder::new(&bytes), observer: Deaf::default() };
    observed.play(&events).unwrap();
    let (segments, _) = observed.observer.0.into_parts();
    let slice = TracedSlice { header: HEADER, payload: bytes, segments };
    assert_ne!(slice.events(), events);
    assert!(replay(&slice).is_err());
    let error = trace(slice).to_unpacked().unwrap_err().to_string();
    assert!(error.contains("is neither bin nor alignment"), "{error}");
}

/// Loads where a trace has no room for them are recorded at their place, and the trace cannot be written.
#[test]
fn what_a_trace_has_no_room_for_is_recorded_and_not_written() {
    let load = Event::Load { ctx: CtxIdx::default(), model: ContextModel::new(9, true).unwrap() };
    let (bypass, raw) = (Event::Bypass { bin: true }, Event::Raw(3));
    for (events, why) in [
        (vec![bypass, load, bypass, END], "neither bin nor alignment"),
        (vec![bypass, END, raw, Event::Start, load, bypass, END], "nctxinit"),
        (vec![bypass, END, Event::Start], "does not end with its only terminate bin of 1"),
    ] {
        let bytes = [encode(&events), vec![0; 2]].concat();
        let slice = record(engine::Decoder::new(&bytes), &bytes, &events);
        assert_eq!(slice.events(), events);
        let error = trace(slice).to_unpacked().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
