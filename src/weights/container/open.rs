//! A container that is open for reading.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::super::{packed, repair};
use super::{Coding, ContainerError, Group, Index, MAX_STREAM, Stream, StreamError, head};

/// A container that is open for reading.
#[derive(Debug)]
pub struct Container<R> {
    source: R,
    index: Index,
    /// Where the streams of each tensor begin.
    starts: Vec<u64>,
    is_repaired: bool,
    groups: Vec<Option<Group>>,
    /// The tensor whose packed stream was read last, and what is in it.
    unpacked: Option<(usize, Result<Vec<u8>, StreamError>)>,
}

impl<R: Read + Seek> Container<R> {
    /// Opens a container. Where a single byte of its index is wrong, or before that, it is put right, and [`Container::is_repaired`].
    ///
    /// # Errors
    /// [`ContainerError::Magic`], [`ContainerError::Index`] and [`ContainerError::Trailing`]; that streams are whole is not looked at
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
            next = next
                .saturating_add(tensor.streams.iter().fold(0, |sum, stream| stream.len.saturating_add(sum)));
            start
        });
        let starts = starts.collect();
        if next < length {
            return Err(ContainerError::Trailing(length - next));
        }
        Ok(Container { source, index, starts, is_repaired, groups, unpacked: None })
    }

    /// Whether a byte was wrong and has been put right: of its index, or before that, or of packed levels that have been read.
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// What is in it.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where the levels of a tensor are, if they are packed.
    pub fn group(&self, tensor: usize) -> Option<Group> {
        self.groups.get(tensor).copied().flatten()
    }

    /// The bytes of a stream, their checksum looked at.
    ///
    /// # Errors
    /// [`ContainerError::Stream`].
    pub fn stream(&mut self, tensor: usize, slice: usize) -> Result<Vec<u8>, ContainerError> {
        self.read(tensor, slice)?.map_err(|what| self.failed(tensor, slice, what))
    }

    /// The bytes of some levels of a packed tensor. What one stream has is kept until another is asked for.
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
        let place = |level: u64| (group.start + level * u64::from(*width)) as usize;
        let range = place(levels.start)..place(levels.end);
        let unpacked = match self.unpacked.take().filter(|(first, _)| *first == group.first) {
            Some((_, unpacked)) => unpacked,
            None => self.unpack_group(group)?,
        };
        let levels = unpacked.as_ref().map_err(Clone::clone);
        let levels =
            levels.and_then(|bytes| bytes.get(range).ok_or(StreamError::Unpacked)).map(<[u8]>::to_vec);
        self.unpacked = Some((group.first, unpacked));
        Ok(levels)
    }

    /// What a packed stream holds. A single byte that is wrong is put right: xz has a checksum of its own for what comes out.
    fn unpack_group(&mut self, group: Group) -> io::Result<Result<Vec<u8>, StreamError>> {
        let (mut stream, crc32) = match self.load(group.first, 0)? {
            Ok(loaded) => loaded,
            Err(what) => return Ok(Err(what)),
        };
        if crc32fast::hash(&stream) == crc32 {
            return Ok(packed::unpack(&stream, group.total).ok_or(StreamError::Unpacked));
        }
        for (at, by) in repair::suspects(&stream, crc32) {
            stream[at] ^= by;
            if let Some(bytes) = packed::unpack(&stream, group.total) {
                self.is_repaired = true;
                return Ok(Ok(bytes));
            }
            stream[at] ^= by;
        }
        Ok(Err(StreamError::Checksum))
    }

    fn read(&mut self, tensor: usize, slice: usize) -> io::Result<Result<Vec<u8>, StreamError>> {
        let right = |(bytes, crc32): (Vec<u8>, u32)| {
            if crc32fast::hash(&bytes) == crc32 { Ok(bytes) } else { Err(StreamError::Checksum) }
        };
        Ok(self.load(tensor, slice)?.and_then(right))
    }

    /// The bytes of a stream as they are, and their checksum as it should be.
    fn load(&mut self, tensor: usize, slice: usize) -> io::Result<Result<(Vec<u8>, u32), StreamError>> {
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
