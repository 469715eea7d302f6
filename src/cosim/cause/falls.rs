//! Whether it matters at which point a wait begins: at which bit of a byte, or after how many requests taken in one clock.
//!
//! The wait is moved from transfer to transfer. If the core fails with it in some places and passes in others, and the failing places have
//! one of these two properties in common, that property is part of the cause.

use std::collections::BTreeSet;

use super::features::{Feature, Sight, sights};
use crate::cores::Direction;
use crate::cosim::{
    Model, Plan, Play, Port, Wait, When,
    player::{Observer, Wrong},
    script::Asked,
};
use crate::cycle::{Inputs, Outputs};
use crate::vectors::Vector;

/// The point at which a wait begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The bit of a byte at which the next request begins.
    phase: i32,
    /// How many requests the last transaction had.
    together: u32,
}

/// A wait is moved by up to this many transfers in either direction.
const MOVED: u64 = 24;
/// A property is reported only if the core fails with the wait in at least this many places.
const FAILING: usize = 2;
/// A property is reported only if the core passes with the wait in at least this many places.
const PASSING: usize = 4;
/// A property is reported only if the failing places have at most this many values of it.
const FEW: usize = 2;

/// The property, in words, that all places have in which the core fails under this plan, and no place in which it passes. The plan must
/// have exactly one wait.
pub(super) fn where_it_falls(model: &Model, vectors: &[&Vector], plan: &Plan) -> Option<String> {
    let [Wait { port, when: When::Transfer(transfer), .. }] = plan.waits[..] else { return None };
    if plan.looks_first || !plan.give_ups.is_empty() {
        return None;
    }
    let phases: Vec<i32> = vectors
        .iter()
        .flat_map(|vector| sights(vector, model.direction(), model.lanes()))
        .filter(|(_, sight)| !is_beginning(sight))
        .map(|(_, sight)| sight[Feature::Phase as usize])
        .collect();
    let (mut failing, mut passing) = (Vec::new(), Vec::new());
    for moved in transfer.saturating_sub(MOVED)..=transfer + MOVED {
        let mut plan = plan.clone();
        plan.waits[0].when = When::Transfer(moved);
        let mut falls = Falls::new(port, model.direction());
        let fails = model.play_watched(&Play { plan, ..model.flowing(vectors) }, &mut falls).is_err();
        let place = falls.at.and_then(|(coded, together)| {
            Some(Place { phase: *phases.get(usize::try_from(coded).ok()?)?, together })
        });
        if let Some(place) = place {
            if fails { failing.push(place) } else { passing.push(place) }
        }
    }
    if failing.len() < FAILING || passing.len() < PASSING {
        return None;
    }
    let common = |of: fn(&Place) -> i64| {
        let values: BTreeSet<i64> = failing.iter().map(of).collect();
        let tells = values.len() <= FEW && !passing.iter().any(|place| values.contains(&of(place)));
        let words = || values.iter().map(i64::to_string).collect::<Vec<_>>().join(" or ");
        tells.then(words)
    };
    let phase = common(|place| place.phase.into()).map(|bits| format!("at bit {bits} of a byte"));
    phase.or_else(|| {
        common(|place| place.together.into()).map(|many| format!("after {many} requests at once"))
    })
}

fn is_beginning(sight: &Sight) -> bool {
    use crate::cycle::kind::{LOAD, SLICE, START};
    [LOAD, START, SLICE].contains(&(sight[Feature::Kind as usize] as u32))
}

/// Observes at which point a wait begins.
struct Falls {
    port: Port,
    direction: Direction,
    /// The requests taken so far, without those that begin a slice or a run; the requests taken in this clock; and the size of the last
    /// transaction.
    coded: u64,
    taking: u32,
    together: u32,
    at: Option<(u64, u32)>,
}

impl Falls {
    fn new(port: Port, direction: Direction) -> Falls {
        Falls { port, direction, coded: 0, taking: 0, together: 0, at: None }
    }
}

impl Observer for &mut Falls {
    fn take(&mut self, asked: &Asked) {
        self.taking += 1;
        self.coded += u64::from(!asked.request.is_beginning());
    }

    fn clock(&mut self, inputs: &Inputs, _: &Outputs, _: &[u32]) -> Result<(), Wrong> {
        if self.taking > 0 {
            self.together = std::mem::take(&mut self.taking);
        }
        let moves = match (self.port, self.direction) {
            (Port::Requests, _) => inputs.req_valid,
            (Port::Bytes, Direction::Encoder) => inputs.out_ready,
            (Port::Bytes, Direction::Decoder) => inputs.in_valid,
            (Port::Answers, _) => inputs.rsp_ready,
        };
        if moves == 0 && self.at.is_none() {
            self.at = Some((self.coded, self.together));
        }
        Ok(())
    }
}
