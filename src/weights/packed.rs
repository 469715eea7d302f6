//! Levels in the fewest bytes, packed by xz: what tensors are coded as where that is shorter than their bins.
//!
//! A general coder finds what the article's contexts do not look for, such as rows that come again. Tensors that follow each other share a
//! stream, so that it is found in all of them; no decoder core reads it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::ops::Range;

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

/// So many bytes at the most are packed by themselves: few enough to keep several processors at work, and enough for little to be lost.
const BLOCK: usize = 4 << 20;
/// On so many bytes it is tried out which contexts are better.
const SAMPLE: usize = 1 << 18;

/// In how many runs, one after the other, so many bytes are best packed: an even number of blocks, for two processors to share them.
pub(super) fn runs(bytes: usize) -> usize {
    if bytes <= BLOCK { 1 } else { bytes.div_ceil(BLOCK).next_multiple_of(2) }
}

/// Packs runs of bytes side by side, each into an xz file. Where there is one block it is never longer than what `xz -9e` makes of it.
pub(super) fn pack(bytes: &[u8], runs: &[Range<usize>]) -> io::Result<Vec<Vec<u8>>> {
    let [one, other] = OF_BYTES;
    let sample = |run: &Range<usize>| {
        let from = run.start + run.len().saturating_sub(SAMPLE) / 2;
        &bytes[from..run.end.min(from + SAMPLE)]
    };
    if let [run] = runs
        && run.len() <= BLOCK
    {
        let (of_bytes, _) = shortest(sample(run), &OF_BYTES)?;
        return Ok(vec![shortest(&bytes[run.clone()], &[STANDARD, of_bytes])?.1]);
    }
    let contexts = runs.par_iter().map(|run| Ok(shortest(sample(run), &[STANDARD, one, other])?.0));
    let contexts = contexts.collect::<io::Result<Vec<Contexts>>>()?;
    let blocks = runs.iter().zip(contexts).enumerate().flat_map(|(number, (run, contexts))| {
        let size = run.len().div_ceil(run.len().div_ceil(BLOCK).max(1)).max(1);
        bytes[run.clone()].chunks(size).map(move |block| (number, block, contexts))
    });
    let packed = blocks.collect::<Vec<_>>().into_par_iter().with_max_len(1);
    let packed = packed.map(|(number, block, contexts)| Ok((number, pack_block(block, contexts)?)));
    let mut files = vec![Vec::new(); runs.len()];
    // The streams of xz after each other are a file of xz.
    for (number, stream) in packed.collect::<io::Result<Vec<_>>>()? {
        files[number].extend(stream);
    }
    Ok(files)
}

/// What `xz -9e` makes of bytes.
pub(super) fn pack_whole(bytes: &[u8]) -> io::Result<Vec<u8>> {
    pack_block(bytes, STANDARD)
}

/// The contexts of these that make bytes the shortest, and what they make of them.
fn shortest(bytes: &[u8], of: &[Contexts]) -> io::Result<(Contexts, Vec<u8>)> {
    let packed = of.par_iter().map(|&contexts| Ok((contexts, pack_block(bytes, contexts)?)));
    let packed = packed.collect::<io::Result<Vec<_>>>()?;
    // Of two that are as short, the first.
    let shortest = packed.into_iter().min_by_key(|(_, packed)| packed.len());
    Ok(shortest.unwrap_or((STANDARD, Vec::new())))
}

fn pack_block(bytes: &[u8], contexts: Contexts) -> io::Result<Vec<u8>> {
    let mut encoder = encoder_with(Vec::new(), bytes.len() as u64, contexts)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Whether a part of the bytes that matters is found farther away than a block is long, as tensors that are there twice. Of all runs of 64
/// bytes those are looked at that a hash picks, one of 64.
pub(super) fn comes_again_far(bytes: &[u8]) -> bool {
    const PICKED: u32 = 6;
    let mut last = HashMap::new();
    let (mut hash, mut far) = (0_u64, 0_usize);
    for (at, &byte) in bytes.iter().enumerate() {
        // What a byte adds is shifted out 64 bytes later.
        hash = (hash << 1).wrapping_add(OF_BYTE[usize::from(byte)]);
        if hash >> (64 - PICKED) == 0 && last.insert(hash, at).is_some_and(|before| at - before > BLOCK) {
            far += 1 << PICKED;
        }
    }
    far > bytes.len() / 1_000
}

/// A number without a pattern for each byte.
const OF_BYTE: [u64; 256] = {
    let mut numbers = [0; 256];
    let (mut at, mut state) = (0, 1_u64);
    while at < 256 {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        numbers[at] = state ^ state >> 29;
        at += 1;
    }
    numbers
};

/// The bytes of a stream; nothing if it is damaged, or they are not so many.
pub(super) fn unpack(stream: &[u8], bytes: u64) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    XzDecoder::new_multi_decoder(stream).take(bytes + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 == bytes).then_some(unpacked)
}
