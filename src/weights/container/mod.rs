//! The container `.sbw` (`docs/weights.md`): an index, followed by one stream for each slice of a tensor.
//!
//! The index comes first and says where everything is, with a checksum of its own and one for each stream. So a damaged stream costs its
//! tensor alone, and slices are decoded by as many processors as there are. A single wrong byte in the index or before it costs nothing:
//! the checksum finds it ([`repair`](super::repair)). A container does not depend on the machine that wrote it.

mod error;
mod group;
mod head;
mod index;
mod long;
mod open;

use std::collections::HashSet;
use std::io::{self, Read, Write};

use super::levels::Layout;
use super::quantise::Values;

pub use error::{ContainerError, StreamError};
pub use group::{Group, LONG_GROUP};
pub use head::MAGIC;
pub use open::Container;

/// The limit for the bytes of a stream; no slice needs more.
const MAX_STREAM: u64 = 1 << 28;
/// Levels in a slice: whole rows, unless a row is longer.
pub const SLICE: usize = 1 << 20;
/// Raw bytes in a lossless stream.
pub const LOSSLESS_SLICE: u64 = 1 << 22;
/// The bytes of the largest element that is split into planes.
pub const MAX_PLANES: u8 = 8;

/// A container without its streams.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// The format of the model file that was compressed: 0 safetensors, 1 npz, 2 ONNX, 3 PyTorch.
    pub format: u8,
    /// What that file holds besides tensors.
    pub skeleton: Vec<u8>,
    /// The tensors, in the order of that file.
    pub tensors: Vec<Tensor>,
}

/// A tensor in a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// What its elements are: 0 F32, 1 F16, 2 BF16, 4 F64, 3 anything else.
    pub element: u8,
    /// Its shape.
    pub shape: Vec<u64>,
    /// The length of its raw data.
    pub bytes: u64,
    /// How it is coded.
    pub coding: Coding,
    /// Its streams, one after the other.
    pub streams: Vec<Stream>,
}

/// How a tensor is coded.
#[derive(Clone, Debug, PartialEq)]
pub enum Coding {
    /// Its raw data, packed by zstd: one stream for each 2^22 bytes. If there are more planes than 1, a stream has the first bytes of all
    /// its elements, then their second bytes, and so on; `planes` is the length of an element.
    Lossless {
        /// 1 to 8 bytes.
        planes: u8,
    },
    /// Levels coded by CABAC ([`levels`](super::levels)): one stream for each slice.
    DeepCabac {
        /// n of the binarisation.
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
    /// Levels of `width` bytes each, packed by xz ([`packed`](super::packed)).
    Packed {
        /// 1, 2 or 4.
        width: u8,
        /// Whether the tensor owns an xz file, which its streams are pieces of. Otherwise its levels are in the file of the last tensor
        /// before it that owns one, after those of the tensors between.
        owns_xz_file: bool,
        /// What the levels stand for.
        values: Values,
    },
}

impl Coding {
    /// The values that its levels stand for, if it has levels.
    pub fn values(&self) -> Option<&Values> {
        match self {
            Coding::Lossless { .. } => None,
            Coding::DeepCabac { values, .. } | Coding::Packed { values, .. } => Some(values),
        }
    }
}

/// A stream of a tensor: its length and its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// How many bytes it has.
    pub len: u64,
    /// Their CRC-32.
    pub crc32: u32,
}

impl Tensor {
    /// How many elements it has; `None` if the number overflows.
    pub fn elements(&self) -> Option<u64> {
        elements(&self.shape)
    }

    /// The layout of its levels; `None` if it is lossless.
    pub fn layout(&self) -> Option<Layout> {
        let Coding::DeepCabac { abs_gr, sign_contexts, suffix_contexts, row_flags, .. } = self.coding else {
            return None;
        };
        Some(Layout { abs_gr, sign_contexts, suffix_contexts, row_flags, columns: columns(&self.shape) })
    }

    /// How many levels, or raw bytes of a lossless tensor, each part of it has. A part has a stream of its own, except where levels are
    /// packed.
    pub fn parts(&self) -> impl Iterator<Item = u64> + use<> {
        let (total, size) = self.total_and_part();
        (0..self.part_count()).map(move |part| size.min(total - part * size))
    }

    /// How many parts it has.
    pub fn part_count(&self) -> u64 {
        let (total, size) = self.total_and_part();
        total.div_ceil(size)
    }

    fn total_and_part(&self) -> (u64, u64) {
        match self.coding {
            Coding::Lossless { .. } => (self.bytes, LOSSLESS_SLICE),
            Coding::DeepCabac { .. } | Coding::Packed { .. } => {
                (self.elements().unwrap_or(0), slice_size(&self.shape) as u64)
            }
        }
    }

    /// How many bytes its streams have.
    pub fn stored(&self) -> u64 {
        self.streams.iter().fold(0, |sum, stream| stream.len.saturating_add(sum))
    }
}

/// How many elements a tensor of this shape has; `None` if the number overflows.
pub fn elements(shape: &[u64]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size))
}

/// How long the rows of a tensor are: the product of all dimensions but the first.
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
    /// Writes the container: the index, then the streams, which are read from the beginning of `streams`.
    ///
    /// # Errors
    /// Those of `sink` and `streams`, and [`io::ErrorKind::InvalidInput`] for an index that could not be read again.
    pub fn write(&self, mut sink: impl Write, streams: &mut (impl Read + ?Sized)) -> io::Result<u64> {
        if let Some(name) = self.name_twice() {
            let what = format!("two tensors are called {name:?}; a container needs a name for each");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let packed = head::packed(&self.to_bytes())?;
        let head = head::write(&packed, &mut sink)?;
        Ok(head + io::copy(streams, &mut sink)?)
    }

    /// A name that two tensors have.
    fn name_twice(&self) -> Option<&str> {
        let mut names = HashSet::new();
        self.tensors.iter().map(|tensor| &*tensor.name).find(|name| !names.insert(*name))
    }
}
