//! Runs of outstanding bits, of any length and any end, by construction.
//!
//! A bit is outstanding while the interval [codILow, codILow + codIRange) straddles the middle, 512. A bypass bin keeps the lower or the
//! upper half of the interval; one of them straddles the middle again, unless the middle is exactly where they meet. If codIRange is odd
//! they never meet there, so from then on a run can be as long as wanted, until another bin is chosen.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::bin::{BinCoder, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::spec;
use crate::vectors::{Flag, Vector};

/// How a run ends: what decides its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A carry: all of them become zero.
    Carry,
    /// No carry: all of them stay one.
    NoCarry,
    /// The end of the slice.
    Terminate,
}

/// Runs of every short length, of the lengths around which cores break, and of very long ones, with every end.
pub fn vectors() -> Vec<Vector> {
    let lengths = (0..=64).chain(80..=96).chain(127..=129).chain(255..=257).chain([1_000, 100_000]);
    let runs = lengths.flat_map(|length| [End::Carry, End::NoCarry, End::Terminate].map(|end| (length, end)));
    // A run that is too long for a counter of 18 bits.
    runs.chain([(1 << 18, End::Carry)])
        .map(|(length, end)| vector(length, end))
        .chain((0..8).map(cut))
        .collect()
}

/// Engine runs with a run of seven outstanding bits, which a core can write at once with the bits that decide them and all of a flush: 17
/// bits. 8 to 15 bits come before them, so that if the output is not ready a packer is as full as possible.
///
/// # Panics
/// Never: of the many beginnings of a run, one has the wanted number of bits.
fn cut(phase: u64) -> Vector {
    // Nine bits of the start; those before the run, the first of which is not written; and the run.
    let position = 9 + 1 + 8 + (phase + 7) % 8 + 7;
    let runs = (0..).filter_map(|beginning| Run::new(beginning).reach(7, End::Terminate));
    let mut found = runs.filter(|run| Vector::encoded("", "", &[], run.clone()).position == position);
    let run = found.next().expect("an endless search has no end but success");
    Vector::encoded(
        format!("outstanding-7-terminate-phase-{phase}"),
        format!("engine runs with a run of 7 outstanding bits that the end decides at bit {phase} of a byte"),
        &[Flag::OutstandingRun, Flag::FlushPhase],
        run.repeat(ENGINE_RUNS),
    )
}

/// How many engine runs there are, so that at the end of one of them the output is not ready.
const ENGINE_RUNS: usize = 8;

pub(super) fn vector(length: u32, end: End) -> Vector {
    let (name, words) = match end {
        End::Carry => ("carry", "a carry"),
        End::NoCarry => ("no-carry", "a bin without a carry"),
        End::Terminate => ("terminate", "the end of the slice"),
    };
    let flags: &[Flag] =
        if length > 16 { &[Flag::OutstandingRun, Flag::LongRun] } else { &[Flag::OutstandingRun] };
    let comment = format!("a run of {length} outstanding bits that {words} decides");
    Vector::encoded(format!("outstanding-{length}-{name}"), comment, flags, slice(length, end))
}

/// A slice with a run of exactly `length` outstanding bits, of which one bypass bin, or the end, decides all.
///
/// # Panics
/// Never for lengths that a `u32` counts: of the many beginnings of a run, one ends as it should.
pub fn slice(length: u32, end: End) -> Vec<Event> {
    let run = (0..).find_map(|beginning| run(beginning, length, end));
    run.expect("an endless search has no end but success")
}

/// The same slice with one of many beginnings, if that one leads to such an end.
pub(super) fn run(beginning: u64, length: u32, end: End) -> Option<Vec<Event>> {
    Run::new(beginning).reach(length, end)
}

/// A slice of which exactly the last `bytes` bytes are 0xff.
///
/// # Panics
/// Never: of the many beginnings of a run, one has such an end.
pub(super) fn ones_to_the_end(bytes: u32) -> Vec<Event> {
    let ends_so = |events: &Vec<Event>| {
        let vector = Vector::encoded("", "", &[], events.clone());
        vector.bytes.iter().rev().take_while(|&&byte| byte == 0xff).count() == bytes as usize
    };
    let mut runs = (0..).filter_map(|beginning| Run::new(beginning).reach_ones(8 * bytes)).filter(ends_so);
    runs.next().expect("an endless search has no end but success")
}

struct Run {
    encoder: spec::Encoder,
    events: Vec<Event>,
}

impl Run {
    /// A run with one of many beginnings: random bins of one context, after some of which the range is odd.
    fn new(beginning: u64) -> Run {
        let mut rng = ChaCha8Rng::seed_from_u64(beginning);
        let mut run = Run { encoder: spec::Encoder::new(), events: Vec::new() };
        let ctx = CtxIdx::default();
        run.push(Event::Load { ctx, model: ContextModel::default() });
        while !run.is_beginning() {
            run.push(Event::Context { ctx, bin: rng.next_u32().is_multiple_of(2) });
        }
        run
    }

    /// Whether the interval straddles the middle with an odd range.
    fn is_beginning(&self) -> bool {
        let (low, range) = self.interval();
        low < 512 && low + range > 512 && range % 2 == 1
    }

    /// Continues the run up to the length and ends it, if that is possible.
    fn reach(mut self, length: u32, end: End) -> Option<Vec<Event>> {
        while self.encoder.bits_outstanding() < length {
            self.push(Event::Bypass { bin: self.upper_half_straddles() });
        }
        let (low, _) = self.interval();
        let decides = match end {
            End::Carry => !self.upper_half_straddles(),
            End::NoCarry => low < 256,
            End::Terminate => true,
        };
        if self.encoder.bits_outstanding() > length || !decides {
            return None;
        }
        if end != End::Terminate {
            self.push(Event::Bypass { bin: end == End::Carry });
        }
        self.push(Event::Terminate { bin: true });
        Some(self.events)
    }

    /// Continues the run until the end of the slice writes ones only: with those of the run `ones` of them, or up to seven more. The end
    /// codes the two highest values of the interval: if they are 510 and 511 it writes eight ones and the stop bit.
    fn reach_ones(self, ones: u32) -> Option<Vec<Event>> {
        let (low, range) = self.interval();
        let begins = self.encoder.bits_outstanding();
        let mut lengths = begins.max(ones.saturating_sub(9))..ones.saturating_sub(1);
        // A bypass bin that keeps the run doubles the distance from codILow to the middle, modulo codIRange.
        let middle = |length| (512 - low) * power_of_two(length - begins, range) % range;
        let length = lengths.find(|&length| middle(length) == range - 1)?;
        self.reach(length, End::Terminate)
    }

    /// Whether the upper half of the interval begins below the middle.
    fn upper_half_straddles(&self) -> bool {
        let (low, range) = self.interval();
        2 * low + range < 1024
    }

    fn interval(&self) -> (u32, u32) {
        (self.encoder.cod_i_low_10(), self.encoder.cod_i_range())
    }

    fn push(&mut self, event: Event) {
        let _ = self.encoder.play(&[event]);
        self.events.push(event);
    }
}

/// The remainder of a power of two divided by a number below 512.
fn power_of_two(exponent: u32, divisor: u32) -> u32 {
    if exponent == 0 {
        return 1 % divisor;
    }
    let root = power_of_two(exponent / 2, divisor);
    root * root * (1 + exponent % 2) % divisor
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length and the end of the run that the last bypass bin, or the terminate bin, decides.
    fn last_run(events: &[Event]) -> (u32, End) {
        let (terminate, before) = events.split_last().unwrap();
        let mut encoder = spec::Encoder::new();
        let (bypass, start) = before.split_last().unwrap();
        let _ = encoder.play(start);
        let (length, low, range) =
            (encoder.bits_outstanding(), encoder.cod_i_low_10(), encoder.cod_i_range());
        let _ = encoder.play(&[*bypass]);
        assert!(terminate.ends_engine_run());
        match (encoder.bits_outstanding(), *bypass) {
            (0, Event::Bypass { bin: true }) if 2 * low + range >= 1024 => (length, End::Carry),
            (0, Event::Bypass { bin: false }) if 2 * low < 512 => (length, End::NoCarry),
            (after, _) => (after, End::Terminate),
        }
    }

    #[test]
    fn runs_have_the_length_and_the_end_that_was_asked_for() {
        for length in (1..=64).chain(80..=96).chain(127..=129).chain(255..=257).chain([1_000, 100_000]) {
            for end in [End::Carry, End::NoCarry, End::Terminate] {
                assert_eq!(last_run(&slice(length, end)), (length, end));
            }
        }
    }

    #[test]
    fn cut_runs_have_their_phase_and_length() {
        for phase in 0..8 {
            let vector = cut(phase);
            let run = &vector.events[..vector.events.len() / ENGINE_RUNS];
            assert_eq!((last_run(run), vector.position % 8), ((7, End::Terminate), phase));
            assert!(vector.bins() <= 300, "too many for a smoke test");
        }
    }
}
