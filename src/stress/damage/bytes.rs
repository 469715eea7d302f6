//! Bytes that were damaged, or never were a slice.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::super::{builder::Builder, random};
use super::{bad, bases, bypasses, random_bytes};
use crate::bin::Event;
use crate::vectors::{Flag, Vector};

pub(super) fn truncated() -> Vec<Vector> {
    let cut = |(b, base): (usize, Vector)| {
        (1..base.bytes.len()).map(move |length| {
            let (of, bytes) = (base.bytes.len(), base.bytes[..length].to_vec());
            let comment = format!("{length} of the {of} bytes of a good slice");
            bad(format!("truncated-{b}-{length}"), comment, Flag::Truncated, bytes, base.events.clone())
        })
    };
    bases().into_iter().enumerate().flat_map(cut).collect()
}

/// Slices that start with the nine bits 510 or 511, which the standards forbid.
pub(super) fn forbidden() -> Vec<Vector> {
    let forbidden = |i: u8| {
        let bytes = vec![0xff, i << 4 | 5, 0x5a];
        let asked = bypasses(3).chain([Event::Align]).chain(bypasses(4)).collect();
        let comment = format!("the first nine bits are {}", 510 + u16::from(i >> 3));
        bad(format!("forbidden-{i}"), comment, Flag::Forbidden, bytes, asked)
    };
    (0..16).map(forbidden).collect()
}

/// The same start after raw bytes, and at the start of a substream.
pub(super) fn forbidden_later() -> Vec<Vector> {
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
        let comment = format!("a second engine run, after {raw} raw bytes, that begins with 510 or 511");
        bad(format!("forbidden-later-{i}"), comment, Flag::Forbidden, bytes, whole.events)
    };
    (0..12).map(later).collect()
}

/// Good slices followed by further bits or bytes.
pub(super) fn tails() -> Vec<Vector> {
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
        let comment = format!("a good slice with {} bytes after it", tail.len());
        Vector { id: format!("tail-{i}"), comment, flags: vec![Flag::Tail], bytes, ..base }
    };
    // The bits after the stop bit in its byte are set to ones.
    let with_bits = |bins: u32| {
        let mut builder = Builder::new(bins.into());
        builder.bypasses(bins);
        let free = (8 - builder.phase()) % 8;
        let comment = format!("a good slice with {free} ones after its stop bit");
        let mut vector = builder.into_vector(format!("tail-bits-{free}"), comment, &[Flag::Tail]);
        if let Some(last) = vector.bytes.last_mut() {
            *last |= ((1u16 << free) - 1) as u8;
        }
        vector
    };
    // As many bytes as a decoder may have read ahead by then, at each bit of a byte.
    let late = |(bins, bytes): (u32, usize)| {
        let mut vector = with_bits(bins);
        vector.bytes.extend((1..=bytes).map(|byte| 0x5a_u8.wrapping_mul(byte as u8)));
        let comment = format!("{} and {bytes} bytes after those", vector.comment);
        Vector { id: format!("{}-bytes-{bytes}", vector.id), comment, ..vector }
    };
    let late = (8..16).flat_map(|bins| (1..6).map(move |bytes| (bins, bytes))).map(late);
    tails.into_iter().enumerate().map(with_tail).chain((8..15).map(with_bits)).chain(late).collect()
}

pub(super) fn flipped_bits() -> Vec<Vector> {
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

pub(super) fn lost_and_doubled_bytes() -> Vec<Vector> {
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
pub(super) fn emulation_prevention() -> Vec<Vector> {
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
        let comment = "a byte of 3 after two zeros: emulation prevention that was not removed";
        bad(format!("emulation-{zeros}"), comment, Flag::Damaged, bytes, whole.events)
    };
    (0..8).map(inserted).collect()
}

/// Random bytes, only zeros, and only ones, with random requests.
pub(super) fn noise() -> Vec<Vector> {
    let noise = |number: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let length = 1 + number as usize * 3 / 2;
        let (what, bytes) = match number % 6 {
            0 => ("zeros", vec![0; length]),
            1 => ("ones", vec![255; length]),
            2 => ("ones after 0x7f", [&[0x7f][..], &vec![255; length]].concat()),
            _ => ("random", random_bytes(&mut rng, length)),
        };
        let odds = random::MIXES[number as usize % random::MIXES.len()];
        let asked = random::slice(&mut rng, random::Odds { contexts: 4, ..odds }, 100);
        let comment = format!("{} bytes that are no slice: {what}", bytes.len());
        bad(format!("noise-{number}"), comment, Flag::Damaged, bytes, asked)
    };
    (0..30).map(noise).collect()
}

/// Slices of a single byte, where an engine needs more to start.
pub(super) fn one_byte() -> Vec<Vector> {
    let one = |(number, byte): (usize, u8)| {
        let asked = bypasses(number).chain([Event::Terminate { bin: true }]).collect();
        let comment = format!("a slice of one byte, {byte:#04x}");
        bad(format!("one-byte-{number}"), comment, Flag::Truncated, vec![byte], asked)
    };
    [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff].into_iter().enumerate().map(one).collect()
}
