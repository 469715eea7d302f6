//! A container that is open for reading: its index is in memory, and streams are read on demand.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use rayon::prelude::*;

use super::super::{packed, repair};
use super::long::Long;
use super::{Coding, ContainerError, Group, Index, LONG_GROUP, MAX_STREAM, Stream, StreamError, head};

/// A container that is open for reading.
#[derive(Debug)]
pub struct Container<R> {
    source: R,
    pub(super) index: Index,
    /// Where the streams of each tensor begin.
    starts: Vec<u64>,
    pub(super) is_repaired: bool,
    groups: Vec<Option<Group>>,
    /// The tensors whose packed streams were read last, and their unpacked levels.
    unpacked: HashMap<usize, Result<Vec<u8>, StreamError>>,
    /// How many packed streams are read at once.
    ahead: usize,
    /// The long group that was read last.
    pub(super) long: Option<Long>,
}

impl<R: Read + Seek> Container<R> {
    /// Opens a container. A single wrong byte in its index or before it is corrected, and [`Container::is_repaired`] says so.
    ///
    /// # Errors
    /// [`ContainerError::Magic`], [`ContainerError::Index`] and [`ContainerError::Trailing`]. Whether the streams are whole is not checked
    /// here.
    pub fn open(mut source: R) -> Result<Container<R>, ContainerError> {
        let length = source.seek(SeekFrom::End(0))?;
        let head::Head { bytes, end, is_repaired } = head::read(&mut source, length)?;
        let index =
            Index::from_bytes(&bytes).ok_or(ContainerError::Index("its fields contradict each other"))?;
        if index.name_twice().is_some() {
            return Err(ContainerError::Index("two tensors have one name"));
        }
        let groups =
            index.groups().ok_or(ContainerError::Index("its packed tensors contradict each other"))?;
        let mut next = end;
        let starts = index.tensors.iter().map(|tensor| {
            let start = next;
            next = next.saturating_add(tensor.stored());
            start
        });
        let starts = starts.collect();
        if next < length {
            return Err(ContainerError::Trailing(length - next));
        }
        let unpacked = HashMap::new();
        Ok(Container { source, index, starts, is_repaired, groups, unpacked, ahead: 1, long: None })
    }

    /// Whether a wrong byte has been corrected: of the index, or before it, or of packed levels that have been read.
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// Reads `streams` packed streams at once, on all processors: for a caller that goes through all tensors in order.
    pub(in super::super) fn read_ahead(&mut self, streams: usize) {
        self.ahead = streams.max(1);
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where the levels of a tensor are, if they are packed.
    pub fn group(&self, tensor: usize) -> Option<Group> {
        self.groups.get(tensor).copied().flatten()
    }

    /// The bytes of a stream, after a check of their checksum.
    ///
    /// # Errors
    /// [`ContainerError::Stream`].
    pub fn stream(&mut self, tensor: usize, slice: usize) -> Result<Vec<u8>, ContainerError> {
        self.read(tensor, slice)?.map_err(|what| self.failed(tensor, slice, what))
    }

    /// The bytes of some levels of a packed tensor. An unpacked stream is kept until another one is asked for.
    pub(in super::super) fn packed(
        &mut self,
        tensor: usize,
        levels: Range<u64>,
    ) -> Result<Vec<u8>, ContainerError> {
        self.unpack(tensor, levels)?.map_err(|what| self.failed(tensor, 0, what))
    }

    fn failed(&self, tensor: usize, slice: usize, what: StreamError) -> ContainerError {
        ContainerError::Stream { name: self.index.tensors[tensor].name.clone(), slice, what }
    }

    fn unpack(&mut self, tensor: usize, levels: Range<u64>) -> io::Result<Result<Vec<u8>, StreamError>> {
        let (Coding::Packed { width, .. }, Some(group)) =
            (&self.index.tensors[tensor].coding, self.group(tensor))
        else {
            return Ok(Err(StreamError::Unpacked));
        };
        let place = |level: u64| group.start + level * u64::from(*width);
        let range = place(levels.start)..place(levels.end);
        if self.is_long(group) {
            return self.unpack_long(group, range);
        }
        let range = range.start as usize..range.end as usize;
        if !self.unpacked.contains_key(&group.first) {
            self.unpack_from(group)?;
        }
        let unpacked =
            self.unpacked.get(&group.first).map(|unpacked| unpacked.as_ref().map_err(Clone::clone));
        let levels = unpacked.unwrap_or(Err(StreamError::Unpacked));
        Ok(levels.and_then(|bytes| bytes.get(range).ok_or(StreamError::Unpacked)).map(<[u8]>::to_vec))
    }

    /// Whether the levels of a group are too many to be held, or their file is cut.
    fn is_long(&self, group: Group) -> bool {
        group.total > LONG_GROUP || self.index.tensors[group.first].streams.len() > 1
    }

    /// Unpacks a stream, and with it those streams after it that are read ahead and together fit the limit.
    fn unpack_from(&mut self, group: Group) -> io::Result<()> {
        let mut bytes = 0_u64;
        let is_next = |next: &&Group| {
            bytes = bytes.saturating_add(next.total);
            bytes <= LONG_GROUP && !self.is_long(**next)
        };
        let firsts = self.groups.iter().enumerate().skip(group.first);
        let firsts = firsts.filter_map(|(number, next)| next.as_ref().filter(|next| next.first == number));
        let next: Vec<Group> = firsts.take(self.ahead).take_while(is_next).copied().collect();
        let loaded = next.into_iter().map(|next| Ok((next, self.load(next.first, 0)?)));
        let loaded = loaded.collect::<io::Result<Vec<_>>>()?;
        let unpack = |(next, loaded): (Group, Result<(Vec<u8>, u32), StreamError>)| {
            let unpacked = loaded.and_then(|(stream, crc32)| unpacked(stream, crc32, next.total));
            let is_repaired = unpacked.as_ref().is_ok_and(|(_, is_repaired)| *is_repaired);
            (next.first, is_repaired, unpacked.map(|(bytes, _)| bytes))
        };
        self.unpacked.clear();
        for (first, is_repaired, unpacked) in loaded.into_par_iter().map(unpack).collect::<Vec<_>>() {
            self.is_repaired |= is_repaired;
            self.unpacked.insert(first, unpacked);
        }
        Ok(())
    }

    fn read(&mut self, tensor: usize, slice: usize) -> io::Result<Result<Vec<u8>, StreamError>> {
        let right = |(bytes, crc32): (Vec<u8>, u32)| {
            if crc32fast::hash(&bytes) == crc32 { Ok(bytes) } else { Err(StreamError::Checksum) }
        };
        Ok(self.load(tensor, slice)?.and_then(right))
    }

    /// The bytes of a stream as they are, and the checksum that they should have.
    pub(super) fn load(
        &mut self,
        tensor: usize,
        slice: usize,
    ) -> io::Result<Result<(Vec<u8>, u32), StreamError>> {
        let streams = &self.index.tensors[tensor].streams;
        let before: u64 = streams[..slice].iter().fold(0, |sum, stream| stream.len.saturating_add(sum));
        let Stream { len, crc32 } = streams[slice];
        let length = self.source.seek(SeekFrom::End(0))?;
        let from = self.starts[tensor].saturating_add(before);
        if from.saturating_add(len) > length || len > MAX_STREAM {
            return Ok(Err(StreamError::Truncated));
        }
        self.source.seek(SeekFrom::Start(from))?;
        let mut bytes = vec![0; len as usize];
        self.source.read_exact(&mut bytes)?;
        Ok(Ok((bytes, crc32)))
    }
}

/// What a packed stream with this CRC-32 holds, and whether a byte was wrong. A single wrong byte is corrected, since xz has a checksum of
/// its own for what it unpacks.
fn unpacked(mut stream: Vec<u8>, crc32: u32, total: u64) -> Result<(Vec<u8>, bool), StreamError> {
    if crc32fast::hash(&stream) == crc32 {
        return packed::unpack(&stream, total).map(|bytes| (bytes, false)).ok_or(StreamError::Unpacked);
    }
    for (at, by) in repair::suspects(&stream, crc32) {
        stream[at] ^= by;
        if let Some(bytes) = packed::unpack(&stream, total) {
            return Ok((bytes, true));
        }
        stream[at] ^= by;
    }
    Err(StreamError::Checksum)
}
