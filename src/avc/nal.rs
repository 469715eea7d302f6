//! NAL units of a byte stream (H.264 annex B) and their emulation prevention (clause 7.4.1), both without loss: what is
//! split here goes together again to the same bytes.

use std::io::{self, BufRead, ErrorKind};

/// A piece of a byte stream: what stands before a NAL unit, and the NAL unit. All pieces in a row are the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Where `prefix` begins in the stream.
    pub offset: u64,
    /// Zero bytes and the start code 00 00 01. In front of the first start code also anything else; behind the last NAL
    /// unit zeros alone.
    pub prefix: Vec<u8>,
    /// From the NAL unit's header byte to its last byte, which is not zero. Empty behind the last NAL unit.
    pub bytes: Vec<u8>,
}

/// The largest NAL unit that is read: more than a picture of the highest level can need.
pub const MAX_UNIT: usize = 1 << 28;

/// Reads NAL units, one at a time.
///
/// ```
/// use silicabac::avc::nal::Units;
/// let stream = [0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68];
/// let units = Units::new(&stream[..]).collect::<Result<Vec<_>, _>>().unwrap();
/// assert_eq!(units[0].bytes, [0x67, 0x42]);
/// assert_eq!((units[1].offset, &units[1].prefix[..]), (6, &[0, 0, 1][..]));
/// ```
#[derive(Debug)]
pub struct Units<R> {
    source: R,
    /// Where the next unit begins.
    offset: u64,
    /// Zeros and a start code that were read behind the unit before.
    prefix: Vec<u8>,
    is_started: bool,
    is_done: bool,
}

impl<R: BufRead> Units<R> {
    /// The NAL units of a byte stream, a file or a pipe.
    pub fn new(source: R) -> Units<R> {
        Units { source, offset: 0, prefix: Vec::new(), is_started: false, is_done: false }
    }

    /// Appends to `bytes` up to the next start code, and splits that off with the zeros before it; `None` at the end of
    /// the stream, where only zeros can follow.
    fn up_to_start_code(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            // A start code ends with a one; look at each.
            let mut taken = 0;
            let found = loop {
                let Some(one) = buffer[taken..].iter().position(|&byte| byte == 1) else {
                    bytes.extend_from_slice(&buffer[taken..]);
                    taken = buffer.len();
                    break false;
                };
                bytes.extend_from_slice(&buffer[taken..=taken + one]);
                taken += one + 1;
                if bytes.ends_with(&[0, 0, 1]) {
                    break true;
                }
            };
            self.source.consume(taken);
            if found {
                let code = trailing_zeros(&bytes[..bytes.len() - 1]);
                return Ok(Some(bytes.split_off(code)));
            }
            if bytes.len() > MAX_UNIT {
                return Err(io::Error::new(ErrorKind::InvalidData, NoStartCode));
            }
        }
    }

    fn unit(&mut self) -> io::Result<Option<Unit>> {
        let mut prefix = std::mem::take(&mut self.prefix);
        if !self.is_started {
            self.is_started = true;
            match self.up_to_start_code(&mut prefix)? {
                Some(code) => prefix.extend(code),
                None => self.is_done = true,
            }
        }
        let mut bytes = Vec::new();
        if !self.is_done {
            match self.up_to_start_code(&mut bytes)? {
                Some(code) => self.prefix = code,
                None => {
                    self.is_done = true;
                    self.prefix = bytes.split_off(trailing_zeros(&bytes));
                }
            }
        }
        let unit = Unit { offset: self.offset, prefix, bytes };
        self.offset += (unit.prefix.len() + unit.bytes.len()) as u64;
        Ok((!unit.prefix.is_empty() || !unit.bytes.is_empty()).then_some(unit))
    }
}

/// Where the zeros begin that `bytes` ends with.
fn trailing_zeros(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

#[derive(Debug, thiserror::Error)]
#[error("for {MAX_UNIT} bytes there is no start code; this is no H.264 byte stream")]
struct NoStartCode;

impl<R: BufRead> Iterator for Units<R> {
    type Item = io::Result<Unit>;

    fn next(&mut self) -> Option<Self::Item> {
        self.unit().transpose()
    }
}

/// The RBSP in a NAL unit: its bytes without emulation prevention.
///
/// ```
/// use silicabac::avc::nal::{escape, unescape};
/// assert_eq!(unescape(&[0x65, 0, 0, 3, 1]), [0x65, 0, 0, 1]);
/// assert_eq!(escape(&[0x65, 0, 0, 1]), [0x65, 0, 0, 3, 1]);
/// ```
pub fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut rbsp = Vec::with_capacity(unit.len());
    let mut rest = unit;
    while let Some(at) = rest.windows(3).position(|window| window == [0, 0, 3]) {
        rbsp.extend_from_slice(&rest[..at + 2]);
        rest = &rest[at + 3..];
    }
    rbsp.extend_from_slice(rest);
    rbsp
}

/// The NAL unit of an RBSP: the inverse of [`unescape`] wherever emulation prevention stands only where it has to.
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
    // A NAL unit does not end with a zero: those of cabac_zero_words are closed like this.
    if zeros == 2 {
        unit.push(3);
    }
    unit
}
