//! What a core can do wrong at one bit of a byte: flushes, runs of bypass bins, renormalisation and short slices, so that each begins at
//! every bit of a byte.

use super::builder::Builder;
use crate::bin::Event;
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub fn vectors() -> Vec<Vector> {
    let flushes = KINDS.iter().flat_map(|&kind| (0..8).map(move |phase| flush(kind, phase)));
    let lengths = (1..=32).chain([255, 300]);
    let runs = lengths.flat_map(|length| (0..8).map(move |phase| bypass_run(length, phase)));
    let shifts = (1..=6).flat_map(|shift| (0..8).map(move |phase| renormalisation(shift, phase)));
    let terminates = (0..8).map(terminate);
    flushes.chain(runs).chain(shifts).chain(terminates).chain((0..=40).map(short)).collect()
}

/// The kinds of requests that stand before a flush.
const KINDS: [&str; 6] = ["mps", "lps", "bypass-0", "bypass-1", "terminate", "align"];

/// A flush after whose stop bit the next bit is bit `phase` of its byte; `kind` stands before the flush.
fn flush(kind: &str, phase: u64) -> Vector {
    let after = |bins| {
        let mut builder = Builder::new(phase);
        builder.load(0, 20, false);
        builder.load(1, 0, true);
        builder.some_bins(5);
        (0..bins).for_each(|_| builder.symbol(1, false));
        match kind {
            "mps" => builder.symbol(0, true),
            "lps" => builder.symbol(0, false),
            "bypass-0" => builder.bypass(false),
            "bypass-1" => builder.bypass(true),
            "terminate" => builder.terminate(false),
            _ => builder.push(Event::Align),
        }
        builder
    };
    // Each of these bins takes one bit, so that one of eight counts fits, whatever the bin after them takes.
    let fits = (0..64).map(after).find(|builder| builder.phase() == phase);
    let builder = fits.unwrap_or_else(|| after(0));
    let comment = format!("a flush after {kind}, when the next bit to read is bit {phase} of its byte");
    builder.into_vector(format!("flush-after-{kind}-phase-{phase}"), comment, &[Flag::FlushPhase])
}

fn bypass_run(length: u32, phase: u64) -> Vector {
    let mut builder = Builder::new(u64::from(length) << 3 | phase);
    builder.load(0, 10, true);
    builder.load(1, 30, false);
    builder.some_bins(3);
    builder.reach_phase(phase);
    builder.bypasses(length);
    builder.some_bins(3);
    let comment = format!("{length} bypass bins, the first at bit {phase} of its byte");
    builder.into_vector(format!("bypass-{length}-phase-{phase}"), comment, &[Flag::BypassRun])
}

/// A less probable symbol that takes `shift` bits, the first of them bit `phase` of its byte.
fn renormalisation(shift: u32, phase: u64) -> Vector {
    let mut builder = Builder::new(u64::from(shift) << 3 | phase);
    builder.load(0, 5, false);
    builder.load(1, 50, true);
    builder.some_bins(4);
    builder.reach_shift(shift, phase);
    builder.bypasses(2);
    builder.some_bins(4);
    let comment = format!("a bin that takes {shift} bits, the first of them bit {phase} of its byte");
    builder.into_vector(format!("shift-{shift}-phase-{phase}"), comment, &[Flag::Renormalisation])
}

/// A terminate bin of 0 that takes a bit, which it does in the two lowest ranges alone: bit `phase` of its byte.
fn terminate(phase: u64) -> Vector {
    let mut builder = Builder::new(phase);
    builder.load(0, 5, false);
    builder.load(1, 50, true);
    builder.some_bins(4);
    // The bins that reach the phase do not leave this range.
    builder.reach_range(|range| range == 256);
    builder.reach_phase(phase);
    builder.terminate(false);
    builder.bypasses(2);
    builder.some_bins(4);
    let comment = format!("a terminate bin of 0 that takes bit {phase} of its byte");
    builder.into_vector(format!("shift-terminate-phase-{phase}"), comment, &[Flag::Renormalisation])
}

fn short(bins: u32) -> Vector {
    let mut builder = Builder::new(bins.into());
    builder.bypasses(bins);
    let comment = format!("a slice of {bins} bypass bins");
    builder.into_vector(format!("short-{bins}"), comment, &[Flag::ShortSlice])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::{BinCoder, Decode};
    use crate::spec;

    /// The position before each event, and after the last.
    fn positions(vector: &Vector) -> Vec<u64> {
        let mut decoder = spec::Decoder::new(&vector.bytes);
        let mut positions = vec![decoder.position()];
        positions.extend(vector.events.iter().map(|&event| {
            decoder.play(&[event]).unwrap();
            decoder.position()
        }));
        positions
    }

    #[test]
    fn flushes_are_at_their_phase_after_their_kind() {
        for (kind, phase) in KINDS.iter().flat_map(|kind| (0..8).map(move |phase| (kind, phase))) {
            let vector = flush(kind, phase);
            assert_eq!(positions(&vector).last().unwrap() % 8, phase, "{}", vector.id);
            let before = vector.events[vector.events.len() - 2].to_string();
            let word = kind.split('-').next().unwrap();
            assert!(before.starts_with(if word.ends_with("ps") { "context" } else { word }), "{before}");
        }
    }

    #[test]
    fn runs_have_their_length_and_phase() {
        for (length, phase) in (1..=32).flat_map(|length| (0..8).map(move |phase| (length, phase))) {
            let vector = bypass_run(length, phase);
            let is_bypass = |event: &Event| matches!(event, Event::Bypass { .. });
            let first = vector.events.iter().position(is_bypass).unwrap();
            let run = vector.events[first..].iter().take_while(|event| is_bypass(event)).count();
            assert_eq!((run as u32, positions(&vector)[first] % 8), (length, phase));
        }
    }

    #[test]
    fn terminate_bins_take_a_bit_at_their_phase() {
        for phase in 0..8 {
            let vector = terminate(phase);
            let positions = positions(&vector);
            let is_it = |event: &Event| *event == Event::Terminate { bin: false };
            let i = vector.events.iter().position(is_it).unwrap();
            assert_eq!((positions[i] % 8, positions[i + 1] - positions[i]), (phase, 1));
        }
    }

    #[test]
    fn shifts_have_their_length_and_phase() {
        for (shift, phase) in (1..=6).flat_map(|shift| (0..8).map(move |phase| (shift, phase))) {
            let vector = renormalisation(shift, phase);
            let positions = positions(&vector);
            let has = (1..positions.len()).any(|i| {
                matches!(vector.events[i - 1], Event::Context { ctx, .. } if ctx.get() == 2)
                    && (positions[i - 1] % 8, positions[i] - positions[i - 1]) == (phase, shift.into())
            });
            assert!(has, "{}", vector.id);
        }
    }
}
