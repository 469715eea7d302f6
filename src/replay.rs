//! The judge of the coders without a clock. It decodes a recorded slice on the oracle and on the engine, side by side, encodes it again,
//! and compares every bin, state, register and byte with the trace and between the two.

use rayon::prelude::*;

use crate::bin::{BinCoder, Decode, DecodeError, Encode, Event, Tail};
use crate::trace::{Start, TracedSlice};
use crate::{engine, spec};

/// Where a replay first differed, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("segment {segment}, bin {bin}: {what}")]
pub struct Difference {
    /// The segment of the slice: an engine run.
    pub segment: usize,
    /// The number of the bin in the segment; alignments count.
    pub bin: usize,
    /// What differed.
    pub what: What,
}

/// What a replay has found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// A coder differs from the trace or from another coder; the text says in what.
    #[error("{0}")]
    Differs(String),
    /// The payload is no stream of this coder, or ends too early.
    #[error("{0}")]
    Stream(DecodeError),
}

/// Replays one slice on every coder.
///
/// # Errors
/// The first [`Difference`].
pub fn replay(slice: &TracedSlice) -> Result<(), Difference> {
    let end = decode(slice)?;
    encode(slice, end)
}

/// Replays slices on all processors; the results, in the order of the slices.
pub fn replay_all(slices: &[TracedSlice]) -> Vec<Result<(), Difference>> {
    slices.par_iter().map(replay).collect()
}

/// Decodes the payload; returns the position after the last bin.
fn decode(slice: &TracedSlice) -> Result<u64, Difference> {
    let mut spec = spec::Decoder::new(&slice.payload);
    let mut engine = engine::Decoder::new(&slice.payload);
    for (i, segment) in slice.segments.iter().enumerate() {
        let differs = |bin| move |what| Difference { segment: i, bin, what: What::Differs(what) };
        if i > 0 {
            let skipped = next_byte(&spec)..u64::from(segment.offset);
            if segment.start == Start::Subset && !skipped.is_empty() {
                return Err(differs(0)(format!("the substream begins {skipped:?} bytes late")));
            }
            let mut raw = vec![0; skipped.end.saturating_sub(skipped.start) as usize];
            spec.raw(&mut raw);
            engine.raw(&mut raw);
            spec.start();
            engine.start();
        }
        if spec.position() != u64::from(segment.offset) * 8 + 9 {
            let bits = spec.position() - 9;
            return Err(differs(0)(format!(
                "the segment begins at bit {bits}, not at byte {}",
                segment.offset
            )));
        }
        for event in segment.loads() {
            let _ = (spec.play(&[event]), engine.play(&[event]));
        }
        let mut crc32 = crc32fast::Hasher::new();
        let mut states = segment.states.iter();
        for (bin, &event) in segment.events.iter().enumerate() {
            let (range, offset) = (spec.cod_i_range(), spec.cod_i_offset());
            if let Event::Context { ctx, .. } = event {
                equal("the state before it", states.next(), Some(&spec.save(ctx))).map_err(differs(bin))?;
                equal("the engine's state before it", spec.save(ctx), engine.save(ctx))
                    .map_err(differs(bin))?;
            }
            let played = [("oracle", spec.play(&[event])), ("engine", engine.play(&[event]))];
            if let Some(error) = spec.error() {
                return Err(Difference { segment: i, bin, what: What::Stream(error) });
            }
            for (name, result) in played {
                result
                    .map_err(|_| differs(bin)(format!("the {name} decodes another bin than the trace's")))?;
            }
            equal(
                "codIRange, codIOffset, position and error of oracle and engine",
                place(&spec),
                place(&engine),
            )
            .map_err(differs(bin))?;
            let (range, offset) = match event.ends_engine_run() {
                true => (range - 2, offset), // the standard ends here, without renormalisation
                false => (spec.cod_i_range(), spec.cod_i_offset()),
            };
            crc32.update(&(range as u16).to_le_bytes());
            crc32.update(&(offset as u16).to_le_bytes());
        }
        let last = segment.events.len();
        equal("the CRC-32 of codIRange and codIOffset", segment.crc32, crc32.finalize())
            .map_err(differs(last))?;
    }
    Ok(spec.position())
}

fn next_byte(decoder: &impl Decode) -> u64 {
    decoder.position().div_ceil(8)
}

fn place(decoder: &impl Decode) -> (u32, u32, u64, Option<DecodeError>) {
    (decoder.cod_i_range(), decoder.cod_i_offset(), decoder.position(), decoder.error())
}

/// Encodes the bins again and compares the bytes. The tail, which no bin implies, is taken from the payload after position `end`.
fn encode(slice: &TracedSlice, end: u64) -> Result<(), Difference> {
    let (mut spec, mut engine) = (spec::Encoder::new(), engine::Encoder::new());
    for (i, segment) in slice.segments.iter().enumerate() {
        if i > 0 {
            let (ended, payload) = (engine.bytes().len(), &slice.payload);
            // The bits after the stop bit of the segment before.
            let padding = ended.checked_sub(1).and_then(|last| payload.get(last)).copied().unwrap_or(0);
            let _ = (spec.padding(padding), engine.padding(padding));
            let mut raw = payload.get(ended..segment.offset as usize).unwrap_or_default().to_vec();
            spec.raw(&mut raw);
            engine.raw(&mut raw);
            spec.start();
            engine.start();
        }
        for event in segment.loads() {
            let _ = (spec.play(&[event]), engine.play(&[event]));
        }
        for (bin, &event) in segment.events.iter().enumerate() {
            let _ = (spec.play(&[event]), engine.play(&[event]));
            equal("codIRange and codILow of oracle and engine", interval(&spec), interval(&engine))
                .map_err(|what| Difference { segment: i, bin, what: What::Differs(what) })?;
        }
    }
    for (name, mut bytes) in [("oracle", spec.finish()), ("engine", engine.finish())] {
        Tail::of(&slice.payload, end).append_to(&mut bytes);
        if bytes != slice.payload {
            let byte = bytes.iter().zip(&slice.payload).take_while(|(a, b)| a == b).count();
            let segment =
                slice.segments.iter().rposition(|segment| segment.offset as usize <= byte).unwrap_or(0);
            let what = format!("the {name} encodes another payload from byte {byte} on");
            return Err(Difference { segment, bin: 0, what: What::Differs(what) });
        }
    }
    Ok(())
}

fn interval(encoder: &impl Encode) -> (u32, u32) {
    (encoder.cod_i_range(), encoder.cod_i_low())
}

fn equal<T: PartialEq + core::fmt::Debug>(what: &str, expected: T, found: T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: {expected:?} and {found:?}")) }
}
