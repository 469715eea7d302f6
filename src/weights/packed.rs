//! Levels packed by xz, for tensors where that is shorter than their bins.
//!
//! A general coder finds what the contexts of DeepCABAC do not model, such as repeated rows. Tensors that follow each other share a stream,
//! so that repetitions are found across all of them; no decoder core reads such a stream.

use std::fmt;
use std::io::{self, Read, Write};

use liblzma::{
    read::XzDecoder,
    stream::{Action, Check, Error, Filters, LzmaOptions, Status, Stream},
    write::XzEncoder,
};

use super::quantise::Values;

/// The longest dictionary, that of `xz -9e`: how far back repetitions are looked for.
const DICTIONARY: u64 = 1 << 26;

/// How many bytes levels between these two need, in two's complement: 1, 2 or 4.
pub fn width(least: i64, most: i64) -> u8 {
    let fits = |bytes: u32| {
        let half = 1 << (8 * bytes - 1);
        (-half..half).contains(&least) && (-half..half).contains(&most)
    };
    [1, 2].into_iter().find(|&bytes| fits(bytes)).unwrap_or(4) as u8
}

/// How many bytes a level of a tensor needs, if this is its largest absolute value.
pub(super) fn width_of(values: &Values, largest: f32) -> u8 {
    match values {
        Values::Grid { .. } => {
            let most = i64::from(values.nearest(largest));
            width(-most, most)
        }
        Values::Codebook { values, zero } => width(-(*zero as i64), values.len() as i64 - 1 - *zero as i64),
    }
}

/// Levels in little endian, of `width` bytes each.
pub fn bytes_of(levels: &[i32], width: u8) -> Vec<u8> {
    levels.iter().flat_map(|level| level.to_le_bytes().into_iter().take(width.into())).collect()
}

/// The reverse of [`bytes_of`].
pub fn levels_of(bytes: &[u8], width: u8) -> Vec<i32> {
    let level = |bytes: &[u8]| {
        let fill = if bytes.last().is_some_and(|byte| *byte > 127) { 0xff } else { 0 };
        let mut word = [fill; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        i32::from_le_bytes(word)
    };
    bytes.chunks_exact(width.clamp(1, 4).into()).map(level).collect()
}

/// An encoder like `xz -9e`, for `bytes` bytes. Its dictionary is no larger than these: it finds the same matches, in far less memory.
///
/// # Errors
/// A lack of memory.
pub fn encoder<W: Write>(sink: W, bytes: u64) -> io::Result<XzEncoder<W>> {
    encoder_with(sink, bytes, STANDARD)
}

/// What xz predicts a byte from: `before` upper bits of the byte before it, and the lower bits of its position, `literal` of them in a
/// literal and `place` of them otherwise.
#[derive(Clone, Copy)]
struct Contexts {
    before: u32,
    literal: u32,
    place: u32,
}

/// Those of `xz -9e`.
const STANDARD: Contexts = Contexts { before: 3, literal: 0, place: 2 };
/// For levels of two bytes each, of which the upper ones are much alike.
const OF_PAIRS: Contexts = Contexts { before: 2, literal: 1, place: 1 };

/// For levels of one byte each, which have no alignment: the contexts with which the first levels are shorter, if nothing is repeated among
/// them.
fn of_bytes(levels: &[u8]) -> Contexts {
    const SAMPLE: usize = 1 << 18;
    let sample = &levels[..levels.len().min(SAMPLE)];
    let before = if bits_of(sample, 4) < bits_of(sample, 3) { 4 } else { 3 };
    Contexts { before, literal: 0, place: 0 }
}

/// The bits of these bytes as literals of xz, which are predicted from `before` upper bits of the byte before: each node of a tree has a
/// probability, which moves by a 32nd of the distance with each bit.
fn bits_of(bytes: &[u8], before: u32) -> f64 {
    let cost: Vec<f32> = (0..128).map(|share| -((share as f32 + 0.5) / 128.0).log2()).collect();
    let mut of_zero = vec![1024_u16; 256 << before];
    let mut last = 0;
    let of_byte = |&byte: &u8| {
        let tree = &mut of_zero[(last >> (8 - before)) << 8..][..256];
        last = usize::from(byte);
        let mut node = 1;
        let mut bits = 0.0;
        for at in (0..8).rev() {
            let (zero, bit) = (&mut tree[node], byte >> at & 1);
            if bit == 0 {
                bits += cost[usize::from(*zero >> 4)];
                *zero += (2048 - *zero) >> 5;
            } else {
                bits += cost[usize::from((2048 - *zero) >> 4).min(127)];
                *zero -= *zero >> 5;
            }
            node = node << 1 | usize::from(bit);
        }
        f64::from(bits)
    };
    bytes.iter().map(of_byte).sum()
}

fn encoder_with<W: Write>(sink: W, bytes: u64, contexts: Contexts) -> io::Result<XzEncoder<W>> {
    const EXTREME: u32 = 1 << 31;
    let dictionary = bytes.clamp(1 << 12, DICTIONARY).next_power_of_two();
    let mut options = LzmaOptions::new_preset(9 | EXTREME)?;
    options.dict_size(dictionary as u32);
    options.literal_context_bits(contexts.before);
    options.literal_position_bits(contexts.literal).position_bits(contexts.place);
    let mut filters = Filters::new();
    filters.lzma2(&options);
    Ok(XzEncoder::new_stream(sink, Stream::new_stream_encoder(&filters, Check::Crc64)?))
}

/// What `xz -9e` makes of bytes.
#[cfg(test)]
pub(super) fn standard(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = encoder(Vec::new(), bytes.len() as u64)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What xz makes of levels of `width` bytes each, with the contexts that suit them; `None` if it is not shorter than `below`.
pub(super) fn suited(bytes: &[u8], width: u8, below: u64) -> io::Result<Option<Vec<u8>>> {
    let contexts = match width {
        1 => of_bytes(bytes),
        2 => OF_PAIRS,
        _ => STANDARD,
    };
    let mut encoder = encoder_with(Vec::new(), bytes.len() as u64, contexts)?;
    for piece in bytes.chunks(PIECE) {
        encoder.write_all(piece)?;
        if encoder.total_out() >= below {
            return Ok(None);
        }
    }
    Ok(Some(encoder.finish()?).filter(|stream| (stream.len() as u64) < below))
}

/// After how many bytes the length of the output is checked.
pub(super) const PIECE: usize = 1 << 17;

/// The bytes of a stream; `None` if it is damaged, or they are not `bytes` bytes.
pub(super) fn unpack(stream: &[u8], bytes: u64) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let decoder = XzDecoder::new_stream(stream, decoder().ok()?);
    decoder.take(bytes + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 == bytes).then_some(unpacked)
}

/// A decoder that refuses a dictionary longer than any that is written, before it allocates memory for it.
fn decoder() -> Result<Stream, Error> {
    const ITSELF: u64 = 1 << 20;
    Stream::new_stream_decoder(DICTIONARY + ITSELF, 0)
}

/// A decoder that is given a stream piece by piece.
pub(super) struct Decoder(Stream);

/// What a decoder has done: how many bytes it has taken and given, and whether its stream is at its end.
pub(super) struct Step {
    pub(super) taken: usize,
    pub(super) given: usize,
    pub(super) is_end: bool,
}

impl Decoder {
    pub(super) fn new() -> Option<Decoder> {
        Some(Decoder(decoder().ok()?))
    }

    /// Unpacks until the input or the room for the output is used up, or the stream is at its end; `None` if it is damaged.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Option<Step> {
        let (taken, given) = (self.0.total_in(), self.0.total_out());
        let status = self.0.process(input, output, Action::Run).ok()?;
        let since = |before, now| (now - before) as usize;
        let (taken, given) = (since(taken, self.0.total_in()), since(given, self.0.total_out()));
        Some(Step { taken, given, is_end: status == Status::StreamEnd })
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("given", &self.0.total_out()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: u32) -> Vec<u8> {
        let next = |state: &mut u32, _| {
            *state ^= *state << 13;
            *state ^= *state >> 17;
            *state ^= *state << 5;
            Some((*state >> 24) as u8)
        };
        (0..count).scan(7, next).collect()
    }

    /// A stream that claims a dictionary of four gigabytes is refused.
    #[test]
    fn no_dictionary_is_longer_than_those_that_are_written() {
        let bytes = noise(1_000);
        let mut stream = standard(&bytes).unwrap();
        assert!(unpack(&stream, 1_000).unwrap() == bytes);
        // The header of the block: its length, flags, the filter LZMA2 with a byte of settings, padding, and a CRC-32.
        let header = 12..12 + 4 * (usize::from(stream[12]) + 1);
        assert_eq!(stream[14..16], [0x21, 1]);
        for (dictionary, is_read) in [(28, true), (29, false), (40, false)] {
            stream[16] = dictionary;
            let crc32 = crc32fast::hash(&stream[header.start..header.end - 4]);
            stream[header.end - 4..header.end].copy_from_slice(&crc32.to_le_bytes());
            assert_eq!(unpack(&stream, 1_000).is_some(), is_read, "{dictionary}");
            let step = Decoder::new().unwrap().step(&stream, &mut [0; 1_000]);
            assert_eq!(step.is_some_and(|step| step.given == 1_000), is_read, "{dictionary}");
        }
    }

    #[test]
    fn contexts_are_those_that_suit_levels() {
        // In the first kind of pairs the second byte depends on the fourth bit of the first one, in the other kind it does not.
        let pairs = |of_first: u8| -> Vec<u8> {
            let first = noise(1 << 15).into_iter().map(|first| first & of_first);
            first.flat_map(|first| [first, 0x80 & of_first | (first >> 4 & 1)]).collect()
        };
        for (of_first, before) in [(0xff, 4), (0x0f, 3)] {
            assert_eq!(of_bytes(&pairs(of_first)).before, before);
            let length = |before| {
                let contexts = Contexts { before, literal: 0, place: 0 };
                let mut encoder = encoder_with(Vec::new(), 1 << 16, contexts).unwrap();
                encoder.write_all(&pairs(of_first)).unwrap();
                encoder.finish().unwrap().len()
            };
            assert_eq!(length(4) < length(3), before == 4);
        }
        let whole = bits_of(&noise(1 << 16), 3) / 8.0;
        assert!((whole / f64::from(1 << 16) - 1.0).abs() < 0.1, "{whole}");
    }

    #[test]
    fn what_is_not_short_enough_is_given_up() {
        let bytes = noise(1 << 19);
        let length = suited(&bytes, 1, u64::MAX).unwrap().unwrap().len() as u64;
        assert!(suited(&bytes, 1, length).unwrap().is_none());
        assert!(suited(&bytes, 1, length + 1).unwrap().is_some());
        assert!(suited(&bytes, 1, 1).unwrap().is_none());
    }
}
