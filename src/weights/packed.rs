//! Levels in the fewest bytes, packed by xz: what tensors are coded as where that is shorter than their bins.
//!
//! A general coder finds what the article's contexts do not look for, such as rows that come again. Tensors that follow each other share a
//! stream, so that it is found in all of them; no decoder core reads it.

use std::io::{self, Read, Write};

use liblzma::{
    read::XzDecoder,
    stream::{Check, Filters, LzmaOptions, MtStreamBuilder, Stream},
    write::XzEncoder,
};

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
    let stream = Stream::new_stream_encoder(&filters(bytes)?, Check::Crc64)?;
    Ok(XzEncoder::new_stream(sink, stream))
}

/// So many bytes at the most are packed by themselves: few enough to keep several processors at work, and enough for little to be lost.
const BLOCK: u64 = 4 << 20;

/// The same, but in blocks of one size: so many threads pack them side by side. What is written is the same for any number of them.
///
/// # Errors
/// A lack of memory or of threads.
pub fn encoder_in_blocks<W: Write>(sink: W, bytes: u64, threads: usize) -> io::Result<XzEncoder<W>> {
    if bytes <= BLOCK {
        return encoder(sink, bytes);
    }
    let block = bytes.div_ceil(bytes.div_ceil(BLOCK));
    let mut stream = MtStreamBuilder::new();
    stream.filters(filters(block)?).check(Check::Crc64).block_size(block).threads(threads.max(1) as u32);
    Ok(XzEncoder::new_stream(sink, stream.encoder()?))
}

/// What `xz -9e` has, with a dictionary for so many bytes.
fn filters(bytes: u64) -> io::Result<Filters> {
    const EXTREME: u32 = 1 << 31;
    let dictionary = bytes.clamp(1 << 12, 1 << 26).next_power_of_two();
    let mut options = LzmaOptions::new_preset(9 | EXTREME)?;
    options.dict_size(dictionary as u32);
    let mut filters = Filters::new();
    filters.lzma2(&options);
    Ok(filters)
}

/// The bytes of a stream; nothing if it is damaged, or they are not so many.
pub(super) fn unpack(stream: &[u8], bytes: u64) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    XzDecoder::new(stream).take(bytes + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 == bytes).then_some(unpacked)
}
