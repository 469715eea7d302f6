//! What happens while a run of outstanding bits is long already: requests other than bypass bins, which continue the run and end it; waits,
//! and slices that are given up.
//!
//! A run goes on as long as the interval straddles the middle, 512 ([`outstanding`](super::outstanding)). Of the possible bins one is taken
//! after which it still does.
//! one is taken after which it still does.

use super::builder::Builder;
use super::outstanding::End;
use crate::bin::Event;
use crate::context::CtxIdx;
use crate::vectors::{Flag, Vector};

/// The kind of bins that a run consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// Bypass bins.
    Bypass,
    /// Context bins of all states, of both values, near the lengths at which a counter could end.
    Contexts,
    /// Bypass bins, with an alignment once the run is long.
    Aligned,
}

/// Runs of each kind, with each end, longer than counters of eight, ten, twelve and sixteen bits count.
pub(super) fn vectors() -> Vec<Vector> {
    let all = [Made::Bypass, Made::Contexts, Made::Aligned];
    let ends = [End::Carry, End::NoCarry, End::Terminate];
    let each = |length| all.into_iter().flat_map(move |made| ends.map(|end| (length, made, end)));
    let longest = [(1 << 18, Made::Contexts, End::Carry), (1 << 18, Made::Aligned, End::Carry)];
    [300, 1_100, 5_000, 70_000].into_iter().flat_map(each).chain(longest).map(vector).collect()
}

/// A vector to wait in if its run is made of context bins and ends with a carry; if that run is long, it is to be given up, too.
fn vector((length, made, end): (u32, Made, End)) -> Vector {
    let of = match made {
        Made::Bypass => "bypass",
        Made::Contexts => "contexts",
        Made::Aligned => "align",
    };
    let (by, decides) = match end {
        End::Carry => ("carry", "a carry decides"),
        End::NoCarry => ("no-carry", "a bin without a carry decides"),
        End::Terminate => ("terminate", "the end decides"),
    };
    let mut flags = vec![Flag::LongRun];
    if (made, end) == (Made::Contexts, End::Carry) {
        flags.push(Flag::Wait);
        if length >= 5_000 {
            flags.push(Flag::GiveUp);
        }
    }
    let comment = format!(
        "more than {length} outstanding bits of {of} bins, in which other requests come, and which {decides}"
    );
    Vector::encoded(format!("deep-{length}-{of}-{by}"), comment, &flags, events(length, made, end))
}

fn events(length: u32, made: Made, end: End) -> Vec<Event> {
    let mut run = Deep { builder: Builder::new(length.into()), made };
    if (made, end) == (Made::Contexts, End::Carry) {
        // What a core keeps of a run that was given up is written with the next engine run, if that is empty.
        run.builder.terminate(true);
    }
    run.begin();
    run.reach(length);
    let terminate = |range: u32| (range - 2, Event::Terminate { bin: false });
    run.insert(terminate);
    run.load(3, 9);
    if made == Made::Aligned {
        run.insert(|_| (256, Event::Align));
    }
    run.reach(length + 20);
    run.insert(terminate);
    run.load(5, 30);
    run.end(end);
    run.builder.into_events()
}

/// How many bits count as near a power of two.
const FEW: u32 = 300;

struct Deep {
    builder: Builder,
    made: Made,
}

impl Deep {
    /// Begins a run, with contexts in all states.
    fn begin(&mut self) {
        (0..62).for_each(|state| self.load(state.into(), state));
        while !keeps(self.builder.low(), self.builder.range()) || self.builder.range().is_multiple_of(2) {
            let ctx = (self.builder.random() % 62) as u16;
            let bin = self.builder.random() & 1 == 1;
            self.builder.context(ctx, bin);
        }
    }

    fn load(&mut self, ctx: u16, p_state_idx: u8) {
        self.builder.load(ctx, p_state_idx, p_state_idx.is_multiple_of(3));
    }

    fn reach(&mut self, length: u32) {
        while self.builder.bits_outstanding() < length {
            self.step();
        }
    }

    /// Adds a bin that keeps the run.
    fn step(&mut self) {
        let bypass = self.bypass().filter(|_| self.made != Made::Contexts || !self.is_near());
        let event = bypass.or_else(|| self.context()).or_else(|| self.bypass());
        self.builder.push(event.unwrap_or(Event::Bypass { bin: false }));
    }

    /// Whether the run is still short, or its length near a power of two. Between these lengths there are bypass bins, so that a file of it
    /// is small.
    fn is_near(&self) -> bool {
        let length = self.builder.bits_outstanding();
        let beside = (length + FEW).checked_next_power_of_two().unwrap_or(0);
        length < 2_000 || length + FEW >= beside || length <= beside / 2 + FEW
    }

    fn bypass(&self) -> Option<Event> {
        let (low, range) = (2 * self.builder.low(), self.builder.range());
        let bin = low + range < 1_024;
        let low = if bin { low + range } else { low };
        (low >= 512 && keeps(low - 512, range)).then_some(Event::Bypass { bin })
    }

    fn context(&mut self) -> Option<Event> {
        let (low, range) = (self.builder.low(), self.builder.range());
        let first = self.builder.random() as u16;
        let mut bins = (0..124).map(|i| (first.wrapping_add(i)) % 124).filter_map(|at| {
            let (ctx, bin) = (at / 2, at % 2 == 1);
            let model = self.builder.model(ctx);
            let part = model.part(range, bin);
            let low = if bin == model.val_mps() { low } else { low + range - part };
            let ctx = CtxIdx::new(ctx)?;
            keeps(low, part).then_some(Event::Context { ctx, bin })
        });
        bins.next()
    }

    /// Adds bins until the request keeps the run, and then the request. `request` gives it for a range, and the range after it.
    fn insert(&mut self, request: impl Fn(u32) -> (u32, Event)) {
        loop {
            let (range, event) = request(self.builder.range());
            if keeps(self.builder.low(), range) {
                return self.builder.push(event);
            }
            self.step();
        }
    }

    /// Adds bins until the run can end in this way, and ends it.
    fn end(&mut self, end: End) {
        loop {
            let (low, range) = (2 * self.builder.low(), self.builder.range());
            let decides = match end {
                End::Carry => low + range >= 1_024,
                End::NoCarry => low < 512,
                End::Terminate => return,
            };
            if decides {
                return self.builder.push(Event::Bypass { bin: end == End::Carry });
            }
            self.step();
        }
    }
}

/// Whether the interval straddles the middle, and still does after its renormalisation.
fn keeps(mut low: u32, mut range: u32) -> bool {
    while low < 512 && low + range > 512 {
        if range >= 256 {
            return true;
        }
        (low, range) = (2 * low - 512, 2 * range);
    }
    false
}

/// A context that is loaded twice: the second load counts.
pub(super) fn loaded_twice() -> Vector {
    let mut builder = Builder::new(20);
    for state in [61, 2] {
        for ctx in 0..8 {
            builder.load(ctx, state + ctx as u8 % 2, (state == 2) ^ (ctx % 3 == 0));
        }
    }
    (0..40).for_each(|i| builder.symbol(i % 8, i % 5 != 0));
    let comment = "contexts that are loaded twice, the second time with another state";
    builder.into_vector("loaded-twice", comment, &[Flag::ContextMemory])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::BinCoder;
    use crate::spec;

    #[test]
    fn runs_are_as_long_as_they_say_and_all_comes_in_them() {
        for (length, made) in [(300, Made::Bypass), (1_100, Made::Contexts), (5_000, Made::Aligned)] {
            for end in [End::Carry, End::NoCarry, End::Terminate] {
                let mut encoder = spec::Encoder::new();
                let (mut longest, mut in_it, mut made_by) = (0, Vec::new(), 0);
                for event in events(length, made, end) {
                    let before = encoder.bits_outstanding();
                    let _ = encoder.play(&[event]);
                    longest = longest.max(encoder.bits_outstanding());
                    if before >= length && encoder.bits_outstanding() >= before {
                        in_it.push(event);
                    }
                    made_by +=
                        usize::from(matches!(event, Event::Context { .. }) == (made == Made::Contexts));
                }
                assert!(longest >= length + 20 && longest < length + 200, "{longest}");
                assert!(in_it.contains(&Event::Terminate { bin: false }));
                assert_eq!(in_it.contains(&Event::Align), made == Made::Aligned);
                assert!(in_it.iter().any(|event| matches!(event, Event::Load { .. })));
                assert!(made_by > length as usize * 2 / 3, "{made_by} of {length}");
            }
        }
    }

    #[test]
    fn context_bins_of_many_states_make_a_run() {
        let events = events(5_000, Made::Contexts, End::Carry);
        let mut encoder = spec::Encoder::new();
        let mut states = std::collections::BTreeSet::new();
        for event in events {
            if let Event::Context { ctx, .. } = event {
                let model = encoder.save(ctx);
                states.insert((model.p_state_idx(), model.val_mps()));
            }
            let _ = encoder.play(&[event]);
        }
        assert!(states.len() > 60, "{}", states.len());
    }
}
