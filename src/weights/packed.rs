//! Levels in the fewest bytes, packed by xz: what tensors are coded as where that is shorter than their bins.
//!
//! A general coder finds what the article's contexts do not look for, such as rows that come again. Tensors that follow each other share a
//! stream, so that it is found in all of them; no decoder core reads it.

use std::io::{self, Read, Write};

use liblzma::{
    read::XzDecoder,
    stream::{Check, Filters, LzmaOptions, Stream},
    write::XzEncoder,
};

use rayon::prelude::*;

use super::quantise::Values;

/// How many bytes levels between these two need, in two's complement: 1, 2 or 4.
pub fn width(least: i64, most: i64) -> u8 {
    let fits = |bytes: u32| {
        let half = 1 << (8 * bytes - 1);
        (-half..half).contains(&least) && (-half..half).contains(&most)
    };
    [1, 2].into_iter().find(|&bytes| fits(bytes)).unwrap_or(4) as u8
}

/// How many bytes the levels of a tensor need whose largest absolute value this is.
pub(super) fn width_of(values: &Values, largest: f32) -> u8 {
    match values {
        Values::Grid { .. } => {
            let most = i64::from(values.nearest(largest));
            width(-most, most)
        }
        Values::Codebook { values, zero } => width(-(*zero as i64), values.len() as i64 - 1 - *zero as i64),
    }
}

/// Levels in little endian, so many bytes each.
pub fn bytes_of(levels: &[i32], width: u8) -> Vec<u8> {
    levels.iter().flat_map(|level| level.to_le_bytes().into_iter().take(width.into())).collect()
}

/// What [`bytes_of`] was made of.
pub fn levels_of(bytes: &[u8], width: u8) -> Vec<i32> {
    let level = |bytes: &[u8]| {
        let fill = if bytes.last().is_some_and(|byte| *byte > 127) { 0xff } else { 0 };
        let mut word = [fill; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        i32::from_le_bytes(word)
    };
    bytes.chunks_exact(width.clamp(1, 4).into()).map(level).collect()
}

/// An encoder like `xz -9e`, for so many bytes. Its dictionary is no larger than these: it finds the same matches, in far less memory.
///
/// # Errors
/// A lack of memory.
pub fn encoder<W: Write>(sink: W, bytes: u64) -> io::Result<XzEncoder<W>> {
    encoder_with(sink, bytes, STANDARD)
}

/// What xz guesses a byte by: so many upper bits of the one before it, and so many lower bits of where it is.
#[derive(Clone, Copy)]
struct Contexts {
    before: u32,
    place: u32,
}

/// Those of `xz -9e`.
const STANDARD: Contexts = Contexts { before: 3, place: 2 };
/// Levels of a byte each have no places of their own, and most are a little shorter so.
const OF_BYTES: [Contexts; 2] = [Contexts { before: 3, place: 0 }, Contexts { before: 4, place: 0 }];

fn encoder_with<W: Write>(sink: W, bytes: u64, contexts: Contexts) -> io::Result<XzEncoder<W>> {
    const EXTREME: u32 = 1 << 31;
    let dictionary = bytes.clamp(1 << 12, 1 << 26).next_power_of_two();
    let mut options = LzmaOptions::new_preset(9 | EXTREME)?;
    options.dict_size(dictionary as u32);
    options.literal_context_bits(contexts.before).position_bits(contexts.place);
    let mut filters = Filters::new();
    filters.lzma2(&options);
    Ok(XzEncoder::new_stream(sink, Stream::new_stream_encoder(&filters, Check::Crc64)?))
}

/// What `xz -9e` makes of bytes.
pub(super) fn standard(bytes: &[u8]) -> io::Result<Vec<u8>> {
    pack(bytes, STANDARD)
}

/// What xz makes of runs of levels, each with the contexts that make it shortest; side by side.
pub(super) fn suited(runs: &[&[u8]]) -> io::Result<Vec<Vec<u8>>> {
    let tries: Vec<(&[u8], Contexts)> =
        runs.iter().flat_map(|run| OF_BYTES.map(|contexts| (*run, contexts))).collect();
    let tries = tries.into_par_iter().with_max_len(1).map(|(run, contexts)| pack(run, contexts));
    let mut streams = tries.collect::<io::Result<Vec<Vec<u8>>>>()?;
    let shortest = |tries: &mut [Vec<u8>]| {
        tries.iter_mut().min_by_key(|stream| stream.len()).map(std::mem::take).unwrap_or_default()
    };
    Ok(streams.chunks_mut(OF_BYTES.len()).map(shortest).collect())
}

fn pack(bytes: &[u8], contexts: Contexts) -> io::Result<Vec<u8>> {
    let mut encoder = encoder_with(Vec::new(), bytes.len() as u64, contexts)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The bytes of a stream; nothing if it is damaged, or they are not so many.
pub(super) fn unpack(stream: &[u8], bytes: u64) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    XzDecoder::new(stream).take(bytes + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 == bytes).then_some(unpacked)
}
