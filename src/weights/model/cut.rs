//! A skeleton that is cut: a file without the raw data of its tensors. What is left are the gaps between the data, and the length of each.
//!
//! Invariant: gaps and data in turn are the file. No format is written anew, so that nothing can be lost, neither unknown fields nor odd
//! orders nor padding; only checksums of npz entries are written again, because data may change.
//!
//! Layout, numbers as varints: how many tensors; the file's length; for each tensor the length of the gap before it and, in a skeleton with
//! checksums, its [`Mark`]; all gaps.

use std::fmt;
use std::io::{Seek, SeekFrom, Write};

use crc32fast::Hasher;

use super::payload::Place;
use super::source::Source;
use super::{ModelError, TensorInfo, wire};

/// The longest skeleton: the limit for all that a file has besides raw data. It is checked when a skeleton is made, for its final length,
/// and when one is read.
pub(super) const MAX_SKELETON: u64 = 1 << 28;

pub(super) fn check_skeleton(bytes: u64) -> Result<(), ModelError> {
    if bytes > MAX_SKELETON { Err(ModelError::Skeleton { bytes }) } else { Ok(()) }
}

/// The first byte of a skeleton that is cut, without checksums.
pub(super) const PLAIN: u8 = 0;
/// The first byte of one that is cut, with a checksum of every tensor.
pub(super) const MARKED: u8 = 1;

/// How many bytes the magic has with which the data descriptor of a zip entry begins. The checksum follows it.
const DESCRIPTOR_MAGIC: u64 = 4;

/// Where the CRC-32 of a tensor is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// How many bytes before the data are in the checksum.
    pub(super) lead: u64,
    /// How many bytes before the data one copy of the checksum begins; 0 if it begins [`DESCRIPTOR_MAGIC`] bytes after the data.
    pub(super) local: u64,
    /// Where the other copy begins, after all data: counted from the beginning of the file, in a skeleton from the end of the last data.
    pub(super) central: u64,
}

/// The skeleton of a file. Either all tensors have marks, or none.
pub(super) fn skeleton(
    source: &mut Source,
    tensors: &[TensorInfo],
    places: &[Place],
    marks: Option<&[Mark]>,
) -> Result<Vec<u8>, ModelError> {
    let length = source.length();
    let mut gaps = Vec::with_capacity(places.len());
    let mut at = 0;
    for (tensor, place) in tensors.iter().zip(places) {
        let begin = place.start + place.lead;
        let end = begin.saturating_add(place.bytes);
        if begin < at || end > length {
            let tensor = tensor.name.clone();
            return Err(ModelError::Place { tensor, begin, end, from: at, to: length });
        }
        gaps.push((at, begin - at));
        at = end;
    }
    let total = gaps.iter().map(|gap| gap.1).sum::<u64>() + length - at;
    let mut bytes = vec![if marks.is_some() { MARKED } else { PLAIN }];
    wire::put(gaps.len() as u64, &mut bytes);
    wire::put(length, &mut bytes);
    for (index, gap) in gaps.iter().enumerate() {
        wire::put(gap.1, &mut bytes);
        if let Some(marks) = marks {
            wire::put(marks[index].lead, &mut bytes);
            wire::put(marks[index].local, &mut bytes);
            wire::put(marks[index].central - at, &mut bytes);
        }
    }
    check_skeleton(total + bytes.len() as u64)?;
    let mut has_descriptor = false;
    for (index, (begin, length)) in gaps.into_iter().chain([(at, length - at)]).enumerate() {
        source.append(begin, length, &mut bytes)?;
        if has_descriptor {
            clear(&mut bytes, length - DESCRIPTOR_MAGIC);
        }
        let local = marks.and_then(|marks| marks.get(index)).map(|mark| mark.local);
        if let Some(local) = local.filter(|&local| local > 0) {
            clear(&mut bytes, local);
        }
        has_descriptor = local == Some(0);
    }
    for mark in marks.unwrap_or_default() {
        clear(&mut bytes, length - mark.central);
    }
    Ok(bytes)
}

/// The skeleton of a file that is to be made: a header, followed by the data of all tensors.
pub(super) fn headed(header: &[u8], tensors: &[TensorInfo]) -> Vec<u8> {
    let length = tensors.iter().fold(header.len() as u64, |sum, tensor| sum.saturating_add(tensor.bytes));
    let mut bytes = vec![PLAIN];
    wire::put(tensors.len() as u64, &mut bytes);
    wire::put(length, &mut bytes);
    for number in 0..tensors.len() {
        wire::put(if number == 0 { header.len() as u64 } else { 0 }, &mut bytes);
    }
    bytes.extend(header);
    bytes
}

/// Clears a checksum, which begins `before` bytes before the end: it does not compress, and is written again anyway.
fn clear(bytes: &mut [u8], before: u64) {
    let begin = bytes.len() - before as usize;
    bytes[begin..begin + 4].fill(0);
}

/// Writes a file from a skeleton that is cut.
pub(super) struct Writer<W> {
    sink: W,
    position: u64,
    gaps: Vec<u8>,
    /// How many bytes of the gaps are written.
    taken: usize,
    pieces: Vec<Piece>,
    /// The checksum of the tensor that is being written.
    hasher: Option<Hasher>,
    /// The checksums of the tensors before it.
    checksums: Vec<u32>,
}

/// A gap before a tensor.
struct Piece {
    gap: usize,
    mark: Option<Mark>,
    /// Where the data after it begins in the file, and ends.
    data: u64,
    end: u64,
}

impl<W: Write + Seek> Writer<W> {
    pub(super) fn new(
        sink: W,
        mut skeleton: &[u8],
        tensors: &[TensorInfo],
        is_marked: bool,
    ) -> Result<Self, ModelError> {
        let (pieces, gaps) = layout(&mut skeleton, tensors, is_marked).map_err(ModelError::Mismatch)?;
        let (gaps, checksums) = (gaps.to_vec(), Vec::new());
        Ok(Writer { sink, position: 0, gaps, taken: 0, pieces, hasher: None, checksums })
    }

    /// Ends the tensor before, and begins this one.
    pub(super) fn begin(&mut self, tensor: usize) -> Result<(), ModelError> {
        self.end();
        let Piece { gap, mark, .. } = self.pieces[tensor];
        let gap = &self.gaps[self.taken..self.taken + gap];
        self.sink.write_all(gap)?;
        self.taken += gap.len();
        self.position += gap.len() as u64;
        self.hasher = mark.map(|mark| {
            let mut hasher = Hasher::new();
            hasher.update(&gap[gap.len() - mark.lead as usize..]);
            hasher
        });
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.sink.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn end(&mut self) {
        self.checksums.extend(self.hasher.take().map(Hasher::finalize));
    }

    pub(super) fn finish(mut self) -> Result<W, ModelError> {
        self.end();
        let written = self.position;
        self.sink.write_all(&self.gaps[self.taken..])?;
        for (piece, checksum) in self.pieces.iter().zip(&self.checksums) {
            let Some(mark) = piece.mark else { continue };
            let other = if mark.local > 0 { piece.data - mark.local } else { piece.end + DESCRIPTOR_MAGIC };
            for position in [other, written + mark.central] {
                self.sink.seek(SeekFrom::Start(position))?;
                self.sink.write_all(&checksum.to_le_bytes())?;
            }
        }
        let end = written + (self.gaps.len() - self.taken) as u64;
        self.sink.seek(SeekFrom::Start(end))?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("position", &self.position).finish_non_exhaustive()
    }
}

/// Reads a skeleton, which may be damaged. Afterwards every position in it is known to be valid.
fn layout<'a>(
    skeleton: &mut &'a [u8],
    tensors: &[TensorInfo],
    is_marked: bool,
) -> Result<(Vec<Piece>, &'a [u8]), &'static str> {
    const SHORT: &str = "it is cut short";
    const CHECKSUM: &str = "a checksum is not where it can be";
    if wire::take(skeleton).ok_or(SHORT)? != tensors.len() as u64 {
        return Err("it has another number of tensors");
    }
    let length = wire::take(skeleton).ok_or(SHORT)?;
    let mut pieces = Vec::with_capacity(tensors.len());
    let mut gaps = 0u64;
    let mut at = 0u64;
    let mut has_descriptor = false;
    for tensor in tensors {
        let gap = wire::take(skeleton).ok_or(SHORT)?;
        let mark = match is_marked {
            true => {
                let lead = wire::take(skeleton).ok_or(SHORT)?;
                let local = wire::take(skeleton).ok_or(SHORT)?;
                Some(Mark { lead, local, central: wire::take(skeleton).ok_or(SHORT)? })
            }
            false => None,
        };
        if mark.is_some_and(|mark| mark.lead > gap || mark.local > gap || (1..4).contains(&mark.local)) {
            return Err(CHECKSUM);
        }
        if has_descriptor && gap < DESCRIPTOR_MAGIC + 4 {
            return Err(CHECKSUM);
        }
        has_descriptor = mark.is_some_and(|mark| mark.local == 0);
        gaps = gaps.checked_add(gap).ok_or(SHORT)?;
        let data = at.checked_add(gap).ok_or("it is too long")?;
        at = data.checked_add(tensor.bytes).ok_or("it is too long")?;
        pieces.push(Piece { gap: usize::try_from(gap).map_err(|_| SHORT)?, mark, data, end: at });
    }
    let rest = (skeleton.len() as u64).checked_sub(gaps).ok_or(SHORT)?;
    if at.checked_add(rest) != Some(length) {
        return Err("it is of a file of another length");
    }
    let central = |mark: Mark| mark.central.checked_add(4).is_none_or(|end| end > rest);
    if has_descriptor && rest < DESCRIPTOR_MAGIC + 4
        || pieces.iter().filter_map(|piece| piece.mark).any(central)
    {
        return Err(CHECKSUM);
    }
    Ok((pieces, skeleton))
}
