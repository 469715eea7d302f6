//! One xz stream of blocks that were packed independently.
//!
//! In the xz format each block has a checksum and settings of its own, and the index at the end of a stream says how long the blocks are.
//! So blocks are packed in parallel, each as a stream of one block, and joined to a stream that any reader of xz reads.

use std::io::{self, Write};

/// The length of a stream's header, and of its footer, in bytes.
const ENDS: usize = 12;

/// A stream that is being written.
#[derive(Default)]
pub(super) struct Joined {
    /// For each block its bytes without the padding, and the bytes that come out of it.
    records: Vec<[u64; 2]>,
    written: u64,
}

impl Joined {
    /// Appends the block of a stream that has one block.
    pub(super) fn add(&mut self, sink: &mut impl Write, stream: &[u8]) -> io::Result<()> {
        let (record, length) = record(stream).ok_or(io::ErrorKind::InvalidData)?;
        let from = if self.records.is_empty() { 0 } else { ENDS };
        let block = &stream[from..ENDS + length];
        sink.write_all(block)?;
        self.written += block.len() as u64;
        self.records.push(record);
        Ok(())
    }

    /// Writes what comes after the last block, and returns the bytes of the whole stream.
    pub(super) fn finish(self, sink: &mut impl Write) -> io::Result<u64> {
        let mut index = vec![0];
        put(&mut index, self.records.len() as u64);
        self.records.iter().flatten().for_each(|number| put(&mut index, *number));
        index.resize(index.len().next_multiple_of(4), 0);
        index.extend(crc32fast::hash(&index).to_le_bytes());
        let backward = (index.len() / 4 - 1) as u32;
        let words = [&backward.to_le_bytes()[..], &FLAGS].concat();
        let footer = [&crc32fast::hash(&words).to_le_bytes()[..], &words, b"YZ"].concat();
        sink.write_all(&index)?;
        sink.write_all(&footer)?;
        Ok(self.written + (index.len() + footer.len()) as u64)
    }
}

/// The flags of a stream: its blocks end with a CRC-64.
const FLAGS: [u8; 2] = [0, 4];

/// The record of a stream's only block in its index, and how long the block is.
fn record(stream: &[u8]) -> Option<([u64; 2], usize)> {
    let (rest, footer) = stream.split_at_checked(stream.len().checked_sub(ENDS)?)?;
    let backward = u32::from_le_bytes(footer[4..8].try_into().ok()?);
    let (blocks, index) = rest.split_at_checked(rest.len().checked_sub(4 * (backward as usize + 1))?)?;
    let mut index = index.strip_prefix(&[0, 1])?;
    let record = [number(&mut index)?, number(&mut index)?];
    Some((record, blocks.len().checked_sub(ENDS)?))
}

/// Reads a varint: seven bits in each byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::super::packed;
    use super::*;

    fn joined(blocks: &[&[u8]]) -> Vec<u8> {
        let (mut stream, mut joined) = (Vec::new(), Joined::default());
        for block in blocks {
            joined.add(&mut stream, &packed::standard(block).unwrap()).unwrap();
        }
        let length = joined.finish(&mut stream).unwrap();
        assert_eq!(length, stream.len() as u64);
        stream
    }

    #[test]
    fn what_is_joined_is_one_stream_of_xz() {
        let bytes: Vec<u8> = (0..70_000_u32).map(|i| (i % 1_009 * (i % 997) % 251) as u8).collect();
        assert!(joined(&[&bytes]) == packed::standard(&bytes).unwrap());
        let (few, rest) = bytes.split_at(3);
        let stream = joined(&[few, rest, few]);
        assert!(packed::unpack(&stream, 70_003).unwrap() == [&bytes, few].concat());
        // A block whose bytes are not what the index says is refused.
        assert!(packed::unpack(&[&stream[..12], &stream[20..]].concat(), 70_003).is_none());
    }

    #[test]
    fn what_is_no_stream_of_one_block_is_refused() {
        let stream = joined(&[b"a", b"b"]);
        for length in 0..=stream.len() {
            assert!(Joined::default().add(&mut Vec::new(), &stream[..length]).is_err(), "{length}");
        }
    }
}
