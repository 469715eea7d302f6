//! Flushes at each bit of a byte while bytes wait: the output queue of a core is full when the stop bit comes, or becomes full with it.

use super::builder::Builder;
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub(super) fn vectors() -> Vec<Vector> {
    let of_words = BYPASS_BINS.step_by(2).map(words);
    BYTES.into_iter().flat_map(|bytes| [coded(bytes), raw(bytes)]).chain(of_words).collect()
}

/// How many bypass bins come before a flush. A core that takes 32 of them in a clock has a queue of words, which needs room for all that is
/// in the pipeline when the core withdraws its ready; with these numbers a queue of sixteen is full when the flush comes.
const BYPASS_BINS: std::ops::RangeInclusive<u32> = 500..=560;

/// How many bytes come before each flush: an output queue of eight is full, or has a byte more or less.
const BYTES: [u32; 5] = [6, 7, 8, 9, 10];

/// Engine runs of `bytes` bytes.
fn coded(bytes: u32) -> Vector {
    let mut builder = Builder::new(bytes.into());
    for bins in 0..8 {
        builder.bypasses(8 * bytes + bins);
        builder.terminate(true);
    }
    let comment = format!("engine runs of {bytes} bytes, with a flush at each bit of a byte after them");
    builder.into_vector(format!("full-flush-coded-{bytes}"), comment, FLAGS)
}

/// An engine run of `bins` bins, of which those in the last transaction move as many bits as possible, so that a flush writes two words.
fn words(bins: u32) -> Vector {
    let mut builder = Builder::new(bins.into());
    builder.bypasses(bins);
    builder.terminate(true);
    let comment = format!("an engine run of {bins} bypass bins, which come 32 at once, and the end");
    builder.into_vector(format!("full-flush-words-{bins}"), comment, FLAGS)
}

/// Raw bytes, which pass without waiting for any bin, and then an engine run that is little more than its flush.
fn raw(bytes: u32) -> Vector {
    let mut builder = Builder::new(bytes.into());
    builder.bypasses(3);
    for bins in 0..8 {
        builder.terminate(true);
        builder.raw(bytes);
        builder.bypasses(bins);
    }
    let comment = format!("blocks of {bytes} raw bytes, with a flush at each bit of a byte soon after them");
    builder.into_vector(format!("full-flush-raw-{bytes}"), comment, FLAGS)
}

const FLAGS: &[Flag] = &[Flag::FlushPhase, Flag::FullPacker];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::vectors::trail;

    #[test]
    fn each_has_a_stop_bit_at_each_bit_of_a_byte() {
        for vector in BYTES.into_iter().flat_map(|bytes| [coded(bytes), raw(bytes)]) {
            let flushes = trail(&vector)
                .filter(|step| step.request.event().is_some_and(|event| event.ends_engine_run()));
            let stops: BTreeSet<u64> = flushes.map(|step| (step.position - 1) % 8).collect();
            assert_eq!(stops.len(), 8, "{}: {stops:?}", vector.id);
        }
    }
}
