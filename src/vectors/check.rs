//! Checks a vector with all coders without a clock: oracle and engine, encoders and decoders.

use super::Vector;
use crate::bin::{Decode, DecodeError, Encode, Event, Tail};
use crate::context::CtxIdx;
use crate::{engine, spec};

/// How a coder disagrees with a vector. `coder` is `oracle` or `engine`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A decoder answers a request with another event.
    #[error("events: the {coder} decodes {read} at bin {bin}, not {expected}")]
    Event {
        /// Which decoder.
        coder: &'static str,
        /// How many bins come before.
        bin: usize,
        /// What it decodes.
        read: Event,
        /// What the vector says.
        expected: Event,
    },
    /// A decoder meets another error, or none.
    #[error("error: the {coder} meets {}, not {}", words(.met), words(.expected))]
    Error {
        /// Which decoder.
        coder: &'static str,
        /// Its error.
        met: Option<DecodeError>,
        /// That of the vector.
        expected: Option<DecodeError>,
    },
    /// A decoder has read another number of bits in the end.
    #[error("position: the {coder} has read {read} bits in the end, not {expected}")]
    Position {
        /// Which decoder.
        coder: &'static str,
        /// How many bits it has read.
        read: u64,
        /// How many the vector says.
        expected: u64,
    },
    /// The decoders agree with the vector, but not with each other.
    #[error("oracle and engine end with different context variables")]
    Contexts,
    /// An encoder writes other bytes.
    #[error("bytes: the {coder} encodes others from byte {first} on")]
    Bytes {
        /// Which encoder.
        coder: &'static str,
        /// The first byte that differs.
        first: usize,
    },
}

fn words(error: &Option<DecodeError>) -> String {
    error.map_or("no error".into(), |DecodeError { kind, bin, bit }| {
        format!("{kind:?} at bin {bin}, bit {bit}")
    })
}

/// Checks that oracle and engine make of the vector what it says.
///
/// ```
/// use silicabac::{bin::Event, vectors::{Vector, check}};
/// let events = vec![Event::Bypass { bin: true }, Event::Terminate { bin: true }];
/// let mut vector = Vector::encoded("two-bins", "", &[], events);
/// assert_eq!(check(&vector), Ok(()));
/// vector.bytes[0] ^= 0x40;
/// assert!(check(&vector).unwrap_err().to_string().starts_with("events: the oracle decodes"));
/// ```
///
/// # Errors
/// The first disagreement.
pub fn check(vector: &Vector) -> Result<(), CheckError> {
    let end = decode("oracle", spec::Decoder::new(&vector.bytes), vector)?;
    let same = decode("engine", engine::Decoder::new(&vector.bytes), vector)?;
    if end != same {
        return Err(CheckError::Contexts);
    }
    if vector.decode_only {
        return Ok(());
    }
    encode("oracle", spec::Encoder::new(), vector)?;
    encode("engine", engine::Encoder::new(), vector)
}

/// Checks a decoder. Returns the context variables that it ends with.
fn decode(coder: &'static str, mut decoder: impl Decode, vector: &Vector) -> Result<Vec<u8>, CheckError> {
    let answers = decoder.answers(&vector.events);
    if let Some(at) = (0..answers.len()).find(|&at| answers[at] != vector.events[at]) {
        let bin = vector.events[..at].iter().filter(|event| event.is_bin()).count();
        return Err(CheckError::Event { coder, bin, read: answers[at], expected: vector.events[at] });
    }
    if decoder.error() != vector.error {
        return Err(CheckError::Error { coder, met: decoder.error(), expected: vector.error });
    }
    if decoder.position() != vector.position {
        return Err(CheckError::Position { coder, read: decoder.position(), expected: vector.position });
    }
    Ok((0..).map_while(CtxIdx::new).map(|ctx| decoder.save(ctx).bits()).collect())
}

fn encode(coder: &'static str, mut encoder: impl Encode, vector: &Vector) -> Result<(), CheckError> {
    // An encoder returns what it is given, so playing to it cannot fail.
    let _ = encoder.play(&vector.events);
    let mut bytes = encoder.finish();
    Tail::of(&vector.bytes, vector.position).append_to(&mut bytes);
    let first = bytes.iter().zip(&vector.bytes).take_while(|(made, expected)| made == expected).count();
    if first < bytes.len().max(vector.bytes.len()) {
        return Err(CheckError::Bytes { coder, first });
    }
    Ok(())
}
