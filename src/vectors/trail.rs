//! A vector step by step, as the oracle goes through it.

use super::Vector;
use crate::bin::{BinCoder, Decode, DecodeErrorKind, Event};
use crate::context::ContextModel;
use crate::cycle::Request;
use crate::spec;

/// What the oracle shows after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The request.
    pub request: Request,
    /// The state of its context variable: before a bin, or what a load sets it to.
    pub model: Option<ContextModel>,
    /// The state that the request leaves it in.
    pub next: Option<ContextModel>,
    /// The number of the bin, if it is one.
    pub bin: Option<u64>,
    /// The decoder's codIRange; the encoder's is the same, but behind a terminate bin of 1.
    pub cod_i_range: u32,
    /// The encoder's codILow; none where no encoder makes the bytes.
    pub cod_i_low: Option<u32>,
    /// The encoder's bitsOutstanding; likewise.
    pub bits_outstanding: Option<u32>,
    /// How many bits the encoder has written; likewise.
    pub written: Option<usize>,
    /// The encoder's firstBitFlag; likewise.
    pub first_bit_flag: Option<bool>,
    /// The decoder's codIOffset.
    pub cod_i_offset: u32,
    /// How many bits the decoder has read.
    pub position: u64,
    /// The error that it has met by now.
    pub error: Option<DecodeErrorKind>,
}

/// All requests of a vector, one by one, from the START of its engine on: each is coded when it is asked for.
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
            // Making the coders has done the first, which is a START.
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
