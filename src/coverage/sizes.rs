//! What whole vectors reach: sizes, errors that come late, and the state of a core when it is made to wait or its vector is given up.
//!
//! The other grids count requests; these count vectors, by their contents and their flags. A size is reached by a vector that has this size
//! or more, and less than the next.

use super::item::{Axis, Item};
use crate::bin::{DecodeErrorKind, Event};
use crate::context::{CONTEXTS, Codec, CtxIdx, SliceInit, SliceType};
use crate::cycle::Request;
use crate::vectors::{Flag, Step, Vector, trail};

/// Numbers of successive raw bytes: powers of two with their neighbours, and the block sizes of the standards.
const RAW: [usize; 36] = [
    1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 383, 384, 385, 511, 512, 513, 1_023, 1_024,
    1_025, 1_343, 1_344, 1_345, 1_535, 1_536, 1_537, 2_047, 2_048, 2_049, 4_095, 4_096, 4_097, 6_143, 6_144,
];
/// Numbers of bytes of a slice.
const BYTES: [usize; 5] = [65_535, 65_536, 65_537, 75_000, 1 << 18];
/// Numbers of engine runs of a slice.
const RUNS: [usize; 3] = [300, 1_100, 5_000];
/// The bit at which an error comes, and the number of requests after it.
const BITS: [usize; 5] = [600, 1_100, 2_100, 4_200, 17_000];
const MORE: [usize; 3] = [300, 5_000, 140_000];
/// Numbers of context bins of a slice, at which the low bits of a counter are zero.
const CONTEXT_BINS: [usize; 6] = [256, 512, 1_024, 4_096, 32_768, 65_536];
/// Numbers of bytes that are left when the next slice begins: each small number, and numbers around powers of two, because a core may have
/// read some bytes ahead.
fn left() -> Vec<usize> {
    let beside = (9..=12).chain([16]).flat_map(|power| (1 << power) - 1..=(1 << power) + 16);
    let mut all: Vec<usize> = (1..=300).chain(beside).chain([1_200, 9_000, 70_000]).collect();
    all.sort_unstable();
    all
}

/// The items.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    raw_blocks: Item,
    lengths: Item,
    engine_runs: Item,
    late_errors: Item,
    leftovers: Item,
    left: Vec<usize>,
    waits: Item,
    give_ups: Item,
    full_packers: Item,
    full_flushes: Item,
    broken_off: Item,
    many_give_ups: Item,
    last_first: Item,
    same_headers: Item,
}

fn sizes<const N: usize>(name: &'static str, sizes: [usize; N]) -> Axis {
    Axis::new(name, sizes)
}

/// The index of the largest size that this one reaches, or an index outside the axis if it reaches none.
fn place(sizes: &[usize], size: usize) -> usize {
    sizes.iter().rposition(|&known| known <= size).unwrap_or(usize::MAX)
}

/// The state of a core when it waits or its vector is given up.
#[derive(Clone, Copy)]
enum Mood {
    Slice,
    Bins,
    Run,
    LongRun,
    Flush,
    Raw,
    Start,
    Forbidden,
    Misaligned,
    Exhausted,
    Left,
}

const MOODS: [&str; 11] = [
    "the beginning of a slice",
    "bins",
    "8 outstanding bits or more",
    "500 outstanding bits or more",
    "a flush",
    "raw bytes",
    "a start of the engine",
    "a forbidden start",
    "a bad alignment",
    "the end of the bytes",
    "bytes left by a slice",
];

/// The contents of slice headers, without the QP.
const HEADERS: [&str; 12] = [
    "H.264 P 0",
    "H.264 P 1",
    "H.264 P 2",
    "H.264 B 0",
    "H.264 B 1",
    "H.264 B 2",
    "H.264 I",
    "H.265 P 0",
    "H.265 P 1",
    "H.265 B 0",
    "H.265 B 1",
    "H.265 I",
];

/// The index of a header in [`HEADERS`].
fn header(SliceInit { codec, slice_type, index, .. }: SliceInit) -> usize {
    let (first, indices) = match codec {
        Codec::Avc => (0, 3),
        Codec::Hevc => (7, 2),
    };
    first
        + match slice_type {
            SliceType::P => usize::from(index),
            SliceType::B => indices + usize::from(index),
            SliceType::I => 2 * indices,
        }
}

impl Sizes {
    pub(super) fn new() -> Sizes {
        let between =
            || Axis::new("after each", ["no raw byte", "raw bytes", "no raw byte, and nothing in it"]);
        let errors = Axis::new("error", ["forbidden", "misaligned", "exhausted"]);
        let moods = || vec![Axis::new("in", MOODS)];
        Sizes {
            raw_blocks: Item::new(
                "raw-blocks",
                "this number of raw bytes in a row, or more",
                vec![sizes("bytes", RAW)],
            ),
            lengths: Item::new(
                "lengths",
                "a slice of this number of bytes or more",
                vec![sizes("bytes", BYTES)],
            ),
            engine_runs: Item::new(
                "engine-runs",
                "a slice of this number of engine runs or more",
                vec![sizes("runs", RUNS), between()],
            ),
            late_errors: Item::new(
                "late-errors",
                "a decoder meets this error at this bit or later, and then gets this number of further requests",
                vec![errors, sizes("bit", BITS), sizes("more", MORE)],
            )
            .without("after 140,000 requests the bit of the error does not matter", |places| places[1] > 0 && places[2] == 2),
            leftovers: Item::new(
                "leftovers",
                "this number of bytes or more, which are all zero or not, are left when the next slice begins",
                vec![Axis::new("bytes", left()), Axis::new("they are", ["zero", "not"])],
            ),
            left: left(),
            waits: Item::new("waits", "each port is made to wait, up to 5,000 clocks", moods()),
            give_ups: without_left(Item::new("give-ups", "the vector is given up in every clock", moods())),
            many_give_ups: without_left(Item::new(
                "many-give-ups",
                "the vector is given up 5,200 times in a row, and then played",
                moods(),
            )),
            last_first: Item::new(
                "last-first",
                "the first bin of a slice with this header has the last context of such slices, in all or in the most common profiles",
                vec![Axis::new("header", HEADERS), Axis::new("in", ["all", "the most common"])],
            ),
            same_headers: Item::new(
                "same-headers",
                "a slice with a header of this standard has exactly this number of context bins",
                vec![Axis::new("standard", ["H.264", "H.265"]), sizes("context bins", CONTEXT_BINS)],
            ),
            broken_off: Item::new(
                "broken-off",
                "a slice with this header is given up in every clock in which its contexts are initialised, before one with another",
                vec![Axis::new("header", HEADERS)],
            ),
            full_packers: Item::new(
                "full-packers",
                "a run of this number of outstanding bits is decided by a carry while the output waits",
                vec![Axis::new("bits", 7..=40)],
            ),
            full_flushes: Item::new(
                "full-flushes",
                "after six or more bytes of an engine run, or raw bytes, the stop bit of a flush is this bit of a byte while the output waits",
                vec![Axis::new("after", ["coded bytes", "raw bytes"]), Axis::new("bit of the byte", 0..8)],
            ),
        }
    }

    pub(super) fn items(&self) -> [&Item; 13] {
        [
            &self.raw_blocks,
            &self.lengths,
            &self.engine_runs,
            &self.late_errors,
            &self.leftovers,
            &self.waits,
            &self.give_ups,
            &self.full_packers,
            &self.full_flushes,
            &self.broken_off,
            &self.many_give_ups,
            &self.last_first,
            &self.same_headers,
        ]
    }

    pub(super) fn take(&mut self, vector: &Vector) {
        self.take_events(vector);
        if let Some(error) = vector.error {
            let kind = match error.kind {
                DecodeErrorKind::Forbidden => 0,
                DecodeErrorKind::Misaligned => 1,
                DecodeErrorKind::Exhausted => 2,
            };
            let more = vector.bins() as u64 - error.bin;
            self.late_errors.hit(&[kind, place(&BITS, error.bit as usize), place(&MORE, more as usize)]);
        } else {
            let end = vector.position.div_ceil(8) as usize;
            if let Some(left @ [_, ..]) = vector.bytes.get(end..) {
                let is_zero = left.iter().all(|&byte| byte == 0);
                self.leftovers.hit(&[place(&self.left, left.len()), usize::from(!is_zero)]);
            }
        }
        let flagged = |flag| vector.flags.contains(&flag);
        let by_mood = [
            (Flag::Wait, &mut self.waits),
            (Flag::GiveUp, &mut self.give_ups),
            (Flag::ManyGiveUps, &mut self.many_give_ups),
        ];
        for (_, item) in by_mood.into_iter().filter(|(flag, _)| flagged(*flag)) {
            moods(vector).for_each(|mood| item.hit(&[mood as usize]));
        }
        if let Some(init) = vector.init {
            if flagged(Flag::BrokenOff) {
                self.broken_off.hit(&[header(init)]);
            }
            self.take_contexts(init, vector);
        }
        if flagged(Flag::FullPacker) {
            let bits: Vec<u32> = trail(vector).filter_map(|step| step.bits_outstanding).collect();
            let decided = bits.windows(2).filter(|pair| pair[1] < pair[0]);
            decided.for_each(|pair| self.full_packers.hit(&[(pair[0] as usize).wrapping_sub(7)]));
            self.take_flushes(vector);
        }
    }

    fn take_contexts(&mut self, init: SliceInit, vector: &Vector) {
        let contexts = vector.events.iter().filter(|event| matches!(event, Event::Context { .. })).count();
        let first = vector.events.iter().find(|event| !matches!(event, Event::Load { .. }));
        for (place, is_whole) in [true, false].into_iter().enumerate() {
            let mut all = (0..CONTEXTS as u16).rev().filter_map(CtxIdx::new);
            let last = all.find(|&ctx| init.model(ctx).is_some() && (is_whole || init.codec.is_common(ctx)));
            if matches!(first, Some(Event::Context { ctx, .. }) if Some(*ctx) == last) {
                self.last_first.hit(&[header(init), place]);
            }
        }
        if let Some(place) = CONTEXT_BINS.iter().position(|&bins| bins == contexts) {
            self.same_headers.hit(&[init.codec as usize, place]);
        }
    }

    fn take_flushes(&mut self, vector: &Vector) {
        let (mut begun, mut raw) = (0, 0);
        for step in trail(vector) {
            let Some(event) = step.request.event() else { continue };
            match event {
                Event::Raw(_) => raw += 1,
                _ if event.ends_engine_run() => {
                    let coded = (step.position - begun) / 8;
                    let stop = ((step.position - 1) % 8) as usize;
                    for (after, _) in
                        [coded, raw].into_iter().enumerate().filter(|&(_, bytes)| bytes >= BEFORE)
                    {
                        self.full_flushes.hit(&[after, stop]);
                    }
                    (begun, raw) = (step.position.next_multiple_of(8), 0);
                }
                _ => {}
            }
        }
    }

    fn take_events(&mut self, vector: &Vector) {
        let (mut block, mut runs, mut has_raw, mut empty, mut most_empty) = (0, 1, false, 0, 0);
        let mut begins = true;
        for event in vector.events.iter().chain([&Event::Align]) {
            match event {
                Event::Raw(_) => (block, has_raw) = (block + 1, true),
                _ => {
                    if block > 0 {
                        self.raw_blocks.hit(&[place(&RAW, block)]);
                    }
                    block = 0;
                }
            }
            runs += usize::from(*event == Event::Start);
            empty = match event {
                Event::Load { .. } | Event::Start => empty,
                _ if begins && event.ends_engine_run() => empty + 1,
                _ => 0,
            };
            most_empty = empty.max(most_empty);
            begins = matches!(event, Event::Load { .. } | Event::Start);
        }
        self.lengths.hit(&[place(&BYTES, vector.position.div_ceil(8) as usize)]);
        // A vector with a larger number of runs also reaches each smaller number.
        for (at, _) in RUNS.iter().enumerate().filter(|&(_, &few)| few <= runs) {
            self.engine_runs.hit(&[at, usize::from(has_raw)]);
        }
        for (at, _) in RUNS.iter().enumerate().filter(|&(_, &few)| few <= most_empty) {
            self.engine_runs.hit(&[at, 2]);
        }
    }
}

/// The bytes before a flush that leave room for two in an output queue of eight: the flush itself gives two.
const BEFORE: u64 = 6;

fn without_left(item: Item) -> Item {
    item.without("what is dropped belongs to no request: the slice before it is given up", |places| {
        places[0] == Mood::Left as usize
    })
}

/// The states that a core goes through while a vector is played to it.
fn moods(vector: &Vector) -> impl Iterator<Item = Mood> {
    let of = |step: Step| {
        let run = step.bits_outstanding.unwrap_or(0);
        let by_request = match (step.error, step.request) {
            (Some(DecodeErrorKind::Forbidden), _) => Mood::Forbidden,
            (Some(DecodeErrorKind::Misaligned), _) => Mood::Misaligned,
            (Some(DecodeErrorKind::Exhausted), _) => Mood::Exhausted,
            (None, Request::Event(Event::Start)) => Mood::Start,
            (None, Request::Event(Event::Raw(_))) => Mood::Raw,
            (None, Request::Event(event)) if event.ends_engine_run() => Mood::Flush,
            (None, _) => Mood::Bins,
        };
        let long = (run >= 500).then_some(Mood::LongRun);
        [Some(by_request), (run >= 8).then_some(Mood::Run), long].into_iter().flatten()
    };
    let left = (vector.error.is_none() && vector.bytes.len() as u64 > vector.position.div_ceil(8))
        .then_some(Mood::Left);
    [Mood::Slice].into_iter().chain(trail(vector).flat_map(of)).chain(left)
}
