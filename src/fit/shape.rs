//! Leaves out of a vector what a core cannot be asked for, and what exceeds its limits.

use std::borrow::Cow;

use super::{Can, Misfit, encoded, ended};
use crate::bin::{BinCoder, Event};
use crate::spec;
use crate::vectors::{Flag, Vector};

/// Leaves out ALIGN, RAW bytes and bins of contexts that the core does not have, and cuts the vector to a length that the core takes. Puts
/// a raw byte between engine runs if the core needs one there.
///
/// # Errors
/// If the vector is there to test what would be left out, or if its bytes cannot be made anew.
pub(super) fn fit<'a>(vector: &'a Vector, can: &Can) -> Result<Cow<'a, Vector>, Misfit> {
    let mut fitted = Cow::Borrowed(vector);
    for change in [aligns, raw_bytes, substreams, contexts_of_the_header, length] {
        if let Some(vector) = change(&fitted, can)? {
            fitted = Cow::Owned(vector);
        }
    }
    Ok(fitted)
}

/// A vector that had to be changed.
type Changed = Result<Option<Vector>, Misfit>;

fn aligns(vector: &Vector, can: &Can) -> Changed {
    if can.align || !vector.events.contains(&Event::Align) {
        return Ok(None);
    }
    let is_its_point = vector.flags.iter().any(|flag| matches!(flag, Flag::Alignment | Flag::Misaligned));
    if is_its_point || vector.decode_only {
        return Err(Misfit::Align);
    }
    Ok(Some(without(vector, |event| event == Event::Align)))
}

fn raw_bytes(vector: &Vector, can: &Can) -> Changed {
    let mut block = 0;
    let mut is_beyond = |event: Event| {
        block = if matches!(event, Event::Raw(_)) { block + 1 } else { 0 };
        block > can.raw
    };
    if !vector.events.iter().any(|&event| is_beyond(event)) {
        return Ok(None);
    }
    // Without any raw bytes, engine runs follow one another as substreams do.
    let is_its_point = vector.flags.contains(&Flag::Pcm) || !can.substreams;
    match (can.raw, vector.decode_only) {
        (0, true) => Err(Misfit::Raw),
        (0, false) if is_its_point => Err(Misfit::Raw),
        (_, true) => Err(Misfit::RawBlock),
        _ => Ok(Some(without(vector, is_beyond))),
    }
}

/// Puts a raw byte between engine runs if they cannot follow one another directly.
fn substreams(vector: &Vector, can: &Can) -> Changed {
    let are_apart = |pair: &[Event]| !(pair[0].ends_engine_run() && pair[1] == Event::Start);
    if can.substreams || vector.events.windows(2).all(are_apart) {
        return Ok(None);
    }
    if can.raw == 0 || vector.decode_only || vector.flags.contains(&Flag::Substream) {
        return Err(Misfit::Substream);
    }
    let mut events = Vec::new();
    for &event in &vector.events {
        let ended = events.last().is_some_and(|before: &Event| before.ends_engine_run());
        events.extend((ended && event == Event::Start).then_some(Event::Raw(BETWEEN)));
        events.push(event);
    }
    Ok(Some(encoded(vector, events)))
}

/// The value of that raw byte. A core must not decode it as bins; its bits, in the order in which they are read, begin with ones.
const BETWEEN: u8 = 0xe5;

/// If the slice has a header that the core takes, leaves out the bins of contexts that slices of that type have and the core does not:
/// those of another profile.
fn contexts_of_the_header(vector: &Vector, can: &Can) -> Changed {
    let Some(init) = vector.init.filter(|&init| can.takes(init)) else { return Ok(None) };
    let lacks = |event| match event {
        Event::Context { ctx, .. } | Event::Load { ctx, .. } => !can.initialises(init, ctx),
        _ => false,
    };
    if !vector.events.iter().any(|&event| lacks(event)) {
        return Ok(None);
    }
    let shorter = without(vector, lacks);
    // A vector without context bins would not test the states that the header sets.
    let is_context = |event: &Event| matches!(event, Event::Context { .. });
    match vector.decode_only || !shorter.events.iter().any(is_context) {
        true => Err(Misfit::Contexts),
        false => Ok(Some(shorter)),
    }
}

fn without(vector: &Vector, mut is_left_out: impl FnMut(Event) -> bool) -> Vector {
    encoded(vector, vector.events.iter().copied().filter(|&event| !is_left_out(event)).collect())
}

fn length(vector: &Vector, can: &Can) -> Changed {
    if !is_too_long(vector, can) {
        return Ok(None);
    }
    let mut encoder = spec::Encoder::new();
    let mut bins = 0;
    let mut fits = |&event: &Event| {
        encoder.code(event);
        bins += u64::from(event.is_bin());
        // The outstanding bits, the ten bits of codILow, and what the last terminate bin adds.
        let bytes = encoder.bytes().len() as u64 + u64::from(encoder.bits_outstanding()) / 8 + 4;
        bins < can.slice_bins && bytes <= can.slice_bytes
    };
    let at = vector.events.iter().take_while(|event| fits(event)).count();
    let shorter = ended(vector, vector.events[..at].to_vec());
    // Less than half of the vector would not test what the vector is there for.
    match vector.decode_only || 2 * shorter.bins() < vector.bins() {
        true => Err(Misfit::Length),
        false => Ok(Some(shorter)),
    }
}

pub(super) fn is_too_long(vector: &Vector, can: &Can) -> bool {
    vector.bins() as u64 > can.slice_bins || vector.bytes.len() as u64 > can.slice_bytes
}
