//! Sequences of bins for the measurements.

use std::path::Path;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::{
    bin::Event,
    context::{ContextModel, CtxIdx},
    trace::Trace,
};

use crate::coders::{Coder, Reader, Writer};

/// A context bin, or a few bypass bins at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bin {
    /// A bin with a context variable.
    Context(CtxIdx, bool),
    /// The number of bypass bins, and their value.
    Bypass(u32, u32),
}

/// Bins, in a form in which the loop over them costs as little as possible.
#[derive(Clone, Debug)]
pub enum Sequence {
    /// Context bins alone, and the probability of the more probable symbol.
    Context(Vec<(CtxIdx, bool)>, f64),
    /// Seven context bins and three bypass bins, in turns, with that probability.
    Mix(Vec<Turn>, f64),
    /// Bypass bins one by one.
    Bypass(Vec<bool>),
    /// Bypass bins, eight at once.
    BypassBytes(Vec<u8>),
    /// Recorded slices: the initial states of the context variables, and the bins.
    Slices(Vec<Slice<Bin>>),
    /// The same, without their bypass bins.
    SliceContexts(Vec<Slice<(CtxIdx, bool)>>),
}

/// Seven context bins, then three bypass bins.
type Turn = ([(CtxIdx, bool); 7], [bool; 3]);

/// How many bins a random sequence has.
const BINS: usize = 1 << 18;

struct Source(ChaCha8Rng);

impl Source {
    fn new() -> Source {
        Source(ChaCha8Rng::seed_from_u64(1))
    }

    /// A bin of any of `contexts`, each with the same probability; `likely` is the probability that it is the more probable symbol.
    fn bin(&mut self, contexts: u32, likely: f64) -> (CtxIdx, bool) {
        let index = (self.0.next_u32() % contexts) as u16;
        let liked = index & 1 != 0;
        let is_likely = f64::from(self.0.next_u32()) < likely * f64::from(u32::MAX);
        (CtxIdx::new(index).expect("below 1,024"), liked == is_likely)
    }

    fn bypass(&mut self) -> bool {
        self.0.next_u32() & 1 != 0
    }
}

impl Sequence {
    /// Context bins with this many contexts, and this probability of the more probable symbol.
    pub fn context(contexts: u32, likely: f64) -> Sequence {
        let mut source = Source::new();
        Sequence::Context((0..BINS).map(|_| source.bin(contexts, likely)).collect(), likely)
    }

    /// Three bins of ten are bypass bins, the others as with [`context`](Self::context).
    pub fn mix(contexts: u32, likely: f64) -> Sequence {
        let mut source = Source::new();
        let mut turn = |_| {
            let context = [(); 7].map(|()| source.bin(contexts, likely));
            (context, [(); 3].map(|()| source.bypass()))
        };
        Sequence::Mix((0..BINS / 10).map(&mut turn).collect(), likely)
    }

    /// Bypass bins.
    pub fn bypass() -> Sequence {
        let mut source = Source::new();
        Sequence::Bypass((0..BINS).map(|_| source.bypass()).collect())
    }

    /// Bypass bins, eight at once.
    pub fn bypass_bytes() -> Sequence {
        let mut source = Source::new();
        Sequence::BypassBytes((0..BINS / 8).map(|_| source.0.next_u32() as u8).collect())
    }

    /// The bins of the slices of a trace; runs of bypass bins of up to 16 are coded at once.
    pub fn slices(trace: &Path) -> Sequence {
        let trace = Trace::read(trace).unwrap_or_else(|error| panic!("{error}"));
        Sequence::Slices(trace.slices.iter().map(|slice| bins(&slice.events())).collect())
    }

    /// The same without the bypass bins.
    pub fn slice_contexts(trace: &Path) -> Sequence {
        let Sequence::Slices(slices) = Sequence::slices(trace) else { unreachable!("slices were asked for") };
        let context = |bin| if let Bin::Context(ctx, bin) = bin { Some((ctx, bin)) } else { None };
        let contexts = |(models, bins): Slice<Bin>| (models, bins.into_iter().filter_map(context).collect());
        Sequence::SliceContexts(slices.into_iter().map(contexts).collect())
    }

    /// How many bins there are.
    pub fn bins(&self) -> usize {
        match self {
            Sequence::Context(bins, _) => bins.len(),
            Sequence::Mix(turns, _) => turns.len() * 10,
            Sequence::Bypass(bins) => bins.len(),
            Sequence::BypassBytes(bytes) => bytes.len() * 8,
            Sequence::Slices(slices) => slices.iter().flat_map(|(_, bins)| bins).map(Bin::count).sum(),
            Sequence::SliceContexts(slices) => slices.iter().map(|(_, bins)| bins.len()).sum(),
        }
    }

    /// Codes the whole sequence, each slice by itself; returns the bytes.
    #[inline(never)]
    pub fn write<C: Coder>(&self) -> Vec<Vec<u8>> {
        let alone = |bytes| vec![bytes];
        match self {
            Sequence::Context(bins, likely) => alone(C::write(*likely, |writer| {
                bins.iter().for_each(|&(ctx, bin)| writer.context(ctx, bin));
            })),
            Sequence::Mix(turns, likely) => alone(C::write(*likely, |writer| {
                for (context, bypass) in turns {
                    context.iter().for_each(|&(ctx, bin)| writer.context(ctx, bin));
                    bypass.iter().for_each(|&bin| writer.bypass(bin));
                }
            })),
            Sequence::Bypass(bins) => alone(C::write(0.5, |writer| {
                bins.iter().for_each(|&bin| writer.bypass(bin));
            })),
            Sequence::BypassBytes(bytes) => alone(C::write(0.5, |writer| {
                bytes.iter().for_each(|&byte| writer.bypass_bits(8, byte.into()));
            })),
            Sequence::Slices(slices) => {
                let write =
                    |(models, bins): &Slice<Bin>| C::write(0.5, |writer| write_slice(writer, models, bins));
                slices.iter().map(write).collect()
            }
            Sequence::SliceContexts(slices) => {
                let write = |(models, bins): &Slice<_>| {
                    C::write(0.5, |writer| {
                        models.iter().for_each(|&(ctx, model)| writer.load(ctx, model));
                        bins.iter().for_each(|&(ctx, bin)| writer.context(ctx, bin));
                    })
                };
                slices.iter().map(write).collect()
            }
        }
    }

    /// Decodes the whole sequence; returns how many bins were wrong.
    #[inline(never)]
    pub fn read<C: Coder>(&self, written: &[Vec<u8>]) -> usize {
        let first = &written[0];
        match self {
            Sequence::Context(bins, likely) => {
                let mut reader = C::reader(first, *likely);
                bins.iter().map(|&(ctx, bin)| usize::from(reader.context(ctx) != bin)).sum()
            }
            Sequence::Mix(turns, likely) => {
                let mut reader = C::reader(first, *likely);
                let mut wrong = 0;
                for (context, bypass) in turns {
                    context.iter().for_each(|&(ctx, bin)| wrong += usize::from(reader.context(ctx) != bin));
                    bypass.iter().for_each(|&bin| wrong += usize::from(reader.bypass() != bin));
                }
                wrong
            }
            Sequence::Bypass(bins) => {
                let mut reader = C::reader(first, 0.5);
                bins.iter().map(|&bin| usize::from(reader.bypass() != bin)).sum()
            }
            Sequence::BypassBytes(bytes) => {
                let mut reader = C::reader(first, 0.5);
                bytes.iter().map(|&byte| usize::from(reader.bypass_bits(8) != u32::from(byte))).sum()
            }
            Sequence::Slices(slices) => {
                let slices = slices.iter().zip(written);
                slices.map(|((models, bins), bytes)| read_slice(C::reader(bytes, 0.5), models, bins)).sum()
            }
            Sequence::SliceContexts(slices) => {
                let read = |((models, bins), bytes): (&Slice<(CtxIdx, bool)>, &Vec<u8>)| {
                    let mut reader = C::reader(bytes, 0.5);
                    models.iter().for_each(|&(ctx, model)| reader.load(ctx, model));
                    bins.iter().map(|&(ctx, bin)| usize::from(reader.context(ctx) != bin)).sum::<usize>()
                };
                slices.iter().zip(written).map(read).sum()
            }
        }
    }
}

/// The initial states of the context variables, and the bins.
type Slice<T> = (Vec<(CtxIdx, ContextModel)>, Vec<T>);

impl Bin {
    fn count(&self) -> usize {
        if let Bin::Bypass(n, _) = self { *n as usize } else { 1 }
    }
}

/// The initial states and the bins of a slice.
fn bins(events: &[Event]) -> Slice<Bin> {
    let mut models = Vec::new();
    let mut bins: Vec<Bin> = Vec::new();
    for event in events {
        match *event {
            Event::Load { ctx, model } if bins.is_empty() => models.push((ctx, model)),
            Event::Context { ctx, bin } => bins.push(Bin::Context(ctx, bin)),
            Event::Bypass { bin } => match bins.last_mut() {
                Some(Bin::Bypass(n, value)) if *n < 16 => {
                    (*n, *value) = (*n + 1, *value << 1 | u32::from(bin));
                }
                _ => bins.push(Bin::Bypass(1, bin.into())),
            },
            _ => {}
        }
    }
    (models, bins)
}

#[inline(always)]
fn write_slice(writer: &mut impl Writer, models: &[(CtxIdx, ContextModel)], bins: &[Bin]) {
    models.iter().for_each(|&(ctx, model)| writer.load(ctx, model));
    for bin in bins {
        match *bin {
            Bin::Context(ctx, bin) => writer.context(ctx, bin),
            Bin::Bypass(n, value) => writer.bypass_bits(n, value),
        }
    }
}

#[inline(always)]
fn read_slice(mut reader: impl Reader, models: &[(CtxIdx, ContextModel)], bins: &[Bin]) -> usize {
    models.iter().for_each(|&(ctx, model)| reader.load(ctx, model));
    let is_wrong = |bin: &Bin| match *bin {
        Bin::Context(ctx, bin) => reader.context(ctx) != bin,
        Bin::Bypass(n, value) => reader.bypass_bits(n) != value,
    };
    bins.iter().map(is_wrong).map(usize::from).sum()
}
