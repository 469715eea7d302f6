//! Slices with requests for something else than they hold.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::super::{builder::Builder, random};
use super::{bad, bases, bypasses, random_bytes};
use crate::bin::{BinCoder, Decode, DecodeErrorKind, Event};
use crate::spec;
use crate::vectors::{Flag, Vector};

/// Good slices with requests for bypass bins instead of the end: up to the last bit, and beyond it.
pub(super) fn over_read() -> Vec<Vector> {
    let over = |(b, base): (usize, Vector)| {
        let mut decoder = spec::Decoder::new(&base.bytes);
        let _ = decoder.play(&base.events);
        let left = base.bytes.len() * 8 - decoder.position() as usize;
        (0..8).map(move |beyond| {
            let mut asked = base.events.clone();
            asked.pop();
            asked.extend(bypasses(left + beyond));
            let comment = format!("bypass bins to the last bit of a good slice and {beyond} beyond it");
            bad(format!("over-read-{b}-{beyond}"), comment, Flag::OverRead, base.bytes.clone(), asked)
        })
    };
    bases().into_iter().enumerate().flat_map(over).collect()
}

/// Slices whose last bin should be a terminate bin of 1 and is 0: the bits of the end are cleared.
pub(super) fn terminate_missing() -> Vec<Vector> {
    let missing = |bins: u32| {
        let mut builder = Builder::new(bins.into());
        builder.load(0, 1, true);
        builder.load(1, 30, true);
        builder.some_bins(bins);
        let whole = builder.into_vector("", "", &[]);
        let mut bytes = whole.bytes;
        bytes.truncate(bytes.len() - 1);
        bytes.extend([0, 0]);
        let mut asked = whole.events;
        (0..20).for_each(|_| {
            asked.extend([Event::Terminate { bin: true }, Event::Bypass { bin: false }]);
        });
        let comment = format!("the end of a slice of {bins} bins overwritten, and its end asked for in vain");
        bad(format!("terminate-missing-{bins}"), comment, Flag::Terminate, bytes, asked)
    };
    (5..17).map(missing).collect()
}

/// Slices that end before all bins have been asked for; a decoder takes what follows for another engine run.
pub(super) fn terminate_early() -> Vec<Vector> {
    let early = |bins: u32| {
        let mut builder = Builder::new(bins.into());
        builder.load(0, 1, true);
        builder.load(1, 30, true);
        builder.some_bins(bins);
        let whole = builder.into_vector("", "", &[]);
        let mut asked = whole.events;
        asked.extend([Event::Bypass { bin: false }; 6]);
        asked.push(Event::Terminate { bin: true });
        let mut bytes = whole.bytes;
        bytes.extend((0..bins % 4).map(|i| 0x35 * (i as u8 + 1)));
        let comment = format!("bins after the end of a slice, where {} bytes follow", bins % 4);
        bad(format!("terminate-early-{bins}"), comment, Flag::Terminate, bytes, asked)
    };
    (1..13).map(early).collect()
}

/// Alignments with a codIOffset of 256 or more, some bins after the start.
pub(super) fn misaligned() -> Vec<Vector> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut found = Vec::new();
    while found.len() < 16 {
        let before = found.len() % 6;
        let bytes = random_bytes(&mut rng, 6);
        let mut asked: Vec<Event> = bypasses(before).collect();
        asked.push(Event::Align);
        asked.extend(bypasses(9));
        let comment = format!("an alignment with codIOffset of 256 or more, {before} bins after the start");
        let vector = bad(format!("misaligned-{}", found.len()), comment, Flag::Misaligned, bytes, asked);
        if vector.error.is_some_and(|error| error.kind == DecodeErrorKind::Misaligned) {
            found.push(vector);
        }
    }
    found
}

/// The first error stays, whatever the second is.
pub(super) fn two_errors() -> Vec<Vector> {
    let align = [Event::Align];
    // The bytes of the first error, how many bypass bins use up their bits, and the request that meets the error.
    let firsts: [(&str, &[u8], usize, &[Event]); 3] = [
        ("forbidden", &[0xff, 0x80], 7, &[]),
        ("misaligned", &[0xfe, 0x00], 7, &align),
        ("exhausted", &[0x00], 0, &[]),
    ];
    // The bytes after those, and the requests that meet the second error in them. After an alignment a context bin or a terminate bin of 0
    // takes one bit; after raw bytes the engine starts.
    let context = Event::Context { ctx: Default::default(), bin: false };
    let (terminate, raw) = (Event::Terminate { bin: false }, Event::Raw(0));
    let to_256 = bypasses(9).chain(align);
    let seconds: [(&str, &[u8], Vec<Event>); 8] = [
        ("context", &[], vec![Event::Align, context]),
        ("bypass", &[], bypasses(1).collect()),
        ("terminate", &[], vec![Event::Align, terminate]),
        ("raw", &[], vec![raw]),
        ("start", &[0x12], vec![raw]),
        ("both", &[0x12, 0xff], vec![raw]),
        ("forbidden", &[0x12, 0xff, 0xff], vec![raw]),
        ("misaligned", &[0x80, 0x00], to_256.collect()),
    ];
    let mut vectors = Vec::new();
    for (first, head, bins, meets_first) in firsts {
        for (second, tail, meets_second) in &seconds {
            // After the end of the bytes there can be no others, and if both errors are of a kind it does not show which one came first.
            if first == "exhausted" && !tail.is_empty() || first == *second {
                continue;
            }
            let load = Event::Load { ctx: Default::default(), model: Default::default() };
            let meets_first = [load].into_iter().chain(meets_first.iter().copied());
            let asked = meets_first.chain(bypasses(bins)).chain(meets_second.clone());
            let (bytes, comment) = ([head, tail].concat(), "two errors, of which the first stays");
            let id = format!("two-errors-{first}-{second}");
            vectors.push(bad(id, comment, Flag::StickyError, bytes, asked.chain(bypasses(3)).collect()));
        }
    }
    vectors
}

/// The end of the slice before every number of bits that a request takes, and within these bits.
pub(super) fn ends() -> Vec<Vector> {
    let contexts = (1..=6).flat_map(|taken| (0..8).map(move |left| context_at_end(taken, left)));
    let starts = (0..8).flat_map(|skipped| [0, 1].map(move |left| start_at_end(skipped, left)));
    let raws = (0..8).flat_map(|skipped| [0, 1].map(move |left| raw_at_end(skipped, left)));
    let asked = [Event::Terminate { bin: true }].into_iter().chain(bypasses(3)).collect();
    let empty = "a second engine run where there is nothing but the first, which is empty";
    let empty = bad("end-start-empty".into(), empty, Flag::Truncated, vec![0xfe, 0x80], asked);
    contexts.chain(starts).chain(raws).chain([empty]).collect()
}

/// A context bin that takes `taken` bits where `left` are left.
fn context_at_end(taken: u32, left: u64) -> Vector {
    let mut builder = Builder::new(u64::from(taken) << 3 | left);
    builder.load(0, 5, false);
    builder.load(1, 30, true);
    builder.some_bins(4);
    let position = builder.reach_shift(taken, (8 - left) % 8);
    builder.bypasses(3);
    let whole = builder.into_vector("", "", &[]);
    let bytes = whole.bytes[..((position + left) / 8) as usize].to_vec();
    let comment = format!("a context bin that takes {taken} bits where {left} are left");
    bad(format!("end-context-{taken}-{left}"), comment, Flag::Truncated, bytes, whole.events)
}

/// A start that skips some bits of a byte, with one byte after that or none.
fn start_at_end(skipped: u64, left: usize) -> Vector {
    let mut builder = Builder::new(skipped);
    builder.load(0, 5, false);
    builder.load(1, 30, true);
    builder.some_bins(4);
    builder.reach_phase((8 - skipped) % 8);
    let run = builder.into_vector("", "", &[]);
    let bytes = [&run.bytes[..], &[0x35][..left]].concat();
    let asked = run.events.into_iter().chain(bypasses(3)).collect();
    let comment = format!("a start that skips {skipped} bits and finds {left} bytes");
    bad(format!("end-start-{skipped}-{left}"), comment, Flag::Truncated, bytes, asked)
}

/// Two raw bytes that skip some bits of a byte, with one byte after that or none.
fn raw_at_end(skipped: u64, left: usize) -> Vector {
    let mut builder = Builder::new(skipped);
    builder.load(0, 5, false);
    builder.load(1, 30, true);
    builder.some_bins(4);
    builder.reach_phase((8 - skipped) % 8);
    let run = builder.into_vector("", "", &[]);
    let bytes = [&run.bytes[..], &[0x35][..left]].concat();
    let asked = run.events.into_iter().chain([Event::Raw(0); 2]).chain(bypasses(3)).collect();
    let comment = format!("two raw bytes that skip {skipped} bits and find {left} bytes");
    bad(format!("end-raw-{skipped}-{left}"), comment, Flag::Truncated, bytes, asked)
}

/// A slice with raw bytes, with requests for more or fewer than there are.
pub(super) fn raw_counts() -> Vec<Vector> {
    let count = |(there, asked_for): (u32, u32)| {
        let mut builder = Builder::new(there.into());
        builder.bypasses(5);
        builder.terminate(true);
        builder.raw(there);
        builder.bypasses(12);
        let whole = builder.into_vector("", "", &[]);
        let mut asked = whole.events[..6].to_vec();
        asked.extend((0..asked_for).map(|_| Event::Raw(0)));
        asked.extend(&whole.events[6 + there as usize..]);
        let comment = format!("{asked_for} raw bytes asked for where there are {there}");
        bad(format!("raw-{asked_for}-of-{there}"), comment, Flag::WrongRequests, whole.bytes, asked)
    };
    let counts = [(1, 0), (0, 1), (2, 1), (1, 2), (4, 3), (3, 4), (16, 12), (12, 16)];
    counts.into_iter().map(count).collect()
}

/// Requests for raw bytes beyond the end of the slice.
pub(super) fn raw_beyond() -> Vec<Vector> {
    let beyond = |raw: u32| {
        let mut builder = Builder::new(raw.into());
        builder.bypasses(raw);
        builder.terminate(true);
        builder.raw(raw);
        let whole = builder.into_vector("", "", &[]);
        let last = whole.events.len() - 1;
        let length = Vector::encoded("", "", &[], whole.events[..=raw as usize].to_vec()).bytes.len();
        let bytes = whole.bytes[..length + raw as usize / 2].to_vec();
        let comment = format!("{raw} raw bytes asked for where there are {}", raw / 2);
        bad(format!("raw-beyond-{raw}"), comment, Flag::OverRead, bytes, whole.events[..last].to_vec())
    };
    (1..9).map(beyond).collect()
}

/// Requests for raw bytes within an engine run, at every phase.
pub(super) fn raw_in_a_life() -> Vec<Vector> {
    let inside = |bins: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(bins as u64);
        let raw = [Event::Raw(0), Event::Raw(0)];
        let asked = bypasses(bins).chain(raw).chain(bypasses(5)).collect();
        let bytes = [&[0x40][..], &random_bytes(&mut rng, 9)].concat();
        let comment =
            format!("two raw bytes {bins} bins after the start of an engine run that has not ended");
        bad(format!("raw-in-a-run-{bins}"), comment, Flag::WrongRequests, bytes, asked)
    };
    (0..8).map(inside).collect()
}

/// Good slices, with some bins asked for as another kind of bin.
pub(super) fn other_kinds() -> Vec<Vector> {
    let other = |number: u32| {
        let base = &bases()[number as usize % 3];
        let ctx = Default::default();
        let kinds = [
            Event::Bypass { bin: false },
            Event::Terminate { bin: false },
            Event::Context { ctx, bin: false },
        ];
        let mut bins = 0;
        let exchange = |&event: &Event| {
            bins += u32::from(event.is_bin());
            if event.is_bin() && bins % 16 == number { kinds[(bins / 16 % 3) as usize] } else { event }
        };
        let asked = base.events.iter().map(exchange).collect();
        let comment = "every sixteenth bin asked for as a bypass, terminate or context bin";
        bad(format!("other-kinds-{number}"), comment, Flag::WrongRequests, base.bytes.clone(), asked)
    };
    (0..12).map(other).collect()
}

/// Good slices with other contexts than they were encoded with.
pub(super) fn other_contexts() -> Vec<Vector> {
    let other = |number: u32| {
        let mut rng = ChaCha8Rng::seed_from_u64(number.into());
        let base = &bases()[number as usize % 3];
        let change = |&event: &Event| match event {
            Event::Load { ctx, .. } => Event::Load { ctx, model: random::any_model(&mut rng) },
            event => event,
        };
        let asked = base.events.iter().map(change).collect();
        let comment = "a good slice with other states loaded than it was encoded with";
        bad(format!("other-contexts-{number}"), comment, Flag::Damaged, base.bytes.clone(), asked)
    };
    (0..8).map(other).collect()
}
