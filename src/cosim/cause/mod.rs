//! Why a core fails, in a sentence instead of a list of failures.
//!
//! Each vector is played once more, alone and without waits ([`evidence`]). First comes the search for a [`Slip`]: one change in the
//! flowcharts that gives exactly what the core gives. Failures that no slip explains have something in common that no passing vector has;
//! the shortest [`Rule`] on one request that says so is the cause ([`causes`]). Rules are learnt from the requests alone: they know nothing
//! of classes or flags. A failure that happens only with waits, after a vector was given up or after another vector is described by the
//! fewest waits that it needs ([`waiting()`]).

mod falls;
mod features;
mod learn;
mod rule;
mod runs;
mod slip;
mod waiting;

use std::collections::BTreeSet;

use super::{Failed, Mismatch, Model, Stalls, Verdict};
use crate::cores::Direction;
use crate::vectors::Vector;
use features::{Feature, NONE, Scale, Sight, sights};
use learn::{Bag, Learnt, is_like};
use rule::Values;
pub use rule::{Rule, RuleError};
use slip::Explained;
pub use slip::Slip;
pub use waiting::waiting;

/// How the core does on a vector that is played alone and without waits.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    class: &'a str,
    vector: &'a Vector,
    /// Its requests, up to the failure if there is one. Of a long vector only some are kept.
    sights: Vec<Sight>,
    /// The mismatch, if it fails.
    pub failed: Option<Box<Mismatch>>,
}

impl<'a> Evidence<'a> {
    /// The class of the vector.
    pub fn class(&self) -> &'a str {
        self.class
    }

    /// The vector that was played.
    pub fn vector(&self) -> &'a Vector {
        self.vector
    }
}

/// A cause of failures of a core.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The cause as a sentence.
    pub text: String,
    /// The cause as a rule, in the form that `--waive` takes.
    pub rule: Option<Rule>,
    /// The change in the flowcharts that gives what the core gives, if there is one.
    pub slip: Option<Slip>,
    /// How many vectors fail because of it. Of failures that need waits, one vector per class is counted.
    pub vectors: usize,
    /// The classes of these vectors.
    pub classes: Vec<String>,
    /// The failure with the fewest requests.
    pub example: Failed,
}

/// Vectors with more requests are not used as evidence, since they take too much time.
const MOST_REQUESTS: usize = 300_000;
/// Of a long vector this many last requests are kept, and of the others those whose numbers are powers of two and, if the vector passes,
/// those with the largest counts.
const KEPT: usize = 2_000;

/// Plays a vector of a class alone and without waits. `None` if the vector is too long.
pub fn evidence<'a>(model: &Model, class: &'a str, vector: &'a Vector) -> Option<Evidence<'a>> {
    if vector.events.len() > MOST_REQUESTS {
        return None;
    }
    let failed = model.play(&model.flowing(&[vector]), &mut |_| ()).err();
    let mut all: Vec<(u64, Sight)> = sights(vector, model.direction(), model.lanes()).collect();
    if let Some(mismatch) = &failed {
        let end = all.iter().rposition(|(bin, _)| *bin <= mismatch.bin).map_or(all.len(), |last| last + 1);
        all.truncate(end);
    }
    let begin = all.len().saturating_sub(KEPT);
    let most = if failed.is_none() { extremes(&all) } else { BTreeSet::new() };
    let is_kept = |place: usize| place >= begin || place.is_power_of_two() || most.contains(&place);
    let sights = (0..).zip(&all).filter(|(place, _)| is_kept(*place)).map(|(_, (_, sight))| *sight).collect();
    Some(Evidence { class, vector, sights, failed })
}

/// The places at which a feature of [`Scale::Counts`] is largest.
fn extremes(all: &[(u64, Sight)]) -> BTreeSet<usize> {
    let counted = Feature::ALL.iter().filter(|feature| feature.scale() == Scale::Counts);
    let largest = |feature: &Feature| (0..all.len()).max_by_key(|&place| all[place].1[*feature as usize]);
    counted.filter_map(largest).collect()
}

/// Rules are learnt against a sample of the passing vectors, of about `SAMPLE` requests. If a rule also holds for other passing vectors, up
/// to `MORE` of these join the sample, in up to `ROUNDS` rounds.
const SAMPLE: usize = 20_000;
const MORE: usize = 60;
const ROUNDS: usize = 6;

/// The causes of failures without waits: slips that give exactly what the core gives, and rules for what no slip explains.
pub fn explain(direction: Direction, all: &[Evidence<'_>]) -> Vec<Explanation> {
    let slips = slip::slips(direction, all);
    let slip_of =
        |one: &&Evidence<'_>| slips.iter().position(|found| slip::explains(found.slip, direction, one));
    let (failing, passing): (Vec<&Evidence<'_>>, Vec<&Evidence<'_>>) =
        all.iter().partition(|one| one.failed.is_some());
    let told: Vec<Option<usize>> = failing.iter().map(slip_of).collect();
    let of = |slip: Option<usize>| -> Vec<&Evidence<'_>> {
        failing.iter().zip(&told).filter(|(_, told)| **told == slip).map(|(one, _)| *one).collect()
    };
    let mut found = Vec::new();
    for (number, Explained { slip, harmless, others }) in slips.iter().enumerate() {
        let explained = of(Some(number));
        let every: Vec<usize> = (0..explained.len()).collect();
        let which =
            if every.len() == failing.len() { "all".to_owned() } else { format!("{} of the", every.len()) };
        let text = format!(
            "it is as if {slip}: that gives just what the core gives in {which} {} vectors that fail, and changes nothing in the {harmless} that pass \
             (of those with at most {} requests){}",
            failing.len(),
            slip::LONGEST,
            slip::or(others),
        );
        // If a rule covers the same vectors as a slip, it is given too, so that the failures can be waived.
        let rules = by_rules(&[&explained[..], &passing].concat());
        let rule = rules.into_iter().next().filter(|rule| rule.vectors == explained.len());
        let rule = rule.and_then(|rule| rule.rule);
        found.extend(
            cause(text, rule, &every, &explained).map(|cause| Explanation { slip: Some(*slip), ..cause }),
        );
    }
    let left = of(None);
    if !left.is_empty() {
        found.extend(by_rules(&[left, passing].concat()));
    }
    found
}

/// The causes of failures without waits as rules alone; the one with the most vectors comes first.
pub fn causes(all: &[Evidence<'_>]) -> Vec<Explanation> {
    by_rules(&all.iter().collect::<Vec<_>>())
}

fn by_rules(all: &[&Evidence<'_>]) -> Vec<Explanation> {
    let (failing, passing): (Vec<&Evidence<'_>>, Vec<&Evidence<'_>>) =
        all.iter().copied().partition(|one| one.failed.is_some());
    if failing.is_empty() {
        return Vec::new();
    }
    let bags: Vec<Bag> = failing.iter().map(|one| one.sights.clone()).collect();
    let passing: Vec<&Bag> = passing.iter().map(|one| &one.sights).collect();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    let mut found: Vec<Explanation> = Vec::new();
    for Learnt { rule, explains } in learn(&bags, &passing) {
        let text = sentence(&rule, &passing, explains.len());
        found.extend(cause(text, Some(rule), &explains, &failing));
        told.extend(explains);
    }
    let left: Vec<usize> = (0..failing.len()).filter(|one| !told.contains(one)).collect();
    let text = match (passing.len(), found.is_empty()) {
        (0, _) => "every vector fails".to_owned(),
        (passing, true) => {
            format!("{} vectors fail and {passing} pass, and no short rule tells them apart", left.len())
        }
        (_, false) => format!("{} vectors more fail, and no short rule explains them", left.len()),
    };
    found.extend(cause(text, None, &left, &failing));
    found
}

fn cause(
    text: String,
    rule: Option<Rule>,
    explains: &[usize],
    failing: &[&Evidence<'_>],
) -> Option<Explanation> {
    let explained = || explains.iter().map(|one| failing[*one]);
    let mut classes: Vec<String> = Vec::new();
    for Evidence { class, .. } in explained() {
        if classes.last().is_none_or(|last| last != class) {
            classes.push((*class).to_owned());
        }
    }
    let Evidence { vector, failed, .. } = explained().min_by_key(|one| one.sights.len())?;
    let example = Failed {
        vector: (*vector).clone(),
        among: Vec::new(),
        first: vector.id.clone(),
        stalls: Stalls::NONE.name,
        mismatch: failed.clone()?,
    };
    Some(Explanation { text, rule, slip: None, vectors: explains.len(), classes, example })
}

fn learn(bags: &[Bag], passing: &[&Bag]) -> Vec<Learnt> {
    if passing.is_empty() {
        return Vec::new();
    }
    let requests: usize = passing.iter().map(|bag| bag.len()).sum();
    let step = requests.div_ceil(SAMPLE).max(1);
    let mut is_in: Vec<bool> = (0..passing.len()).map(|place| place % step == 0).collect();
    let mut rules = Vec::new();
    for _ in 0..ROUNDS {
        let sample: Vec<&Bag> =
            passing.iter().zip(&is_in).filter_map(|(bag, is_in)| is_in.then_some(*bag)).collect();
        rules = learn::rules(bags, &sample);
        let mut is_new = false;
        for Learnt { rule, .. } in &rules {
            let others = (0..passing.len()).filter(|place| !is_in[*place] && is_like(passing[*place], rule));
            let others: Vec<usize> = others.take(MORE).collect();
            is_new |= !others.is_empty();
            others.into_iter().for_each(|place| is_in[place] = true);
        }
        if !is_new {
            break;
        }
    }
    rules
}

/// The rule as a sentence, with the number of failing vectors and, if it is about a number, the nearest value that passes.
fn sentence(rule: &Rule, passing: &[&Bag], failing: usize) -> String {
    let alike = passing.iter().filter(|bag| is_like(bag, rule)).count();
    let others = match alike {
        0 => format!("none of the {} that pass has such a request", passing.len()),
        _ => format!("{alike} of the {} that pass have such a request, too", passing.len()),
    };
    let text = format!("a vector fails if one of its requests {}: {failing} do; {others}", rule.sentence());
    let nearest = rule.atoms.split_last().and_then(|(last, before)| {
        let alike = passing
            .iter()
            .flat_map(|bag| bag.iter())
            .filter(|sight| before.iter().all(|atom| atom.holds(sight)));
        let known = alike.map(|sight| sight[last.feature as usize]).filter(|value| *value != NONE);
        match last.values {
            Values::Within(from, i32::MAX) => known.filter(|value| *value < from).max(),
            _ => None,
        }
    });
    match nearest {
        Some(nearest) => format!("{text} (with {nearest} it passes)"),
        None => text,
    }
}

/// Whether the rule holds for a request of the vector on a core with the lanes of the model.
pub fn is_waived(rule: &Rule, vector: &Vector, model: &Model) -> bool {
    sights(vector, model.direction(), model.lanes()).any(|(_, sight)| rule.holds(&sight))
}

/// The failing classes that no cause covers.
pub fn unexplained<'a>(
    verdicts: impl IntoIterator<Item = &'a Verdict>,
    causes: &[Explanation],
) -> Vec<&'a Verdict> {
    let told = |class: &str| causes.iter().any(|cause| cause.classes.iter().any(|one| one == class));
    let is_open = |verdict: &&Verdict| verdict.failed.is_some() && !told(&verdict.class);
    verdicts.into_iter().filter(is_open).collect()
}
