//! Checks a vector with all coders without a clock: oracle and engine, encoders and decoders.

use super::Vector;
use crate::bin::{Decode, DecodeError, Encode, Tail};
use crate::context::CtxIdx;
use crate::{engine, spec};

/// Checks that oracle and engine make of the vector what it says.
///
/// # Errors
/// What is wrong, in words.
pub fn check(vector: &Vector) -> Result<(), String> {
    let end = decode("oracle", spec::Decoder::new(&vector.bytes), vector)?;
    let same = decode("engine", engine::Decoder::new(&vector.bytes), vector)?;
    if end != same {
        return Err("oracle and engine end with different context variables".into());
    }
    if vector.decode_only {
        return Ok(());
    }
    encode("oracle", spec::Encoder::new(), vector)?;
    encode("engine", engine::Encoder::new(), vector)
}

/// Checks a decoder. Returns the context variables that it ends with.
fn decode(name: &str, mut decoder: impl Decode, vector: &Vector) -> Result<Vec<u8>, String> {
    let answers = decoder.answers(&vector.events);
    if let Some(at) = (0..answers.len()).find(|&at| answers[at] != vector.events[at]) {
        let bin = vector.events[..at].iter().filter(|event| event.is_bin()).count();
        let (expected, read) = (vector.events[at], answers[at]);
        return Err(format!("events: the {name} decodes {read} at bin {bin}, not {expected}"));
    }
    if decoder.error() != vector.error {
        let words = |error: Option<DecodeError>| match error {
            None => "no error".into(),
            Some(DecodeError { kind, bin, bit }) => format!("{kind:?} at bin {bin}, bit {bit}"),
        };
        let (expected, met) = (words(vector.error), words(decoder.error()));
        return Err(format!("error: the {name} meets {met}, not {expected}"));
    }
    if decoder.position() != vector.position {
        let (expected, read) = (vector.position, decoder.position());
        return Err(format!("position: the {name} has read {read} bits in the end, not {expected}"));
    }
    Ok((0..).map_while(CtxIdx::new).map(|ctx| decoder.save(ctx).bits()).collect())
}

fn encode(name: &str, mut encoder: impl Encode, vector: &Vector) -> Result<(), String> {
    // An encoder returns what it is given, so playing to it cannot fail.
    let _ = encoder.play(&vector.events);
    let mut bytes = encoder.finish();
    Tail::of(&vector.bytes, vector.position).append_to(&mut bytes);
    let same = bytes.iter().zip(&vector.bytes).take_while(|(made, expected)| made == expected).count();
    if same < bytes.len().max(vector.bytes.len()) {
        return Err(format!("bytes: the {name} encodes others from byte {same} on"));
    }
    Ok(())
}
