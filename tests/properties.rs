//! One property for all coders: whatever the bins are, every coder gives the same result.

use proptest::prelude::*;
use silicabac::bin::{BinCoder, Decode, DecodeError, DecodeErrorKind, Encode, Event, with_starts};
use silicabac::context::{ContextModel, CtxIdx};
use silicabac::cores::{self, Direction};
use silicabac::cosim::{Plan, Play, Port, Stalls, Wait, When};
use silicabac::vectors::{self, Vector};
use silicabac::{engine, spec};

/// Slices of one to four engine runs: loads, bins of every kind, alignments; raw bytes between engine runs.
fn slice() -> impl Strategy<Value = Vec<Event>> {
    let raw = prop::collection::vec(any::<u8>().prop_map(Event::Raw), 0..6);
    let run = (prop::collection::vec(event(), 0..200), raw);
    prop::collection::vec(run, 1..5).prop_map(|runs| {
        let mut events = Vec::new();
        for (run, raw) in runs {
            events.extend(run);
            events.push(Event::Terminate { bin: true });
            events.extend(raw);
        }
        // A slice ends with its last engine run.
        events.truncate(events.iter().rposition(|event| event.ends_engine_run()).unwrap() + 1);
        with_starts(events)
    })
}

fn event() -> impl Strategy<Value = Event> {
    // Few contexts, so that each is used again soon, and both ends of the memory.
    let ctx = || prop_oneof![0u16..4, 1022u16..1024].prop_map(|index| CtxIdx::new(index).unwrap());
    let model = (0u8..63, any::<bool>()).prop_map(|(state, mps)| ContextModel::new(state, mps).unwrap());
    prop_oneof![
        12 => (ctx(), any::<bool>()).prop_map(|(ctx, bin)| Event::Context { ctx, bin }),
        5 => any::<bool>().prop_map(|bin| Event::Bypass { bin }),
        1 => Just(Event::Terminate { bin: false }),
        1 => Just(Event::Align),
        2 => (ctx(), model).prop_map(|(ctx, model)| Event::Load { ctx, model }),
    ]
}

/// Requests to a decoder in any order, with raw bytes and starts within engine runs too.
fn requests() -> impl Strategy<Value = Vec<Event>> {
    let end = prop_oneof![Just(Event::Terminate { bin: true }), Just(Event::Start)];
    prop::collection::vec(prop_oneof![8 => event(), 1 => any::<u8>().prop_map(Event::Raw), 1 => end], 0..300)
}

/// Plays vectors to the twins of all cores of a direction, under all stalls.
fn play(direction: Direction, vectors: &[Vector], seed: u64) -> Result<(), String> {
    let vectors: Vec<&Vector> = vectors.iter().collect();
    for core in cores::ALL.into_iter().filter(|core| core.direction == direction) {
        for stalls in Stalls::ALL {
            let plan = Plan { noise: seed, ..Plan::default() };
            let play = Play { plan, stalls, seed, ..Play::flowing(&vectors) };
            core.play_twin(&play, &mut |_| ()).map_err(|mismatch| format!("{}: {mismatch}", core.name))?;
        }
    }
    Ok(())
}

/// What each encoder makes of these events. An encoder joins the properties below by a line.
fn bytes_of_each(events: &[Event]) -> [(&'static str, Vec<u8>); 2] {
    [("oracle", encode(spec::Encoder::new(), events)), ("engine", encode(engine::Encoder::new(), events))]
}

/// What each decoder shows after every request, for any bytes. A decoder joins the properties below by a line.
fn shown_by_each(bytes: &[u8], requests: &[Event]) -> [(&'static str, Vec<Shown>); 2] {
    [
        ("oracle", read(spec::Decoder::new(bytes), requests)),
        ("engine", read(engine::Decoder::new(bytes), requests)),
    ]
}

/// Checks that all coders agree with the first of them, the oracle; what that is.
fn agreed<T: PartialEq + std::fmt::Debug>(all: impl IntoIterator<Item = (&'static str, T)>) -> T {
    let mut all = all.into_iter();
    let (_, oracle) = all.next().expect("the oracle");
    for (name, other) in all {
        assert_eq!(oracle, other, "the oracle and the {name}");
    }
    oracle
}

fn encode(mut coder: impl Encode, events: &[Event]) -> Vec<u8> {
    coder.play(events).unwrap();
    coder.finish()
}

/// What a decoder answers to a request, and then codIRange, codIOffset, its position, its error, and after a terminate bin of 1 the stop bit
/// and the bits after it in its byte.
type Shown = (Vec<Event>, u32, u32, u64, Option<DecodeError>, Option<(bool, u8)>);

/// What a decoder shows after every request.
fn read(mut decoder: impl Decode, requests: &[Event]) -> Vec<Shown> {
    let mut shown = Vec::new();
    for &request in requests {
        let read = match request {
            // Up to three at once.
            Event::Raw(byte) => {
                let mut bytes = vec![0; usize::from(byte % 4)];
                decoder.raw(&mut bytes);
                bytes.into_iter().map(Event::Raw).collect()
            }
            request => vec![decoder.code(request)],
        };
        if let Event::Load { ctx, model } = request {
            assert_eq!(decoder.save(ctx), model);
        }
        let (range, offset) = (decoder.cod_i_range(), decoder.cod_i_offset());
        assert!((256..=510).contains(&range) && offset < range, "codIRange {range}, codIOffset {offset}");
        let is_end = read.contains(&Event::Terminate { bin: true });
        let end = is_end.then(|| (decoder.stop_bit(), decoder.padding(0)));
        shown.push((read, range, offset, decoder.position(), decoder.error(), end));
    }
    shown
}

proptest! {
    #[test]
    fn all_encoders_write_the_same_bytes(events in slice()) {
        agreed(bytes_of_each(&events));
    }

    #[test]
    fn decoders_read_back_what_was_written(events in slice()) {
        let bytes = encode(spec::Encoder::new(), &events);
        let one_by_one: Vec<Event> = events.iter().map(|&event| if let Event::Raw(_) = event { Event::Raw(1) } else { event }).collect();
        let shown = agreed(shown_by_each(&bytes, &one_by_one));
        let (_, _, _, position, error, _) = shown.last().expect("a slice has an end");
        prop_assert_eq!((position.div_ceil(8), *error), (bytes.len() as u64, None));
        prop_assert_eq!(shown.into_iter().flat_map(|(answers, ..)| answers).collect::<Vec<_>>(), events);
    }

    #[test]
    fn the_twins_of_encoders_agree_with_the_oracle(slices in prop::collection::vec(slice(), 1..4), seed: u64) {
        let vectors: Vec<_> = slices.into_iter().map(|events| Vector::encoded("", "", &[], events)).collect();
        prop_assert_eq!(play(Direction::Encoder, &vectors, seed), Ok(()));
    }

    #[test]
    fn the_twins_of_decoders_agree_with_the_oracle(
        good in prop::collection::vec(slice(), 0..3),
        bad in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..40), requests()), 1..3),
        seed: u64,
    ) {
        let good = good.into_iter().map(|events| Vector::encoded("", "", &[], events));
        let bad = bad.into_iter().map(|(bytes, asked)| Vector::decoded("", "", &[], bytes, asked));
        let vectors: Vec<_> = bad.chain(good).collect();
        prop_assert_eq!(play(Direction::Decoder, &vectors, seed), Ok(()));
    }

    #[test]
    fn vectors_hold_for_the_coders_that_made_them(events in slice(), asked in requests(), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(vectors::check(&Vector::encoded("", "", &[], events)), Ok(()));
        prop_assert_eq!(vectors::check(&Vector::decoded("", "", &[], bytes, asked)), Ok(()));
    }

    #[test]
    fn every_prefix_decodes_alike(events in slice(), cut: prop::sample::Index) {
        let bytes = encode(spec::Encoder::new(), &events);
        let prefix = &bytes[..cut.index(bytes.len() + 1)];
        agreed(shown_by_each(prefix, &events));
    }

    #[test]
    fn any_bytes_decode_alike(bytes in prop::collection::vec(any::<u8>(), 0..40), requests in requests()) {
        agreed(shown_by_each(&bytes, &requests));
    }

    #[test]
    fn bypass_bits_are_bypass_bins(n in 0u32..=32, value: u32, ones in 0u32..70, most in 0u32..70, range_bins in prop::collection::vec(any::<bool>(), 0..9)) {
        let (mut at_once, mut one_by_one) = (engine::Encoder::new(), spec::Encoder::new());
        for bin in range_bins {
            at_once.context(CtxIdx::default(), bin);
            one_by_one.context(CtxIdx::default(), bin);
        }
        at_once.bypass_bits(n, value);
        (0..n).rev().for_each(|i| _ = one_by_one.bypass(value >> i & 1 != 0));
        // The method of the trait, which the oracle has, codes bin by bin.
        prop_assert_eq!(at_once.bypass_ones(ones, most), ones.min(most));
        one_by_one.bypass_ones(ones, most);
        at_once.terminate(true);
        one_by_one.terminate(true);
        prop_assert_eq!(at_once.finish(), one_by_one.finish());
    }

    /// Also in streams that end within them.
    #[test]
    fn bypass_bins_at_once_are_read_as_one_by_one(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(0xff)], 0..24),
        runs in prop::collection::vec((0u32..=32, 0u32..70, any::<bool>()), 0..12),
    ) {
        let (mut at_once, mut one_by_one) = (engine::Decoder::new(&bytes), spec::Decoder::new(&bytes));
        for (n, most, context) in runs {
            prop_assert_eq!(at_once.bypass_bits(n, 0), one_by_one.bypass_bits(n, 0));
            prop_assert_eq!(at_once.bypass_ones(0, most), one_by_one.bypass_ones(0, most));
            if context {
                let ctx = CtxIdx::default();
                prop_assert_eq!(at_once.context(ctx, false), one_by_one.context(ctx, false));
            }
            prop_assert_eq!(
                (at_once.cod_i_range(), at_once.cod_i_offset(), at_once.position(), at_once.error()),
                (one_by_one.cod_i_range(), one_by_one.cod_i_offset(), one_by_one.position(), one_by_one.error())
            );
        }
    }

    #[test]
    fn a_meter_counts_the_bits_that_are_written(events in slice()) {
        let mut meter = engine::Meter::new();
        meter.play(&events).unwrap();
        let bytes = encode(engine::Encoder::new(), &events);
        prop_assert_eq!(meter.cost(), bytes.len() as u64 * 8 * engine::Meter::BIT);
    }

    #[test]
    fn interleaved_streams_are_the_streams(bins: Vec<[(bool, u8); 3]>) {
        let mut together = engine::Interleaved([(); 3].map(|()| engine::Encoder::new()));
        let mut alone = [(); 3].map(|()| engine::Encoder::new());
        let ctx = |(_, index): (bool, u8)| CtxIdx::new(index.into()).unwrap();
        for &at in &bins {
            together.context(at.map(ctx), at.map(|(bin, _)| bin));
            together.bypass(at.map(|(bin, _)| !bin));
            together.bypass_bits(5, at.map(|(_, value)| value.into()));
            for (encoder, at) in alone.iter_mut().zip(at) {
                encoder.context(ctx(at), at.0);
                encoder.bypass(!at.0);
                encoder.bypass_bits(5, at.1.into());
            }
        }
        let finish = |mut encoder: engine::Encoder| {
            encoder.terminate(true);
            encoder.finish()
        };
        let bytes = together.0.map(finish);
        prop_assert_eq!(&bytes, &alone.map(finish));
        let mut decoders = engine::Interleaved([0, 1, 2].map(|stream| engine::Decoder::new(&bytes[stream])));
        for &at in &bins {
            prop_assert_eq!(decoders.context(at.map(ctx), [false; 3]), at.map(|(bin, _)| bin));
            prop_assert_eq!(decoders.bypass([false; 3]), at.map(|(bin, _)| !bin));
            prop_assert_eq!(decoders.bypass_bits(5, [0; 3]), at.map(|(_, value)| u32::from(value) & 31));
        }
    }
}

#[test]
fn a_long_wait_is_no_deadlock() {
    let ends = Vector::encoded("ends", "", &[], vec![Event::Terminate { bin: true }; 20]);
    for core in cores::ALL {
        for port in [Port::Requests, Port::Bytes, Port::Answers] {
            let wait = Wait { port, when: When::Transfer(2), after: 0, clocks: 5_000 };
            let plan = Plan { waits: vec![wait], ..Plan::default() };
            let vectors = [&ends];
            let play = Play { plan, patience: 100, ..Play::flowing(&vectors) };
            let stats = core.play_twin(&play, &mut |_| ()).unwrap_or_else(|mismatch| panic!("{mismatch}"));
            let has_port = port != Port::Answers || core.direction == Direction::Decoder;
            assert_eq!(stats.clocks > 5_000, has_port, "{}, {port:?}", core.name);
        }
    }
}

#[test]
fn each_decode_error_has_its_place() {
    let errors = |bytes: &[u8], requests: &[Event]| {
        let load = Event::Load { ctx: CtxIdx::default(), model: ContextModel::default() };
        let shown = agreed(shown_by_each(bytes, &[&[load], requests].concat()));
        shown.last().and_then(|(.., error, _)| *error).map(|error| (error.kind, error.bin, error.bit))
    };
    let bypass = Event::Bypass { bin: false };
    assert_eq!(errors(&[0xff, 0x00], &[]), Some((DecodeErrorKind::Forbidden, 0, 0)));
    assert_eq!(errors(&[0xff, 0x80], &[]), Some((DecodeErrorKind::Forbidden, 0, 0)));
    assert_eq!(errors(&[0xfe, 0x80], &[]), None);
    assert_eq!(errors(&[0xfe, 0x80], &[Event::Align]), Some((DecodeErrorKind::Misaligned, 0, 9)));
    assert_eq!(errors(&[0x7f, 0x80], &[Event::Align]), None);
    assert_eq!(errors(&[], &[]), Some((DecodeErrorKind::Exhausted, 0, 0)));
    assert_eq!(errors(&[0x00], &[]), Some((DecodeErrorKind::Exhausted, 0, 8)));
    assert_eq!(errors(&[0x00, 0x00], &[bypass; 7]), None);
    assert_eq!(errors(&[0x00, 0x00], &[bypass; 9]), Some((DecodeErrorKind::Exhausted, 7, 16)));
}

/// Prices are means; their sum is what an encoder writes.
#[test]
fn prices_add_up() {
    let mut source = 1u32;
    let mut random = || {
        source = source.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        source >> 8
    };
    for likely in [50, 60, 70, 80, 90, 95, 99] {
        let (mut encoder, mut prices) = (engine::Encoder::new(), 0);
        for _ in 0..1_000_000 {
            let ctx = CtxIdx::new((random() % 400) as u16).unwrap();
            let bin = random() % 100 >= likely;
            prices += u64::from(engine::Meter::price(encoder.save(ctx), bin));
            encoder.context(ctx, bin);
        }
        encoder.terminate(true);
        let bits = encoder.finish().len() as f64 * 8.0;
        let off = (prices as f64 / engine::Meter::BIT as f64 - bits).abs() / bits;
        assert!(off < 0.003, "{likely}: {off}");
    }
}
