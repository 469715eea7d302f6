//! Random slices: bins, kinds, contexts, alignments, PCM bytes and substreams, from a seed and a few odds.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::bin::Event;
use crate::context::{ContextModel, CtxIdx};

/// What kind of bins a slice is made of. Odds are in 1/256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odds {
    /// A context bin is the less probable symbol.
    pub lps: u8,
    /// A bin is a bypass bin.
    pub bypass: u8,
    /// A bin is a terminate bin of 0.
    pub terminate: u8,
    /// A bin is preceded by an alignment.
    pub align: u8,
    /// A life ends, and another follows, before a bin.
    pub end: u8,
    /// How many contexts there are, 1..=1024. Few make the same one come back at once.
    pub contexts: u16,
}

/// Odds with which slices of every character arise.
pub const MIXES: [Odds; 6] = [
    Odds { lps: 90, bypass: 60, terminate: 4, align: 0, end: 0, contexts: 400 },
    Odds { lps: 2, bypass: 20, terminate: 1, align: 0, end: 1, contexts: 1024 },
    Odds { lps: 128, bypass: 0, terminate: 0, align: 0, end: 0, contexts: 1 },
    Odds { lps: 250, bypass: 8, terminate: 8, align: 1, end: 2, contexts: 3 },
    Odds { lps: 60, bypass: 230, terminate: 2, align: 8, end: 0, contexts: 16 },
    Odds { lps: 60, bypass: 60, terminate: 60, align: 20, end: 60, contexts: 8 },
];

/// A slice of `bins` bins and one more to end it.
pub fn slice(rng: &mut ChaCha8Rng, odds: Odds, bins: usize) -> Vec<Event> {
    let mut events = Vec::with_capacity(bins + usize::from(odds.contexts) + 1);
    let mut models: Vec<ContextModel> = (0..odds.contexts).map(|_| any_model(rng)).collect();
    let numbered = (0..).map_while(CtxIdx::new).zip(&models);
    events.extend(numbered.map(|(ctx, &model)| Event::Load { ctx, model }));
    for _ in 0..bins {
        if happens(rng, odds.end) {
            events.push(Event::Terminate { bin: true });
            let raw = below(rng, 24).saturating_sub(8);
            events.extend((0..raw).map(|_| Event::Raw(rng.next_u32() as u8)));
        }
        if happens(rng, odds.align) {
            events.push(Event::Align);
        }
        events.push(if happens(rng, odds.bypass) {
            Event::Bypass { bin: happens(rng, 128) }
        } else if happens(rng, odds.terminate) {
            Event::Terminate { bin: false }
        } else {
            let index = below(rng, odds.contexts.into()) as u16;
            let model = &mut models[usize::from(index)];
            let bin = model.val_mps() != happens(rng, odds.lps);
            *model = model.next(bin);
            // The index is below the number of contexts, which `CtxIdx` has already counted.
            Event::Context { ctx: CtxIdx::new(index).unwrap_or_default(), bin }
        });
    }
    events.push(Event::Terminate { bin: true });
    events
}

fn any_model(rng: &mut ChaCha8Rng) -> ContextModel {
    ContextModel::new(below(rng, 63) as u8, happens(rng, 128)).unwrap_or_default()
}

fn happens(rng: &mut ChaCha8Rng, odds: u8) -> bool {
    rng.next_u32() as u8 > u8::MAX - odds
}

fn below(rng: &mut ChaCha8Rng, limit: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(limit)) >> 32) as u32
}
