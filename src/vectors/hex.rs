//! Vectors for `$readmemh`: one word of 24 bits a line.
//!
//! | word | means |
//! | --- | --- |
//! | `[23:22]` = 0 | a request, `cabac_pkg::request_t` in `[21:0]`: kind, bin, ctx_idx, data |
//! | 1 | a byte of slice data in `[7:0]`; `[8]` it is the last of the slice, `[9]` of a life of the engine; then `[12:10]` is how many of its low bits are not an encoder's, which writes zeros there |
//! | 2 | a vector begins, with this number in `[19:0]`; `[21]` decoders only |
//! | 3 | `[21]` = 0: the answer to the request before, and all behind it, show the error in `[1:0]` (`cabac_pkg::error_t`); `[21]` = 1: after all requests, so many bits have been read, `[20:0]` |
//!
//! A vector is its number, its requests, and then its bytes.

use std::io;

use super::{Vector, trail};
use crate::bin::BinCoder;
use crate::cycle::{Request, RequestFields, decoder::error_code};
use crate::spec;

const BYTE: u32 = 1 << 22;
const VECTOR: u32 = 2 << 22;
const ERROR: u32 = 3 << 22;
const POSITION: u32 = 7 << 21;

/// Writes vectors, each behind a line of comment.
///
/// # Errors
/// Those of `sink`.
pub fn write(vectors: &[Vector], sink: &mut dyn io::Write) -> io::Result<()> {
    for (number, vector) in (0u32..).zip(vectors) {
        writeln!(sink, "// {}", vector.id)?;
        let first = VECTOR | u32::from(vector.decode_only) << 21 | number & 0xf_ffff;
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
    words.push(POSITION | vector.position as u32 & 0x1f_ffff);
    words
}

fn word(request: Request) -> u32 {
    let RequestFields { kind, bin, ctx_idx, data } = request.fields();
    kind << 19 | bin << 18 | ctx_idx << 8 | data
}

fn bytes(vector: &Vector) -> Vec<u32> {
    let ends = ends_of_lives(vector);
    let behind = (vector.position.next_multiple_of(8) - vector.position) as u32;
    let word = |(i, &byte): (usize, &u8)| {
        let (last, end) = (i + 1 == vector.bytes.len(), ends.contains(&(i + 1)));
        // An encoder fills the byte of a stop bit with zeros; only behind the last one may there be others.
        let free = if ends.last() == Some(&(i + 1)) { behind } else { 0 };
        BYTE | free << 10 | u32::from(end) << 9 | u32::from(last) << 8 | u32::from(byte)
    };
    vector.bytes.iter().enumerate().map(word).collect()
}

/// How many bytes there are when each life ends; an encoder says so of the last of them.
fn ends_of_lives(vector: &Vector) -> Vec<usize> {
    if vector.decode_only {
        return Vec::new();
    }
    let mut encoder = spec::Encoder::new();
    let mut ends = Vec::new();
    for &event in &vector.events {
        let _ = encoder.play(&[event]);
        if event.ends_life() {
            ends.push(encoder.bytes().len());
        }
    }
    ends
}
