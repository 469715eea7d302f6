//! The container `.sbw` (`docs/weights.md`): an index, and behind it a stream a slice of a tensor.
//!
//! The index comes first and says where everything is, with a checksum of its own and one for each stream. So a damaged stream
//! costs its tensor alone, and slices are decoded by as many processors as there are. A single byte of the index or before it that is
//! wrong costs nothing: the checksum finds it ([`repair`]). Nothing in it depends on the machine.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::article::{Layout, LevelsError, MAX_ABS_GR, MAX_SUFFIX_CONTEXTS};
use super::packed;
use super::quantise::Values;
use super::repair;

/// The first bytes of a container; the last one is the version. Version 1, which has fewer codings, is read as well.
pub const MAGIC: [u8; 4] = *b"SBW2";
/// The longest index that is written and read, unpacked: the longest skeleton, and as much for the tensors.
const MAX_INDEX: usize = 1 << 29;
/// More than any stream of a slice needs.
const MAX_STREAM: u64 = 1 << 28;
/// Bytes in a stream of packed levels.
pub const MAX_GROUP: u64 = 1 << 26;
/// Levels in a slice: whole rows where a row is not longer.
pub const SLICE: usize = 1 << 20;

/// A container: what is in it, but for the streams.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// The format of the model file that it was made of: 0 safetensors, 1 npz, 2 ONNX, 3 PyTorch.
    pub format: u8,
    /// What that file holds besides tensors.
    pub skeleton: Vec<u8>,
    /// The tensors, in its order.
    pub tensors: Vec<Tensor>,
}

/// A tensor in a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// What its elements are: 0 F32, 1 F16, 2 BF16, 3 anything else.
    pub element: u8,
    /// Its shape.
    pub shape: Vec<u64>,
    /// The length of its raw data.
    pub bytes: u64,
    /// How it is coded.
    pub coding: Coding,
    /// Its streams, one behind the other.
    pub streams: Vec<Stream>,
}

/// How a tensor is coded.
#[derive(Clone, Debug, PartialEq)]
pub enum Coding {
    /// Its raw data, packed by zstd. One stream for each 2^22 bytes; with planes above 1, of these the first bytes of all elements, which
    /// have so many, then the second ones, and so on.
    Lossless {
        /// 1 to 8.
        planes: u8,
    },
    /// Levels in mode `article`. One stream for each slice.
    Article {
        /// n.
        abs_gr: u8,
        /// Whether signs have contexts.
        sign_contexts: bool,
        /// How many bits of a suffix have contexts.
        suffix_contexts: u8,
        /// Whether rows have a flag.
        row_flags: bool,
        /// What the levels stand for.
        values: Values,
    },
    /// Levels in so many bytes each, packed by xz ([`packed`]).
    Packed {
        /// 1, 2 or 4.
        width: u8,
        /// Whether the stream is this tensor's. Otherwise it is that of the last tensor before whose stream it is, and its levels come
        /// after those of the tensors between.
        is_first: bool,
        /// What the levels stand for.
        values: Values,
    },
}

impl Coding {
    /// What the levels stand for, if it has any.
    pub fn values(&self) -> Option<&Values> {
        match self {
            Coding::Lossless { .. } => None,
            Coding::Article { values, .. } | Coding::Packed { values, .. } => Some(values),
        }
    }
}

/// Where the levels of a packed tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The tensor whose stream it is.
    pub first: usize,
    /// The byte of that, unpacked, where the levels begin.
    pub start: u64,
    /// How many bytes that has.
    pub total: u64,
}

/// Where a stream is, within its tensor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// How many bytes it has.
    pub len: u64,
    /// Their CRC-32.
    pub crc32: u32,
}

/// Why a container cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It does not begin as a container does.
    #[error("it is no .sbw container: it does not begin with SBW2 or SBW1")]
    Magic,
    /// Its index is damaged, so that nothing in it can be found.
    #[error("the index is damaged in more than a byte ({0}); nothing can be read")]
    Index(&'static str),
    /// More bytes follow than it has.
    #[error(
        "{0} bytes follow the end of the container: it is not what was written, or another file is joined to it"
    )]
    Trailing(u64),
    /// A stream is damaged; other tensors can be read.
    #[error("tensor {name}, slice {slice}: {what}; --skip-damaged reads the others, with zeros in its place")]
    Stream {
        /// The tensor.
        name: String,
        /// The slice.
        slice: usize,
        /// What is wrong.
        what: StreamError,
    },
}

/// What is wrong with a stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The file ends before it.
    #[error("the file ends before it does")]
    Truncated,
    /// Its bytes are others than were written.
    #[error("its checksum is wrong")]
    Checksum,
    /// It is no stream of levels.
    #[error("{0}")]
    Levels(#[from] LevelsError),
    /// It does not unpack to what it should.
    #[error("it does not unpack to the tensor's data")]
    Unpacked,
}

/// Raw bytes in a lossless stream.
pub const LOSSLESS_SLICE: u64 = 1 << 22;
/// The bytes of the longest element that has planes.
pub const MAX_PLANES: u8 = 8;

impl Tensor {
    /// How many elements it has; `None` if that is more than can be counted.
    pub fn elements(&self) -> Option<u64> {
        elements(&self.shape)
    }

    /// The layout of its levels; `None` if it is lossless.
    pub fn layout(&self) -> Option<Layout> {
        let Coding::Article { abs_gr, sign_contexts, suffix_contexts, row_flags, .. } = self.coding else {
            return None;
        };
        Some(Layout { abs_gr, sign_contexts, suffix_contexts, row_flags, columns: columns(&self.shape) })
    }

    /// How many levels, or raw bytes of a lossless tensor, each part of it has. A part is a stream of its own, but where levels are packed.
    pub fn parts(&self) -> impl Iterator<Item = u64> + use<> {
        let (total, size) = match self.coding {
            Coding::Lossless { .. } => (self.bytes, LOSSLESS_SLICE),
            Coding::Article { .. } | Coding::Packed { .. } => {
                (self.elements().unwrap_or(0), slice_size(&self.shape) as u64)
            }
        };
        (0..total.div_ceil(size)).map(move |part| size.min(total - part * size))
    }

    /// How many streams it has.
    fn stream_count(&self) -> u64 {
        match self.coding {
            Coding::Packed { is_first, .. } => is_first.into(),
            _ => self.parts().count() as u64,
        }
    }

    /// How many bytes its streams have.
    pub fn stored(&self) -> u64 {
        self.streams.iter().map(|stream| stream.len).sum()
    }
}

/// How many elements a tensor of this shape has; `None` if that is more than can be counted.
pub fn elements(shape: &[u64]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size))
}

/// How long the rows of a tensor are: all dimensions but the first, in one.
pub fn columns(shape: &[u64]) -> usize {
    let row = if shape.len() < 2 { shape } else { &shape[1..] };
    let columns = elements(row).unwrap_or(u64::MAX).clamp(1, SLICE as u64);
    columns as usize
}

/// How many elements a slice has: whole rows.
pub fn slice_size(shape: &[u64]) -> usize {
    let columns = columns(shape);
    columns * (SLICE / columns).max(1)
}

impl Index {
    /// Writes the container: the index, then the streams, which are read from `streams` from its beginning on.
    ///
    /// # Errors
    /// What `sink` and `streams` say, and [`io::ErrorKind::InvalidInput`] for an index that could not be read again.
    pub fn write(&self, mut sink: impl Write, streams: &mut (impl Read + ?Sized)) -> io::Result<u64> {
        let refused = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
        if let Some(name) = self.name_twice() {
            return Err(refused(&format!(
                "two tensors are called {name:?}; a container needs a name for each"
            )));
        }
        let bytes = self.to_bytes();
        let packed = zstd::bulk::compress(&bytes, 19)?;
        let length = u32::try_from(packed.len()).ok().filter(|_| bytes.len() <= MAX_INDEX);
        let length =
            length.ok_or_else(|| refused("the index of a container is too long: too many tensors"))?;
        sink.write_all(&MAGIC)?;
        sink.write_all(&length.to_le_bytes())?;
        sink.write_all(&crc32fast::hash(&packed).to_le_bytes())?;
        sink.write_all(&packed)?;
        Ok(HEAD + packed.len() as u64 + io::copy(streams, &mut sink)?)
    }

    /// For each tensor where its levels are, if they are packed; nothing if that contradicts itself.
    fn groups(&self) -> Option<Vec<Option<Group>>> {
        let mut groups = vec![None; self.tensors.len()];
        let mut totals = vec![0; self.tensors.len()];
        let mut open = None;
        for (number, tensor) in self.tensors.iter().enumerate() {
            let Coding::Packed { width, is_first, .. } = tensor.coding else { continue };
            let bytes = tensor.elements()?.checked_mul(width.into()).filter(|bytes| *bytes > 0)?;
            let first = if is_first { number } else { open? };
            open = Some(first);
            groups[number] = Some(Group { first, start: totals[first], total: 0 });
            totals[first] = bytes.checked_add(totals[first]).filter(|total| *total <= MAX_GROUP)?;
        }
        groups.iter_mut().flatten().for_each(|group| group.total = totals[group.first]);
        Some(groups)
    }

    /// A name that two tensors have.
    fn name_twice(&self) -> Option<&str> {
        let mut names = HashSet::new();
        self.tensors.iter().map(|tensor| &*tensor.name).find(|name| !names.insert(*name))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.format];
        put_bytes(&mut bytes, &self.skeleton);
        put(&mut bytes, self.tensors.len() as u64);
        for tensor in &self.tensors {
            put_bytes(&mut bytes, tensor.name.as_bytes());
            bytes.push(tensor.element);
            put(&mut bytes, tensor.shape.len() as u64);
            tensor.shape.iter().for_each(|&size| put(&mut bytes, size));
            put(&mut bytes, tensor.bytes);
            match &tensor.coding {
                Coding::Lossless { planes: 1 } => bytes.push(0),
                Coding::Lossless { planes } => bytes.extend([3, *planes]),
                Coding::Article { abs_gr, sign_contexts, suffix_contexts, row_flags, values } => {
                    let flags = u8::from(*sign_contexts) | suffix_contexts << 1 | u8::from(*row_flags) << 3;
                    let kind = if let Values::Grid { .. } = values { 1 } else { 2 };
                    bytes.extend([kind, *abs_gr, flags]);
                    put_values(&mut bytes, values);
                }
                Coding::Packed { width, is_first, values } => {
                    let kind = if let Values::Grid { .. } = values { 4 } else { 5 };
                    bytes.extend([kind, *width, u8::from(*is_first)]);
                    put_values(&mut bytes, values);
                }
            }
            for stream in &tensor.streams {
                put(&mut bytes, stream.len);
                bytes.extend(stream.crc32.to_le_bytes());
            }
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Index> {
        let mut rest = Rest(bytes);
        let format = rest.byte()?;
        let skeleton = rest.counted()?.to_vec();
        let count = rest.number()?;
        let mut tensors = Vec::new();
        for _ in 0..count {
            let name = String::from_utf8(rest.counted()?.to_vec()).ok()?;
            let element = rest.byte()?;
            let dimensions = rest.number()?;
            let shape = (0..dimensions).map(|_| rest.number()).collect::<Option<Vec<u64>>>()?;
            let bytes = rest.number()?;
            let coding = match rest.byte()? {
                0 => Coding::Lossless { planes: 1 },
                3 => Coding::Lossless {
                    planes: rest.byte().filter(|planes| (1..=MAX_PLANES).contains(planes))?,
                },
                kind @ (1 | 2) => {
                    let abs_gr = rest.byte().filter(|n| (1..=MAX_ABS_GR).contains(n))?;
                    let is_known = |flags: &u8| flags >> 4 == 0 && flags >> 1 & 3 <= MAX_SUFFIX_CONTEXTS;
                    let flags = rest.byte().filter(is_known)?;
                    let values = rest.values(kind == 1)?;
                    Coding::Article {
                        abs_gr,
                        sign_contexts: flags & 1 == 1,
                        suffix_contexts: flags >> 1 & 3,
                        row_flags: flags >> 3 == 1,
                        values,
                    }
                }
                kind @ (4 | 5) => {
                    let width = rest.byte().filter(|width| [1, 2, 4].contains(width))?;
                    let is_first = rest.byte().filter(|flag| *flag < 2)? == 1;
                    Coding::Packed { width, is_first, values: rest.values(kind == 4)? }
                }
                _ => return None,
            };
            let width = [Some(4), Some(2), Some(2), None].get(usize::from(element)).copied()?;
            let size =
                elements(&shape).zip(width).map(|(elements, width): (u64, u64)| elements.checked_mul(width));
            let is_whole = size.is_none_or(|size| size == Some(bytes));
            if !is_whole || (width.is_none() && !matches!(coding, Coding::Lossless { .. })) {
                return None;
            }
            let mut tensor = Tensor { name, element, shape, bytes, coding, streams: Vec::new() };
            for _ in 0..tensor.stream_count() {
                let len = rest.number().filter(|len| *len <= MAX_STREAM)?;
                let crc32 = u32::from_le_bytes(rest.take(4)?.try_into().ok()?);
                tensor.streams.push(Stream { len, crc32 });
            }
            tensors.push(tensor);
        }
        rest.0.is_empty().then_some(Index { format, skeleton, tensors })
    }
}

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
    unpacked: Option<(usize, Vec<u8>)>,
}

/// The bytes before the index: [`MAGIC`], the length of the index as it is packed, and its CRC-32.
const HEAD: u64 = 12;
const SHORT: &str = "the file ends before it does";

/// An index as it is, from one that is packed.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, ContainerError> {
    let mut bytes = Vec::new();
    let unpacked = zstd::Decoder::new(packed)?.take(MAX_INDEX as u64 + 1).read_to_end(&mut bytes);
    unpacked.map_err(|_| ContainerError::Index("it does not unpack"))?;
    if bytes.len() > MAX_INDEX {
        return Err(ContainerError::Index("it unpacks to more than any index has"));
    }
    Ok(bytes)
}

/// The packed index with this CRC-32 whose length is what the head says in all bytes but one.
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

impl<R: Read + Seek> Container<R> {
    /// Opens a container. Where a single byte of its index is wrong, or before that, it is put right, and [`Container::is_repaired`].
    ///
    /// # Errors
    /// [`ContainerError::Magic`], [`ContainerError::Index`] and [`ContainerError::Trailing`]; that streams are whole is not looked at
    /// here.
    pub fn open(mut source: R) -> Result<Container<R>, ContainerError> {
        let length = source.seek(SeekFrom::End(0))?;
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
        let (packed_len, crc32) = (u64::from(word(4)), word(8));
        let is_of_version = head[..4] == MAGIC || head[..4] == *b"SBW1";
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
        // Were its length what is wrong, there would be another with which all is right.
        let mut packed_len = packed_len;
        if found.is_err()
            && is_of_version
            && let Some(packed) = of_other_length(&mut source, &head, crc32)?
        {
            (packed_len, is_repaired) = (packed.len() as u64, true);
            found = unpacked(&packed);
        }
        let bytes = found?;
        let index =
            Index::from_bytes(&bytes).ok_or(ContainerError::Index("its fields contradict each other"))?;
        if index.name_twice().is_some() {
            return Err(ContainerError::Index("two tensors have one name"));
        }
        let groups =
            index.groups().ok_or(ContainerError::Index("its packed tensors contradict each other"))?;
        let mut next = HEAD + packed_len;
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

    /// Whether a byte of its index, or before that, was wrong and has been put right.
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

    /// The bytes of some levels of a packed tensor. What one stream has is kept until another is asked for.
    pub(super) fn packed(
        &mut self,
        tensor: usize,
        levels: std::ops::Range<u64>,
    ) -> Result<Vec<u8>, ContainerError> {
        let entry = &self.index.tensors[tensor];
        let failed = |what| ContainerError::Stream { name: entry.name.clone(), slice: 0, what };
        let (Coding::Packed { width, .. }, Some(group)) = (&entry.coding, self.group(tensor)) else {
            return Err(failed(StreamError::Unpacked));
        };
        let width = u64::from(*width);
        let range =
            (group.start + levels.start * width) as usize..(group.start + levels.end * width) as usize;
        if self.unpacked.as_ref().is_none_or(|(first, _)| *first != group.first) {
            let name = entry.name.clone();
            let of_tensor = |error| match error {
                ContainerError::Stream { what, .. } => {
                    ContainerError::Stream { name: name.clone(), slice: 0, what }
                }
                other => other,
            };
            let stream = self.stream(group.first, 0).map_err(of_tensor)?;
            let bytes = packed::unpack(&stream, group.total);
            let what = StreamError::Unpacked;
            let bytes = bytes.ok_or(ContainerError::Stream { name, slice: 0, what })?;
            self.unpacked = Some((group.first, bytes));
        }
        let bytes = self.unpacked.as_ref().and_then(|(_, bytes)| bytes.get(range));
        let name = || self.index.tensors[tensor].name.clone();
        bytes.map(<[u8]>::to_vec).ok_or_else(|| ContainerError::Stream {
            name: name(),
            slice: 0,
            what: StreamError::Unpacked,
        })
    }

    /// The bytes of a stream, their checksum looked at.
    ///
    /// # Errors
    /// [`ContainerError::Stream`].
    pub fn stream(&mut self, tensor: usize, slice: usize) -> Result<Vec<u8>, ContainerError> {
        let (start, entry) = (self.starts[tensor], &self.index.tensors[tensor]);
        let failed = |what| ContainerError::Stream { name: entry.name.clone(), slice, what };
        let before: u64 = entry.streams[..slice].iter().fold(0, |sum, stream| stream.len.saturating_add(sum));
        let Stream { len, crc32 } = entry.streams[slice];
        let length = self.source.seek(SeekFrom::End(0))?;
        let from = start.saturating_add(before);
        if from.saturating_add(len) > length || len > MAX_STREAM {
            return Err(failed(StreamError::Truncated));
        }
        self.source.seek(SeekFrom::Start(from))?;
        let mut bytes = vec![0; len as usize];
        self.source.read_exact(&mut bytes)?;
        if crc32fast::hash(&bytes) != crc32 {
            return Err(failed(StreamError::Checksum));
        }
        Ok(bytes)
    }
}

/// Appends a number in seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_bytes(bytes: &mut Vec<u8>, counted: &[u8]) {
    put(bytes, counted.len() as u64);
    bytes.extend_from_slice(counted);
}

/// What is left to be read of an index.
struct Rest<'a>(&'a [u8]);

/// Appends what levels stand for.
fn put_values(bytes: &mut Vec<u8>, values: &Values) {
    match values {
        Values::Grid { step } => bytes.extend(step.to_le_bytes()),
        Values::Codebook { values, zero } => {
            put(bytes, values.len() as u64);
            put(bytes, *zero as u64);
            values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        }
    }
}

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 127);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn float(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn values(&mut self, is_grid: bool) -> Option<Values> {
        if is_grid {
            return Some(Values::Grid { step: self.float()? });
        }
        let (count, zero) = (self.number()?, self.number()?);
        let values = (0..count).map(|_| self.float()).collect::<Option<Vec<f32>>>()?;
        let zero = usize::try_from(zero).ok().filter(|zero| *zero < values.len())?;
        Some(Values::Codebook { values, zero })
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.number()?).ok()?;
        self.take(count)
    }
}
