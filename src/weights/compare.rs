//! What other coders make of the integers of a tensor, to compare the sizes of DeepCABAC with.
//!
//! Invariant: every size in bytes is that of data that can be decoded, given the number of integers and the width of a row. These two follow
//! from the tensor's shape, which a container needs with any coder; all tables are counted. Huffman and CSR-Huffman are written
//! here, decoders included, and not estimated from code lengths: an estimate forgets the table. The entropy alone is a bound, which no file
//! reaches.

pub mod bits;
pub mod csr;
pub mod huffman;

use std::io::{self, Cursor, Write};
use std::ops::AddAssign;

use rayon::prelude::*;

use super::compress::WeightsError;
use super::container::{Container, columns};
use super::decompress::levels;
use super::packed;

/// Why bytes are not what an encoder of this module has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// They end too early.
    #[error("the data end too early")]
    End,
    /// After the end there is more than the zero bits that fill the last byte.
    #[error("there are data after the end")]
    Left,
    /// A number of the format is out of its range.
    #[error("a number is out of range")]
    Number,
    /// The code lengths are not those of a complete binary tree.
    #[error("the lengths are not those of a Huffman code")]
    Code,
    /// An entry lies outside of its row.
    #[error("an entry lies outside of its row")]
    Row,
}

/// The sizes of one tensor in other coders, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sizes {
    /// The first-order entropy of all integers together, in bits, without what a table of their distribution would cost.
    pub entropy: f64,
    /// Bytes of [`huffman::encode`].
    pub huffman: usize,
    /// Bytes of [`csr::encode`].
    pub csr_huffman: usize,
    /// Bytes of `bzip2 -9` on [`narrowest`].
    pub bzip2: usize,
    /// Bytes of `xz -9e` on [`narrowest`].
    pub xz: usize,
    /// Bytes of `zstd -19` on [`narrowest`].
    pub zstd: usize,
}

/// What all the coders make of a tensor in row-major order. Without columns it is one row.
///
/// # Errors
/// Those of the three general coders, whose only error is a lack of memory.
pub fn sizes(levels: &[i32], columns: usize) -> io::Result<Sizes> {
    let bytes = narrowest(levels);
    Ok(Sizes {
        entropy: entropy(levels),
        huffman: huffman::encode(levels).len(),
        csr_huffman: csr::encode(levels, columns).len(),
        bzip2: bzip2(&bytes)?.len(),
        xz: xz(&bytes)?.len(),
        zstd: zstd::bulk::compress(&bytes, 19)?.len(),
    })
}

impl AddAssign for Sizes {
    fn add_assign(&mut self, other: Sizes) {
        self.entropy += other.entropy;
        self.huffman += other.huffman;
        self.csr_huffman += other.csr_huffman;
        self.bzip2 += other.bzip2;
        self.xz += other.xz;
        self.zstd += other.zstd;
    }
}

/// A container's levels, tensor by tensor, in other coders and as it has them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Compared {
    /// How many levels there are; tensors that are kept lossless have none.
    pub weights: u64,
    /// What the streams of these tensors take in the container, in bytes.
    pub stored: u64,
    /// What other coders need for them; each tensor has tables of its own.
    pub others: Sizes,
}

/// What other coders need for the levels of a container; `progress` is called for each tensor.
///
/// ```
/// use silicabac::weights::{compare::compared, compress::{Options, compress}, model::ModelFile};
/// let mut model = ModelFile::open("examples/models/lenet300_sparse.safetensors".as_ref())?;
/// let mut container = Vec::new();
/// compress(&mut model, None, &Options::default(), &mut container, &|_| ())?;
/// let compared = compared(&container, &|| ())?;
/// assert_eq!(compared.weights, 784 * 300 + 300 * 100 + 100 * 10);
/// assert!(compared.stored < compared.others.bzip2 as u64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The container is damaged, or a coder lacks memory.
pub fn compared(container: &[u8], progress: &(dyn Fn() + Sync)) -> Result<Compared, WeightsError> {
    let index = Container::open(Cursor::new(container))?.index().clone();
    let tensor = |(number, tensor): (usize, &super::container::Tensor)| {
        let mut container = Container::open(Cursor::new(container))?;
        let mut all = Vec::new();
        for slice in 0..tensor.streams.len() {
            all.extend(levels(&mut container, number, slice)?.unwrap_or_default());
        }
        progress();
        if all.is_empty() {
            return Ok(Compared::default());
        }
        let others = sizes(&all, columns(&tensor.shape))?;
        Ok(Compared { weights: all.len() as u64, stored: tensor.stored(), others })
    };
    let tensors = index.tensors.par_iter().enumerate().map(tensor);
    let mut total = Compared::default();
    for Compared { weights, stored, others } in tensors.collect::<Result<Vec<_>, WeightsError>>()? {
        total.weights += weights;
        total.stored += stored;
        total.others += others;
    }
    Ok(total)
}

/// The first-order entropy of all integers together, in bits.
pub fn entropy(levels: &[i32]) -> f64 {
    let all = levels.len() as f64;
    huffman::histogram(levels).iter().map(|&(_, count)| count as f64 * (all / count as f64).log2()).sum()
}

/// The integers in little endian, each of as few bytes as the largest of them needs: 1, 2 or 4.
pub fn narrowest(levels: &[i32]) -> Vec<u8> {
    let (least, most) = (levels.iter().min(), levels.iter().max());
    let width = packed::width(i64::from(*least.unwrap_or(&0)), i64::from(*most.unwrap_or(&0)));
    packed::bytes_of(levels, width)
}

/// What bzip2 makes of bytes, at its best level.
fn bzip2(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What xz makes of bytes at level 9e.
fn xz(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = packed::encoder(Vec::new(), bytes.len() as u64)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}
