//! The ends and starts of engine runs: terminate bins, raw bytes, substreams, first bins, alignments.

use super::builder::Builder;
use crate::bin::Event;
use crate::tables::ranges;
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub fn vectors() -> Vec<Vector> {
    let raw = [1, 2, 3, 16].into_iter().flat_map(|bytes| (0..8).map(move |phase| pcm(bytes, phase)));
    let firsts =
        FIRST.iter().flat_map(|&first| ["slice", "pcm", "substream"].map(|place| first_bin(first, place)));
    ranges()
        .map(terminate)
        .chain(raw)
        .chain([pcm(384, 3)])
        .chain((1..=4).map(back_to_back))
        .chain((0..8).map(substream))
        .chain((1..=4).map(empty_substreams))
        .chain(firsts)
        .chain(ranges().map(align))
        .chain([give_up()])
        .collect()
}

/// Terminate bins of 0 and of 1 in the range `wanted`.
fn terminate(wanted: u32) -> Vector {
    let mut builder = Builder::new(wanted.into());
    builder.load(0, 3, false);
    builder.load(1, 9, true);
    builder.some_bins(2);
    builder.reach_range(|range| range == wanted);
    builder.terminate(false);
    builder.some_bins(2);
    builder.reach_range(|range| range == wanted);
    let comment = format!("terminate bins of 0 and of 1 in the range {wanted}");
    builder.into_vector(format!("terminate-range-{wanted}"), comment, &[Flag::Terminate])
}

/// Raw bytes after a terminate bin that leaves the next bit to read at `phase`.
fn pcm(bytes: u32, phase: u64) -> Vector {
    let mut builder = Builder::new(u64::from(bytes) << 3 | phase);
    builder.load(0, 8, true);
    builder.load(1, 22, false);
    for _ in 0..2 {
        builder.some_bins(6);
        builder.reach_phase(phase);
        builder.terminate(true);
        builder.raw(bytes);
    }
    builder.some_bins(6);
    let comment = format!("{bytes} raw bytes after a terminate bin at bit {phase} of its byte, twice");
    builder.into_vector(format!("pcm-{bytes}-phase-{phase}"), comment, &[Flag::Pcm])
}

/// Engine runs between raw bytes, each with nothing but its terminate bin.
fn back_to_back(runs: u32) -> Vector {
    let mut builder = Builder::new(runs.into());
    for _ in 0..=runs {
        builder.terminate(true);
        builder.raw(runs);
    }
    builder.bypasses(3);
    let comment = format!("{runs} runs of nothing but a terminate bin between raw bytes");
    builder.into_vector(format!("pcm-back-to-back-{runs}"), comment, &[Flag::Pcm])
}

fn substream(phase: u64) -> Vector {
    let mut builder = Builder::new(phase);
    for round in 0..3 {
        builder.load(0, 15 + round, true);
        builder.load(1, 2, round == 1);
        builder.some_bins(7);
        builder.reach_phase(phase);
        builder.terminate(true);
    }
    builder.some_bins(4);
    let comment = format!("three substreams, each with its terminate bin at bit {phase} of its byte");
    builder.into_vector(format!("substream-phase-{phase}"), comment, &[Flag::Substream])
}

fn empty_substreams(count: u32) -> Vector {
    let mut builder = Builder::new(count.into());
    (0..count).for_each(|_| builder.terminate(true));
    builder.bypasses(9);
    let comment = format!("{count} substreams of nothing but their end");
    builder.into_vector(format!("substreams-empty-{count}"), comment, &[Flag::Substream, Flag::ShortSlice])
}

/// The first requests of engine runs.
const FIRST: [&str; 7] = ["mps", "lps", "bypass-0", "bypass-1", "terminate-0", "terminate-1", "align"];

fn first_bin(first: &str, place: &str) -> Vector {
    let mut builder = Builder::new(0);
    builder.load(0, 40, true);
    builder.load(1, 0, false);
    if place != "slice" {
        builder.some_bins(9);
        builder.terminate(true);
    }
    if place == "pcm" {
        builder.raw(2);
    }
    match first {
        "mps" => builder.symbol(0, true),
        "lps" => builder.symbol(0, false),
        "bypass-0" => builder.bypass(false),
        "bypass-1" => builder.bypass(true),
        "terminate-0" => builder.terminate(false),
        "terminate-1" => builder.terminate(true),
        _ => builder.push(Event::Align),
    }
    builder.some_bins(12);
    let comment = format!("{first} is the first of an engine run after the start of a {place}");
    builder.into_vector(format!("first-{first}-{place}"), comment, &[Flag::FirstBin])
}

fn align(wanted: u32) -> Vector {
    let mut builder = Builder::new(wanted.into());
    builder.load(0, 18, false);
    builder.load(1, 6, true);
    builder.reach_range(|range| range == wanted);
    builder.push(Event::Align);
    let bins = 1 + wanted % 9;
    builder.bypasses(bins);
    builder.some_bins(4);
    let comment = format!("a bypass alignment in the range {wanted}, {bins} bypass bins after it");
    builder.into_vector(format!("align-range-{wanted}"), comment, &[Flag::Alignment])
}

/// A few requests of each kind, to be given up in each clock.
fn give_up() -> Vector {
    let mut builder = Builder::new(0);
    builder.load(0, 7, false);
    builder.load(1, 33, true);
    builder.some_bins(6);
    builder.terminate(true);
    builder.raw(3);
    builder.some_bins(4);
    builder.push(Event::Align);
    builder.bypasses(20);
    builder.terminate(false);
    builder.some_bins(8);
    builder.terminate(true);
    builder.load(0, 50, true);
    builder.some_bins(3);
    builder.bypasses(9);
    builder.into_vector("give-up", "a little of everything, to be given up at any clock", &[Flag::GiveUp])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::{BinCoder, Decode};
    use crate::spec;

    #[test]
    fn terminate_bins_and_alignments_are_in_their_range() {
        for wanted in ranges() {
            for (vector, times) in [(terminate(wanted), 2), (align(wanted), 1)] {
                let mut decoder = spec::Decoder::new(&vector.bytes);
                let mut found = 0;
                for &event in &vector.events {
                    let here =
                        matches!(event, Event::Terminate { .. } if times == 2) || event == Event::Align;
                    found += u32::from(here && decoder.cod_i_range() == wanted);
                    decoder.play(&[event]).unwrap();
                }
                assert_eq!(found, times, "{}", vector.id);
            }
        }
    }

    #[test]
    fn engine_runs_end_at_their_phase() {
        for phase in 0..8 {
            for vector in [pcm(1, phase), substream(phase)] {
                let mut decoder = spec::Decoder::new(&vector.bytes);
                let mut ends = Vec::new();
                for &event in &vector.events {
                    decoder.play(&[event]).unwrap();
                    if event.ends_engine_run() {
                        ends.push(decoder.position() % 8);
                    }
                }
                let (_, before) = ends.split_last().unwrap();
                assert!(
                    !before.is_empty() && before.iter().all(|&end| end == phase),
                    "{}: {ends:?}",
                    vector.id
                );
            }
        }
    }
}
