//! What comes before the streams: the version, and the packed index, with its length and its checksum.
//!
//! Invariant: what is read is what was written, or reading fails. A single wrong byte is corrected.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::super::repair;
use super::ContainerError;

/// The first bytes of a container; the last one is the version. Version 1, which has fewer codings, is read as well.
pub const MAGIC: [u8; 4] = *b"SBW2";
const VERSION_1: [u8; 4] = *b"SBW1";
/// The longest index that is written and read, unpacked: the length of the longest skeleton, and as much for the tensors.
const MAX_INDEX: usize = 1 << 29;
/// The length of the head before the index: [`MAGIC`], the length of the packed index, and its CRC-32.
const HEAD: u64 = 12;
const SHORT: &str = "the file ends before it does";

/// Packs the bytes of an index.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`]: the index is too long to be read again.
pub(super) fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let is_readable = |bytes: &[u8]| bytes.len() <= MAX_INDEX;
    let packed = if is_readable(bytes) { Some(zstd::bulk::compress(bytes, 19)?) } else { None };
    packed.filter(|packed| is_readable(packed)).ok_or_else(|| {
        let what = "the index of a container is too long: too many tensors";
        io::Error::new(io::ErrorKind::InvalidInput, what)
    })
}

/// Writes the head and the index, and returns how many bytes they take.
pub(super) fn write(packed: &[u8], sink: &mut impl Write) -> io::Result<u64> {
    sink.write_all(&MAGIC)?;
    sink.write_all(&(packed.len() as u32).to_le_bytes())?;
    sink.write_all(&crc32fast::hash(packed).to_le_bytes())?;
    sink.write_all(packed)?;
    Ok(HEAD + packed.len() as u64)
}

/// A head that has been read, in which a wrong byte has been corrected.
pub(super) struct Head {
    /// The bytes of the index, unpacked.
    pub(super) bytes: Vec<u8>,
    /// Where the streams begin.
    pub(super) end: u64,
    pub(super) is_repaired: bool,
}

/// Reads the head of a container of `length` bytes.
pub(super) fn read(source: &mut (impl Read + Seek), length: u64) -> Result<Head, ContainerError> {
    source.seek(SeekFrom::Start(0))?;
    let mut head = [0; HEAD as usize];
    if length < HEAD {
        let mut start = Vec::new();
        source.read_to_end(&mut start)?;
        let is_ours = !start.is_empty() && start.iter().zip(MAGIC).all(|(a, b)| *a == b);
        return Err(if is_ours { ContainerError::Index(SHORT) } else { ContainerError::Magic });
    }
    source.read_exact(&mut head)?;
    if head.iter().zip(MAGIC).filter(|(found, right)| **found != *right).count() > 1 {
        return Err(ContainerError::Magic);
    }
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (mut packed_len, crc32) = (u64::from(word(4)), word(8));
    let is_of_version = head[..4] == MAGIC || head[..4] == VERSION_1;
    let mut is_repaired = !is_of_version;
    let mut found = Err(ContainerError::Index(SHORT));
    if packed_len <= (length - HEAD).min(MAX_INDEX as u64) {
        let mut packed = vec![0; packed_len as usize];
        source.read_exact(&mut packed)?;
        found = if crc32fast::hash(&packed) == crc32 {
            unpacked(&packed)
        } else {
            let is_one = !is_repaired && repair::one_byte(&mut packed, crc32);
            is_repaired = true;
            if is_one { unpacked(&packed) } else { Err(ContainerError::Index("its checksum is wrong")) }
        };
    }
    // Correcting the length in the head is tried as well: if another length makes the checksum right, that was the wrong byte.
    if found.is_err()
        && is_of_version
        && let Some(packed) = of_other_length(source, &head, crc32)?
    {
        (packed_len, is_repaired) = (packed.len() as u64, true);
        found = unpacked(&packed);
    }
    Ok(Head { bytes: found?, end: HEAD + packed_len, is_repaired })
}

/// Unpacks an index.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, ContainerError> {
    let mut bytes = Vec::new();
    let unpacked = zstd::Decoder::new(packed)?.take(MAX_INDEX as u64 + 1).read_to_end(&mut bytes);
    unpacked.map_err(|_| ContainerError::Index("it does not unpack"))?;
    if bytes.len() > MAX_INDEX {
        return Err(ContainerError::Index("it unpacks to more than any index has"));
    }
    Ok(bytes)
}

/// The packed index with this CRC-32 whose length differs in one byte from that in the head.
fn of_other_length(
    source: &mut (impl Read + Seek),
    head: &[u8; HEAD as usize],
    crc32: u32,
) -> io::Result<Option<Vec<u8>>> {
    let said = [head[4], head[5], head[6], head[7]];
    let other = |(at, byte): (usize, u8)| {
        let mut length = said;
        length[at] = byte;
        u32::from_le_bytes(length) as usize
    };
    let mut lengths: Vec<usize> =
        (0..4).flat_map(|at| (0..=255).map(move |byte| (at, byte))).map(other).collect();
    lengths.retain(|length| *length <= MAX_INDEX);
    lengths.sort_unstable();
    source.seek(SeekFrom::Start(HEAD))?;
    let (mut packed, mut hasher) = (Vec::new(), crc32fast::Hasher::new());
    for length in lengths {
        let from = packed.len();
        source.by_ref().take((length - from) as u64).read_to_end(&mut packed)?;
        if packed.len() < length {
            break;
        }
        hasher.update(&packed[from..]);
        if length > 0 && hasher.clone().finalize() == crc32 {
            return Ok(Some(packed));
        }
    }
    Ok(None)
}
