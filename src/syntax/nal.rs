//! NAL units of a byte stream (H.264 and H.265 annex B), or with a length before each (ISO/IEC 14496-15), and their emulation prevention
//! (clause 7.4.1). Nothing is lost: the pieces of a stream, joined again, are the same bytes.

use std::io::{self, BufRead, ErrorKind};

use memchr::memmem;

/// A piece of a byte stream: a NAL unit and what comes before it. All pieces, one after the other, are the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Where `prefix` begins in the stream.
    pub offset: u64,
    /// Zero bytes and the start code 00 00 01; before the first start code any other bytes as well; after the last NAL unit zeros alone.
    /// Or the length of the NAL unit, in four bytes.
    pub prefix: Vec<u8>,
    /// The NAL unit from its header byte to its last byte, which is not zero where start codes separate units. Empty after the last NAL
    /// unit, and within very many zeros.
    pub bytes: Vec<u8>,
    /// How many of the bytes that its length counts are missing.
    pub missing: u64,
}

/// The largest NAL unit that is read: more than a picture of the highest level can need.
pub const MAX_UNIT: usize = 1 << 28;

/// More zeros than these end a NAL unit, and are handed over before it is known what follows them.
const MANY_ZEROS: usize = 1 << 20;

/// What comes before each NAL unit of a byte stream.
pub const START_CODE: [u8; 3] = [0, 0, 1];

/// Reads NAL units, one at a time. The first bytes decide whether start codes or lengths come before them.
///
/// ```
/// use silicabac::syntax::nal::Units;
/// let stream = [0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68];
/// let units = Units::new(&stream[..]).collect::<Result<Vec<_>, _>>().unwrap();
/// assert_eq!(units[0].bytes, [0x67, 0x42]);
/// assert_eq!((units[1].offset, &units[1].prefix[..]), (6, &[0, 0, 1][..]));
/// ```
#[derive(Debug)]
pub struct Units<R> {
    source: R,
    /// Bytes of the source that are not in a unit yet, from `at` on.
    buffer: Vec<u8>,
    at: usize,
    /// The position in the stream of the byte at `at`.
    offset: u64,
    /// How many zeros the buffer ends with.
    zeros: usize,
    is_at_end: bool,
    /// Whether a NAL unit has been found.
    has_unit: bool,
    /// Whether lengths come before the units; `None` until the first unit is asked for.
    has_lengths: Option<bool>,
}

/// Why nothing more is read into the buffer.
enum Found {
    StartCode(usize),
    ManyZeros,
    End,
}

impl<R: BufRead> Units<R> {
    /// The NAL units of a byte stream, a file or a pipe.
    pub fn new(source: R) -> Units<R> {
        Units {
            source,
            buffer: Vec::new(),
            at: 0,
            offset: 0,
            zeros: 0,
            is_at_end: false,
            has_unit: false,
            has_lengths: None,
        }
    }

    /// Reads more bytes.
    fn read_more(&mut self) -> io::Result<()> {
        let is_far = !self.has_unit && self.offset > MAX_UNIT as u64;
        if is_far || self.buffer.len() - self.at > MAX_UNIT {
            return Err(io::Error::new(ErrorKind::InvalidData, NoUnit));
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let more = self.source.fill_buf()?;
        let zeros = more.len() - up_to_zeros(more).len();
        self.zeros = if zeros == more.len() { self.zeros + zeros } else { zeros };
        self.is_at_end = more.is_empty();
        self.buffer.extend_from_slice(more);
        let read = more.len();
        self.source.consume(read);
        Ok(())
    }

    /// Looks for a start code from `from` bytes after `at` on, and returns its distance from `at`.
    fn find(&mut self, mut from: usize) -> io::Result<Found> {
        loop {
            let ahead = &self.buffer[self.at..];
            if let Some(found) = ahead.get(from..).and_then(|ahead| memmem::find(ahead, &START_CODE)) {
                return Ok(Found::StartCode(from + found));
            }
            if self.is_at_end {
                return Ok(Found::End);
            }
            if self.zeros.min(ahead.len()) > MANY_ZEROS {
                return Ok(Found::ManyZeros);
            }
            from = from.max(ahead.len().saturating_sub(START_CODE.len() - 1));
            self.read_more()?;
        }
    }

    fn after_start_code(&mut self) -> io::Result<Unit> {
        let bytes = match self.find(0)? {
            Found::StartCode(code) => {
                let begin = code + START_CODE.len();
                let end = match self.find(begin)? {
                    Found::StartCode(next) => next,
                    Found::ManyZeros | Found::End => self.buffer.len() - self.at,
                };
                let unit = &self.buffer[self.at + begin..self.at + end];
                begin..begin + up_to_zeros(unit).len()
            }
            // The last of them may belong to a start code.
            Found::ManyZeros => {
                let end = self.buffer.len() - self.at - (START_CODE.len() - 1);
                end..end
            }
            Found::End => {
                let end = self.buffer.len() - self.at;
                end..end
            }
        };
        Ok(self.take(bytes))
    }

    /// The next piece: `bytes` is the range of the unit, counted from `at`, and all before it is the prefix.
    fn take(&mut self, bytes: std::ops::Range<usize>) -> Unit {
        let ahead = &self.buffer[self.at..];
        let unit = Unit {
            offset: self.offset,
            prefix: ahead[..bytes.start].to_vec(),
            bytes: ahead[bytes.clone()].to_vec(),
            missing: 0,
        };
        self.has_unit |= !unit.bytes.is_empty();
        self.at += bytes.end;
        self.offset += bytes.end as u64;
        unit
    }

    /// Reads until there are `count` bytes, or no more.
    fn fill(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.at < count && !self.is_at_end {
            self.read_more()?;
        }
        Ok(&self.buffer[self.at..])
    }

    fn after_length(&mut self) -> io::Result<Unit> {
        let ahead = self.fill(LENGTH_BYTES)?;
        let Some(length) = length(ahead) else {
            let left = ahead.len();
            let missing = if left == 0 { 0 } else { (LENGTH_BYTES - left) as u64 };
            return Ok(Unit { missing, ..self.take(left..left) });
        };
        let end = LENGTH_BYTES + length.min(MAX_UNIT);
        let there = self.fill(end)?.len().min(end);
        let missing = (LENGTH_BYTES + length - there) as u64;
        Ok(Unit { missing, ..self.take(LENGTH_BYTES..there) })
    }

    fn unit(&mut self) -> io::Result<Option<Unit>> {
        let has_lengths = match self.has_lengths {
            Some(has_lengths) => has_lengths,
            None => {
                let has_lengths = begins_with_lengths(self.fill(LOOK_AHEAD)?);
                *self.has_lengths.insert(has_lengths)
            }
        };
        let unit = if has_lengths { self.after_length()? } else { self.after_start_code()? };
        Ok((!unit.prefix.is_empty() || !unit.bytes.is_empty()).then_some(unit))
    }
}

/// How many bytes a length has.
pub const LENGTH_BYTES: usize = 4;

/// How many bytes are looked at to decide how units are separated.
const LOOK_AHEAD: usize = 1 << 16;

fn length(bytes: &[u8]) -> Option<usize> {
    let (length, _) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

/// Whether the bytes are NAL units with their lengths before them: each length leads to the next one, and there is no start code that is
/// not a part of a length, since units contain none. The lengths lead just to the last byte, or the stream goes on beyond these bytes, or
/// there are at least three units.
///
/// The length of a unit of one byte is a start code, and that of a unit of 256 to 511 bytes begins like one. Bytes that begin so are taken
/// for lengths only if there are more units: two if the lengths lead just to the last byte, or else three; four if a rest is left that is
/// too short for a length.
fn begins_with_lengths(bytes: &[u8]) -> bool {
    let is_all = bytes.len() < LOOK_AHEAD;
    let looks_like_code = bytes.starts_with(&START_CODE) || bytes.starts_with(&[0, 0, 0, 1]);
    let (mut units, mut at, mut no_code_before) = (0, 0, 0);
    while let Some(length) = bytes.get(at..).and_then(length) {
        let begin = at + LENGTH_BYTES;
        // A start code may extend over either end of the length.
        let ends = [no_code_before, (begin + START_CODE.len() - 1).min(bytes.len())];
        let between = &bytes[ends[0]..at.max(ends[0])];
        if length > MAX_UNIT || memmem::find(between, &START_CODE).is_some() {
            return false;
        }
        if bytes.get(begin).is_some_and(|header| length > 0 && header & 0x80 != 0) {
            return false;
        }
        no_code_before = begin;
        units += u32::from(length > 0);
        at = begin + length;
    }
    let rest = &bytes[no_code_before.min(bytes.len())..];
    if units == 0 || memmem::find(rest, &START_CODE).is_some() {
        return false;
    }
    match (is_all && at == bytes.len(), looks_like_code) {
        (true, true) => units > 1,
        (true, false) => true,
        (false, true) => units > 2 && (!is_all || at > bytes.len() || units > 3),
        (false, false) => !is_all || units > 2,
    }
}

/// The bytes without the zeros at their end.
fn up_to_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

#[derive(Debug, thiserror::Error)]
#[error("for {MAX_UNIT} bytes there is no NAL unit; this is no byte stream of NAL units")]
struct NoUnit;

impl<R: BufRead> Iterator for Units<R> {
    type Item = io::Result<Unit>;

    fn next(&mut self) -> Option<Self::Item> {
        self.unit().transpose()
    }
}

/// The RBSP in a NAL unit: its bytes without emulation prevention.
///
/// ```
/// use silicabac::syntax::nal::{escape, unescape};
/// assert_eq!(unescape(&[0x65, 0, 0, 3, 1]), [0x65, 0, 0, 1]);
/// assert_eq!(escape(&[0x65, 0, 0, 1]), [0x65, 0, 0, 3, 1]);
/// ```
pub fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut rbsp = Vec::with_capacity(unit.len());
    let mut rest = unit;
    while let Some(at) = memmem::find(rest, &[0, 0, 3]) {
        rbsp.extend_from_slice(&rest[..at + 2]);
        rest = &rest[at + 3..];
    }
    rbsp.extend_from_slice(rest);
    rbsp
}

/// The NAL unit of an RBSP. It is the inverse of [`unescape`] for units that have emulation prevention bytes only where they need them.
pub fn escape(rbsp: &[u8]) -> Vec<u8> {
    let mut unit = Vec::with_capacity(rbsp.len() + rbsp.len() / 64 + 1);
    let mut zeros = 0;
    for &byte in rbsp {
        if zeros == 2 && byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        unit.push(byte);
        zeros = if byte == 0 { zeros + 1 } else { 0 };
    }
    // A NAL unit does not end with a zero byte: 03 is appended to cabac_zero_words at its end.
    if zeros == 2 {
        unit.push(3);
    }
    unit
}
