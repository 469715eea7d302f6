//! Dreams: legal streams that are made up from a seed, to stress an entropy decoder.
//!
//! The values of headers are chosen as a whole, in `sequence.rs` and `picture.rs` of either standard. The walk through slice data says
//! which values an element can have, and of three of these the one is taken that was rarest in the slices so far. Rules that depend on
//! other blocks or pictures are enforced after a macroblock or a coding tree unit is chosen and before it is written: each such rule is a
//! file of its own in `avc/` or `hevc/`.

mod avc;
pub mod broken;
mod byte_stream;
mod choice;
mod feature;
mod header;
mod hevc;
pub mod judge;
mod planted;
mod random;
pub mod reduce;
pub mod suite;
mod zero_words;

pub use feature::{avc_features, features_of_avc, features_of_hevc, hevc_features};

use std::collections::BTreeSet;

use crate::avc::{DataError, Fault, WriteError};
use crate::syntax::HeaderError;

/// Why no stream was made. Except for [`NoSuchStream`](DreamError::NoSuchStream) and [`Unknown`](DreamError::Unknown), it is a bug in this
/// module, since every choice is meant to be legal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
    /// A coding tree unit has an element that is not legal.
    #[error("{0}")]
    CodingTreeUnit(#[from] crate::hevc::Fault),
    /// Slice segment data that was written cannot be read.
    #[error("{0}")]
    Segment(#[from] crate::hevc::DataError),
    /// No stream was found that has all requested features.
    #[error("none of {tries} streams has all of {}; some of them may exclude each other", .features.join(", "))]
    NoSuchStream {
        /// How many streams were made.
        tries: u64,
        /// The requested features.
        features: Vec<&'static str>,
    },
    /// A manifest asks for something unknown.
    #[error("no stream has {0}")]
    Unknown(String),
    /// A slice header that was written cannot be read as one.
    #[error("a slice header that was written is not one of a slice with CABAC")]
    NoSlice,
}

/// How many streams are made to find one with the requested features.
const TRIES: u64 = 2_000;

/// The H.264 stream of a seed: one to four small pictures, at any setting that the Main and the High profiles allow. With `features`, of
/// [`avc_features`], it is the first one of several that has all of them. Commands of reference picture marking, gaps in frame_num, cycles
/// of picture order, separate colour planes and different bit depths are only in streams that are asked for them.
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
    first(seed, features, |random| avc::dream(random, features), features_of_avc)
}

/// The H.265 stream of a seed: one to four small pictures, at any setting that the Main profiles and the range extensions allow. With
/// `features`, of [`hevc_features`], it is the first one of several that has all of them. What common decoders do not support, such as 16
/// bits, and sub-layers, leading pictures, VUI and SEI are only in streams that are asked for them.
///
/// ```
/// use silicabac::dream;
/// let stream = dream::hevc(7, &["wpp", "dependent"])?;
/// assert_eq!(dream::hevc(7, &["wpp", "dependent"])?, stream);
/// assert!(dream::features_of_hevc(&stream).contains("wpp"));
/// # Ok::<(), dream::DreamError>(())
/// ```
///
/// # Errors
/// [`DreamError`].
pub fn hevc(seed: u64, features: &[&'static str]) -> Result<Vec<u8>, DreamError> {
    first(seed, features, |random| hevc::dream(random, features), features_of_hevc)
}

/// The first of several streams of a seed that has these features.
fn first(
    seed: u64,
    features: &[&'static str],
    dream: impl Fn(&mut random::Random) -> Result<Vec<u8>, DreamError>,
    features_of: fn(&[u8]) -> BTreeSet<&'static str>,
) -> Result<Vec<u8>, DreamError> {
    let wanted: BTreeSet<&'static str> = features.iter().copied().collect();
    let mut seeds = random::Random::new(seed);
    for _ in 0..TRIES {
        let stream = dream(&mut seeds.fork())?;
        if features.is_empty() || features_of(&stream).is_superset(&wanted) {
            return Ok(stream);
        }
    }
    Err(DreamError::NoSuchStream { tries: TRIES, features: features.to_vec() })
}
