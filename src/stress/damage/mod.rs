//! Slices whose bytes no encoder makes of the requests that a decoder is given: damaged slices, and good ones with other requests. A good
//! slice follows each class, since a decoder has to recover.

mod bytes;
mod requests;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{builder::Builder, random};
use crate::bin::Event;
use crate::vectors::{Flag, Vector};

/// All vectors of this module.
pub fn vectors() -> Vec<Vector> {
    let classes = [
        bytes::truncated(),
        requests::over_read(),
        requests::terminate_missing(),
        requests::terminate_early(),
        bytes::forbidden(),
        bytes::forbidden_later(),
        requests::misaligned(),
        requests::two_errors(),
        requests::ends(),
        bytes::tails(),
        requests::raw_counts(),
        requests::raw_beyond(),
        requests::raw_in_a_life(),
        requests::other_kinds(),
        requests::other_contexts(),
        bytes::flipped_bits(),
        bytes::lost_and_doubled_bytes(),
        bytes::emulation_prevention(),
        bytes::noise(),
        bytes::one_byte(),
    ];
    let with_good = |(number, mut class): (u32, Vec<Vector>)| {
        class.push(good(number));
        class
    };
    (0..).zip(classes).flat_map(with_good).collect()
}

/// A good slice, to be played after bad ones.
fn good(number: u32) -> Vector {
    let mut builder = Builder::new(number.into());
    builder.load(0, 11, true);
    builder.load(1, 44, false);
    builder.some_bins(10 + number);
    builder.into_vector(format!("good-{number}"), "a good slice after bad ones", &[Flag::Recovery])
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

/// A vector of a class, filled in by the oracle.
fn bad(id: String, comment: impl Into<String>, flag: Flag, bytes: Vec<u8>, asked: Vec<Event>) -> Vector {
    Vector::decoded(id, comment, &[flag], bytes, asked)
}

fn bypasses(count: usize) -> impl Iterator<Item = Event> {
    std::iter::repeat_n(Event::Bypass { bin: false }, count)
}

fn random_bytes(rng: &mut ChaCha8Rng, count: usize) -> Vec<u8> {
    (0..count).map(|_| rng.next_u32() as u8).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::bin::{DecodeError, DecodeErrorKind};

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
        expect(bytes::truncated(), Some(Exhausted));
        let (within, over) = requests::over_read().into_iter().partition(|vector| vector.id.ends_with("-0"));
        expect(within, None);
        expect(over, Some(Exhausted));
        expect(requests::terminate_missing(), Some(Exhausted));
        expect(bytes::forbidden(), Some(Forbidden));
        expect(bytes::forbidden_later(), Some(Forbidden));
        expect(requests::misaligned(), Some(Misaligned));
        expect(bytes::tails(), None);
        expect(requests::raw_beyond(), Some(Exhausted));
        expect(bytes::one_byte(), Some(Exhausted));
        for vector in requests::two_errors() {
            let names: Vec<&str> = vector.id.split('-').collect();
            let kind = |error: Option<DecodeError>| format!("{:?}", error.unwrap().kind).to_lowercase();
            assert_eq!(kind(vector.error), names[2], "{}", vector.id);
            // The vector without the first error has the second one.
            let mut second = vector.clone();
            if names[2] == "exhausted" {
                second.bytes.push(0);
                second.events.splice(..0, bypasses(7));
            }
            second.bytes[..2].fill(0);
            let second = Vector::decoded("", "", &[], second.bytes, second.events);
            let expected =
                if ["forbidden", "misaligned"].contains(&names[3]) { names[3] } else { "exhausted" };
            assert_eq!(kind(second.error), expected, "{}", vector.id);
        }
        for vector in requests::ends() {
            let numbers: Vec<u64> = vector.id.split('-').filter_map(|part| part.parse().ok()).collect();
            let bins = vector.events.iter().filter(|event| event.is_bin()).count() as u64;
            let met = vector.error.map(|error| error.bin);
            assert!(vector.error.is_none_or(|error| error.kind == Exhausted));
            match vector.id.starts_with("end-context") {
                // The bin that is tested is followed by three bypass bins and a terminate bin.
                true if numbers[0] > numbers[1] => assert_eq!(met, Some(bins - 5), "{}", vector.id),
                true => assert!(met.is_none_or(|bin| bin > bins - 5), "{}: {met:?}", vector.id),
                false => assert_eq!(met, Some(bins - 3), "{}", vector.id),
            }
        }
    }
}
