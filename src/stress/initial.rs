//! Every initial context variable of both standards: for slices of every type and every initialisation index, at several QPs, bins with
//! each context that such a slice has.
//!
//! These are for cores that initialise contexts by themselves; for others they are loads like any other.

use std::collections::VecDeque;

use super::builder::Builder;
use crate::context::{Codec, ContextModel, CtxIdx, SliceInit, SliceType};
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub fn vectors() -> Vec<Vector> {
    let at_qps = |(codec, slice_type, index)| {
        let init = move |slice_qp_y| SliceInit { codec, slice_type, slice_qp_y, index };
        qps(codec).iter().map(move |&slice_qp_y| vector(init(slice_qp_y)))
    };
    inits().flat_map(at_qps).collect()
}

/// The QPs of a standard. Both clip SliceQPY to 0..=51; for samples of more than 8 bits it can be below 0.
fn qps(codec: Codec) -> &'static [i8] {
    match codec {
        Codec::Avc => &[-7, 30],
        Codec::Hevc => &[-7, 14, 30, 51],
    }
}

/// All combinations that a slice header can have, apart from the QP.
pub(super) fn inits() -> impl Iterator<Item = (Codec, SliceType, u8)> {
    use {Codec::*, SliceType::*};
    let avc = [P, B].into_iter().flat_map(|slice_type| (0..3).map(move |index| (Avc, slice_type, index)));
    let hevc = [P, B].into_iter().flat_map(|slice_type| (0..2).map(move |index| (Hevc, slice_type, index)));
    avc.chain(hevc).chain([(Avc, I, 0), (Hevc, I, 0)])
}

/// The headers that a core could mistake for this one.
fn mistakes(init: SliceInit) -> impl Iterator<Item = SliceInit> {
    let same_codec = inits().filter(move |(codec, ..)| *codec == init.codec);
    let others = same_codec.map(move |(_, slice_type, index)| SliceInit { slice_type, index, ..init });
    others.chain([SliceInit { slice_qp_y: init.slice_qp_y + 8, ..init }])
}

fn vector(init: SliceInit) -> Vector {
    let mistakes = |ctx| mistakes(init).filter_map(|mistake| mistake.model(ctx)).collect();
    named(init, "initial", "", showing(init, contexts(init), Shows::InFours, mistakes))
}

/// For every table of both standards, every single wrong bit that changes a state at one of these QPs; and that is every bit that changes
/// one at any QP.
pub fn every_bit() -> Vec<Vector> {
    const QPS: [i8; 9] = [-12, 0, 14, 30, 34, 35, 36, 47, 51];
    let at_qps = |(codec, slice_type, index)| {
        QPS.map(|slice_qp_y| {
            let init = SliceInit { codec, slice_type, slice_qp_y, index };
            let wrong = |ctx| init.models_with_a_wrong_bit(ctx);
            let builder = showing(init, contexts(init), Shows::AtOnce, wrong);
            named(init, "initial-bits", ", and each that has a wrong bit in a table", builder)
        })
    };
    inits().flat_map(at_qps).collect()
}

/// When a wrong range shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// After four bins at the latest; until then two wrong ranges can make a right one.
    InFours,
    /// With the next bin.
    AtOnce,
}

/// The contexts that a slice with this header has, with their initial states.
pub(super) fn contexts(init: SliceInit) -> Vec<(CtxIdx, ContextModel)> {
    (0..).map_while(CtxIdx::new).filter_map(|ctx| Some((ctx, init.model(ctx)?))).collect()
}

/// A slice with these contexts, in which each of the wrong states given for them shows.
pub(super) fn showing(
    init: SliceInit,
    contexts: Vec<(CtxIdx, ContextModel)>,
    shows: Shows,
    mistakes: impl Fn(CtxIdx) -> Vec<ContextModel>,
) -> Builder {
    let SliceInit { slice_qp_y, index, .. } = init;
    let mut builder = Builder::new((slice_qp_y as u64) << 8 | u64::from(index));
    for (ctx, model) in &contexts {
        builder.load(ctx.get() as u16, model.p_state_idx(), model.val_mps());
    }
    let mut to_show: VecDeque<Shown> =
        contexts.iter().map(|&(ctx, model)| Shown::new(ctx, model, mistakes(ctx))).collect();
    let mut coded = 0;
    while let Some(mut shown) = to_show.pop_front() {
        if shown.is_hidden(&builder) {
            builder.terminate(false);
        } else {
            let before = shown.mistakes.len();
            shown.code(&mut builder);
            coded += 1;
            if shows == Shows::AtOnce && shown.mistakes.len() < before {
                builder.bypass(true);
            } else if shows == Shows::InFours && coded % 4 == 0 {
                show_range(&mut builder);
            }
        }
        if !shown.mistakes.is_empty() {
            to_show.push_back(shown);
        }
    }
    show_range(&mut builder);
    builder
}

/// What a header says, in words.
pub(super) fn words(SliceInit { codec, slice_type, slice_qp_y, index }: SliceInit) -> String {
    let codec = format!("{codec:?}").to_lowercase();
    format!("an {codec} {slice_type:?} slice, index {index}, SliceQPY {slice_qp_y}")
}

/// A slice with every context of a header.
fn named(init: SliceInit, name: &str, of_what: &str, builder: Builder) -> Vector {
    let SliceInit { codec, slice_type, slice_qp_y, index } = init;
    let (codec, qp) = (format!("{codec:?}").to_lowercase(), i32::from(slice_qp_y) + 100);
    let id = format!("{name}-{codec}-{slice_type:?}-{index}-qp-{qp}").to_lowercase();
    let comment = format!("every context of {}{of_what}", words(init));
    builder.into_vector(id, comment, &[Flag::Initialisation]).initialised_by(Some(init))
}

/// Adds bins with which a wrong range makes codIOffset wrong: after a 1, twice as wrong with each bin.
pub(super) fn show_range(builder: &mut Builder) {
    builder.bypass(true);
    builder.bypasses(11);
}

/// A context, and the wrong states that would have given the same bins so far.
struct Shown {
    ctx: u16,
    mistakes: Vec<ContextModel>,
}

impl Shown {
    fn new(ctx: CtxIdx, model: ContextModel, mut mistakes: Vec<ContextModel>) -> Shown {
        mistakes.retain(|mistake| *mistake != model);
        Shown { ctx: ctx.get() as u16, mistakes }
    }

    /// Whether the next bin would make one of the wrong states right before it has shown: neighbouring states have some ranges in common,
    /// but not all.
    fn is_hidden(&self, builder: &Builder) -> bool {
        let (model, range) = (builder.model(self.ctx), builder.range());
        let next = |model: ContextModel| model.next(model.val_mps());
        self.mistakes.iter().any(|mistake| is_same(range, *mistake, model) && next(*mistake) == next(model))
    }

    /// Adds a more probable symbol, which leaves codIOffset as it is: a wrong range stays wrong until it shows.
    fn code(&mut self, builder: &mut Builder) {
        let (model, range) = (builder.model(self.ctx), builder.range());
        let bin = model.val_mps();
        self.mistakes.retain(|mistake| is_same(range, *mistake, model));
        self.mistakes.iter_mut().for_each(|mistake| *mistake = mistake.next(bin));
        builder.context(self.ctx, bin);
    }
}

/// Whether the more probable symbols of two states do the same.
fn is_same(range: u32, a: ContextModel, b: ContextModel) -> bool {
    a.val_mps() == b.val_mps() && a.part(range, a.val_mps()) == b.part(range, b.val_mps())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bin::{BinCoder, Decode, Encode, Event};
    use crate::spec;

    /// This many bits of all tables have no effect: they change no state at any QP.
    #[test]
    fn every_wrong_bit_of_a_table_that_changes_a_state_changes_one_at_a_qp_that_is_played() {
        let played: BTreeSet<i8> = every_bit().iter().map(|vector| vector.init.unwrap().slice_qp_y).collect();
        for (codec, silent) in [(Codec::Avc, 18), (Codec::Hevc, 2)] {
            let (mut never, mut unseen) = (BTreeSet::new(), 0);
            // One header for each column of the tables, and every context that it has with some slice type.
            for (_, slice_type, index) in inits().filter(|(of, ..)| *of == codec) {
                for ctx in (0..).map_while(CtxIdx::new) {
                    let changed = |slice_qp_y: i8| {
                        let init = SliceInit { codec, slice_type, slice_qp_y, index };
                        let right = init.model(ctx);
                        let wrong = init.models_with_a_wrong_bit(ctx).into_iter();
                        wrong.map(|wrong| Some(wrong) != right).collect::<Vec<_>>()
                    };
                    let at = |qps: &mut dyn Iterator<Item = i8>| {
                        qps.map(changed).reduce(|a, b| a.iter().zip(&b).map(|(a, b)| a | b).collect())
                    };
                    let any = at(&mut (0..=51)).unwrap();
                    let seen = at(&mut played.iter().copied()).unwrap();
                    for (bit, (any, seen)) in any.into_iter().zip(seen).enumerate() {
                        unseen += usize::from(any && !seen);
                        let column = match (codec, slice_type) {
                            (_, SliceType::I) => 0,
                            (Codec::Avc, _) => 1 + index,
                            (Codec::Hevc, SliceType::P) => 1 + index,
                            (Codec::Hevc, SliceType::B) => 2 - index,
                        };
                        if !any {
                            never.insert((column, ctx.get(), bit));
                        }
                    }
                }
            }
            assert_eq!((unseen, never.len()), (0, silent), "{codec:?}");
        }
    }

    /// With one bit of a table wrong, a decoder gets other bins from the vector.
    #[test]
    fn every_wrong_bit_of_a_table_shows() {
        let (mut hidden, mut wrong_ones) = ([0, 0], 0);
        for vector in every_bit().iter().step_by(5) {
            let init = vector.init.unwrap();
            for at in (0..vector.events.len()).step_by(7) {
                let Event::Load { ctx, model } = vector.events[at] else { continue };
                for wrong in init.models_with_a_wrong_bit(ctx).into_iter().filter(|wrong| *wrong != model) {
                    let mut events = vector.events.clone();
                    events[at] = Event::Load { ctx, model: wrong };
                    let mut encoder = spec::Encoder::new();
                    encoder.play(&events).unwrap();
                    hidden[0] += usize::from(encoder.finish() == vector.bytes);
                    let answers = spec::Decoder::new(&vector.bytes).answers(&events);
                    hidden[1] += usize::from(answers[at + 1..] == vector.events[at + 1..]);
                    wrong_ones += 1;
                }
            }
        }
        assert!(wrong_ones > 20_000 && hidden == [0, 0], "{hidden:?} of {wrong_ones}");
    }

    /// With one context initialised as in the other slice, a decoder gets other bins from the vector, or if by chance it does not, from
    /// another vector with that context.
    #[test]
    fn a_single_context_of_another_slice_type_index_or_qp_shows() {
        let (mut shown, mut hidden) = (Vec::new(), Vec::new());
        for vector in vectors() {
            let init = vector.init.unwrap();
            for mistake in mistakes(init) {
                for at in (0..vector.events.len()).step_by(3) {
                    let Event::Load { ctx, model } = vector.events[at] else { continue };
                    let Some(model) = mistake.model(ctx).filter(|mistake| *mistake != model) else {
                        continue;
                    };
                    let mut events = vector.events.clone();
                    events[at] = Event::Load { ctx, model };
                    let mut decoder = spec::Decoder::new(&vector.bytes);
                    let answers = decoder.answers(&events);
                    let same = answers[at + 1..] == vector.events[at + 1..]
                        && (decoder.position(), decoder.error()) == (vector.position, vector.error);
                    let which = (init.codec == Codec::Avc, ctx);
                    if same { hidden.push(which) } else { shown.push(which) }
                }
            }
        }
        assert!(shown.len() > 10_000 && hidden.len() * 50 < shown.len(), "{} {}", shown.len(), hidden.len());
        assert!(hidden.iter().all(|which| shown.contains(which)));
    }
}
