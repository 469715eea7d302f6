//! The container `.sbw` (`docs/weights.md`): an index, and behind it a stream a slice of a tensor.
//!
//! The index comes first and says where everything is, with a checksum of its own and one for each stream. So a damaged stream
//! costs its tensor alone, and slices are decoded by as many processors as there are. Nothing in it depends on the machine.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::article::{Layout, LevelsError, MAX_ABS_GR};
use super::quantise::Values;

/// The first bytes of a container; the last one is the version.
pub const MAGIC: [u8; 4] = *b"SBW1";
/// The longest index that is written and read, unpacked: the longest skeleton, and as much for the tensors.
const MAX_INDEX: usize = 1 << 29;
/// More than any stream of a slice needs.
const MAX_STREAM: u64 = 1 << 28;
/// Levels in a slice: whole rows where a row is not longer.
pub const SLICE: usize = 1 << 20;

/// A container: what is in it, but for the streams.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// The format of the model file that it was made of: 0 safetensors, 1 npz, 2 ONNX.
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
    /// Its raw data, packed by zstd. One stream for each 2^22 bytes.
    Lossless,
    /// Levels in mode `article`. One stream for each slice.
    Article {
        /// n.
        abs_gr: u8,
        /// Whether signs have contexts.
        sign_contexts: bool,
        /// What the levels stand for.
        values: Values,
    },
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
    #[error("it is no .sbw container: it does not begin with SBW1")]
    Magic,
    /// Its index is damaged, so that nothing in it can be found.
    #[error("the index is damaged ({0}); nothing can be read")]
    Index(&'static str),
    /// A stream is damaged; other tensors can be read.
    #[error("tensor {name}, slice {slice}: {what}; other tensors can still be read")]
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

impl Tensor {
    /// How many elements it has; `None` if that is more than can be counted.
    pub fn elements(&self) -> Option<u64> {
        elements(&self.shape)
    }

    /// The layout of its levels; `None` if it is lossless.
    pub fn layout(&self) -> Option<Layout> {
        let Coding::Article { abs_gr, sign_contexts, .. } = self.coding else { return None };
        Some(Layout { abs_gr, sign_contexts, columns: columns(&self.shape) })
    }

    /// How many levels, or raw bytes of a lossless tensor, each stream has.
    pub fn slices(&self) -> impl Iterator<Item = u64> + use<> {
        let (total, size) = match self.coding {
            Coding::Lossless => (self.bytes, LOSSLESS_SLICE),
            Coding::Article { .. } => (self.elements().unwrap_or(0), slice_size(&self.shape) as u64),
        };
        (0..total.div_ceil(size)).map(move |slice| size.min(total - slice * size))
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
        Ok(12 + packed.len() as u64 + io::copy(streams, &mut sink)?)
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
                Coding::Lossless => bytes.push(0),
                Coding::Article { abs_gr, sign_contexts, values: Values::Grid { step } } => {
                    bytes.extend([1, *abs_gr, u8::from(*sign_contexts)]);
                    bytes.extend(step.to_le_bytes());
                }
                Coding::Article { abs_gr, sign_contexts, values: Values::Codebook { values, zero } } => {
                    bytes.extend([2, *abs_gr, u8::from(*sign_contexts)]);
                    put(&mut bytes, values.len() as u64);
                    put(&mut bytes, *zero as u64);
                    values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
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
                0 => Coding::Lossless,
                kind @ (1 | 2) => {
                    let abs_gr = rest.byte().filter(|n| (1..=MAX_ABS_GR).contains(n))?;
                    let sign_contexts = rest.byte().filter(|flag| *flag < 2)? == 1;
                    let values = if kind == 1 {
                        let step = f32::from_le_bytes(rest.take(4)?.try_into().ok()?);
                        Values::Grid { step }
                    } else {
                        let (count, zero) = (rest.number()?, rest.number()?);
                        let value =
                            |rest: &mut Rest<'_>| Some(f32::from_le_bytes(rest.take(4)?.try_into().ok()?));
                        let values = (0..count).map(|_| value(&mut rest)).collect::<Option<Vec<f32>>>()?;
                        Values::Codebook {
                            zero: usize::try_from(zero).ok().filter(|zero| *zero < values.len())?,
                            values,
                        }
                    };
                    Coding::Article { abs_gr, sign_contexts, values }
                }
                _ => return None,
            };
            let width = [Some(4), Some(2), Some(2), None].get(usize::from(element)).copied()?;
            let size =
                elements(&shape).zip(width).map(|(elements, width): (u64, u64)| elements.checked_mul(width));
            let is_whole = size.is_none_or(|size| size == Some(bytes));
            if !is_whole || (coding != Coding::Lossless && width.is_none()) {
                return None;
            }
            let mut tensor = Tensor { name, element, shape, bytes, coding, streams: Vec::new() };
            for _ in tensor.slices() {
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
}

impl<R: Read + Seek> Container<R> {
    /// Opens a container.
    ///
    /// # Errors
    /// [`ContainerError::Magic`] and [`ContainerError::Index`]; that streams are whole is not looked at here.
    pub fn open(mut source: R) -> Result<Container<R>, ContainerError> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut head = [0; 12];
        if length < 12 {
            let mut start = Vec::new();
            source.read_to_end(&mut start)?;
            let is_ours = !start.is_empty() && start.iter().zip(MAGIC).all(|(a, b)| *a == b);
            return Err(if is_ours {
                ContainerError::Index("the file ends before it does")
            } else {
                ContainerError::Magic
            });
        }
        source.read_exact(&mut head)?;
        if head[..4] != MAGIC {
            return Err(ContainerError::Magic);
        }
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let packed_len = u64::from(word(4));
        if packed_len > MAX_INDEX as u64 {
            return Err(ContainerError::Index("it is longer than any"));
        }
        if packed_len > length - 12 {
            return Err(ContainerError::Index("the file ends before it does"));
        }
        let mut packed = vec![0; packed_len as usize];
        source.read_exact(&mut packed)?;
        if crc32fast::hash(&packed) != word(8) {
            return Err(ContainerError::Index("its checksum is wrong"));
        }
        let mut bytes = Vec::new();
        let unpacked = zstd::Decoder::new(&packed[..])?.take(MAX_INDEX as u64 + 1).read_to_end(&mut bytes);
        unpacked.map_err(|_| ContainerError::Index("it does not unpack"))?;
        if bytes.len() > MAX_INDEX {
            return Err(ContainerError::Index("it unpacks to more than any index has"));
        }
        let index =
            Index::from_bytes(&bytes).ok_or(ContainerError::Index("its fields contradict each other"))?;
        if index.name_twice().is_some() {
            return Err(ContainerError::Index("two tensors have one name"));
        }
        let mut next = 12 + packed_len;
        let starts = index.tensors.iter().map(|tensor| {
            let start = next;
            next = next
                .saturating_add(tensor.streams.iter().fold(0, |sum, stream| stream.len.saturating_add(sum)));
            start
        });
        let starts = starts.collect();
        Ok(Container { source, index, starts })
    }

    /// What is in it.
    pub fn index(&self) -> &Index {
        &self.index
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

    fn counted(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.number()?).ok()?;
        self.take(count)
    }
}
