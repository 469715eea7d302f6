//! Builds a slice event by event, with a copy of the encoder and of its contexts, and can add the events that lead to a given codIRange or
//! to a given bit of a byte (a phase).

use std::{collections::VecDeque, sync::LazyLock};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::bin::{BinCoder, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::spec;
use crate::tables::RANGE_TAB_LPS;
use crate::vectors::{Flag, Vector};

/// A slice under construction, and the state of its encoder.
#[derive(Clone)]
pub(super) struct Builder {
    encoder: spec::Encoder,
    events: Vec<Event>,
    bins: usize,
    /// How many bits a decoder has read up to here.
    position: u64,
    /// Whether the last event ended an engine run, or was a raw byte.
    between_engine_runs: bool,
    rng: ChaCha8Rng,
}

/// The context that a builder uses for its own bins; vectors use others.
const SCRATCH: u16 = 1023;

impl Builder {
    /// An empty slice; the seed determines all that is random in it.
    pub(super) fn new(seed: u64) -> Builder {
        Builder {
            encoder: spec::Encoder::new(),
            events: Vec::new(),
            bins: 0,
            position: 9,
            between_engine_runs: false,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    pub(super) fn bins(&self) -> usize {
        self.bins
    }

    pub(super) fn encoder(&self) -> &spec::Encoder {
        &self.encoder
    }

    pub(super) fn range(&self) -> u32 {
        self.encoder.cod_i_range()
    }

    pub(super) fn low(&self) -> u32 {
        self.encoder.cod_i_low_10()
    }

    pub(super) fn bits_outstanding(&self) -> u32 {
        self.encoder.bits_outstanding()
    }

    /// The bit of its byte that a decoder reads next, 0..8.
    pub(super) fn phase(&self) -> u64 {
        self.position % 8
    }

    pub(super) fn model(&self, ctx: u16) -> ContextModel {
        self.encoder.save(index(ctx))
    }

    /// Adds an event, and before it the start of an engine run where one is due.
    pub(super) fn push(&mut self, event: Event) {
        let is_raw = matches!(event, Event::Raw(_));
        if self.between_engine_runs && !is_raw && event != Event::Start {
            self.push(Event::Start);
        }
        self.position += match event {
            Event::Raw(_) => 8,
            Event::Start => 9,
            event => u64::from(self.shift(event)),
        };
        if event.ends_engine_run() {
            self.position = self.position.next_multiple_of(8);
        }
        self.between_engine_runs = event.ends_engine_run() || is_raw;
        self.bins += usize::from(event.is_bin());
        let _ = self.encoder.play(&[event]);
        self.events.push(event);
    }

    /// How many bits a decoder reads for an event.
    fn shift(&self, event: Event) -> u32 {
        let range = match event {
            Event::Bypass { .. } => return 1,
            Event::Context { ctx, bin } => self.encoder.save(ctx).part(self.range(), bin),
            Event::Terminate { bin: false } => self.range() - 2,
            _ => return 0,
        };
        range.leading_zeros() - 23
    }

    pub(super) fn load(&mut self, ctx: u16, p_state_idx: u8, val_mps: bool) {
        let model = ContextModel::new(p_state_idx, val_mps).unwrap_or_default();
        self.push(Event::Load { ctx: index(ctx), model });
    }

    pub(super) fn context(&mut self, ctx: u16, bin: bool) {
        self.push(Event::Context { ctx: index(ctx), bin });
    }

    /// Adds a bin that is the more probable symbol of its context, or the less probable one.
    pub(super) fn symbol(&mut self, ctx: u16, mps: bool) {
        let bin = self.model(ctx).val_mps() == mps;
        self.context(ctx, bin);
    }

    pub(super) fn bypass(&mut self, bin: bool) {
        self.push(Event::Bypass { bin });
    }

    /// Adds `count` random bypass bins.
    pub(super) fn bypasses(&mut self, count: u32) {
        (0..count).for_each(|_| {
            let bin = self.random() & 1 == 1;
            self.bypass(bin);
        });
    }

    pub(super) fn terminate(&mut self, bin: bool) {
        self.push(Event::Terminate { bin });
    }

    /// Adds `count` random raw bytes.
    pub(super) fn raw(&mut self, count: u32) {
        (0..count).for_each(|_| {
            let byte = self.random() as u8;
            self.push(Event::Raw(byte));
        });
    }

    pub(super) fn random(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// Repeats all events so far, until there are `events` of them.
    pub(super) fn repeat(&mut self, events: usize) {
        let pattern = self.events.clone();
        let more = events.saturating_sub(pattern.len());
        pattern.into_iter().cycle().take(more).for_each(|event| self.push(event));
    }

    /// Adds `count` random bins of two contexts.
    pub(super) fn some_bins(&mut self, count: u32) {
        for _ in 0..count {
            let random = self.random();
            self.context(random as u16 >> 1 & 1, random & 1 == 1);
        }
    }

    /// Adds bins of the scratch context until the next bit to read is at `phase`: less probable symbols in state 0, each of which takes one
    /// bit and leaves the context in state 0.
    pub(super) fn reach_phase(&mut self, phase: u64) {
        self.load(SCRATCH, 0, false);
        while self.phase() != phase {
            self.symbol(SCRATCH, false);
        }
    }

    /// Adds the fewest bins of the scratch context after which `is_wanted` holds for codIRange.
    ///
    /// # Panics
    /// If there is no such range.
    pub(super) fn reach_range(&mut self, is_wanted: impl Fn(u32) -> bool) {
        for (model, bin) in way(self.range(), is_wanted) {
            self.load(SCRATCH, model.p_state_idx(), model.val_mps());
            self.context(SCRATCH, bin);
        }
    }

    /// Adds a bin of context 2 that takes `shift` bits, the first of them at `phase`. Returns how many bits have been read before it.
    pub(super) fn reach_shift(&mut self, shift: u32, phase: u64) -> u64 {
        // In this range there is a state for every shift, and the bins that reach the phase do not leave it.
        self.reach_range(|range| range == 256);
        self.reach_phase(phase);
        let position = self.position;
        let takes =
            |&state: &u8| u32::from(RANGE_TAB_LPS[usize::from(state)][0]).leading_zeros() - 23 == shift;
        self.load(2, (0..63).find(takes).unwrap_or(0), true);
        self.symbol(2, false);
        position
    }

    /// All events so far.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Ends the slice, and returns its events.
    pub(super) fn into_events(mut self) -> Vec<Event> {
        self.terminate(true);
        self.events
    }

    /// Ends the slice, and makes a vector of it.
    pub(super) fn into_vector(
        self,
        id: impl Into<String>,
        comment: impl Into<String>,
        flags: &[Flag],
    ) -> Vector {
        Vector::encoded(id, comment, flags, self.into_events())
    }
}

fn index(ctx: u16) -> CtxIdx {
    CtxIdx::new(ctx).unwrap_or_default()
}

/// codIRange after a context bin.
pub(super) fn next_range(range: u32, model: ContextModel, bin: bool) -> u32 {
    let part = model.part(range, bin);
    part << (part.leading_zeros() - 23)
}

/// States of `bins` contexts. Their more probable symbols, one after the other, take no bit and lead from `range` to a range in which a
/// terminate bin of 0 takes a bit.
pub(super) fn quiet_to_terminate(mut range: u32, bins: usize) -> Option<Vec<ContextModel>> {
    if !BEFORE_TERMINATE.get(bins)?[range as usize] {
        return None;
    }
    let step = |left: usize| {
        let mut models = (0..63).filter_map(|state| ContextModel::new(state, false));
        let model = models.find(|model| BEFORE_TERMINATE[left][model.part(range, false) as usize])?;
        range = model.part(range, false);
        Some(model)
    };
    (0..bins).rev().map(step).collect()
}

/// For each number of bins, the ranges from which that many bins can lead there.
static BEFORE_TERMINATE: LazyLock<Vec<[bool; 512]>> = LazyLock::new(|| {
    let mut all = vec![std::array::from_fn(|range| (256..258).contains(&range))];
    for bins in 0..MOST_QUIET {
        let after: [bool; 512] = all[bins];
        let leads = |range: usize| {
            let mut models = (0..63).filter_map(|state| ContextModel::new(state, false));
            range >= 256 && models.any(|model| after[model.part(range as u32, false) as usize])
        };
        all.push(std::array::from_fn(leads));
    }
    all
});

const MOST_QUIET: usize = 16;

/// For each range, the ranges that one bin leads to, each with the first bin that does.
static STEPS: LazyLock<Vec<Vec<(u32, ContextModel, bool)>>> = LazyLock::new(|| {
    let bins =
        || (0..63).filter_map(|state| ContextModel::new(state, false)).flat_map(|m| [(m, false), (m, true)]);
    let of = |range: u32| {
        let mut steps: Vec<(u32, ContextModel, bool)> = Vec::new();
        for (model, bin) in bins() {
            let next = next_range(range, model, bin);
            if next != range && steps.iter().all(|step| step.0 != next) {
                steps.push((next, model, bin));
            }
        }
        steps
    };
    (0..512).map(|range| if range < 256 { Vec::new() } else { of(range) }).collect()
});

/// The shortest sequence of bins from one range to another that is wanted, by breadth-first search over states and symbols.
fn way(from: u32, is_wanted: impl Fn(u32) -> bool) -> Vec<(ContextModel, bool)> {
    let mut reached = vec![None; 512];
    let mut queue = VecDeque::from([from]);
    let back = |reached: &[Option<(u32, ContextModel, bool)>], mut range: u32| {
        let mut bins = Vec::new();
        while range != from {
            let Some((before, model, bin)) = reached[range as usize] else { break };
            bins.push((model, bin));
            range = before;
        }
        bins.reverse();
        bins
    };
    while let Some(range) = queue.pop_front() {
        if is_wanted(range) {
            return back(&reached, range);
        }
        for &(next, model, bin) in &STEPS[range as usize] {
            if next != from && reached[next as usize].is_none() {
                reached[next as usize] = Some((range, model, bin));
                queue.push_back(next);
            }
        }
    }
    panic!("no bins lead from range {from} to one that is wanted");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::Decode;
    use crate::tables::ranges;

    #[test]
    fn the_position_is_the_decoder_s() {
        let mut builder = Builder::new(1);
        for round in 0..50 {
            builder.load(0, round % 63, round % 2 == 0);
            builder.some_bins(u32::from(round) % 7);
            builder.bypasses(u32::from(round) % 3);
            builder.push(Event::Align);
            builder.terminate(round % 5 == 4);
            if round % 10 == 9 {
                builder.raw(3);
            }
        }
        builder.bypass(true);
        let (position, vector) = (builder.position, builder.into_vector("", "", &[]));
        let mut decoder = spec::Decoder::new(&vector.bytes);
        assert_eq!(decoder.play(&vector.events), Ok(()));
        assert_eq!(decoder.position(), position);
    }

    #[test]
    fn every_range_is_reached_and_no_other_is() {
        for wanted in ranges() {
            let mut builder = Builder::new(wanted.into());
            builder.reach_range(|range| range == wanted);
            assert_eq!(builder.range(), wanted);
        }
        for never in [503, 505, 507, 509] {
            let reach = || way(510, |range| range == never);
            assert!(std::panic::catch_unwind(reach).is_err(), "{never}");
        }
    }
}
