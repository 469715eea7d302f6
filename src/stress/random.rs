//! Random slices: bins of all kinds, contexts, alignments, PCM bytes and substreams, from a seed and the odds of each kind.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::bin::Event;
use crate::context::{ContextModel, CtxIdx};
use crate::vectors::{Flag, Vector};

/// What a slice is made of. Odds are in 1/256 of all requests; the rest are context bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odds {
    /// Odds that a context bin is the less probable symbol, in 1/256 of all context bins.
    pub lps: u8,
    /// Odds of a bypass bin.
    pub bypass: u8,
    /// Odds of a terminate bin of 0.
    pub terminate: u8,
    /// Odds of an alignment.
    pub align: u8,
    /// Odds of a load in the middle of an engine run.
    pub load: u8,
    /// Odds of a terminate bin of 1, with up to 15 raw bytes after it.
    pub end: u8,
    /// How many contexts there are, limited to 1..=1024. With few of them the same one is often used again at once.
    pub contexts: u16,
}

/// Odds that give slices of many different kinds, and every kind of request after every other.
#[rustfmt::skip]
pub const MIXES: [Odds; 7] = [
    Odds { lps:  90, bypass:  60, terminate:  4, align:  0, load:  0, end:  0, contexts:  400 },
    Odds { lps:   2, bypass:  20, terminate:  1, align:  0, load:  0, end:  1, contexts: 1024 },
    Odds { lps: 128, bypass:   0, terminate:  0, align:  0, load:  0, end:  0, contexts:    1 },
    Odds { lps: 250, bypass:   8, terminate:  8, align:  1, load:  1, end:  2, contexts:    3 },
    Odds { lps:  60, bypass: 220, terminate:  2, align:  8, load:  0, end:  0, contexts:   16 },
    Odds { lps:  60, bypass:  40, terminate: 40, align: 20, load: 10, end: 40, contexts:    8 },
    Odds { lps: 120, bypass:  40, terminate: 40, align: 40, load: 60, end: 40, contexts:    2 },
];

/// Slices with all of [`MIXES`], of lengths from one request to 20,000.
pub fn vectors(seed: u64) -> Vec<Vector> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let lengths = [1, 10, 100, 1_000, 20_000];
    let kinds = lengths.iter().flat_map(|&length| (0..MIXES.len()).map(move |mix| (length, mix)));
    let vector = |(length, mix): (usize, usize)| {
        let (id, comment) =
            (format!("random-{length}-mix-{mix}"), format!("{length} random requests of mix {mix}"));
        Vector::encoded(id, comment, &[Flag::Random], slice(&mut rng, MIXES[mix], length))
    };
    kinds.map(vector).collect()
}

/// A slice of `length` requests, besides the loads at its start and the terminate bin at its end.
pub fn slice(rng: &mut ChaCha8Rng, odds: Odds, length: usize) -> Vec<Event> {
    let contexts = odds.contexts.clamp(1, 1024);
    let mut events = Vec::with_capacity(length + usize::from(contexts) + 1);
    let mut models: Vec<ContextModel> = (0..contexts).map(|_| any_model(rng)).collect();
    events.extend((0..).zip(&models).map(|(i, &model)| Event::Load { ctx: nth_context(i), model }));
    for _ in 0..length {
        let mut choice = rng.next_u32() as u8;
        let mut chosen = |odds: u8| {
            let chosen = choice < odds;
            choice = choice.wrapping_sub(odds);
            chosen
        };
        let (bypass, terminate, align) = (chosen(odds.bypass), chosen(odds.terminate), chosen(odds.align));
        let (load, end) = (chosen(odds.load), chosen(odds.end));
        let i = below(rng, contexts.into()) as u16;
        let (ctx, model) = (nth_context(i), &mut models[usize::from(i)]);
        if bypass {
            events.push(Event::Bypass { bin: happens(rng, 128) });
        } else if terminate {
            events.push(Event::Terminate { bin: false });
        } else if align {
            events.push(Event::Align);
        } else if load {
            *model = any_model(rng);
            events.push(Event::Load { ctx, model: *model });
        } else if end {
            events.push(Event::Terminate { bin: true });
            let raw = below(rng, 24).saturating_sub(8);
            events.extend((0..raw).map(|_| Event::Raw(rng.next_u32() as u8)));
        } else {
            let bin = model.val_mps() != happens(rng, odds.lps);
            *model = model.next(bin);
            events.push(Event::Context { ctx, bin });
        }
    }
    events.push(Event::Terminate { bin: true });
    events
}

/// Contexts from both ends of the address range in turn: 0, 1023, 1, 1022 and so on.
fn nth_context(i: u16) -> CtxIdx {
    let index = if i.is_multiple_of(2) { i / 2 } else { 1023 - i / 2 };
    CtxIdx::new(index).unwrap_or_default()
}

pub(super) fn any_model(rng: &mut ChaCha8Rng) -> ContextModel {
    ContextModel::new(below(rng, 63) as u8, happens(rng, 128)).unwrap_or_default()
}

fn happens(rng: &mut ChaCha8Rng, odds: u8) -> bool {
    rng.next_u32() as u8 > u8::MAX - odds
}

fn below(rng: &mut ChaCha8Rng, limit: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(limit)) >> 32) as u32
}
