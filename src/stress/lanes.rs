//! Bins of many bits, one after the other: a core of many lanes has to move codILow by the most bits that are possible in one clock, and to
//! put them into a word that is empty, full or anything between.

use super::builder::Builder;
use crate::context::ContextModel;
use crate::vectors::{Flag, Vector};

/// Less probable symbols of the smallest ranges: three and seven of them before the end, and eight before a bypass bin; and runs made of
/// such symbols.
pub(super) fn vectors() -> [Vector; 4] {
    [rare(3, "end"), rare(7, "end"), rare(8, "bypass"), steep_runs()]
}

/// Symbols of states 60 to 62 after a run, which the first of them decides with a carry: the carry changes all bits of a byte that is not
/// full.
fn rare(count: u16, then: &str) -> Vector {
    const RUN: u32 = 8;
    let mut builder = Builder::new(count.into());
    for phase in 0..8 {
        // They take six and five bits in turn.
        reach_run(&mut builder, |range| range < 384, RUN, phase);
        // They are loaded here, so that no other request is in their transactions.
        (0..count).for_each(|ctx| builder.load(ctx, 60 + ctx as u8 % 3, false));
        (0..count).for_each(|ctx| builder.symbol(ctx, false));
        if then != "end" {
            builder.bypasses(5);
        }
        builder.terminate(true);
        builder.raw(1);
    }
    let comment = format!("{count} less probable symbols of ranges of 6 to 9 after a run, and then {then}");
    builder.into_vector(format!("rare-{count}-{then}"), comment, &[Flag::Renormalisation])
}

/// Runs that begin and fill a byte within four bins, and that a carry decides.
fn steep_runs() -> Vector {
    let mut builder = Builder::new(0);
    for phase in 0..8 {
        let models = loop {
            reach_run(&mut builder, |_| true, 1, phase);
            if builder.bits_outstanding() < 4
                && let Some(models) = steep(&builder)
            {
                break models;
            }
            builder.bypasses(3);
        };
        let all = (0..).zip(models);
        all.clone().for_each(|(ctx, model)| builder.load(ctx, model.p_state_idx(), model.val_mps()));
        all.for_each(|(ctx, _)| builder.symbol(ctx, ctx % 2 == 0));
        while 2 * builder.low() + builder.range() < 1_024 {
            builder.bypass(true);
        }
        builder.bypass(true);
        builder.bypasses(3);
        builder.terminate(true);
        builder.raw(1);
    }
    let comment = "runs of which four bins make more than a byte, and that a carry decides";
    builder.into_vector("steep-runs", comment, &[Flag::FullPacker])
}

/// 32 bypass bins at once, after every number of bits that a word of 32 can hold already. Loads keep them apart from other bins.
pub(super) fn bypass_words() -> Vector {
    const WORD: u32 = 32;
    const LANES: u16 = 4;
    let mut builder = Builder::new(1);
    for held in 0..WORD {
        builder.bypasses(held);
        for _ in 0..4 {
            (0..LANES).for_each(|ctx| builder.load(ctx, 30, false));
            builder.bypasses(WORD);
        }
        builder.terminate(true);
        builder.raw(1);
    }
    let comment = "32 bypass bins four times, after each number of bypass bins from 0 to 31";
    builder.into_vector("bypass-words", comment, &[Flag::BypassRun, Flag::Lanes])
}

/// How the interval lies around the middle: how far below it codILow is, and codIRange.
#[derive(Clone, Copy)]
struct Around {
    distance: u32,
    range: u32,
}

impl Around {
    /// The interval after a symbol that leaves a part of the range, the upper one or the lower; `None` if that decides the run.
    fn after(self, part: u32, is_upper: bool) -> Option<Around> {
        let distance = self.distance.checked_sub(if is_upper { self.range - part } else { 0 })?;
        let shift = part.leading_zeros() - 23;
        (1..part).contains(&distance).then_some(Around { distance: distance << shift, range: part << shift })
    }

    /// Two states: a more probable symbol of the first and a less probable one of the second, which takes five bits or more, keep the run.
    /// Returned with the interval after them.
    fn pair(self) -> Option<([ContextModel; 2], Around)> {
        let models = || (0..63).filter_map(|state| ContextModel::new(state, false));
        let pairs = models().flat_map(|first| models().map(move |second| [first, second]));
        pairs.into_iter().find_map(|[first, second]| {
            let between = self.after(first.part(self.range, false), false)?;
            let part = second.part(between.range, true);
            let after = between.after(part, true)?;
            (part < 16).then_some(([first, second], after))
        })
    }
}

/// States of four contexts whose bins, more and less probable in turn, make a run at least ten bits longer.
fn steep(builder: &Builder) -> Option<[ContextModel; 4]> {
    let around = Around { distance: 512 - builder.low(), range: builder.range() };
    let ([a, b], around) = around.pair()?;
    let ([c, d], _) = around.pair()?;
    Some([a, b, c, d])
}

/// Adds bins up to a run of `length` bits or more, in an odd range that is wanted, with the next bit to read at `phase`.
fn reach_run(builder: &mut Builder, is_wanted: impl Fn(u32) -> bool, length: u32, phase: u64) {
    loop {
        builder.reach_range(|range| is_wanted(range) && range % 2 == 1);
        builder.bypasses(1);
        while builder.low() < 512 && builder.low() + builder.range() > 512 {
            if builder.bits_outstanding() >= length && builder.phase() == phase {
                return;
            }
            builder.bypass(2 * builder.low() + builder.range() < 1_024);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::{BinCoder, Event};
    use crate::spec;

    /// For each bin, how many bits are outstanding before it and after it.
    fn outstanding(vector: &Vector) -> Vec<(Event, u32, u32)> {
        let mut encoder = spec::Encoder::new();
        let around = |&event: &Event| {
            let before = encoder.bits_outstanding();
            let _ = encoder.play(&[event]);
            (event, before, encoder.bits_outstanding())
        };
        vector.events.iter().map(around).collect()
    }

    #[test]
    fn the_first_of_some_rare_symbols_carries_over_eight_bits() {
        for (count, then) in [(3, "end"), (7, "end"), (8, "bypass")] {
            let decided = outstanding(&rare(count, then));
            let carries = decided.iter().filter(|(event, before, after)| {
                matches!(event, Event::Context { ctx, .. } if ctx.get() == 0)
                    && *before >= 8
                    && after < before
            });
            assert_eq!(carries.count(), 8, "{count}");
        }
    }

    #[test]
    fn four_bins_make_a_run_that_is_longer_than_a_byte() {
        let all = outstanding(&steep_runs());
        let is_of =
            |event: &Event, wanted: usize| matches!(event, Event::Context { ctx, .. } if ctx.get() == wanted);
        let steep = all.windows(4).filter(|four| {
            (0..4).all(|ctx| is_of(&four[ctx].0, ctx)) && four[0].1 < 4 && four[3].2 >= four[0].1 + 10
        });
        assert_eq!(steep.count(), 8);
    }
}
