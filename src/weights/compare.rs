//! What other coders make of the integers of a tensor, so that a claim about ours has something beside it.
//!
//! Invariant: every size in bytes is that of something that can be decoded, given the number of integers and
//! the width of a row. Those two are the tensor's shape, which a container has to hold whatever the coder; all
//! tables are counted. Huffman and CSR-Huffman are written here, decoders included, and not estimated from
//! code lengths: an estimate forgets the table. The entropy alone is a bound, and no file.

pub mod bits;
pub mod csr;
pub mod huffman;

use std::io::{self, Write};

use super::packed;

/// Why bytes are not what an encoder of this room has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end too early.
    #[error("the data end too early")]
    End,
    /// There is more than a last byte's zero bits after the end.
    #[error("there are data after the end")]
    Left,
    /// A number of the format is larger than any can be.
    #[error("a number is out of range")]
    Number,
    /// The code is not that of a whole binary tree.
    #[error("the lengths are not those of a Huffman code")]
    Code,
    /// An entry lies outside of its row.
    #[error("an entry lies outside of its row")]
    Row,
}

/// The sizes of one tensor in other coders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// The first-order entropy of all integers together, in bits. It knows their distribution for nothing.
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
/// Those of the three general coders, which have none but a lack of memory.
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
