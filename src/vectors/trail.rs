//! A vector request by request: what the oracle's registers are after each.

use super::Vector;
use crate::bin::{BinCoder, Decode, DecodeErrorKind, Event};
use crate::context::ContextModel;
use crate::cycle::Request;
use crate::spec;

/// The oracle's registers after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The request.
    pub request: Request,
    /// The state of its context variable: before a bin, or the state that a load sets.
    pub model: Option<ContextModel>,
    /// The state of the context variable after the request.
    pub next: Option<ContextModel>,
    /// The number of the bin, if the request is one.
    pub bin: Option<u64>,
    /// The decoder's codIRange; the encoder's is the same, except after a terminate bin of 1.
    pub cod_i_range: u32,
    /// The encoder's codILow; `None` where no encoder makes the bytes.
    pub cod_i_low: Option<u32>,
    /// The encoder's bitsOutstanding; `None` as with `cod_i_low`.
    pub bits_outstanding: Option<u32>,
    /// How many bits the encoder has written; `None` as with `cod_i_low`.
    pub written: Option<usize>,
    /// The encoder's firstBitFlag; `None` as with `cod_i_low`.
    pub first_bit_flag: Option<bool>,
    /// The decoder's codIOffset.
    pub cod_i_offset: u32,
    /// How many bits the decoder has read.
    pub position: u64,
    /// The error that the decoder has met so far.
    pub error: Option<DecodeErrorKind>,
}

/// Goes through the requests of a vector one by one, beginning with the start of its first engine run. Each is coded when the iterator
/// reaches it.
pub fn trail(vector: &Vector) -> impl Iterator<Item = Step> {
    let is_encoded = !vector.decode_only;
    let mut encoder = spec::Encoder::new();
    let mut decoder = spec::Decoder::new(&vector.bytes);
    let mut bins = 0;
    let mut first = true;
    let step = move |request: Request| {
        let model = match request {
            Request::Event(Event::Context { ctx, .. }) => Some(decoder.save(ctx)),
            Request::Event(Event::Load { model, .. }) => Some(model),
            _ => None,
        };
        if let Request::Event(event) = request {
            // The first request is a start, which making the coders has done already.
            if !std::mem::take(&mut first) {
                decoder.code(event);
                encoder.code(event);
            }
        }
        let next = match request {
            Request::Event(Event::Context { ctx, .. } | Event::Load { ctx, .. }) => Some(decoder.save(ctx)),
            _ => None,
        };
        let bin = request.is_bin().then_some(bins);
        bins += u64::from(request.is_bin());
        Step {
            request,
            model,
            next,
            bin,
            cod_i_range: decoder.cod_i_range(),
            cod_i_low: is_encoded.then_some(encoder.cod_i_low_10()),
            bits_outstanding: is_encoded.then_some(encoder.bits_outstanding()),
            written: is_encoded.then(|| encoder.bits().1),
            first_bit_flag: is_encoded.then_some(encoder.first_bit_flag()),
            cod_i_offset: decoder.cod_i_offset(),
            position: decoder.position(),
            error: decoder.error().map(|error| error.kind),
        }
    };
    Request::of_slice(&vector.events).skip(1).map(step)
}
