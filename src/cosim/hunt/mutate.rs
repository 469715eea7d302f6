//! Random patterns, and random changes of patterns.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use super::pattern::{Bypass, Means, Part, Pattern, STATES, What, Which};

/// A pattern has at most this many parts.
const MOST_PARTS: usize = 12;

/// A random number below `end`.
fn below(rng: &mut ChaCha8Rng, end: usize) -> usize {
    ((u64::from(rng.next_u32()) * end as u64) >> 32) as usize
}

/// The patterns that a hunt begins with: each kind of request alone.
pub(super) fn seeds(length: usize) -> Vec<Pattern> {
    let context = |which, is_lps| What::Context { which, is_lps };
    let all = [
        vec![context(Which::Same, false)],
        vec![context(Which::Same, true)],
        vec![context(Which::Next, false)],
        vec![context(Which::Next, true)],
        vec![What::Bypass(Bypass::Zero)],
        vec![What::Bypass(Bypass::One)],
        vec![context(Which::Same, true), What::Bypass(Bypass::Holds)],
        vec![What::Terminate],
        vec![What::Restart { raw: 0 }],
        vec![What::Restart { raw: 1 }],
        vec![What::Align, What::Bypass(Bypass::One)],
        vec![What::Load { which: Which::Next, state: 0 }, context(Which::Same, true)],
    ];
    let pattern = |whats: Vec<What>| {
        let part = |what| Part { what, times: if what == What::Bypass(Bypass::Holds) { length } else { 1 } };
        Pattern { begin: 0, parts: whats.into_iter().map(part).collect(), length }
    };
    all.into_iter().map(pattern).collect()
}

/// A pattern with one to four changes; parts may come from the other pattern.
pub(super) fn mutated(pattern: &Pattern, other: &Pattern, means: &Means, rng: &mut ChaCha8Rng) -> Pattern {
    let mut pattern = pattern.clone();
    for _ in 0..=below(rng, 4) {
        let place = below(rng, pattern.parts.len());
        let length = pattern.length;
        match below(rng, 9) {
            0 | 1 => pattern.parts.insert(place, any_part(length, means, rng)),
            2 => drop(pattern.parts.remove(place)),
            3 => pattern.parts[place].times = times(length, rng),
            4 => {
                let times = &mut pattern.parts[place].times;
                *times = [*times + 1, times.saturating_sub(1), 2 * *times, *times / 2][below(rng, 4)];
            }
            5 => pattern.parts[place].what = any(means, rng),
            6 => {
                let end = place + 1 + below(rng, pattern.parts.len() - place);
                let again = pattern.parts[place..end].to_vec();
                pattern.parts.splice(place..place, again);
            }
            7 => {
                let from = below(rng, other.parts.len());
                pattern.parts.splice(place..place, other.parts[from..].iter().copied());
            }
            _ => pattern.begin = below(rng, means.beginnings().max(1)),
        }
        pattern.parts.truncate(MOST_PARTS);
        pattern.parts.iter_mut().for_each(|part| part.times = part.times.clamp(1, length));
        if pattern.parts.is_empty() {
            pattern.parts.push(any_part(length, means, rng));
        }
    }
    pattern
}

fn any_part(length: usize, means: &Means, rng: &mut ChaCha8Rng) -> Part {
    Part { what: any(means, rng), times: times(length, rng) }
}

/// A random number of repetitions, mostly small.
fn times(length: usize, rng: &mut ChaCha8Rng) -> usize {
    match below(rng, 8) {
        0..4 => 1,
        4 | 5 => 1 + below(rng, 4),
        6 => 1 + below(rng, 16),
        _ => 1 + below(rng, length),
    }
}

fn any(means: &Means, rng: &mut ChaCha8Rng) -> What {
    let which = match below(rng, 4) {
        0 | 1 => Which::Same,
        2 => Which::Next,
        _ => Which::Place(below(rng, means.contexts.len().max(1))),
    };
    match below(rng, 16) {
        0..6 => What::Context { which, is_lps: below(rng, 2) == 1 },
        6..11 => What::Bypass([Bypass::Zero, Bypass::One, Bypass::Holds][below(rng, 3)]),
        11 | 12 => What::Terminate,
        13 => What::Restart { raw: if below(rng, 2) == 0 { 0 } else { 1 + below(rng, 32) } },
        14 => What::Align,
        _ => What::Load { which, state: below(rng, STATES) },
    }
}
