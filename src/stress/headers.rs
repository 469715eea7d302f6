//! Slices in a row for a core that initialises its contexts by itself: what the slice before leaves if it is broken off; a first bin that
//! comes while the last context is written; the same header twice.

use super::{
    builder::Builder,
    initial::{Shows, contexts, inits, show_range, showing, words},
};
use crate::bin::Event;
use crate::context::{Codec, ContextModel, CtxIdx, SliceInit, SliceType};
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub(super) fn vectors() -> Vec<Vector> {
    let same =
        [Codec::Avc, Codec::Hevc].into_iter().flat_map(|codec| BINS.map(|bins| same_header(codec, bins)));
    broken_off().into_iter().chain(last_first()).chain(same).collect()
}

/// Slices to be broken off while their contexts are initialised, each with a few contexts that every header has, and others. No two in a
/// row have the same header or QP. A context that is still as in another of the slices makes a difference to the bins.
fn broken_off() -> Vec<Vector> {
    let headers: Vec<SliceInit> = headers().collect();
    let vector = |(number, &init): (usize, &SliceInit)| {
        let others = headers.iter().filter(|other| **other != init);
        let mistakes = |ctx| others.clone().filter_map(|other| other.model(ctx)).collect();
        let all = contexts(init);
        let (first, last) = (SHOWN_FIRST, all.len() - SHOWN_LAST);
        let is_shown = |at: usize| at < first || at >= last || at.is_multiple_of(all.len() / SHOWN_BETWEEN);
        let some = all.iter().enumerate().filter(|&(at, _)| is_shown(at)).map(|(_, &context)| context);
        let builder = showing(init, some.collect(), Shows::InFours, mistakes);
        let id = format!("broken-off-{}", number + 1);
        let comment =
            format!("some contexts of {}, to be broken off while they are initialised", words(init));
        builder.into_vector(id, comment, &[Flag::BrokenOff]).initialised_by(Some(init))
    };
    headers.iter().enumerate().map(vector).collect()
}

/// Every header, each with another QP; one of them comes a second time, with yet another QP.
fn headers() -> impl Iterator<Item = SliceInit> {
    let again = (Codec::Avc, SliceType::I, 0);
    (0..).zip(inits().chain([again])).map(|(number, (codec, slice_type, index))| {
        let slice_qp_y = if number % 2 == 0 { 10 + number } else { 46 - number };
        SliceInit { codec, slice_type, slice_qp_y, index }
    })
}

/// The contexts of a header that are shown: the first, the last, and some between, since each load at which a slice is broken off takes a
/// play.
const SHOWN_FIRST: usize = 6;
const SHOWN_LAST: usize = 3;
const SHOWN_BETWEEN: usize = 12;

/// Slices whose first bin is of the last context that a core has; no two in a row have the same header. If that context still has the state
/// with which the slice before began or ended, it makes a difference.
fn last_first() -> impl Iterator<Item = Vector> {
    let headers = headers().take(inits().count());
    let all = headers.flat_map(|init| [false, true].map(|is_whole| (init, last(init, is_whole))));
    (1..).zip(all).map(|(number, (init, last))| {
        let mut builder = Builder::new(number);
        for (ctx, model) in &last {
            builder.push(Event::Load { ctx: *ctx, model: *model });
        }
        for (ctx, _) in last.iter().rev() {
            builder.symbol(ctx.get() as u16, true);
            show_range(&mut builder);
        }
        for (ctx, _) in last.iter().cycle().take(CHANGES * last.len()) {
            builder.symbol(ctx.get() as u16, false);
        }
        let comment = format!("a first bin of the last context of {}", words(init));
        let vector = builder.into_vector(format!("last-first-{number}"), comment, &[Flag::Initialisation]);
        vector.initialised_by(Some(init))
    })
}

/// The last contexts of a header: of all profiles, or of the most common ones.
fn last(init: SliceInit, is_whole: bool) -> Vec<(CtxIdx, ContextModel)> {
    let mut all = contexts(init);
    all.retain(|&(ctx, _)| is_whole || init.codec.is_common(ctx));
    all.split_off(all.len() - SHOWN_LAST)
}

/// How many less probable symbols change a context.
const CHANGES: usize = 9;

/// Numbers of context bins in slices with the same header: a counter of changed contexts may overflow to zero at these.
const BINS: [usize; 6] = [256, 512, 1_024, 4_096, 32_768, 65_536];

/// A slice of exactly `bins` context bins, which leave contexts in other states than the header gives them.
fn same_header(codec: Codec, bins: usize) -> Vector {
    const CONTEXTS: usize = 8;
    let init = SliceInit { codec, slice_type: SliceType::I, slice_qp_y: 26, index: 0 };
    let mut builder = Builder::new(bins as u64);
    let some: Vec<_> = contexts(init).into_iter().take(CONTEXTS).collect();
    for (ctx, model) in &some {
        builder.push(Event::Load { ctx: *ctx, model: *model });
    }
    for bin in 0..bins {
        let ctx = some[bin % CONTEXTS].0.get() as u16;
        // From any state, more symbols of one kind than would lead back to it.
        builder.symbol(ctx, (bin / CONTEXTS).is_multiple_of(7) || bin + 4 * CONTEXTS >= bins);
    }
    let name = format!("{codec:?}").to_lowercase();
    let comment =
        format!("{bins} context bins of {}, to be played before one with the same header", words(init));
    let flags: &[Flag] =
        if bins > 4_096 { &[Flag::Initialisation, Flag::Large] } else { &[Flag::Initialisation] };
    builder.into_vector(format!("same-header-{name}-{bins}"), comment, flags).initialised_by(Some(init))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::{BinCoder, Encode};
    use crate::spec;

    /// How many of the contexts that a slice loads make a difference to it if they have the state `state` instead, and how many it loads.
    fn shown(vector: &Vector, state: impl Fn(CtxIdx) -> Option<ContextModel>) -> (usize, usize) {
        let (mut shown, mut hidden) = (0, 0);
        for at in 0..vector.events.len() {
            let Event::Load { ctx, model } = vector.events[at] else { break };
            let Some(wrong) = state(ctx).filter(|wrong| *wrong != model) else { continue };
            let mut events = vector.events.clone();
            events[at] = Event::Load { ctx, model: wrong };
            let mut encoder = spec::Encoder::new();
            encoder.play(&events).unwrap();
            let answers = spec::Decoder::new(&vector.bytes).answers(&events);
            let is_hidden = encoder.finish() == vector.bytes || answers[at + 1..] == vector.events[at + 1..];
            if is_hidden { hidden += 1 } else { shown += 1 }
        }
        (shown, hidden)
    }

    #[test]
    fn what_a_slice_that_was_broken_off_leaves_in_a_context_shows() {
        let all = broken_off();
        assert_eq!(all.len(), 13);
        for (before, vector) in all.iter().zip(all.iter().cycle().skip(1)) {
            let (before, init) = (before.init.unwrap(), vector.init.unwrap());
            assert!(before.slice_qp_y.abs_diff(init.slice_qp_y) > 6, "{}", vector.id);
            let (shown, hidden) = shown(vector, |ctx| before.model(ctx));
            assert!(shown > 3 && hidden == 0, "{}: {shown}, {hidden}", vector.id);
        }
    }

    #[test]
    fn the_last_context_comes_first_and_shows() {
        let all: Vec<Vector> = last_first().collect();
        assert_eq!(all.len(), 24);
        for (before, vector) in all.iter().zip(&all[1..]) {
            let bin = vector.events.iter().position(|event| !matches!(event, Event::Load { .. })).unwrap();
            let Event::Load { ctx: last, model } = vector.events[bin - 1] else { panic!("{}", vector.id) };
            assert_eq!(vector.events[bin], Event::Context { ctx: last, bin: model.val_mps() });
            let mut encoder = spec::Encoder::new();
            encoder.play(&before.events).unwrap();
            let changed = encoder.save(last);
            let begun = before.init.unwrap().model(last);
            for state in [begun, Some(changed)] {
                let (_, hidden) = shown(vector, |ctx| state.filter(|_| ctx == last));
                assert_eq!(hidden, 0, "{}: {state:?}", vector.id);
            }
        }
    }

    #[test]
    fn what_a_slice_with_the_same_header_leaves_shows() {
        for vector in [Codec::Avc, Codec::Hevc].map(|codec| same_header(codec, 256)) {
            let contexts = vector.events.iter().filter(|event| matches!(event, Event::Context { .. }));
            assert_eq!(contexts.count(), 256);
            let mut encoder = spec::Encoder::new();
            encoder.play(&vector.events).unwrap();
            let (shown, hidden) = shown(&vector, |ctx| Some(encoder.save(ctx)));
            assert!(shown > 4 && hidden == 0, "{}: {shown}, {hidden}", vector.id);
        }
    }
}
