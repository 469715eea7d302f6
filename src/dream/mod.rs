//! Streams that are made up: legal ones, from a seed, made to stress an entropy decoder.
//!
//! The walks through headers and slice data say which values an element can have, so a dream chooses among them. What is legal only
//! with a view to other macroblocks or pictures is put right after a macroblock is chosen and before it is written: each such rule is
//! a file of its own in `avc/`.

mod avc;
mod choice;
mod random;

use crate::avc::{DataError, Fault, WriteError};
use crate::syntax::HeaderError;

/// Why no stream was made. It is a fault of this room, since every choice is meant to be legal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DreamError {
    /// A header cannot be written.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// A macroblock has an element that is not legal.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// Slice data cannot be written.
    #[error("{0}")]
    Write(#[from] WriteError),
    /// What was written cannot be read.
    #[error("{0}")]
    Read(#[from] DataError),
    /// A slice header was written that is none.
    #[error("a slice header that was written is not one of a slice with CABAC")]
    NoSlice,
}

/// The H.264 stream of a seed: one to five small pictures.
///
/// # Errors
/// [`DreamError`].
pub fn avc(seed: u64) -> Result<Vec<u8>, DreamError> {
    avc::dream(seed)
}
