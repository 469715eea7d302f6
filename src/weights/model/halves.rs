//! Elements of two bytes that a protobuf has as varints, in `int32_data`: each varint is the bits of an element as an unsigned number.
//!
//! Invariant: a run is taken only if every varint in it is as short as it can be and has 16 bits at most. So the bytes of the elements
//! determine the run, and writing them gives it back.

use std::io::{self, BufRead, ErrorKind, Read};

use super::source::Source;
use super::wire::Message;
use super::{ModelError, wire};

/// How many elements a run has; `None` if it is not one that can be written again from its elements.
pub(super) fn count(source: &mut Source, run: Message) -> Result<Option<u64>, ModelError> {
    let mut count = 0;
    let mut varint = Varint::default();
    let mut left = run;
    let mut piece = [0; 4096];
    while left.length() > 0 {
        let length = left.length().min(4096) as usize;
        source.seek(left.begin)?;
        source.read(&mut piece[..length])?;
        left.begin += length as u64;
        for &byte in &piece[..length] {
            match varint.push(byte) {
                Ok(Some(_)) => count += 1,
                Ok(None) => {}
                Err(NotShort) => return Ok(None),
            }
        }
    }
    Ok((varint.length == 0).then_some(count))
}

/// A varint that is being read.
#[derive(Debug, Default)]
struct Varint {
    value: u32,
    length: u32,
}

/// A varint is longer than necessary, or its value has more than 16 bits.
#[derive(Debug)]
struct NotShort;

impl Varint {
    /// Takes a byte; returns the value with the last byte of a varint.
    fn push(&mut self, byte: u8) -> Result<Option<u16>, NotShort> {
        self.value |= u32::from(byte & 0x7f) << (7 * self.length);
        self.length += 1;
        if byte >= 0x80 {
            return if self.length < 3 { Ok(None) } else { Err(NotShort) };
        }
        let Varint { value, length } = std::mem::take(self);
        if byte == 0 && length > 1 {
            return Err(NotShort);
        }
        u16::try_from(value).map(Some).map_err(|_| NotShort)
    }
}

/// Reads varints as the bytes of the elements.
#[derive(Debug)]
pub(super) struct Reader<R> {
    varints: R,
    /// The second byte of an element, if only its first one has been read.
    high: Option<u8>,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(varints: R) -> Reader<R> {
        Reader { varints, high: None }
    }

    /// The next element, if there is one.
    fn element(&mut self) -> io::Result<Option<u16>> {
        let mut varint = Varint::default();
        loop {
            let Some(&byte) = self.varints.fill_buf()?.first() else {
                return if varint.length == 0 { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
            };
            self.varints.consume(1);
            // All varints were short when the file was opened.
            let changed = |_| io::Error::new(ErrorKind::InvalidData, "the file has been changed meanwhile");
            if let Some(value) = varint.push(byte).map_err(changed)? {
                return Ok(Some(value));
            }
        }
    }
}

impl<R: BufRead> Read for Reader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            bytes[filled] = match self.high.take() {
                Some(high) => high,
                None => {
                    let Some(element) = self.element()? else { break };
                    let [low, high] = element.to_le_bytes();
                    self.high = Some(high);
                    low
                }
            };
            filled += 1;
        }
        Ok(filled)
    }
}

/// Makes varints of the bytes of elements, which come in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Packer {
    /// The first byte of an element that is not complete.
    low: Option<u8>,
}

impl Packer {
    pub(super) fn pack(&mut self, bytes: &[u8], packed: &mut Vec<u8>) {
        for &byte in bytes {
            match self.low.take() {
                None => self.low = Some(byte),
                Some(low) => wire::put(u16::from_le_bytes([low, byte]).into(), packed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_comes_back_and_is_as_short_as_it_can_be() {
        let elements: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        let (mut packer, mut packed) = (Packer::default(), Vec::new());
        elements.chunks(5).for_each(|piece| packer.pack(piece, &mut packed));
        assert_eq!(packed.len(), 128 + 2 * (16384 - 128) + 3 * (65536 - 16384));
        let mut again = Vec::new();
        Reader::new(&packed[..]).read_to_end(&mut again).unwrap();
        assert!(again == elements);
    }

    #[test]
    fn what_is_longer_or_larger_is_not_taken() {
        for bytes in [&[0x80, 0][..], &[0xff, 0x80, 0], &[0x80, 0x80, 4], &[0xff; 10]] {
            let mut varint = Varint::default();
            assert!(bytes.iter().any(|&byte| varint.push(byte).is_err()), "{bytes:?}");
        }
    }
}
