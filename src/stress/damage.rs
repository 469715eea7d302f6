//! Bytes that no encoder makes of the requests that a decoder is asked: damaged slices, and good ones that are
//! asked for something else. A good slice follows each class, since a decoder has to recover.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{builder::Builder, random};
use crate::bin::{BinCoder, Decode, DecodeErrorKind, Event};
use crate::spec;
use crate::vectors::{Flag, Vector};

/// All of it.
pub fn vectors() -> Vec<Vector> {
    let classes = [
        truncated(),
        over_read(),
        terminate_missing(),
        terminate_early(),
        forbidden(),
        forbidden_later(),
        misaligned(),
        two_errors(),
        tails(),
        raw_counts(),
        raw_beyond(),
        raw_in_a_life(),
        other_kinds(),
        other_contexts(),
        flipped_bits(),
        lost_and_doubled_bytes(),
        emulation_prevention(),
        noise(),
        one_byte(),
    ];
    let with_good = |(number, mut class): (u32, Vec<Vector>)| {
        class.push(good(number));
        class
    };
    (0..).zip(classes).flat_map(with_good).collect()
}

/// A good slice behind bad ones.
fn good(number: u32) -> Vector {
    let mut builder = Builder::new(number.into());
    builder.load(0, 11, true);
    builder.load(1, 44, false);
    builder.some_bins(10 + number);
    builder.into_vector(format!("good-{number}"), "a good slice behind bad ones", &[Flag::Recovery])
}

/// Good slices to damage: bins of all kinds, raw bytes, substreams.
fn bases() -> [Vector; 3] {
    let (plain, aligned, pcm) = (random::MIXES[0], random::MIXES[3], random::MIXES[5]);
    let mut number = 0;
    [plain, aligned, pcm].map(|odds| {
        number += 1;
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let odds = random::Odds { contexts: 4, ..odds };
        Vector::encoded("base", "", &[], random::slice(&mut rng, odds, 120))
    })
}

/// A vector of a class, the oracle's answers filled in.
fn bad(id: String, comment: impl Into<String>, flag: Flag, bytes: Vec<u8>, asked: Vec<Event>) -> Vector {
    Vector::decoded(id, comment, &[flag], bytes, asked)
}

fn truncated() -> Vec<Vector> {
    let cut = |(b, base): (usize, Vector)| {
        (1..base.bytes.len()).map(move |length| {
            let (of, bytes) = (base.bytes.len(), base.bytes[..length].to_vec());
            let comment = format!("{length} of the {of} bytes of a good slice");
            bad(format!("truncated-{b}-{length}"), comment, Flag::Truncated, bytes, base.events.clone())
        })
    };
    bases().into_iter().enumerate().flat_map(cut).collect()
}

/// Good slices that are asked for bypass bins in place of the end: up to the last bit, and beyond it.
fn over_read() -> Vec<Vector> {
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

/// Slices whose last bin should be a terminate bin of 1 and is none: the bits of the end are cleared.
fn terminate_missing() -> Vec<Vector> {
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

/// Slices that end before all bins have been asked for; what follows is taken for another life.
fn terminate_early() -> Vec<Vector> {
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
        let comment = format!("bins behind the end of a slice, where {} bytes follow", bins % 4);
        bad(format!("terminate-early-{bins}"), comment, Flag::Terminate, bytes, asked)
    };
    (1..13).map(early).collect()
}

/// The nine bits 510 and 511 at the start of a slice.
fn forbidden() -> Vec<Vector> {
    let forbidden = |i: u8| {
        let bytes = vec![0xff, i << 4 | 5, 0x5a];
        let asked = bypasses(3).chain([Event::Align]).chain(bypasses(4)).collect();
        let comment = format!("the first nine bits are {}", 510 + u16::from(i >> 3));
        bad(format!("forbidden-{i}"), comment, Flag::Forbidden, bytes, asked)
    };
    (0..16).map(forbidden).collect()
}

/// The same behind raw bytes and at the start of a substream.
fn forbidden_later() -> Vec<Vector> {
    let later = |i: u32| {
        let raw = i / 2;
        let mut builder = Builder::new(i.into());
        builder.bypasses(i);
        builder.terminate(true);
        builder.raw(raw);
        builder.bypasses(8);
        let whole = builder.into_vector("", "", &[]);
        let end =
            Vector::encoded("", "", &[], whole.events[..=i as usize].to_vec()).bytes.len() + raw as usize;
        let mut bytes = whole.bytes;
        bytes[end] = 0xff;
        bytes[end + 1] |= u8::from(i.is_multiple_of(2)) << 7;
        let comment = format!("a second life, behind {raw} raw bytes, that begins with 510 or 511");
        bad(format!("forbidden-later-{i}"), comment, Flag::Forbidden, bytes, whole.events)
    };
    (0..12).map(later).collect()
}

/// Alignments with codIOffset of 256 or more, some bins behind the start.
fn misaligned() -> Vec<Vector> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut found = Vec::new();
    while found.len() < 16 {
        let before = found.len() % 6;
        let bytes = bytes(&mut rng, 6);
        let mut asked: Vec<Event> = bypasses(before).collect();
        asked.push(Event::Align);
        asked.extend(bypasses(9));
        let comment = format!("an alignment with codIOffset of 256 or more, {before} bins behind the start");
        let vector = bad(format!("misaligned-{}", found.len()), comment, Flag::Misaligned, bytes, asked);
        if vector.error.is_some_and(|error| error.kind == DecodeErrorKind::Misaligned) {
            found.push(vector);
        }
    }
    found
}

/// The first error stays, whatever the second is.
fn two_errors() -> Vec<Vector> {
    let two = |id: &str, bytes: &[u8], asked: Vec<Event>| {
        let comment = "two errors, of which the first stays";
        bad(format!("two-errors-{id}"), comment, Flag::StickyError, bytes.to_vec(), asked)
    };
    let with_align = |first: usize, then: usize| {
        bypasses(first).chain([Event::Align]).chain(bypasses(then)).collect::<Vec<_>>()
    };
    let end = || [Event::Terminate { bin: true }];
    let raws = |count| std::iter::repeat_n(Event::Raw(0), count);
    vec![
        two("forbidden-exhausted", &[0xff, 0x80], bypasses(20).collect()),
        two("forbidden-misaligned", &[0xff, 0xff, 0xff, 0xff], with_align(8, 4)),
        two("misaligned-exhausted", &[0xfe, 0x00, 0x01], with_align(0, 30)),
        two(
            "misaligned-forbidden",
            &[0xfe, 0x00, 0xff, 0xff, 0xff],
            [Event::Align, Event::Raw(0), end()[0]].to_vec(),
        ),
        two("exhausted-forbidden", &[0x12], raws(3).chain(end()).collect()),
        two("exhausted-at-start", &[0xff], with_align(2, 2)),
        two("exhausted-misaligned", &[0xfe], with_align(0, 2)),
    ]
}

/// Good slices with something behind their stop bit.
fn tails() -> Vec<Vector> {
    let tails: [&[u8]; 6] = [
        &[0],
        &[0, 0],
        &[0, 0, 3],
        &[0, 0, 0, 0, 0, 0],
        &[0xff, 0xff, 0xff],
        &[0x80, 0x12, 0x34, 0x56, 0x78],
    ];
    let with_tail = |(i, tail): (usize, &[u8])| {
        let [base, ..] = bases();
        let mut bytes = base.bytes.clone();
        bytes.extend(tail);
        let comment = format!("a good slice with {} bytes behind it", tail.len());
        Vector { id: format!("tail-{i}"), comment, flags: vec![Flag::Tail], bytes, ..base }
    };
    // What is in the byte of the stop bit is set to ones.
    let with_bits = |bins: u32| {
        let mut builder = Builder::new(bins.into());
        builder.bypasses(bins);
        let free = (8 - builder.phase()) % 8;
        let comment = format!("a good slice with {free} ones behind its stop bit");
        let mut vector = builder.into_vector(format!("tail-bits-{free}"), comment, &[Flag::Tail]);
        if let Some(last) = vector.bytes.last_mut() {
            *last |= ((1u16 << free) - 1) as u8;
        }
        vector
    };
    tails.into_iter().enumerate().map(with_tail).chain((8..15).map(with_bits)).collect()
}

/// A slice with raw bytes, of which more or fewer are asked for than there are.
fn raw_counts() -> Vec<Vector> {
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

/// Raw bytes beyond the end of the slice.
fn raw_beyond() -> Vec<Vector> {
    let beyond = |raw: u32| {
        let mut builder = Builder::new(raw.into());
        builder.bypasses(raw);
        builder.terminate(true);
        builder.raw(raw);
        let whole = builder.into_vector("", "", &[]);
        let last = whole.events.len() - 1;
        let life = Vector::encoded("", "", &[], whole.events[..=raw as usize].to_vec()).bytes.len();
        let bytes = whole.bytes[..life + raw as usize / 2].to_vec();
        let comment = format!("{raw} raw bytes asked for where there are {}", raw / 2);
        bad(format!("raw-beyond-{raw}"), comment, Flag::OverRead, bytes, whole.events[..last].to_vec())
    };
    (1..9).map(beyond).collect()
}

/// Raw bytes where no life has ended, at every phase.
fn raw_in_a_life() -> Vec<Vector> {
    let inside = |bins: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(bins as u64);
        let raw = [Event::Raw(0), Event::Raw(0)];
        let asked = bypasses(bins).chain(raw).chain(bypasses(5)).collect();
        let bytes = [&[0x40][..], &bytes(&mut rng, 9)].concat();
        let comment = format!("two raw bytes {bins} bins behind the start of a life that has not ended");
        bad(format!("raw-in-a-life-{bins}"), comment, Flag::WrongRequests, bytes, asked)
    };
    (0..8).map(inside).collect()
}

/// Good slices, some of whose bins are asked for as another kind.
fn other_kinds() -> Vec<Vector> {
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
fn other_contexts() -> Vec<Vector> {
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

fn flipped_bits() -> Vec<Vector> {
    let flipped = |number: usize| {
        let base = &bases()[number % 3];
        let mut bytes = base.bytes.clone();
        let bit = number * 37 % (bytes.len() * 8);
        bytes[bit / 8] ^= 128 >> (bit % 8);
        let comment = format!("bit {bit} of a good slice is flipped");
        bad(format!("flipped-{number}"), comment, Flag::Damaged, bytes, base.events.clone())
    };
    (0..40).map(flipped).collect()
}

fn lost_and_doubled_bytes() -> Vec<Vector> {
    let one = |number: usize| {
        let base = &bases()[number / 2 % 3];
        let mut bytes = base.bytes.clone();
        let at = number * 5 % (bytes.len() - 1);
        let words = if number.is_multiple_of(2) {
            bytes.remove(at);
            "lost"
        } else {
            bytes.insert(at, bytes[at]);
            "doubled"
        };
        let comment = format!("byte {at} of a good slice is {words}");
        bad(format!("byte-{words}-{number}"), comment, Flag::Damaged, bytes, base.events.clone())
    };
    (0..18).map(one).collect()
}

/// Slices from which emulation prevention has not been removed.
fn emulation_prevention() -> Vec<Vector> {
    let inserted = |zeros: u32| {
        let mut builder = Builder::new(zeros.into());
        builder.bypasses(zeros);
        builder.terminate(true);
        (0..4).for_each(|byte| builder.push(Event::Raw(byte / 2)));
        builder.bypasses(10);
        let whole = builder.into_vector("", "", &[]);
        let mut bytes = whole.bytes;
        let at = bytes.windows(2).position(|pair| pair == [0, 0]).map_or(0, |at| at + 2);
        bytes.insert(at, 3);
        let comment = "a byte of 3 behind two zeros: emulation prevention that was not removed";
        bad(format!("emulation-{zeros}"), comment, Flag::Damaged, bytes, whole.events)
    };
    (0..8).map(inserted).collect()
}

/// Random bytes, only zeros, only ones, asked for anything.
fn noise() -> Vec<Vector> {
    let noise = |number: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let length = 1 + number as usize * 3 / 2;
        let (what, bytes) = match number % 6 {
            0 => ("zeros", vec![0; length]),
            1 => ("ones", vec![255; length]),
            2 => ("ones behind 0x7f", [&[0x7f][..], &vec![255; length]].concat()),
            _ => ("random", bytes(&mut rng, length)),
        };
        let odds = random::MIXES[number as usize % random::MIXES.len()];
        let asked = random::slice(&mut rng, random::Odds { contexts: 4, ..odds }, 100);
        let comment = format!("{} bytes that are no slice: {what}", bytes.len());
        bad(format!("noise-{number}"), comment, Flag::Damaged, bytes, asked)
    };
    (0..30).map(noise).collect()
}

/// Slices of a single byte, which is less than an engine needs.
fn one_byte() -> Vec<Vector> {
    let one = |(number, byte): (usize, u8)| {
        let asked = bypasses(number).chain([Event::Terminate { bin: true }]).collect();
        let comment = format!("a slice of one byte, {byte:#04x}");
        bad(format!("one-byte-{number}"), comment, Flag::Truncated, vec![byte], asked)
    };
    [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff].into_iter().enumerate().map(one).collect()
}

fn bypasses(count: usize) -> impl Iterator<Item = Event> {
    std::iter::repeat_n(Event::Bypass { bin: false }, count)
}

fn bytes(rng: &mut ChaCha8Rng, count: usize) -> Vec<u8> {
    (0..count).map(|_| rng.next_u32() as u8).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn there_are_many_of_many_classes_and_every_error() {
        let vectors = vectors();
        let bad: Vec<_> = vectors.iter().filter(|vector| !vector.flags.contains(&Flag::Recovery)).collect();
        let class = |id: &str| id.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
        let mut classes = BTreeMap::new();
        bad.iter().for_each(|vector| *classes.entry(class(&vector.id)).or_insert(0) += 1);
        assert!(bad.len() >= 200 && classes.len() >= 12, "{} of {classes:?}", bad.len());
        for kind in [DecodeErrorKind::Forbidden, DecodeErrorKind::Misaligned, DecodeErrorKind::Exhausted] {
            let count = bad.iter().filter(|vector| vector.error.is_some_and(|e| e.kind == kind)).count();
            assert!(count >= 20, "{kind:?}: {count}");
        }
    }

    #[test]
    fn classes_have_the_error_they_are_made_for() {
        use DecodeErrorKind::{Exhausted, Forbidden, Misaligned};
        let expect = |vectors: Vec<Vector>, kind| {
            for vector in vectors {
                assert_eq!(vector.error.map(|error| error.kind), kind, "{}", vector.id);
            }
        };
        expect(truncated(), Some(Exhausted));
        let (within, over) = over_read().into_iter().partition(|vector| vector.id.ends_with("-0"));
        expect(within, None);
        expect(over, Some(Exhausted));
        expect(terminate_missing(), Some(Exhausted));
        expect(forbidden(), Some(Forbidden));
        expect(forbidden_later(), Some(Forbidden));
        expect(misaligned(), Some(Misaligned));
        expect(tails(), None);
        expect(raw_beyond(), Some(Exhausted));
        expect(one_byte(), Some(Exhausted));
        for vector in two_errors() {
            let first = vector.id.split('-').nth(2).unwrap().to_owned();
            let kind = format!("{:?}", vector.error.unwrap().kind).to_lowercase();
            assert_eq!(kind, first, "{}", vector.id);
        }
    }
}
