//! Vectors at the sizes where counters, buffers and timeouts end: powers of two, and the limits of the standards. They should be longer
//! than anything that a core counts.
//!
//! They are large, so they are not published as files, but made each time they are played.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{
    builder::Builder,
    decided, deep, flushes, headers, initial, lanes,
    outstanding::{self, End},
    random::{self, Odds},
    transactions,
};
use crate::bin::{BinCoder, Decode, Event};
use crate::spec;
use crate::vectors::{Flag, Vector};

/// All vectors of this file, except those of [`long`].
pub fn vectors() -> Vec<Vector> {
    let raw = RAW.into_iter().map(raw);
    let lengths = [65_535, 65_536, 65_537, 262_200].map(bytes).map(waited_in);
    let of_kinds = [Many::Align, Many::Terminate, Many::Load].map(many);
    let lengths = lengths.into_iter().chain(of_kinds).chain([roundings()]).chain([254, 256].map(blocks));
    let leftovers = leftovers().flat_map(|bytes| [0, 0xa5].map(|byte| leftover(bytes, byte)));
    let tables = initial::every_bit().into_iter().map(flowing);
    let several = [carries(), flushes::vectors(), errors(), waits(), give_ups(), headers::vectors()].concat();
    let many = [many_give_ups(), many_slices("many", Flag::ManySlices)].concat();
    let runs = runs().chain(raw).chain(lengths).chain([bypass_bytes(75_000), bins((1 << 22) + MORE)]);
    let ones = [8, 10, 12].into_iter().flat_map(|power| around(1 << power));
    let ones = ones.chain((1..64).map(|times| 64 * times).filter(|bytes| ![256, 1_024].contains(bytes)));
    let deep = deep::vectors().into_iter().map(large).chain([deep::loaded_twice(), each_wait()]);
    runs.chain(ones.map(ones_to_the_end))
        .chain(decided::vectors().map(large))
        .chain(deep)
        .chain(lanes::vectors())
        .chain(transactions::vectors())
        .chain(engine_runs(5_200))
        .chain(empty_runs(5_200))
        .chain(leftovers)
        .chain(several)
        .chain(many)
        .chain(tables)
        .collect()
}

/// The vectors that take minutes.
pub fn long() -> Vec<Vector> {
    let few = many_slices("very-many", Flag::VeryManySlices).into_iter();
    few.chain(engine_runs(70_100)).chain([bins((1 << 24) + MORE)]).collect()
}

fn around(length: u32) -> impl Iterator<Item = u32> {
    length - 1..=length + 1
}

/// A slice whose last `bytes` bytes are 0xff: no bit after them decides the outstanding bits.
fn ones_to_the_end(bytes: u32) -> Vector {
    let comment = format!("a slice that ends with {bytes} bytes of 0xff");
    let events = outstanding::ones_to_the_end(bytes);
    large(Vector::encoded(format!("ones-to-the-end-{bytes}"), comment, &[Flag::LongRun], events))
}

/// Runs of outstanding bits, except those of [`outstanding::vectors`].
fn runs() -> impl Iterator<Item = Vector> {
    let ends = [End::Carry, End::NoCarry, End::Terminate];
    let lengths = (130..=254).chain(258..=260).chain([512, 1_024, 4_096].into_iter().flat_map(around));
    let lengths = lengths.chain([65_536, 262_144].into_iter().flat_map(around)).chain([600_000]);
    let wanted = lengths
        .flat_map(move |length| ends.map(|end| (length, end)))
        .chain(PARITIES.map(|length| (length, End::NoCarry)))
        .chain(whole_bytes().map(|length| (length, End::Carry)));
    let new = wanted.filter(|&(length, end)| (length, end) != (1 << 18, End::Carry));
    new.map(|(length, end)| outstanding::vector(length, end)).map(large)
}

/// Lengths in which the uppermost bit is 1 only once while a run is counted down by eights. Each other bit above is 1 an even number of
/// times, so that a fault that inverts it each time would leave no trace.
const PARITIES: [u32; 10] = [524, 1_036, 2_060, 4_108, 8_204, 16_396, 32_780, 65_548, 131_084, 262_156];

/// Lengths of runs that have exactly a power of two of bytes of 0xff, wherever they begin in a byte; a core may not have counted the last
/// few of these bytes yet when the carry comes.
fn whole_bytes() -> impl Iterator<Item = u32> {
    const NOT_COUNTED: u32 = 3;
    (5..=12).flat_map(|power| (1 << power..=(1 << power) + NOT_COUNTED).map(|bytes| 8 * bytes + 7))
}

/// Flags a large vector so that it is played without stalls: under all stalls it would take too long.
fn large(vector: Vector) -> Vector {
    if vector.events.len().max(vector.bytes.len()) > 3_000 { flowing(vector) } else { vector }
}

/// Flags a vector so that it is played without stalls only: it takes too long, or tests something that no wait changes, such as a table.
fn flowing(mut vector: Vector) -> Vector {
    vector.flags.push(Flag::Large);
    vector
}

/// Slices of eight engine runs, each with a run of this length that a carry decides, at each bit of a byte.
fn carries() -> Vec<Vector> {
    let eight = |length: u32| {
        let mut found: Vec<Option<Vec<Event>>> = vec![None; 8];
        let mut beginning = 0;
        while found.iter().any(Option::is_none) {
            if let Some(run) = outstanding::run(beginning, length, End::Carry) {
                let phase = Vector::encoded("", "", &[], run.clone()).position % 8;
                found[phase as usize].get_or_insert(run);
            }
            beginning += 1;
        }
        let events = found.into_iter().flatten().flatten().collect();
        let comment =
            format!("runs of {length} outstanding bits that a carry decides, at each bit of a byte");
        Vector::encoded(format!("carry-{length}"), comment, &[Flag::FullPacker], events)
    };
    (7..=40).map(eight).collect()
}

/// Numbers of raw bytes: powers of two and their neighbours; the blocks of 8-bit 4:2:0 (384) and of 14-bit 4:4:4 (1,344) in H.264, and of
/// a coding unit of 32x32 of H.265 in 8-bit 4:2:0 (1,536) and 16-bit 4:4:4 (6,144).
const RAW: [u32; 34] = [
    31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 383, 385, 511, 512, 513, 1_023, 1_024, 1_025,
    1_343, 1_344, 1_345, 1_535, 1_536, 1_537, 2_047, 2_048, 2_049, 4_095, 4_096, 4_097, 6_143, 6_144,
];

/// The numbers of raw bytes in which a core is made to wait, at their end and elsewhere.
const WAITED_IN: [u32; 4] = [65, 257, 1_345, 6_144];

fn raw(bytes: u32) -> Vector {
    let mut builder = Builder::new(bytes.into());
    builder.load(0, 12, true);
    builder.load(1, 30, false);
    builder.some_bins(9);
    builder.terminate(true);
    builder.raw(bytes);
    builder.some_bins(20);
    let comment = format!("{bytes} raw bytes in a row");
    let flags: &[Flag] = if WAITED_IN.contains(&bytes) { &[Flag::Pcm, Flag::Wait] } else { &[Flag::Pcm] };
    builder.into_vector(format!("raw-{bytes}"), comment, flags)
}

/// A slice of blocks of `raw` raw bytes, with an engine run of two bytes before each. With blocks of 254 an engine run begins at each 256th
/// byte; with blocks of 256 one begins after each multiple of 256 raw bytes.
fn blocks(raw: u32) -> Vector {
    let mut builder = Builder::new(raw.into());
    let block: Vec<u8> = (0..raw).map(|_| builder.random() as u8).collect();
    for _ in 0..300 {
        // The second bin shows what the first one does to the range.
        builder.terminate(false);
        builder.bypass(true);
        builder.bypass(false);
        builder.terminate(true);
        block.iter().for_each(|&byte| builder.push(Event::Raw(byte)));
    }
    builder.bypasses(20);
    let comment = format!("300 engine runs of two bytes, with {raw} raw bytes after each");
    large(builder.into_vector(format!("blocks-{raw}"), comment, &[Flag::LongSlice, Flag::Pcm]))
}

/// A slice of `wanted` bytes, most of them raw, in blocks that every standard allows.
fn bytes(wanted: usize) -> Vector {
    const BLOCK: usize = 384;
    // Two bypass bins and an end take two bytes.
    const RUN: usize = 2;
    let mut builder = Builder::new(wanted as u64);
    let block: Vec<u8> = (0..BLOCK).map(|_| builder.random() as u8).collect();
    let mut left = wanted - RUN;
    while left > 0 {
        let raw = if left > 2 * (RUN + BLOCK) { BLOCK } else { (left - RUN).min(BLOCK).min(left / 2) };
        builder.bypass(true);
        builder.bypass(false);
        builder.terminate(true);
        block.iter().take(raw).for_each(|&byte| builder.push(Event::Raw(byte)));
        left -= RUN + raw;
        if left <= RUN {
            builder.raw(left as u32);
            left = 0;
        }
    }
    builder.bypasses(2);
    let comment = format!("a slice of {wanted} bytes, most of them raw");
    large(builder.into_vector(format!("bytes-{wanted}"), comment, &[Flag::LongSlice]))
}

/// A large random slice repeats this many random requests, so that a file of it is small. The number is a prime, so that anything counted
/// in powers of two meets another request each time.
const PATTERN: usize = 1_999;

/// How many requests follow those that a counter can count. A core that takes four at once counts as many transactions for 2^22 requests as
/// one that takes one counts for 2^20.
const MORE: usize = 2_000;

fn bypass_bytes(bytes: u32) -> Vector {
    let mut builder = Builder::new(bytes.into());
    builder.bypasses(PATTERN as u32);
    builder.repeat(8 * bytes as usize);
    let comment = format!("a slice of {bytes} bytes of bypass bins");
    large(builder.into_vector(format!("bypass-bytes-{bytes}"), comment, &[Flag::LongSlice]))
}

/// The number of contexts, which every whole coder has. A core with fewer would get the slice in pieces, which are not long.
const CONTEXTS: u16 = 128;

fn bins(requests: usize) -> Vector {
    let odds = Odds { contexts: CONTEXTS, ..random::MIXES[0] };
    let mut rng = ChaCha8Rng::seed_from_u64(requests as u64);
    let comment = format!("a slice of {requests} requests, {PATTERN} random ones again and again");
    let mut events = random::slice(&mut rng, odds, PATTERN);
    let end = events.pop();
    let pattern = events[events.len() - PATTERN..].to_vec();
    events.extend(pattern.iter().cycle().take(requests - PATTERN));
    events.extend(end);
    large(Vector::encoded(format!("bins-{requests}"), comment, &[Flag::LongSlice], events))
}

/// Flags a vector so that a core is made to wait in it.
fn waited_in(mut vector: Vector) -> Vector {
    vector.flags.push(Flag::Wait);
    vector
}

/// A request that a slice has many of.
#[derive(Clone, Copy)]
enum Many {
    Align,
    Terminate,
    Load,
}

/// More requests of a kind than a counter of sixteen bits counts; of loads, which are slow, more than one of twelve bits counts.
fn many(kind: Many) -> Vector {
    let (name, count) = match kind {
        Many::Align => ("aligns", 66_000),
        Many::Terminate => ("terminates", 66_000),
        Many::Load => ("loads", 5_000),
    };
    let mut builder = Builder::new(count);
    builder.load(2, 0, false);
    for number in 0..count {
        match kind {
            Many::Align => builder.push(Event::Align),
            Many::Terminate => builder.terminate(false),
            Many::Load => builder.load((number % 3) as u16, (number % 62) as u8, number % 2 == 0),
        }
        match number % 3 {
            0 => builder.bypass(number % 5 == 0),
            // A context that is not loaded again.
            _ => builder.symbol(2, number % 4 != 0),
        }
    }
    let comment = format!("{count} {name} in a slice");
    large(builder.into_vector(format!("many-{name}"), comment, &[Flag::LongSlice]))
}

/// A slice with an engine run that ends just before each power of two of bits from 2^6 to 2^21, so that the next byte begins there.
fn roundings() -> Vector {
    let mut builder = Builder::new(6);
    builder.bypass(true);
    builder.terminate(true);
    let mut byte = 2;
    for power in 6..=21 {
        let before = (1 << power) / 8 - 2;
        builder.raw(before - byte);
        // The start reads nine bits.
        builder.terminate(true);
        byte = before + 2;
    }
    builder.raw(3);
    builder.bypasses(9);
    let comment = "engine runs that end in the last byte before powers of two of bits";
    large(builder.into_vector("roundings", comment, &[Flag::LongSlice, Flag::Pcm]))
}

/// Slices of a few bins, to be played in a row.
fn many_slices(name: &str, flag: Flag) -> Vec<Vector> {
    let errors = short_errors(&format!("{name}-slices"), "to be met thousands of times since a reset", flag);
    let mut left = leftover(READ_AHEAD + 1, 0xa5);
    (left.id, left.flags) = (format!("{name}-slices-left"), vec![flag]);
    let slice = |kind: &str, build: &dyn Fn(&mut Builder)| {
        let mut builder = Builder::new(kind.len() as u64);
        build(&mut builder);
        let comment = format!("a slice of {kind}, one of thousands since a reset");
        builder.into_vector(format!("{name}-slices-{kind}"), comment, &[flag])
    };
    vec![
        slice("nothing", &|_| ()),
        slice("bypass", &|builder| builder.bypasses(9)),
        slice("contexts", &|builder| {
            builder.load(0, 20, true);
            builder.load(1, 5, false);
            builder.some_bins(7);
        }),
        slice("raw", &|builder| {
            builder.terminate(true);
            builder.raw(2);
            builder.bypasses(3);
        }),
        left,
    ]
    .into_iter()
    .chain(errors)
    .collect()
}

/// Slices of `runs` engine runs, with and without raw bytes between them.
fn engine_runs(runs: u32) -> impl Iterator<Item = Vector> {
    [("raw", 1), ("substreams", 0)].into_iter().map(move |(name, raw)| {
        let mut builder = Builder::new(runs.into());
        for run in 0..runs {
            builder.bypasses(1 + run % 3);
            builder.terminate(true);
            builder.raw(raw);
        }
        builder.bypasses(5);
        let comment = format!("a slice of {runs} engine runs, with {raw} raw bytes after each");
        large(builder.into_vector(format!("engine-runs-{runs}-{name}"), comment, &[Flag::ManyStarts]))
    })
}

/// Slices of `runs` empty engine runs in a row, and then a bin.
fn empty_runs(runs: u32) -> impl Iterator<Item = Vector> {
    [("raw", 1), ("substreams", 0)].into_iter().map(move |(name, raw)| {
        let mut builder = Builder::new(runs.into());
        for _ in 0..runs {
            builder.terminate(true);
            builder.raw(raw);
        }
        builder.bypasses(5);
        let comment =
            format!("a slice of {runs} engine runs with nothing in them, and {raw} raw bytes after each");
        large(builder.into_vector(format!("empty-runs-{runs}-{name}"), comment, &[Flag::ManyStarts]))
    })
}

/// How many bytes are left after slices. A core drops these, except some that it has read ahead, so for one of these numbers it drops a
/// power of two.
fn leftovers() -> impl Iterator<Item = usize> {
    let beside = (9..=16).flat_map(|power| (1 << power) - 1..=(1 << power) + READ_AHEAD);
    (1..=300).chain(beside).chain([1_200, 9_000, 70_000])
}

/// How many bytes a core may have read ahead beyond the end of a slice.
const READ_AHEAD: usize = 16;

/// A slice with some bytes left after its end.
fn leftover(bytes: usize, byte: u8) -> Vector {
    let mut builder = Builder::new(bytes as u64);
    builder.bypasses(10 + bytes as u32 % 8);
    let comment = format!("a slice with {bytes} bytes of {byte:#04x} after it");
    let id = format!("left-{bytes}-bytes-{}", if byte == 0 { "zero" } else { "noise" });
    let mut vector = builder.into_vector(id, comment, &[Flag::Tail]);
    vector.bytes.resize(vector.bytes.len() + bytes, byte);
    large(vector)
}

/// Each error at several places, with few and many requests after it; from one place on for more than 2^16 bits.
fn errors() -> Vec<Vector> {
    let errors = [exhausted, forbidden, misaligned];
    let places = [600, 1_100, 2_100, 4_200, 17_000];
    let all = places.into_iter().flat_map(|bit| [300, 5_000].map(move |more| (bit, more)));
    let all = all.chain([(600, 140_000), (33_000, 300), (66_000, 300)]);
    let all = all.flat_map(|(bit, more)| errors.map(|error| error(bit, more)));
    let of_kinds = [600, 1_100, 2_100, 4_200, 9_000, 17_000, 33_000, 66_000].into_iter().flat_map(|bit| {
        let met_by = [
            ("bypass", vec![Event::Bypass { bin: false }]),
            ("terminate", vec![Event::Terminate { bin: false }]),
            ("raw", vec![Event::Raw(0)]),
            ("start", vec![Event::Start]),
        ];
        met_by.map(|(by, asked)| exhausted_by(by, bit, &asked))
    });
    let after_starts = [300, 1_100, 5_000].map(forbidden_after);
    all.chain(of_kinds).chain(after_starts).map(large).collect()
}

/// Bytes that end at about this bit, most of them raw; these requests meet the end.
fn exhausted_by(name: &str, bit: usize, asked: &[Event]) -> Vector {
    let mut builder = Builder::new(bit as u64);
    builder.load(0, 0, false);
    builder.bypass(false);
    builder.terminate(true);
    builder.raw(bit as u32 / 8 - 1);
    let between = builder.events().to_vec();
    // If bins are asked for, they go up to the last bit and replace the end.
    let (mut events, bytes) = if matches!(asked[0], Event::Raw(_) | Event::Start) {
        let bytes = Vector::encoded("", "", &[], between.clone()).bytes;
        (between, bytes)
    } else {
        // In the range 256 a terminate bin takes a bit.
        builder.push(Event::Align);
        let whole = builder.into_vector("", "", &[]);
        (whole.events, whole.bytes)
    };
    if events.last().is_some_and(|event| event.ends_engine_run()) {
        events.pop();
        let mut decoder = spec::Decoder::new(&bytes);
        decoder.answers(&events);
        events.extend(bypasses(8 * bytes.len() - decoder.position() as usize));
    }
    let asked = events.into_iter().chain(asked.iter().copied()).chain(more(300)).collect();
    let comment = format!("the end of the bytes at about bit {bit}, and 300 requests after it");
    Vector::decoded(
        format!("exhausted-by-{name}-at-{bit}"),
        comment,
        &[Flag::Truncated, Flag::Pcm],
        bytes,
        asked,
    )
}

/// A forbidden start after `runs` engine runs.
fn forbidden_after(runs: usize) -> Vector {
    let mut builder = Builder::new(runs as u64);
    builder.load(0, 0, false);
    for _ in 0..runs {
        builder.terminate(true);
    }
    let whole = builder.events().to_vec();
    let mut bytes = Vector::encoded("", "", &[], whole.clone()).bytes;
    bytes.extend([0xff, 0x80, 0x12, 0x34, 0x56]);
    let asked = whole.into_iter().chain([Event::Start]).chain(more(20)).collect();
    let comment = format!("a forbidden start after {runs} engine runs");
    Vector::decoded(format!("forbidden-after-{runs}-runs"), comment, &[Flag::Forbidden], bytes, asked)
}

/// `count` requests to follow an error. They use the first context variable, which has to be loaded.
fn more(count: usize) -> impl Iterator<Item = Event> {
    let kinds = [
        Event::Bypass { bin: false },
        Event::Context { ctx: Default::default(), bin: false },
        Event::Bypass { bin: false },
        Event::Terminate { bin: false },
    ];
    kinds.into_iter().cycle().take(count)
}

fn late_error(name: &str, bit: usize, count: usize, flag: Flag, bytes: Vec<u8>, asked: Vec<Event>) -> Vector {
    let load = Event::Load { ctx: Default::default(), model: Default::default() };
    let asked = [load].into_iter().chain(asked).chain(more(count)).collect();
    let comment = format!("an error at about bit {bit}, and {count} requests after it");
    Vector::decoded(format!("{name}-at-{bit}-more-{count}"), comment, &[flag], bytes, asked)
}

fn bypasses(count: usize) -> Vec<Event> {
    vec![Event::Bypass { bin: false }; count]
}

fn noise(seed: usize, bytes: usize) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed as u64);
    // The first bits must not be the forbidden ones.
    (0..bytes).map(|byte| rng.next_u32() as u8 & if byte == 0 { 0x7f } else { 0xff }).collect()
}

fn exhausted(bit: usize, count: usize) -> Vector {
    let bytes = bit.div_ceil(8);
    late_error("exhausted", bit, count, Flag::Truncated, noise(bit, bytes), bypasses(8 * bytes - 9))
}

fn forbidden(bit: usize, count: usize) -> Vector {
    let mut builder = Builder::new(bit as u64);
    builder.bypasses(bit as u32);
    let whole = builder.into_vector("", "", &[]);
    let mut bytes = whole.bytes;
    bytes.extend([0xff, 0x80]);
    bytes.extend(noise(count, count / 4));
    let asked = [whole.events, vec![Event::Start]].concat();
    late_error("forbidden", bit, count, Flag::Forbidden, bytes, asked)
}

fn misaligned(bit: usize, count: usize) -> Vector {
    let bytes = noise(bit, (bit + count) / 8 + 20);
    let mut decoder = spec::Decoder::new(&bytes);
    let mut asked = bypasses(bit - 9);
    decoder.answers(&asked);
    while decoder.cod_i_offset() < 256 && asked.len() < bit + 100 {
        asked.push(Event::Bypass { bin: false });
        decoder.bypass(false);
    }
    asked.push(Event::Align);
    late_error("misaligned", bit, count, Flag::Misaligned, bytes, asked)
}

/// Slices to wait in at every transfer: raw bytes and starts, a long run with its carry and a flush that ends one, a few requests of each
/// kind.
fn waits() -> Vec<Vector> {
    let mut raw = Builder::new(1);
    raw.load(0, 9, true);
    raw.load(1, 3, false);
    raw.some_bins(9);
    raw.terminate(true);
    raw.raw(9);
    raw.some_bins(5);
    raw.push(Event::Align);
    raw.bypasses(11);
    raw.terminate(true);
    raw.some_bins(5);
    let runs = [outstanding::slice(40, End::Carry), outstanding::slice(20, End::Terminate)].concat();
    let mut left = Builder::new(3);
    left.bypasses(9);
    let mut left = left.into_vector("wait-left", "a slice that leaves bytes, to wait at", &[Flag::Wait]);
    left.bytes.extend([0, 0xa5, 0, 0x5a]);
    let errors = short_errors("wait", "to wait at", Flag::Wait);
    let others = [
        raw.into_vector("wait-raw", "raw bytes and a start of the engine, to wait at", &[Flag::Wait]),
        Vector::encoded("wait-run", "runs of outstanding bits, to wait in", &[Flag::Wait], runs),
        left,
    ];
    others.into_iter().chain(errors).collect()
}

/// Enough requests of each kind to wait for any number of clocks up to a thousand, at each port, in each state.
fn each_wait() -> Vector {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let slices = [0, 3, 5].map(|mix| random::slice(&mut rng, random::MIXES[mix], 1_500));
    let comment = "much of everything, to wait in for each number of clocks";
    Vector::encoded("each-wait", comment, &[Flag::EachWait], slices.concat())
}

/// Each error, with some requests after it.
fn short_errors(name: &str, what: &str, flag: Flag) -> Vec<Vector> {
    let load = Event::Load { ctx: Default::default(), model: Default::default() };
    let asked: Vec<Event> = bypasses(3).into_iter().chain(more(9)).collect();
    let aligned: Vec<Event> = [Event::Align].into_iter().chain(asked.clone()).collect();
    let vector = |error: &str, bytes: &[u8], asked: &[Event]| {
        let comment = format!("an error, {what}");
        Vector::decoded(
            format!("{name}-{error}"),
            comment,
            &[flag],
            bytes.to_vec(),
            [&[load], asked].concat(),
        )
    };
    vec![
        vector("forbidden", &[0xff, 0x80, 1, 2, 3, 4], &asked),
        vector("misaligned", &[0xc0, 0x12, 0x34, 0x56], &aligned),
        vector("exhausted", &[0x12, 0x34], &asked),
    ]
}

/// An empty engine run, and one with a long run of outstanding bits. What a core keeps of the run after a give-up is written with the empty
/// engine run.
fn after_nothing(length: u32, end: End) -> Vec<Event> {
    [vec![Event::Terminate { bin: true }], outstanding::slice(length, end)].concat()
}

/// Slices to give up after many requests.
fn give_ups() -> Vec<Vector> {
    let vector = |name: &str, what: &str, events: Vec<Event>| {
        Vector::encoded(name, format!("{what}, to be given up late"), &[Flag::GiveUp], events)
    };
    let mut raw = Builder::new(2);
    raw.bypasses(4);
    raw.terminate(true);
    raw.raw(300);
    raw.bypasses(12);
    let long = random::slice(&mut ChaCha8Rng::seed_from_u64(3), random::MIXES[5], 4_200);
    let others = [
        vector("give-up-run-carry", "a long run", after_nothing(1_030, End::Carry)),
        vector("give-up-run-flush", "a flush with a long run", after_nothing(520, End::Terminate)),
        raw.into_vector("give-up-raw", "many raw bytes, to be given up late", &[Flag::GiveUp]),
        vector("give-up-long", "much of everything", long),
    ];
    others.into_iter().chain(short_errors("give-up", "to be given up after", Flag::GiveUp)).collect()
}

/// Slices to give up thousands of times in a row: during loads, in a run of outstanding bits, in raw bytes, in a flush, and after errors.
fn many_give_ups() -> Vec<Vector> {
    let flags = &[Flag::ManyGiveUps];
    let after = [true, false, true].map(|bin| Event::Bypass { bin });
    let end = [Event::Terminate { bin: true }];
    let run = [&outstanding::slice(505, End::Carry)[..], &after, &end].concat();
    let mut mixed = Builder::new(5);
    mixed.load(0, 9, true);
    mixed.load(1, 3, false);
    mixed.some_bins(9);
    mixed.terminate(true);
    mixed.raw(9);
    mixed.some_bins(5);
    mixed.terminate(true);
    mixed.bypasses(11);
    let others = [
        Vector::encoded("many-give-ups-run", "a long run, to be given up again and again", flags, run),
        mixed.into_vector("many-give-ups-mixed", "a little of much, to be given up again and again", flags),
    ];
    let errors = short_errors("many-give-ups", "to be given up after again and again", Flag::ManyGiveUps);
    others.into_iter().chain(errors).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bin::DecodeErrorKind;

    #[test]
    fn lengths_are_what_they_say() {
        for wanted in [1_000, 1_001, 1_158, 1_160, 65_535, 65_536, 65_537, 262_200] {
            assert_eq!(bytes(wanted).bytes.len(), wanted);
        }
        assert!((75_000..75_010).contains(&bypass_bytes(75_000).bytes.len()));
        assert!(bins((1 << 22) + MORE).bins() >= 1 << 22);
    }

    #[test]
    fn ones_go_to_the_end() {
        for bytes in [1, 2, 3, 255, 256] {
            let ends = ones_to_the_end(bytes).bytes;
            let ones = ends.iter().rev().take_while(|&&byte| byte == 0xff).count();
            assert_eq!(ones, bytes as usize);
        }
    }

    #[test]
    fn errors_come_where_they_are_said_to() {
        for vector in errors() {
            let error = vector.error.unwrap_or_else(|| panic!("{}: no error", vector.id));
            let at = vector.id.split_once("-at-").and_then(|(_, at)| at.split('-').next()?.parse().ok());
            let at = at.unwrap_or(16 * vector.id.split('-').find_map(|word| word.parse().ok()).unwrap_or(0));
            assert!((at..at + 100).contains(&error.bit), "{}: {error:?}", vector.id);
            let kind = match vector.id.split('-').next() {
                Some("exhausted") => DecodeErrorKind::Exhausted,
                Some("forbidden") => DecodeErrorKind::Forbidden,
                _ => DecodeErrorKind::Misaligned,
            };
            assert_eq!(error.kind, kind, "{}", vector.id);
        }
    }

    #[test]
    fn names_are_those_of_no_other_vector() {
        let all = [vectors(), super::super::directed(), super::super::damage::vectors()].concat();
        let ids: BTreeSet<_> = all.iter().map(|vector| &vector.id).collect();
        assert_eq!(ids.len(), all.len());
    }
}
