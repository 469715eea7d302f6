//! Vectors for `$readmemh`: one word of 24 bits in each line.
//!
//! | word | means |
//! | --- | --- |
//! | `[23:22]` = 0 | a request, `cabac_pkg::request_t` in `[21:0]`: kind, bin, ctx_idx, data |
//! | 1 | a byte of slice data in `[7:0]`; `[8]` says that it is the last of the slice, `[9]` the last of an engine run; then `[12:10]` is how many of its low bits do not come from an encoder, which writes zeros there |
//! | 2 | a vector begins, with its number modulo 2^20 in `[19:0]`; `[21]` decoders only |
//! | 3 | `[21]` = 0: the answer to the request before, and all after it, show the error in `[1:0]` (`cabac_pkg::error_t`); `[21]` = 1: after all requests, 21 bits of how many bits have been read, `[20:0]` |
//!
//! A vector is its number, its requests, and then its bytes. Where 21 bits are too few for the position, from 2,097,152 bits (256 KiB) on,
//! more words of that kind follow, each with the next 21 bits: so words do not get wider, and the words of short vectors do not change.

use std::io;

use super::{Vector, trail};
use crate::bin::BinCoder;
use crate::cycle::error_code;
use crate::cycle::{Request, RequestFields};
use crate::spec;

const BYTE: u32 = 1 << 22;
const VECTOR: u32 = 2 << 22;
const ERROR: u32 = 3 << 22;
const POSITION: u32 = 7 << 21;
/// How many bits of a position there are in a word.
const POSITION_BITS: u32 = 21;
/// How many numbers there are for vectors; after the last the first comes again.
const NUMBERS: usize = 1 << 20;

/// Writes vectors, each after a line of comment.
///
/// # Errors
/// Those of `sink`.
pub fn write(vectors: &[Vector], sink: &mut dyn io::Write) -> io::Result<()> {
    for (number, vector) in (0..NUMBERS as u32).cycle().zip(vectors) {
        writeln!(sink, "// {}", vector.id)?;
        let first = VECTOR | u32::from(vector.decode_only) << 21 | number;
        for word in std::iter::once(first).chain(requests(vector)).chain(bytes(vector)) {
            writeln!(sink, "{word:06x}")?;
        }
    }
    Ok(())
}

fn requests(vector: &Vector) -> Vec<u32> {
    let mut words = vec![word(Request::Slice)];
    let mut met = None;
    for step in trail(vector) {
        words.push(word(step.request));
        if step.error != met {
            words.push(ERROR | error_code(step.error));
            met = step.error;
        }
    }
    words.extend(position(vector.position));
    words
}

/// The words of a position, the lowest bits first; there is at least one.
fn position(bits: u64) -> impl Iterator<Item = u32> {
    let more = std::iter::successors(Some(bits), |rest| Some(rest >> POSITION_BITS).filter(|rest| *rest > 0));
    more.map(|rest| POSITION | (rest % (1 << POSITION_BITS)) as u32)
}

fn word(request: Request) -> u32 {
    let RequestFields { kind, bin, ctx_idx, data } = request.fields();
    kind << 19 | bin << 18 | ctx_idx << 8 | data
}

fn bytes(vector: &Vector) -> Vec<u32> {
    let ends = ends_of_engine_runs(vector);
    let free_bits = (vector.position.wrapping_neg() % 8) as u32;
    let word = |(i, &byte): (usize, &u8)| {
        let (last, end) = (i + 1 == vector.bytes.len(), ends.contains(&(i + 1)));
        // An encoder fills the byte of a stop bit with zeros; only after the last stop bit there may be other bits.
        let free = if ends.last() == Some(&(i + 1)) { free_bits } else { 0 };
        BYTE | free << 10 | u32::from(end) << 9 | u32::from(last) << 8 | u32::from(byte)
    };
    vector.bytes.iter().enumerate().map(word).collect()
}

/// How many bytes an encoder has written at the end of each engine run.
fn ends_of_engine_runs(vector: &Vector) -> Vec<usize> {
    if vector.decode_only {
        return Vec::new();
    }
    let mut encoder = spec::Encoder::new();
    let mut ends = Vec::new();
    for &event in &vector.events {
        let _ = encoder.play(&[event]);
        if event.ends_engine_run() {
            ends.push(encoder.bytes().len());
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_of_any_size_comes_back_from_its_words() {
        for bits in [0, 1, 0x1f_ffff, 0x20_0000, 0x20_0001, 0x3ff_ffff_ffff, 0x400_0000_0000, u64::MAX] {
            let words: Vec<u32> = position(bits).collect();
            let value = |(i, word): (usize, &u32)| u64::from(word & 0x1f_ffff) << (21 * i);
            assert_eq!(words.iter().enumerate().map(value).sum::<u64>(), bits);
            assert!(words.iter().all(|word| word >> 21 == 7), "{words:x?}");
            assert_eq!(words.len() > 1, bits > 0x1f_ffff);
        }
    }
}
