//! Streams that are made up: legal ones, from a seed, made to stress an entropy decoder.
//!
//! The values of headers are chosen as a whole, in `avc/sequence.rs` and `avc/picture.rs`. The walk through slice data says which
//! values an element of a macroblock can have, and of three of these the one is taken that slices so far have had most seldom. What is
//! legal only with a view to other macroblocks or pictures is put right after a macroblock is chosen and before it is written: each
//! such rule is a file of its own in `avc/`.

mod avc;
pub mod broken;
mod choice;
mod feature;
pub mod judge;
mod random;
pub mod reduce;
pub mod suite;

pub use feature::{avc_features, features_of_avc};

use crate::avc::{DataError, Fault, WriteError};
use crate::syntax::HeaderError;

/// Why no stream was made. But for the first, it is a fault of this room, since every choice is meant to be legal.
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
    /// No stream was found that has all features that are asked for.
    #[error("none of {tries} streams has all of {}; some of them may exclude each other", .features.join(", "))]
    NoSuchStream {
        /// How many were made.
        tries: u64,
        /// What they were to have.
        features: Vec<&'static str>,
    },
    /// A slice header was written that is none.
    #[error("a slice header that was written is not one of a slice with CABAC")]
    NoSlice,
}

/// How many streams are made to find one with the features that are asked for.
const TRIES: u64 = 2_000;

/// The H.264 stream of a seed: one to four small pictures, at any setting that the Main and the High profiles allow. With
/// `features`, of [`avc_features`], it is the first one of several that has all of them.
///
/// ```
/// use silicabac::dream;
/// let stream = dream::avc(7, &["mbaff", "b"])?;
/// assert_eq!(dream::avc(7, &["mbaff", "b"])?, stream);
/// assert!(dream::features_of_avc(&stream).contains("mbaff"));
/// # Ok::<(), dream::DreamError>(())
/// ```
///
/// # Errors
/// [`DreamError`].
pub fn avc(seed: u64, features: &[&'static str]) -> Result<Vec<u8>, DreamError> {
    let mut seeds = random::Random::new(seed);
    for _ in 0..TRIES {
        let stream = avc::dream(&mut seeds.fork())?;
        if features.is_empty() || has_all(&stream, features) {
            return Ok(stream);
        }
    }
    Err(DreamError::NoSuchStream { tries: TRIES, features: features.to_vec() })
}

fn has_all(stream: &[u8], features: &[&str]) -> bool {
    let found = features_of_avc(stream);
    features.iter().all(|feature| found.contains(feature))
}
