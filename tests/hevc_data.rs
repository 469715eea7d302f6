//! Slice segment data of H.265: what is read is what two other decoders read, what is written is what was read, and damage of every
//! kind is found.

mod common;

use std::{fs, path::PathBuf};

use common::{Corpus, hevc_streams};
use silicabac::hevc::{Stream, StreamUnit};
use silicabac::trace::SliceTrace;
use silicabac::trace::{Trace, TracedSlice};

fn units(bytes: &[u8]) -> impl Iterator<Item = StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap())
}

fn traced(bytes: &[u8]) -> impl Iterator<Item = SliceTrace> {
    units(bytes).filter_map(|unit| unit.trace()).map(|trace| trace.unwrap())
}

#[test]
fn streams_are_rewritten_as_the_same_bytes() {
    let segments = rewritten(&hevc_streams());
    assert!(segments >= 30, "only {segments} slice segments");
}

#[test]
fn streams_of_the_corpus_are_rewritten_as_the_same_bytes() {
    let Some(corpus) = Corpus::find() else { return };
    let segments = rewritten(&corpus.hevc_streams());
    assert!(segments > 0, "no slice segment");
}

/// Decodes and encodes streams, and counts their slice segments.
fn rewritten(streams: &[PathBuf]) -> usize {
    let mut segments = 0;
    for path in streams {
        let bytes = fs::read(path).unwrap();
        let mut written = Vec::new();
        for unit in units(&bytes) {
            written.extend_from_slice(&unit.unit.prefix);
            written.extend(unit.rewrite().unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            segments += usize::from(unit.segment().is_some());
        }
        assert!(written == bytes, "{}", path.display());
    }
    segments
}

/// Bins, contexts, the states before them, and those that each engine run begins with.
fn compare(own: &SliceTrace, other: &TracedSlice, what: &str) {
    own.slice.compare(other).unwrap_or_else(|difference| {
        panic!("{what}, {:?}: {difference:?}", own.place(difference.bin));
    });
    for (own, other) in own.slice.segments.iter().zip(&other.segments) {
        for (flat, (own, other)) in own.contexts.iter().zip(&other.contexts).enumerate() {
            assert!(own.is_none() || other.is_none() || own == other, "{what}: initial context {flat}");
        }
    }
}

#[test]
fn bins_of_the_corpus_are_those_that_other_decoders_had() {
    let Some(corpus) = Corpus::find() else { return };
    let (mut segments, mut bins, mut streams) = (0, 0, 0);
    for path in corpus.hevc_streams() {
        let bytes = fs::read(&path).unwrap();
        let Some(trace) = corpus.trace_of(&path) else { continue };
        let trace = Trace::read(&trace).unwrap();
        streams += 1;
        let mut own = traced(&bytes);
        for (i, other) in trace.slices.iter().enumerate() {
            compare(&own.next().unwrap(), other, &format!("{}, segment {i}", path.display()));
            segments += 1;
            bins += other.segments.iter().map(|segment| segment.events.len()).sum::<usize>();
        }
    }
    println!("{streams} streams, {segments} slice segments, {bins} bins");
    assert!(segments > 0, "no stream has a trace");
}
