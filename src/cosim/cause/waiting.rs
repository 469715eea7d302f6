//! The causes of failures that happen only with waits, after a vector was given up, or after other vectors.
//!
//! For each class the fewest waits that make it fail are found, each as short as possible. Most classes need the same kinds of trouble
//! (`Trouble`): a cause explains every class that needs all of its kinds, whatever else that class needs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{Explanation, MOST_REQUESTS, falls::where_it_falls};
use crate::cores::Direction;
use crate::cosim::{
    Failed, Model, PLANNED_WAY, Plan, Play, Port, Stalls, Verdict, Way, shrink::fewest_waits,
};
use crate::vectors::Vector;

/// The search for each class ends after this time with the best result so far.
const PATIENCE: Duration = Duration::from_secs(2);

/// What distinguishes a play from one without waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Given,
    Long,
    Reset,
    Cut,
    Waits(Port),
    LooksFirst,
    Splits,
    Others,
    PowerOn,
}

/// What makes a class fail.
struct Taken<'a> {
    verdict: &'a Verdict,
    failed: &'a Failed,
    troubles: BTreeSet<Trouble>,
    plan: Plan,
    /// Whether the class needs one wait, and fails with every longer wait that was tried.
    is_least: bool,
    /// The point at which the wait has to begin, if only that makes the class fail.
    falls: Option<String>,
}

/// The causes of the failures of these classes, none of whose vectors fails alone and without waits.
pub fn waiting(model: &Model, verdicts: &[&Verdict]) -> Vec<Explanation> {
    let mut all: Vec<Taken<'_>> = verdicts.iter().filter_map(|verdict| Taken::new(model, verdict)).collect();
    all.sort_by_key(|taken| (taken.troubles.len(), taken.plan.waits()));
    let mut causes: Vec<(Taken<'_>, Vec<String>)> = Vec::new();
    for taken in all {
        let class = taken.verdict.class.clone();
        match causes.iter_mut().find(|(first, _)| taken.troubles.is_superset(&first.troubles)) {
            Some((_, classes)) => classes.push(class),
            None => causes.push((taken, vec![class])),
        }
    }
    let explain = |(taken, classes): (Taken<'_>, Vec<String>)| Explanation {
        text: taken.words(model.direction()),
        rule: None,
        slip: None,
        vectors: classes.len(),
        classes,
        example: taken.failed.clone(),
    };
    causes.into_iter().map(explain).collect()
}

impl<'a> Taken<'a> {
    fn new(model: &Model, verdict: &'a Verdict) -> Option<Taken<'a>> {
        let failed = verdict.failed.as_ref()?;
        let vectors: Vec<Vector> = match &failed.among[..] {
            [] => vec![failed.vector.clone()],
            among => among.to_vec(),
        };
        // A vector that is too long to be evidence may fail without waits, and a plan that the user gave is kept as it is.
        let flows = failed.stalls == Stalls::NONE.name && failed.vector.events.len() > MOST_REQUESTS;
        let is_given = failed.stalls == PLANNED_WAY;
        let plan = failed.mismatch.plan.clone().filter(|_| !flows && !is_given);
        let plan = plan.and_then(|plan| fewest_waits(model, &vectors, plan, Instant::now() + PATIENCE));
        let (plan, is_least) = plan.map(|plan| simplest(model, &vectors, plan)).unwrap_or_default();
        let mut troubles = BTreeSet::new();
        for give_up in &plan.give_ups {
            troubles.insert(if give_up.way == Way::Cut { Trouble::Cut } else { Trouble::Reset });
        }
        troubles.extend(plan.waits.iter().map(|wait| Trouble::Waits(wait.port)));
        troubles.extend(plan.looks_first.then_some(Trouble::LooksFirst));
        troubles.extend(plan.splits.then_some(Trouble::Splits));
        troubles.extend(flows.then_some(Trouble::Long));
        troubles.extend(is_given.then_some(Trouble::Given));
        if troubles.is_empty() {
            troubles.insert(if vectors.len() > 1 { Trouble::Others } else { Trouble::PowerOn });
        }
        let falls = where_it_falls(model, &vectors.iter().collect::<Vec<_>>(), &plan);
        Some(Taken { verdict, failed, troubles, plan, is_least, falls })
    }

    fn words(&self, direction: Direction) -> String {
        let parts: Vec<String> = self.troubles.iter().map(|trouble| self.part(*trouble, direction)).collect();
        let falls = self.falls.as_ref().map(|falls| format!(" {falls}")).unwrap_or_default();
        let fails = format!("a vector fails if {}{falls}", parts.join(" and "));
        match self.troubles.first() {
            Some(Trouble::Given) => fails,
            Some(Trouble::Long) => {
                format!("{fails}; no cause is looked for in vectors of more than {MOST_REQUESTS} requests")
            }
            _ => format!("{fails}; without that it passes"),
        }
    }

    fn part(&self, trouble: Trouble, direction: Direction) -> String {
        match trouble {
            Trouble::Given => "the core waits as the given plan says".into(),
            Trouble::Long => format!("it has {} requests", self.failed.vector.events.len()),
            Trouble::Reset => "a reset comes in the middle of a slice".into(),
            Trouble::Cut => "the next slice begins before the one before it has ended".into(),
            Trouble::LooksFirst => "the receiver of the output is ready only once the output is valid".into(),
            Trouble::Splits => "requests that could come together come one after the other".into(),
            Trouble::Others => "it comes after other vectors".into(),
            Trouble::PowerOn => {
                "registers that are not initialised, or ports that mean nothing, have certain values".into()
            }
            Trouble::Waits(port) => {
                let what = match (port, direction) {
                    (Port::Requests, _) => "no request is offered",
                    (Port::Bytes, Direction::Encoder) => "the output is not taken",
                    (Port::Bytes, Direction::Decoder) => "no byte is offered",
                    (Port::Answers, _) => "no answer is taken",
                };
                let clocks: Vec<u64> =
                    self.plan.waits.iter().filter(|wait| wait.port == port).map(|wait| wait.clocks).collect();
                match &clocks[..] {
                    [1] => format!("{what} for a clock"),
                    [clocks] if self.is_least => format!("{what} for {clocks} clocks or more"),
                    [clocks] => format!("{what} for {clocks} clocks"),
                    _ => format!(
                        "{what} {} times, the longest for {} clocks",
                        clocks.len(),
                        clocks.iter().max().unwrap_or(&0)
                    ),
                }
            }
        }
    }
}

/// The plan with each of its waits as short as possible, if they are few, and without the settings that it does not need. The flag says
/// whether it has exactly one wait and fails with longer ones too.
fn simplest(model: &Model, vectors: &[Vector], mut plan: Plan) -> (Plan, bool) {
    const FEW: usize = 4;
    let twice = if plan.give_ups.is_empty() { &[] } else { vectors };
    let all: Vec<&Vector> = vectors.iter().chain(twice).collect();
    let fails =
        |plan: &Plan| model.play(&Play { plan: plan.clone(), ..model.flowing(&all) }, &mut |_| ()).is_err();
    let no_splits = Plan { splits: false, ..plan.clone() };
    for without in [no_splits.clone(), Plan { looks_first: false, ..no_splits }] {
        if fails(&without) {
            plan = without;
        }
    }
    if plan.waits.len() > FEW || !fails(&plan) {
        return (plan, false);
    }
    let with = |plan: &Plan, place: usize, clocks: u64| {
        let mut other = plan.clone();
        other.waits[place].clocks = clocks;
        other
    };
    for place in 0..plan.waits.len() {
        // The plan fails with `most`; with `least` it passes or was never tried.
        let (mut least, mut most) = (0, plan.waits[place].clocks);
        while least + 1 < most {
            let middle = least.midpoint(most);
            if fails(&with(&plan, place, middle)) { most = middle } else { least = middle }
        }
        plan = with(&plan, place, most);
    }
    let longer = |clocks: u64| [clocks + 1, 2 * clocks, 5 * clocks + 3].map(|longer| with(&plan, 0, longer));
    let is_least = matches!(plan.waits[..], [wait] if longer(wait.clocks).iter().all(fails));
    (plan, is_least)
}
