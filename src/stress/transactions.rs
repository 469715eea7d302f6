//! What a core that takes several bins at once could do wrong in one lane and right in the others, or fail to carry over from the
//! transactions before.
//!
//! A terminate bin ends a transaction. So the bin that comes `place` bins after a terminate bin of 0 is in lane `place` of a core with more
//! lanes than that, and in lane `place` modulo the number of lanes of a core with fewer, as long as nothing makes the core wait.

use super::builder::{Builder, quiet_to_terminate};
use crate::bin::{BinCoder, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::cycle::LANES;
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub(super) fn vectors() -> Vec<Vector> {
    let of_places = (0..LANES).flat_map(|place| [kinds(place), runs(place), words(place), alignments(place)]);
    let flushes = (0..LANES).flat_map(|place| [1, 0].map(|raw| flushes(place, raw)));
    of_places.chain(flushes).chain([contexts("states"), contexts("swaps"), contexts("pairs")]).collect()
}

/// Places below this cover three transactions of a core of any number of lanes.
const PLACES: usize = 3 * LANES;

/// The first of the contexts that there are for the states, one for each. A bin is chosen from them when codILow is known, because a load
/// at that point would begin another transaction.
const OF_STATES: u16 = 64;
const STATES: u16 = 63;
/// The first of the contexts whose more probable symbols take no bit; two more are used before their transaction.
const QUIET: u16 = 8;
const LEAD: u16 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mps,
    Lps,
    Bypass,
    Terminate0,
    Terminate1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// It writes the first bit of an engine run.
    First,
    /// It begins a run of outstanding bits.
    Begins,
    Carries,
    /// It decides a run without a carry.
    Decides,
}

/// What each kind of bin can do.
const ALL: [(Kind, Does); 17] = [
    (Kind::Mps, Does::First),
    (Kind::Lps, Does::First),
    (Kind::Bypass, Does::First),
    (Kind::Terminate0, Does::First),
    (Kind::Terminate1, Does::First),
    (Kind::Mps, Does::Begins),
    (Kind::Lps, Does::Begins),
    (Kind::Bypass, Does::Begins),
    (Kind::Terminate0, Does::Begins),
    (Kind::Lps, Does::Carries),
    (Kind::Bypass, Does::Carries),
    (Kind::Terminate1, Does::Carries),
    (Kind::Mps, Does::Decides),
    (Kind::Lps, Does::Decides),
    (Kind::Bypass, Does::Decides),
    (Kind::Terminate0, Does::Decides),
    (Kind::Terminate1, Does::Decides),
];

/// What a bin does to an encoder.
struct Outcome {
    puts_first: bool,
    begins: bool,
    /// Whether it decides a run of outstanding bits, and if so whether with a carry.
    decided: Option<bool>,
    bits_outstanding: u32,
    /// How many bits it writes, those that were outstanding included.
    bits: usize,
}

impl Outcome {
    fn of(builder: &Builder, event: Event) -> Outcome {
        let (was_first, outstanding) = (builder.encoder().first_bit_flag(), builder.bits_outstanding());
        let mut encoder = builder.encoder().clone();
        // Without the bits written so far, so that the next one is the first of the output.
        encoder.preset(builder.low(), builder.range(), outstanding, false);
        encoder.code(event);
        let (bytes, bits) = encoder.bits();
        let decided = (outstanding > 0 && bits > 0).then(|| bytes[0] >= 128);
        let bits_outstanding = encoder.bits_outstanding();
        Outcome {
            puts_first: was_first && bits > 0,
            begins: bits_outstanding > 0 && (outstanding == 0 || decided.is_some()),
            decided,
            bits_outstanding,
            bits,
        }
    }

    fn is(&self, does: Does) -> bool {
        match does {
            Does::First => self.puts_first,
            Does::Begins => self.begins,
            Does::Carries => self.decided == Some(true),
            Does::Decides => self.decided == Some(false),
        }
    }
}

/// A slice that is built part by part.
fn new(seed: usize) -> Builder {
    let mut builder = Builder::new(seed as u64);
    refresh(&mut builder);
    builder
}

/// Loads the contexts of [`OF_STATES`] again: all of them, or those that have been used.
fn refresh(builder: &mut Builder) {
    for state in 0..STATES as u8 {
        let ctx = OF_STATES + u16::from(state);
        // A context that has not been loaded is in state 0, with the other valMPS.
        let val_mps = state % 2 == 0;
        if ContextModel::new(state, val_mps).is_some_and(|model| model != builder.model(ctx)) {
            builder.load(ctx, state, val_mps);
        }
    }
}

/// Tries `way` with different random bins until it succeeds.
fn add(builder: &mut Builder, way: impl Fn(&mut Builder) -> Option<()>) {
    loop {
        let mut trial = builder.clone();
        builder.random();
        if way(&mut trial).is_some() {
            *builder = trial;
            return;
        }
    }
}

/// Adds a bin of this kind for which `holds`, if there is one.
fn choose(builder: &mut Builder, kind: Kind, holds: impl Fn(&Outcome) -> bool) -> Option<()> {
    let symbols = |is_mps: bool| {
        let contexts = (OF_STATES..OF_STATES + STATES).filter_map(CtxIdx::new);
        contexts.map(move |ctx| (ctx, is_mps)).collect::<Vec<_>>()
    };
    let mut bins: Vec<Event> = match kind {
        Kind::Mps | Kind::Lps => {
            let event = |(ctx, is_mps): (CtxIdx, bool)| {
                let bin = builder.model(ctx.get() as u16).val_mps() == is_mps;
                Event::Context { ctx, bin }
            };
            symbols(kind == Kind::Mps).into_iter().map(event).collect()
        }
        Kind::Bypass => [false, true].map(|bin| Event::Bypass { bin }).to_vec(),
        Kind::Terminate0 | Kind::Terminate1 => vec![Event::Terminate { bin: kind == Kind::Terminate1 }],
    };
    let first = builder.random() as usize % bins.len();
    bins.rotate_left(first);
    let bin = bins.into_iter().find(|&event| holds(&Outcome::of(builder, event)))?;
    builder.push(bin);
    Some(())
}

/// Adds bins that lead to a range that is wanted, another one each time, and some bypass bins, which do not change the range.
fn lead(builder: &mut Builder, is_wanted: impl Fn(u32) -> bool) -> Option<()> {
    refresh(builder);
    choose(builder, Kind::Lps, |_| true)?;
    builder.reach_range(|range| range >= 258 && is_wanted(range));
    let bins = 1 + builder.random() % 12;
    builder.bypasses(bins);
    Some(())
}

/// Ends the transaction, with contexts loaded whose more probable symbols take no bit in the next one.
fn end_transaction(builder: &mut Builder, states: &[ContextModel]) -> Option<()> {
    (QUIET..).zip(states).for_each(|(ctx, model)| builder.load(ctx, model.p_state_idx(), model.val_mps()));
    // In a smaller range the terminate bin would take a bit.
    (builder.range() >= 258).then(|| builder.terminate(false))
}

/// States of contexts whose more probable symbols take no bit before a bin of this kind.
fn quiet_before(kind: Kind, range: u32, bins: usize) -> Option<Vec<ContextModel>> {
    if kind == Kind::Terminate0 {
        return quiet_to_terminate(range, bins);
    }
    let rarest = ContextModel::new(62, false)?;
    let left = (0..bins).fold(range, |range, _| if range < 256 { range } else { rarest.part(range, false) });
    (left >= 256).then(|| vec![rarest; bins])
}

/// Each kind of bin at this place of its transaction, with everything that it can do; the slice ends at that place, too.
fn kinds(place: usize) -> Vector {
    let mut builder = new(place);
    for (kind, does) in ALL {
        add(&mut builder, |trial| reach(trial, place, kind, does));
        if does == Does::First {
            // No bit has been written in the whole transaction before.
            add(&mut builder, |trial| reach(trial, place + LANES, kind, does));
        }
    }
    builder.terminate(false);
    builder.bypasses(place as u32);
    let comment = format!(
        "bins of each kind after {place} others of their transaction: with the first bit of an engine run, with the beginning and the end of a run"
    );
    builder.into_vector(format!("lane-{place}-kinds"), comment, &[Flag::Lanes])
}

fn reach(builder: &mut Builder, place: usize, kind: Kind, does: Does) -> Option<()> {
    if does == Does::First {
        refresh(builder);
        builder.terminate(true);
        builder.raw(1);
        builder.push(Event::Start);
        let models = || (0..63).filter_map(|state| ContextModel::new(state, false));
        let pairs = models().flat_map(|first| models().map(move |second| [first, second]));
        let is_quiet = |[first, second]: &[ContextModel; 2]| {
            let between = first.part(builder.range(), false);
            let after = if between < 256 { 0 } else { second.part(between, false) };
            after >= 258 && quiet_before(kind, after - 2, place).is_some()
        };
        let states = pairs.into_iter().find(is_quiet)?;
        (LEAD..).zip(&states).for_each(|(ctx, model)| builder.load(ctx, model.p_state_idx(), false));
        (LEAD..).zip(&states).for_each(|(ctx, _)| builder.symbol(ctx, true));
    } else {
        let least = 300 + builder.random() % 200;
        let is_large = |range| kind == Kind::Terminate0 || range >= least;
        lead(builder, |range| is_large(range) && quiet_before(kind, range - 2, place).is_some())?;
    }
    let states = quiet_before(kind, builder.range() - 2, place)?;
    end_transaction(builder, &states)?;
    (QUIET..).zip(&states).for_each(|(ctx, _)| builder.symbol(ctx, true));
    choose(builder, kind, |outcome| outcome.is(does))?;
    if kind == Kind::Terminate1 {
        builder.raw(1);
    }
    builder.bypasses(3);
    Some(())
}

/// Runs of outstanding bits that begin at this place of a transaction, and end at each place of it and of the two after it.
fn runs(begin: usize) -> Vector {
    let mut builder = new(begin);
    for end in begin + 1..PLACES {
        for carries in [true, false] {
            add(&mut builder, |trial| run(trial, begin, end, carries));
        }
    }
    let comment = format!(
        "runs of outstanding bits that begin after {begin} bins of their transaction and end in each place of it and of the next two"
    );
    builder.into_vector(format!("lane-{begin}-runs"), comment, &[Flag::Lanes, Flag::OutstandingRun])
}

fn run(builder: &mut Builder, begin: usize, end: usize, carries: bool) -> Option<()> {
    // A run that begins with an odd range can be as long as wanted.
    let least = 400 + builder.random() % 100;
    lead(builder, |range| range >= least && range % 2 == 1)?;
    // All bins but the first and the last of the run: bypass bins, or bins that take no bit.
    let states = if end.is_multiple_of(2) {
        quiet_before(Kind::Mps, builder.range() - 2, end - 1)?
    } else {
        Vec::new()
    };
    end_transaction(builder, &states)?;
    let mut contexts = (QUIET..).zip(states).map(|(ctx, _)| ctx);
    let mut other = |builder: &mut Builder, is_run: bool| match contexts.next() {
        Some(ctx) => {
            builder.symbol(ctx, true);
            Some(())
        }
        None => choose(builder, Kind::Bypass, |outcome| {
            (outcome.bits_outstanding > 0) == is_run && outcome.decided.is_none()
        }),
    };
    if builder.bits_outstanding() > 0 {
        return None;
    }
    for _ in 0..begin {
        other(builder, false)?;
    }
    choose(builder, Kind::Bypass, |outcome| outcome.begins)?;
    for _ in begin + 1..end {
        other(builder, true)?;
    }
    let kinds = [Kind::Bypass, Kind::Lps, Kind::Mps, Kind::Terminate1].into_iter().cycle();
    let kind = kinds.skip((begin + end) % 4).take(4).find(|&kind| {
        choose(&mut builder.clone(), kind, |outcome| outcome.decided == Some(carries)).is_some()
    })?;
    choose(builder, kind, |outcome| outcome.decided == Some(carries))?;
    if kind == Kind::Terminate1 {
        builder.raw(1);
    }
    Some(())
}

/// Engine runs in which a bin at this place of its transaction fills a byte to the last bit.
fn words(place: usize) -> Vector {
    let mut builder = new(place);
    for kind in [Kind::Bypass, Kind::Lps] {
        (1..=FILLED).for_each(|bytes| add(&mut builder, |trial| fill(trial, bytes, place, kind)));
    }
    let comment = format!(
        "bins that fill the first byte of an engine run, or one of the next {}, to the last bit, after {place} bins of their transaction",
        FILLED - 1
    );
    builder.into_vector(format!("lane-{place}-words"), comment, &[Flag::Lanes, Flag::Renormalisation])
}

/// In bytes; no output is wider.
const FILLED: usize = 8;

fn fill(builder: &mut Builder, bytes: usize, place: usize, kind: Kind) -> Option<()> {
    refresh(builder);
    builder.terminate(true);
    builder.raw(1);
    // The number of bits that the bin takes, and of bins before it that take none.
    let (bits, quiet) = if kind == Kind::Bypass { (1, 0) } else { (1 + (bytes + place) % 5, place) };
    // The first bit of an engine run is not written.
    builder.bypasses((8 * bytes + 1 - bits - (place - quiet)) as u32);
    let states = quiet_before(kind, builder.range() - 2, quiet)?;
    end_transaction(builder, &states)?;
    (QUIET..).zip(&states).for_each(|(ctx, _)| builder.symbol(ctx, true));
    builder.bypasses((place - quiet) as u32);
    let bits = bits + builder.bits_outstanding() as usize;
    choose(builder, kind, |outcome| outcome.bits_outstanding == 0 && outcome.bits == bits)?;
    if bytes.is_multiple_of(2) {
        // Nothing follows it in its transaction.
        builder.load(LEAD, 20, false);
    }
    builder.bypasses(3);
    Some(())
}

/// Flushes at this place of a transaction, at each bit of a byte, while bytes wait.
fn flushes(place: usize, raw: u32) -> Vector {
    let mut builder = Builder::new(place as u64);
    for phase in 0..8 {
        // An output queue of eight bytes is full, or has a byte more or less.
        builder.bypasses(8 * (6 + (phase + place as u32) % 5));
        while builder.phase() != u64::from(phase + 8 - place as u32 % 8) % 8 {
            builder.bypasses(1);
        }
        builder.terminate(false);
        builder.bypasses(place as u32);
        builder.terminate(true);
        builder.raw(raw);
    }
    let comment = format!(
        "flushes after {place} bins of their transaction, at each bit of a byte, with {raw} raw bytes after each"
    );
    let name = if raw > 0 { "raw" } else { "substreams" };
    let flags = &[Flag::Lanes, Flag::FlushPhase, Flag::FullPacker];
    builder.into_vector(format!("lane-{place}-flushes-{name}"), comment, flags)
}

/// Alignments at this place of a transaction, with each number of bypass bins after them that a slot of a core may hold, and one more.
fn alignments(place: usize) -> Vector {
    let mut builder = new(place);
    for bypass_bins in 0..=9 {
        for then in [Kind::Mps, Kind::Lps, Kind::Terminate0] {
            add(&mut builder, |trial| align(trial, place, bypass_bins, then));
        }
    }
    let comment = format!(
        "alignments after {place} bins of their transaction, which change codIRange, with 0 to 9 bypass bins after each"
    );
    builder.into_vector(format!("lane-{place}-alignments"), comment, &[Flag::Lanes, Flag::Alignment])
}

fn align(builder: &mut Builder, place: usize, bypass_bins: u32, then: Kind) -> Option<()> {
    refresh(builder);
    builder.terminate(false);
    for _ in 0..place {
        let is_mps = builder.random().is_multiple_of(2);
        choose(builder, if is_mps { Kind::Mps } else { Kind::Lps }, |_| true)?;
    }
    if builder.range() == 256 {
        return None;
    }
    builder.push(Event::Align);
    builder.bypasses(bypass_bins);
    choose(builder, then, |_| true)
}

/// A context that is used in each pair of lanes of a transaction, and in each three: by several bins in a row, or with bypass bins between.
fn contexts(how: &str) -> Vector {
    let mut builder = Builder::new(LANES as u64);
    for ctx in 0..PLACES as u16 {
        builder.load(ctx, if how == "swaps" { 0 } else { 20 }, ctx % 2 == 0);
    }
    // No two successive states have a range in common; in `swaps` the state is one whose valMPS changes each time.
    let symbol = |builder: &mut Builder, ctx: usize| {
        let ctx = ctx as u16;
        let is_mps = how != "swaps" && builder.model(ctx).p_state_idx() < 20;
        builder.symbol(ctx, is_mps);
    };
    if how == "pairs" {
        for (first, second) in
            (0..LANES).flat_map(|first| (first + 1..PLACES).map(move |second| (first, second)))
        {
            builder.terminate(false);
            (0..=second).for_each(|place| match place == first || place == second {
                true => symbol(&mut builder, 0),
                false => builder.bypasses(1),
            });
        }
    } else {
        for distance in 1..PLACES {
            builder.terminate(false);
            (0..LANES + distance).for_each(|place| symbol(&mut builder, place % distance));
        }
    }
    let comment = format!("a context in each two lanes of three transactions: {how}");
    builder.into_vector(format!("lane-contexts-{how}"), comment, &[Flag::Lanes, Flag::Forwarding])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bin::Encode;
    use crate::spec;
    use crate::vectors::trail;

    /// Each bin, with its place after the last terminate bin or request that is a transaction of its own, and the encoder before and after
    /// it.
    fn bins(vector: &Vector) -> Vec<(usize, Event, spec::Encoder, spec::Encoder)> {
        let mut encoder = spec::Encoder::new();
        let mut place = 0;
        let mut all = Vec::new();
        for &event in &vector.events {
            let before = encoder.clone();
            encoder.code(event);
            if event.is_bin() {
                all.push((place, event, before, encoder.clone()));
            }
            place = if event.is_bin() && !matches!(event, Event::Terminate { .. }) { place + 1 } else { 0 };
        }
        all
    }

    #[test]
    fn a_first_bit_comes_in_each_place_with_each_kind_of_bin() {
        for place in 0..LANES {
            let all = bins(&kinds(place));
            let firsts = all.iter().filter(|(_, event, before, after)| {
                before.first_bit_flag() && (event.ends_engine_run() || !after.first_bit_flag())
            });
            let mut found = BTreeSet::new();
            for (at, event, before, _) in firsts {
                let kind = match *event {
                    Event::Context { ctx, bin } => usize::from(before.save(ctx).val_mps() == bin),
                    Event::Bypass { .. } => 2,
                    Event::Terminate { bin } => 3 + usize::from(bin),
                    _ => 5,
                };
                found.insert((*at, kind));
            }
            for at in [place, place + LANES] {
                assert!((0..5).all(|kind| found.contains(&(at, kind))), "{place}: {found:?}");
            }
            assert_eq!(all.last().unwrap().0, place, "the slice ends there");
        }
    }

    #[test]
    fn runs_begin_and_end_in_their_places() {
        for begin in [0, 3, LANES - 1] {
            let all = bins(&runs(begin));
            let mut found = BTreeSet::new();
            let mut begun = None;
            // Places are counted on through the following transactions until a terminate bin comes.
            for (place, _, before, after) in &all {
                let (was, is) = (before.bits_outstanding(), after.bits_outstanding());
                let decided = was > 0 && after.bits().1 > before.bits().1;
                if let (true, Some(first)) = (decided, begun) {
                    found.insert((first, *place));
                }
                begun = match (was, is) {
                    (0, 1..) => Some(*place),
                    _ if decided => None,
                    _ => begun.filter(|first| first < place),
                };
            }
            assert!((begin + 1..PLACES).all(|end| found.contains(&(begin, end))), "{begin}: {found:?}");
        }
    }

    #[test]
    fn bins_fill_each_byte_in_their_place() {
        for place in 0..LANES {
            let all = bins(&words(place));
            let mut run_start = 0;
            let mut filled = Vec::new();
            for (at, event, before, after) in &all {
                if before.first_bit_flag() && before.bits_outstanding() == 0 {
                    run_start = before.bits().1;
                }
                let bits = after.bits().1 - run_start;
                if bits > before.bits().1 - run_start
                    && bits.is_multiple_of(8)
                    && *at == place
                    && after.bits_outstanding() == 0
                {
                    filled.push((matches!(event, Event::Bypass { .. }), bits / 8));
                }
            }
            for is_bypass in [true, false] {
                assert!((1..=FILLED).all(|byte| filled.contains(&(is_bypass, byte))), "{place}: {filled:?}");
            }
        }
    }

    #[test]
    fn flushes_come_in_their_place_at_each_bit_of_a_byte() {
        for place in 0..LANES {
            let vector = flushes(place, 1);
            let ends = bins(&vector).into_iter().filter(|(_, event, ..)| event.ends_engine_run());
            let places: Vec<usize> = ends.map(|(place, ..)| place).collect();
            assert_eq!(places[..8], [place; 8]);
            let stops = trail(&vector)
                .filter(|step| step.request.event().is_some_and(|event| event.ends_engine_run()));
            assert_eq!(stops.map(|step| (step.position - 1) % 8).collect::<BTreeSet<_>>().len(), 8);
        }
    }

    #[test]
    fn alignments_change_the_range_and_each_number_of_bypass_bins_follows() {
        for place in 0..LANES {
            let mut encoder = spec::Encoder::new();
            let mut found = BTreeSet::new();
            let mut since = 0;
            let vector = alignments(place);
            let events = &vector.events;
            for (i, &event) in events.iter().enumerate() {
                if event == Event::Align {
                    assert_ne!(encoder.cod_i_range(), 256);
                    let follow =
                        events[i + 1..].iter().take_while(|event| matches!(event, Event::Bypass { .. }));
                    found.insert((since, follow.count()));
                }
                encoder.code(event);
                since = if matches!(event, Event::Context { .. }) { since + 1 } else { 0 };
            }
            assert!((0..=9).all(|bins| found.contains(&(place, bins))), "{place}: {found:?}");
        }
    }

    #[test]
    fn a_context_that_is_not_the_newest_shows() {
        for how in ["states", "swaps", "pairs"] {
            let mut last = vec![None; PLACES];
            for (place, event, before, _) in bins(&contexts(how)) {
                let Event::Context { ctx, bin } = event else { continue };
                let (model, range) = (before.save(ctx), before.cod_i_range());
                if let Some((stale, 0..LANES)) = last[ctx.get()] {
                    let stale: ContextModel = stale;
                    let swapped = stale.val_mps() != model.val_mps();
                    assert!(swapped || stale.part(range, bin) != model.part(range, bin), "{how}");
                }
                last[ctx.get()] = Some((model, place));
            }
        }
    }
}
