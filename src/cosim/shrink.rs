//! Reduces vectors on which a core fails to the fewest requests on which it still fails.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{Failed, Failure, Model, Outcome, PLANNED_WAY, Plan, Play, Stalls, Ways, run, run_ways};
use crate::bin::{BinCoder, Event};
use crate::context::CtxIdx;
use crate::cores::Direction;
use crate::cycle::Request;
use crate::spec;
use crate::suites::{Origin, Suite};
use crate::vectors::{Vector, name_like};

/// A failure, shrunk as far as possible.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The vectors that the failure needs, mostly a single one.
    pub suite: Suite,
    /// The outcome of these vectors on the core.
    pub outcome: Outcome,
    /// The fewest waits under which it fails. `None` if the failure needs none, or if it does not happen again under its recorded waits.
    pub plan: Option<Plan>,
}

/// The search for the fewest requests ends after this time with the best result so far, and so does the search for the fewest waits.
const PATIENCE: Duration = Duration::from_secs(10);

impl Failed {
    /// The same failure, shrunk. `None` if it cannot be reproduced, or if it was played by a plan.
    pub fn shrunk(&self, model: &Model, seed: u64) -> Option<Shrunk> {
        if self.stalls == PLANNED_WAY {
            return None;
        }
        let vectors = if self.among.is_empty() { vec![self.vector.clone()] } else { self.among.clone() };
        let suite = Suite { name: self.vector.id.clone(), ..some(&vectors) };
        let failure = Some((self.stalls, Failure::Core(self.mismatch.clone())));
        let failed = Outcome { failure, ..Outcome::of(model, &suite) };
        shrink(model, &suite, &failed, seed, &Ways::All)
    }
}

/// Shrinks a failure of a core. `None` if the failure is not the core's.
pub fn shrink(model: &Model, suite: &Suite, failed: &Outcome, seed: u64, ways: &Ways) -> Option<Shrunk> {
    let Some((stalls, Failure::Core(mismatch))) = &failed.failure else { return None };
    // A failure that needs only simple stalls must not become one that needs others.
    let simple =
        Stalls::ALL.iter().position(|kind| kind.name == *stalls).map(|way| Ways::FirstStalls(way + 1));
    let ways_to_fail = simple.unwrap_or_else(|| ways.clone());
    let until = Instant::now() + PATIENCE;
    let fails = |vectors: &[Vector]| {
        let outcome = run_ways(model, &some(vectors), seed, &ways_to_fail, false, &mut |_| ());
        matches!(outcome.failure, Some((_, Failure::Core(_))))
    };
    let failing = suite.vectors.iter().position(|vector| vector.id == mismatch.vector)?;
    let known: Vec<Vector> =
        suite.vectors.iter().map(|vector| as_shrunk(vector, model.direction())).collect();
    // What a slice leaves in the core may show only in the next slice.
    let end = (failing + 2).min(known.len());
    let few = [failing..failing + 1, failing..end, failing.saturating_sub(1)..failing + 1, 0..end];
    let mut vectors = few.into_iter().map(|few| &known[few]).find(|few| fails(few))?.to_vec();
    fewest(&mut vectors, until, fails);
    if let [alone] = &vectors[..] {
        let begin = Some(until_bin(alone, mismatch.bin)).filter(|begin| fails(std::slice::from_ref(begin)));
        let begin = begin.unwrap_or_else(|| alone.clone());
        let last = last_requests(&begin).find(|last| fails(std::slice::from_ref(last)));
        vectors = vec![last.unwrap_or(begin)];
    }
    for i in (0..vectors.len()).rev() {
        let others = vectors.clone();
        let mut still_fails = |vector: Vector| {
            let mut all = others.clone();
            all[i] = vector;
            fails(&all)
        };
        vectors[i] = fewest_requests(&vectors[i], until, &mut still_fails);
        if vectors[i].decode_only {
            vectors[i] = fewest_bytes(&vectors[i], until, &mut still_fails);
            // With fewer bytes, fewer requests may suffice.
            vectors[i] = fewest_requests(&vectors[i], until, &mut still_fails);
        }
    }
    for vector in &mut vectors {
        let of = suite.vectors.iter().find(|whole| whole.id == vector.id).map_or(0, Vector::bins);
        vector.comment = format!("shrunk to {} of {of} bins: {}", vector.bins(), vector.comment);
    }
    let name = name_like(&format!("{}-{}", suite.name, failed.core));
    let suite = Suite { name, origin: suite.origin.clone(), vectors };
    let outcome = run(model, &suite, seed, ways, &mut |_| ());
    let plan = match &outcome.failure {
        Some((_, Failure::Core(mismatch))) => mismatch.plan.clone(),
        _ => None,
    };
    let plan = plan.and_then(|plan| fewest_waits(model, &suite.vectors, plan, Instant::now() + PATIENCE));
    let plan = plan.filter(|plan| plan.waits() > 0);
    Some(Shrunk { suite, outcome, plan })
}

/// The fewest waits of this plan under which the vectors still fail. `None` if they do not fail under the plan.
pub(super) fn fewest_waits(model: &Model, vectors: &[Vector], plan: Plan, until: Instant) -> Option<Plan> {
    let fitted = model.fitter().fit_all(vectors);
    let played = fitted.played();
    let mut plan = plan;
    // A vector that was given up in each of its clocks was played twice.
    let twice: Vec<&Vector> = played.iter().chain(&played).copied().collect();
    let fails = |plan: Plan, vectors: &[&Vector]| {
        model.play(&Play { plan, ..model.flowing(vectors) }, &mut |_| ()).is_err()
    };
    let played = [played, twice].into_iter().find(|played| fails(plan.clone(), played))?;
    let (mut give_ups, mut waits) = (plan.give_ups.clone(), plan.waits.clone());
    fewest(&mut give_ups, until, |give_ups| {
        fails(Plan { give_ups: give_ups.to_vec(), ..plan.clone() }, &played)
    });
    plan.give_ups = give_ups;
    fewest(&mut waits, until, |waits| fails(Plan { waits: waits.to_vec(), ..plan.clone() }, &played));
    plan.waits = waits;
    Some(plan)
}

/// Marks a vector as one for decoders only if encoding it again would lose bytes after its end, since a decoder may fail because of these.
fn as_shrunk(vector: &Vector, direction: Direction) -> Vector {
    let has_tail = || Vector::encoded("", "", &[], vector.events.clone()).bytes != vector.bytes;
    let decode_only = vector.decode_only || direction == Direction::Decoder && has_tail();
    Vector { decode_only, ..vector.clone() }
}

fn some(vectors: &[Vector]) -> Suite {
    Suite { name: String::new(), origin: Origin::BuiltIn, vectors: vectors.to_vec() }
}

/// Removes items in ever smaller pieces, as long as `fails` still holds and there is time.
fn fewest<T: Clone>(items: &mut Vec<T>, until: Instant, mut fails: impl FnMut(&[T]) -> bool) {
    let mut size = items.len().next_power_of_two();
    while size > 0 {
        let mut start = 0;
        let before = items.len();
        while start < items.len() {
            if Instant::now() > until {
                return;
            }
            let end = (start + size).min(items.len());
            let fewer = [&items[..start], &items[end..]].concat();
            if fails(&fewer) {
                *items = fewer;
            } else {
                start = end;
            }
        }
        // Single items that could not be removed before may be superfluous by now.
        if size > 1 || items.len() == before {
            size /= 2;
        }
    }
}

fn fewest_requests(vector: &Vector, until: Instant, fails: &mut dyn FnMut(Vector) -> bool) -> Vector {
    let (loads, mut events) = split(vector);
    let all = events.len();
    fewest(&mut events, until, |fewer| fails(with_events(vector, &loads, fewer)));
    // If no event could be removed, the loads have to stay as they are too.
    if events.len() < all { with_events(vector, &loads, &events) } else { vector.clone() }
}

/// A vector for decoders only can lose bytes too.
fn fewest_bytes(vector: &Vector, until: Instant, fails: &mut dyn FnMut(Vector) -> bool) -> Vector {
    let with_bytes = |bytes: &[u8]| {
        Vector::decoded(&*vector.id, &*vector.comment, &vector.flags, bytes.to_vec(), vector.events.clone())
    };
    let mut bytes = vector.bytes.clone();
    fewest(&mut bytes, until, |fewer| !fewer.is_empty() && fails(with_bytes(fewer)));
    with_bytes(&bytes)
}

/// The vector up to this bin.
fn until_bin(vector: &Vector, bin: u64) -> Vector {
    let (loads, events) = split(vector);
    let mut bins = 0;
    let is_before = |event: &&Event| {
        bins += u64::from(event.is_bin());
        bins <= bin + 1
    };
    let until: Vec<Event> = events.iter().take_while(is_before).copied().collect();
    with_events(vector, &loads, &until)
}

/// The vector without its beginning: its last two requests, last four and so on, with the contexts in the states that they have by then.
fn last_requests(vector: &Vector) -> impl Iterator<Item = Vector> {
    let events = if vector.decode_only { &[][..] } else { &vector.events };
    let kept = std::iter::successors(Some(2), |kept| Some(kept * 2)).take_while(|kept| *kept < events.len());
    kept.map(|kept| {
        let (before, last) = events.split_at(events.len() - kept);
        let mut encoder = spec::Encoder::new();
        let _ = encoder.play(before);
        let loads = (0..).map_while(CtxIdx::new).map(|ctx| Event::Load { ctx, model: encoder.save(ctx) });
        with_events(vector, &loads.collect::<Vec<_>>(), last)
    })
}

/// The loads at the beginning, and the other events without starts: any vector has the starts that it needs.
fn split(vector: &Vector) -> (Vec<Event>, Vec<Event>) {
    let loads = vector.events.iter().take_while(|event| matches!(event, Event::Load { .. })).count();
    (vector.events[..loads].to_vec(), Request::of_encoder(&vector.events[loads..]).collect())
}

/// The vector with other events, made valid: with the loads that they need, raw bytes only where an engine run has ended, and an end.
fn with_events(vector: &Vector, loads: &[Event], events: &[Event]) -> Vector {
    let used: BTreeSet<_> = events.iter().filter_map(context).collect();
    let mut all: Vec<Event> =
        loads.iter().filter(|load| context(load).is_some_and(|ctx| used.contains(&ctx))).copied().collect();
    if vector.decode_only {
        all.extend(events);
        return Vector::decoded(&*vector.id, &*vector.comment, &vector.flags, vector.bytes.clone(), all);
    }
    for &event in events {
        let between_engine_runs =
            all.last().is_some_and(|last| last.ends_engine_run() || matches!(last, Event::Raw(_)));
        if between_engine_runs || !matches!(event, Event::Raw(_)) {
            all.push(event);
        }
    }
    while matches!(all.last(), Some(Event::Raw(_))) {
        all.pop();
    }
    if !all.last().is_some_and(|last| last.ends_engine_run()) {
        all.push(Event::Terminate { bin: true });
    }
    Vector::encoded(&*vector.id, &*vector.comment, &vector.flags, all)
}

fn context(event: &Event) -> Option<usize> {
    match event {
        Event::Context { ctx, .. } | Event::Load { ctx, .. } => Some(ctx.get()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress;
    use crate::vectors;

    #[test]
    fn fewest_keeps_what_is_needed_and_nothing_else() {
        let mut items: Vec<u32> = (0..1_000).collect();
        let mut asked = 0;
        fewest(&mut items, Instant::now() + PATIENCE, |items| {
            asked += 1;
            [17, 18, 700].iter().all(|needed| items.contains(needed))
        });
        assert_eq!(items, [17, 18, 700]);
        assert!(asked < 200, "{asked}");
    }

    #[test]
    fn what_is_left_is_always_a_vector() {
        for vector in stress::smoke().iter().step_by(5) {
            let (loads, events) = split(vector);
            for (start, end) in [(0, events.len() / 2), (events.len() / 3, events.len()), (0, 0)] {
                let fewer = with_events(vector, &loads, &events[start..end]);
                assert_eq!(vectors::check(&fewer), Ok(()), "{} {start}..{end}", vector.id);
            }
        }
    }
}
