//! Where a wait falls, if that matters: at which bit of a byte, and after how many requests that were taken together.
//!
//! The wait is moved from one transfer to the next. If it fails in some places and passes in others, and what they have in common is one
//! of these, it belongs to the cause.

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

/// Where a wait falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The bit of a byte at which the next request comes.
    phase: i32,
    /// How many requests were taken together last.
    together: u32,
}

/// By how many transfers a wait is moved in either direction.
const MOVED: u64 = 24;
/// A cause is told if there are so many places in which the wait fails, and so many in which it passes.
const FAILING: usize = 2;
const PASSING: usize = 4;
/// And if no more different values fail than these.
const FEW: usize = 2;

/// What all places have in common in which this plan fails, in words; nothing if others, in which it passes, have it too. The plan has
/// one wait.
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

/// Sees where a wait falls.
struct Falls {
    port: Port,
    direction: Direction,
    /// How many requests were taken that are no beginnings; and how many together, in this clock and before.
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
