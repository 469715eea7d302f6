//! All coders that are measured, with the same interface.

use std::io::{Cursor, Read, Write};

use cabac::{
    CabacReader, CabacWriter,
    h265::{H265Context, H265Reader, H265Writer},
};
use constriction::stream::{
    Decode as _, Encode as _,
    model::DefaultContiguousCategoricalEntropyModel,
    queue::{DefaultRangeDecoder, DefaultRangeEncoder},
};
use silicabac::{
    bin::{BinCoder, Decode, Encode},
    context::{CONTEXTS, ContextModel, CtxIdx},
    engine, spec,
};

/// A coder in both directions. `likely` is for coders that need to know the probability of a bin.
pub trait Coder {
    /// The decoder.
    type Reader<'a>: Reader;
    /// The encoder.
    type Writer<'a>: Writer;
    /// A decoder of these bytes.
    fn reader(bytes: &[u8], likely: f64) -> Self::Reader<'_>;
    /// Encodes what `work` codes, and returns the bytes.
    fn write(likely: f64, work: impl FnOnce(&mut Self::Writer<'_>)) -> Vec<u8>;
}

/// A decoder.
pub trait Reader {
    /// Sets a context variable.
    fn load(&mut self, ctx: CtxIdx, model: ContextModel);
    /// A bin with a context variable.
    fn context(&mut self, ctx: CtxIdx) -> bool;
    /// A bypass bin.
    fn bypass(&mut self) -> bool;
    /// `n` bypass bins.
    #[inline(always)]
    fn bypass_bits(&mut self, n: u32) -> u32 {
        (0..n).fold(0, |read, _| read << 1 | u32::from(self.bypass()))
    }
}

/// An encoder.
pub trait Writer {
    /// Sets a context variable.
    fn load(&mut self, ctx: CtxIdx, model: ContextModel);
    /// A bin with a context variable.
    fn context(&mut self, ctx: CtxIdx, bin: bool);
    /// A bypass bin.
    fn bypass(&mut self, bin: bool);
    /// `n` bypass bins.
    #[inline(always)]
    fn bypass_bits(&mut self, n: u32, value: u32) {
        (0..n).rev().for_each(|i| self.bypass(value >> i & 1 != 0));
    }
}

/// The engine of silicabac.
#[derive(Debug)]
pub struct Engine;
/// The oracle of silicabac: the flowcharts of the standard.
#[derive(Debug)]
pub struct Spec;
/// The crate `cabac`, its coder for H.265.
#[derive(Debug)]
pub struct Crate;
/// The range coder of the crate `constriction`, which is given the probabilities and does not adapt.
#[derive(Debug)]
pub struct Constriction;

impl Coder for Engine {
    type Reader<'a> = Ours<engine::Decoder<'a>>;
    type Writer<'a> = Ours<engine::Encoder>;

    fn reader(bytes: &[u8], _: f64) -> Self::Reader<'_> {
        Ours(engine::Decoder::new(bytes))
    }

    #[inline(always)]
    fn write(_: f64, work: impl FnOnce(&mut Self::Writer<'_>)) -> Vec<u8> {
        let mut writer = Ours(engine::Encoder::new());
        work(&mut writer);
        writer.0.terminate(true);
        writer.0.finish()
    }
}

impl Coder for Spec {
    type Reader<'a> = Ours<spec::Decoder<'a>>;
    type Writer<'a> = Ours<spec::Encoder>;

    fn reader(bytes: &[u8], _: f64) -> Self::Reader<'_> {
        Ours(spec::Decoder::new(bytes))
    }

    #[inline(always)]
    fn write(_: f64, work: impl FnOnce(&mut Self::Writer<'_>)) -> Vec<u8> {
        let mut writer = Ours(spec::Encoder::new());
        work(&mut writer);
        writer.0.terminate(true);
        writer.0.finish()
    }
}

/// A coder of silicabac.
#[derive(Debug)]
pub struct Ours<C>(C);

impl<C: Decode> Reader for Ours<C> {
    #[inline(always)]
    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.0.load(ctx, model);
    }

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx) -> bool {
        self.0.context(ctx, false)
    }

    #[inline(always)]
    fn bypass(&mut self) -> bool {
        self.0.bypass(false)
    }

    #[inline(always)]
    fn bypass_bits(&mut self, n: u32) -> u32 {
        self.0.bypass_bits(n, 0)
    }
}

impl<C: Encode> Writer for Ours<C> {
    #[inline(always)]
    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.0.load(ctx, model);
    }

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx, bin: bool) {
        self.0.context(ctx, bin);
    }

    #[inline(always)]
    fn bypass(&mut self, bin: bool) {
        self.0.bypass(bin);
    }

    #[inline(always)]
    fn bypass_bits(&mut self, n: u32, value: u32) {
        self.0.bypass_bits(n, value);
    }
}

/// The crate's coder with its context variables.
pub struct WithContexts<C> {
    coder: C,
    contexts: Box<[H265Context; CONTEXTS]>,
}

fn with_contexts<C>(coder: C) -> WithContexts<C> {
    WithContexts { coder, contexts: Box::new(std::array::from_fn(|_| H265Context::default())) }
}

impl Coder for Crate {
    type Reader<'a> = WithContexts<H265Reader<Cursor<&'a [u8]>>>;
    type Writer<'a> = WithContexts<H265Writer<&'a mut Vec<u8>>>;

    fn reader(bytes: &[u8], _: f64) -> Self::Reader<'_> {
        with_contexts(H265Reader::new(Cursor::new(bytes)).expect("a stream"))
    }

    #[inline(always)]
    fn write(_: f64, work: impl FnOnce(&mut Self::Writer<'_>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = with_contexts(H265Writer::new(&mut bytes));
        work(&mut writer);
        writer.coder.finish().expect("memory");
        drop(writer);
        bytes
    }
}

/// Its context variables cannot be set: those of recorded slices start at even odds.
impl<R: Read> Reader for WithContexts<H265Reader<R>> {
    fn load(&mut self, _: CtxIdx, _: ContextModel) {}

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx) -> bool {
        self.coder.get(&mut self.contexts[ctx.get()]).expect("memory")
    }

    #[inline(always)]
    fn bypass(&mut self) -> bool {
        self.coder.get_bypass().expect("memory")
    }
}

impl<W: Write> Writer for WithContexts<H265Writer<W>> {
    fn load(&mut self, _: CtxIdx, _: ContextModel) {}

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx, bin: bool) {
        self.coder.put(bin, &mut self.contexts[ctx.get()]).expect("memory");
    }

    #[inline(always)]
    fn bypass(&mut self, bin: bool) {
        self.coder.put_bypass(bin).expect("memory");
    }
}

type Odds = DefaultContiguousCategoricalEntropyModel;

/// A range coder with the probabilities of three kinds of bins: one that is mostly 0, one that is mostly 1, and a bypass bin.
pub struct WithOdds<C> {
    coder: C,
    odds: [Odds; 3],
}

fn with_odds<C>(coder: C, likely: f64) -> WithOdds<C> {
    let odds = |zero| Odds::from_floating_point_probabilities_fast(&[zero, 1.0 - zero], None).expect("odds");
    WithOdds { coder, odds: [odds(likely), odds(1.0 - likely), odds(0.5)] }
}

impl Coder for Constriction {
    type Reader<'a> = WithOdds<DefaultRangeDecoder>;
    type Writer<'a> = WithOdds<DefaultRangeEncoder>;

    fn reader(bytes: &[u8], likely: f64) -> Self::Reader<'_> {
        let words: Vec<u32> = bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
        with_odds(DefaultRangeDecoder::from_compressed(words).expect("memory"), likely)
    }

    #[inline(always)]
    fn write(likely: f64, work: impl FnOnce(&mut Self::Writer<'_>)) -> Vec<u8> {
        let mut writer = with_odds(DefaultRangeEncoder::new(), likely);
        work(&mut writer);
        let words = writer.coder.into_compressed().expect("memory");
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }
}

impl Reader for WithOdds<DefaultRangeDecoder> {
    fn load(&mut self, _: CtxIdx, _: ContextModel) {}

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx) -> bool {
        self.coder.decode_symbol(&self.odds[ctx.get() % 2]).expect("a stream") != 0
    }

    #[inline(always)]
    fn bypass(&mut self) -> bool {
        self.coder.decode_symbol(&self.odds[2]).expect("a stream") != 0
    }
}

impl Writer for WithOdds<DefaultRangeEncoder> {
    fn load(&mut self, _: CtxIdx, _: ContextModel) {}

    #[inline(always)]
    fn context(&mut self, ctx: CtxIdx, bin: bool) {
        self.coder.encode_symbol(usize::from(bin), &self.odds[ctx.get() % 2]).expect("memory");
    }

    #[inline(always)]
    fn bypass(&mut self, bin: bool) {
        self.coder.encode_symbol(usize::from(bin), &self.odds[2]).expect("memory");
    }
}
