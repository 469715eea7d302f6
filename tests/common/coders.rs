//! Coders for tests of a walk: one that chooses what is coded, and one that has one thing wrong.

use std::ops::RangeInclusive;

use rand_chacha::{ChaCha8Rng, rand_core::Rng};
use silicabac::bin::{BinCoder, Decode, DecodeError, Element};
use silicabac::context::{ContextModel, CtxIdx};
use silicabac::engine;

/// An encoder that chooses the value of each element.
pub struct Dreamer {
    pub encoder: engine::Encoder,
    random: ChaCha8Rng,
    choose: Choose,
}

/// The value of an element, given what the walk gives it, a random number, and the lowest and the highest legal value.
pub type Choose = fn(Element, i32, u32, [i64; 2]) -> i32;

impl Dreamer {
    pub fn new(random: ChaCha8Rng, choose: Choose) -> Dreamer {
        Dreamer { encoder: engine::Encoder::new(), random, choose }
    }
}

/// Any legal value.
pub fn any_legal(random: u32, [low, high]: [i64; 2]) -> i32 {
    (low + i64::from(random >> 3) % (high - low + 1)) as i32
}

impl BinCoder for Dreamer {
    const READS: bool = false;

    fn element(&mut self, element: Element, given: i32, legal: RangeInclusive<i32>) -> i32 {
        (self.choose)(element, given, self.random.next_u32(), [*legal.start(), *legal.end()].map(i64::from))
    }

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        self.encoder.context(ctx, bin)
    }

    fn bypass(&mut self, bin: bool) -> bool {
        self.encoder.bypass(bin)
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.encoder.terminate(bin)
    }

    fn align(&mut self) {
        self.encoder.align();
    }

    fn stop_bit(&self) -> bool {
        self.encoder.stop_bit()
    }

    fn padding(&mut self, _: u8) -> u8 {
        self.encoder.padding(self.random.next_u32() as u8)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.random.fill_bytes(bytes);
        self.encoder.raw(bytes);
    }

    fn start(&mut self) {
        self.encoder.start();
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.encoder.load(ctx, model);
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.encoder.save(ctx)
    }
}

/// A decoder that is wrong about one context: its initial state is wrong, or another context is used instead.
pub struct Wrong<'a> {
    pub decoder: engine::Decoder<'a>,
    pub ctx: CtxIdx,
    pub initial: Option<ContextModel>,
    pub taken: CtxIdx,
}

impl BinCoder for Wrong<'_> {
    const READS: bool = true;

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        self.decoder.context(if ctx == self.ctx { self.taken } else { ctx }, bin)
    }

    fn bypass(&mut self, bin: bool) -> bool {
        self.decoder.bypass(bin)
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.decoder.terminate(bin)
    }

    fn align(&mut self) {
        self.decoder.align();
    }

    fn stop_bit(&self) -> bool {
        self.decoder.stop_bit()
    }

    fn padding(&mut self, bits: u8) -> u8 {
        self.decoder.padding(bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.decoder.raw(bytes);
    }

    fn start(&mut self) {
        self.decoder.start();
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        let model = self.initial.filter(|_| ctx == self.ctx).unwrap_or(model);
        self.decoder.load(ctx, model);
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.decoder.save(ctx)
    }
}

impl Decode for Wrong<'_> {
    fn cod_i_range(&self) -> u32 {
        self.decoder.cod_i_range()
    }

    fn cod_i_offset(&self) -> u32 {
        self.decoder.cod_i_offset()
    }

    fn position(&self) -> u64 {
        self.decoder.position()
    }

    fn error(&self) -> Option<DecodeError> {
        self.decoder.error()
    }
}
