//! Why a core fails, in a sentence, instead of all that comes of it.
//!
//! Each vector is played once more, alone and without waits ([`evidence`]). First one thing is looked for that, changed in the flowcharts, gives
//! just what the core gives: a [`Slip`]. What fails without one has something in common that nothing has that
//! passes: the shortest [`Rule`] about one request that says so is the cause ([`causes`]). It is found, not looked up: the rules know nothing
//! of classes or flags. What fails only where the core waits, is given up or comes after something else is told by the fewest waits that it
//! takes.

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

/// How a vector goes alone and without waits.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    class: &'a str,
    vector: &'a Vector,
    /// Its requests; of one that fails, those up to where it does. Of a long one some.
    sights: Vec<Sight>,
    /// What is wrong.
    pub failed: Option<Box<Mismatch>>,
}

impl<'a> Evidence<'a> {
    /// Of which class it is.
    pub fn class(&self) -> &'a str {
        self.class
    }

    /// What was played.
    pub fn vector(&self) -> &'a Vector {
        self.vector
    }
}

/// Why a core fails.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// It, in a sentence.
    pub text: String,
    /// What `--waive` takes.
    pub rule: Option<Rule>,
    /// What in the flowcharts would have to be otherwise, if it is that.
    pub slip: Option<Slip>,
    /// How many vectors fail by it; of what takes waits, one of each class is counted.
    pub vectors: usize,
    /// Their classes.
    pub classes: Vec<String>,
    /// How the one of them fails that does so after the fewest requests.
    pub example: Failed,
}

/// Vectors of more requests are no evidence: they take longer than they tell.
const MOST_REQUESTS: usize = 300_000;
/// Of a long vector the last requests are kept, and the first ones at powers of two.
const KEPT: usize = 2_000;

/// Plays a vector of a class alone and without waits; nothing of what is too long.
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

/// Where what is counted is largest.
fn extremes(all: &[(u64, Sight)]) -> BTreeSet<usize> {
    let counted = Feature::ALL.iter().filter(|feature| feature.scale() == Scale::Counts);
    let largest = |feature: &Feature| (0..all.len()).max_by_key(|&place| all[place].1[*feature as usize]);
    counted.filter_map(largest).collect()
}

/// What passes is looked at in part, and where a rule holds for more of it than for that, of the others too.
const SAMPLE: usize = 20_000;
const MORE: usize = 60;
const ROUNDS: usize = 6;

/// The causes of what fails without waits: slips in the flowcharts that give just what the core gives, and rules for what they leave.
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
        // Where one rule says the same of them, it can be waived.
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

/// The causes of what fails without waits by rules alone, the one of most vectors first.
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
        (_, false) => format!("{} vectors more fail, and no short rule tells why", left.len()),
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

/// What the rule says, of how many vectors, and where it is about a number, how near to it something passes.
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

/// Whether a vector has a request for which a rule holds, as a core with so many lanes is asked for it.
pub fn is_waived(rule: &Rule, vector: &Vector, model: &Model) -> bool {
    sights(vector, model.direction(), model.lanes()).any(|(_, sight)| rule.holds(&sight))
}

/// The classes that fail, of which no cause speaks.
pub fn unexplained<'a>(
    verdicts: impl IntoIterator<Item = &'a Verdict>,
    causes: &[Explanation],
) -> Vec<&'a Verdict> {
    let told = |class: &str| causes.iter().any(|cause| cause.classes.iter().any(|one| one == class));
    let is_open = |verdict: &&Verdict| verdict.failed.is_some() && !told(&verdict.class);
    verdicts.into_iter().filter(is_open).collect()
}
