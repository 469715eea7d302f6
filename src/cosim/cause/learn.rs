//! The shortest rules that tell vectors that fail from those that pass.
//!
//! A vector fails by one of its requests, and nobody knows by which. So a rule is right if it holds for at least one request of each vector
//! that fails, up to where it fails, and for none of those that pass. Where no rule is right for all that fail, several wrongs overlap:
//! the rule that is right for most comes first, then that for most of the others.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    features::{Feature, NONE, Scale, Sight},
    rule::{Atom, Rule, Values},
};

/// A vector that fails: its requests up to where it does, the last one included.
pub(super) type Bag = Vec<Sight>;

/// A rule, and which of the vectors that fail it explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Learnt {
    pub(super) rule: Rule,
    pub(super) explains: Vec<usize>,
}

/// More wrongs at once than these are not told apart.
const MOST_RULES: usize = 4;
/// A rule says so many things of a request at the most.
const MOST_ATOMS: usize = 3;
/// A rule with one more thing to say has to explain so many times as many vectors.
const WORTH: f64 = 1.25;
/// A set of values that is no range has no more than these.
const FEW: usize = 3;

/// The rules, for all vectors that fail or as many as could be told.
pub(super) fn rules(bags: &[Bag], passing: &[Sight]) -> Vec<Learnt> {
    let mut left: Vec<usize> = (0..bags.len()).collect();
    let mut rules = Vec::new();
    while !left.is_empty() && rules.len() < MOST_RULES {
        let open: Vec<&Bag> = left.iter().map(|&bag| &bags[bag]).collect();
        let Some(rule) = best(&open, passing) else { break };
        let explains = (0..bags.len())
            .filter(|&bag| bags[bag].iter().any(|sight| rule.holds(sight)))
            .collect::<Vec<_>>();
        left.retain(|bag| !explains.contains(bag));
        rules.push(Learnt { rule, explains });
    }
    rules
}

/// A rule that holds for no passing request, and how good it is.
struct Candidate {
    rule: Rule,
    explained: usize,
    /// How far before the failure the request is that the rule is about, in all.
    far: usize,
}

impl Candidate {
    /// The more vectors with the fewer words the better; then what is nearer to the failure, and what is preferred.
    fn is_better(&self, other: &Candidate) -> bool {
        let worth = |candidate: &Candidate| {
            candidate.explained as f64 / WORTH.powi(candidate.rule.atoms.len() as i32)
        };
        let order = |candidate: &Candidate| {
            let features: Vec<Feature> = candidate.rule.atoms.iter().map(|atom| atom.feature).collect();
            let is_wide = candidate.rule.atoms.iter().any(|atom| matches!(atom.values, Values::Of(_)));
            (is_wide, candidate.far / candidate.explained.max(1) / 4, features)
        };
        match worth(self).total_cmp(&worth(other)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => order(self) < order(other),
        }
    }
}

fn best(bags: &[&Bag], passing: &[Sight]) -> Option<Rule> {
    let mut best: Option<Candidate> = None;
    let mut take = |candidate: Candidate| {
        if candidate.explained > 0 && best.as_ref().is_none_or(|best| candidate.is_better(best)) {
            best = Some(candidate);
        }
    };
    let bags: Vec<Vec<&Sight>> = bags.iter().map(|bag| bag.iter().collect()).collect();
    let passing: Vec<&Sight> = passing.iter().collect();
    search(&[], &bags, &passing, 0, &mut take);
    best.map(|best| best.rule)
}

/// Tries all rules that begin with these atoms, which hold for all of these requests.
fn search(
    atoms: &[Atom],
    bags: &[Vec<&Sight>],
    passing: &[&Sight],
    from: usize,
    take: &mut dyn FnMut(Candidate),
) {
    for &feature in Feature::ALL {
        if atoms.iter().all(|atom| atom.feature != feature) {
            last_atoms(atoms, feature, bags, passing).into_iter().for_each(&mut *take);
        }
    }
    if atoms.len() + 1 >= MOST_ATOMS || passing.is_empty() {
        return;
    }
    for atom in conditions(bags).into_iter().filter(|atom| atom.feature as usize >= from) {
        let some: Vec<Vec<&Sight>> = bags.iter().map(|bag| those(bag, &atom)).collect();
        let fewer = those(passing, &atom);
        if fewer.len() == passing.len() {
            continue;
        }
        let next = atom.feature as usize + 1;
        search(&[atoms, &[atom]].concat(), &some, &fewer, next, take);
    }
}

fn those<'a>(sights: &[&'a Sight], atom: &Atom) -> Vec<&'a Sight> {
    sights.iter().copied().filter(|sight| atom.holds(sight)).collect()
}

/// What a rule can begin with: a value of a feature with few of them, which some of the vectors that fail have.
fn conditions(bags: &[Vec<&Sight>]) -> Vec<Atom> {
    let mut counts: BTreeMap<(Feature, i32), usize> = BTreeMap::new();
    for bag in bags {
        let mut seen = BTreeSet::new();
        for sight in bag {
            for &feature in Feature::ALL {
                let value = sight[feature as usize];
                let is_name = matches!(feature.scale(), Scale::Names(_)) || feature == Feature::Phase;
                if is_name && value != NONE {
                    seen.insert((feature, value));
                }
            }
        }
        seen.into_iter().for_each(|one| *counts.entry(one).or_default() += 1);
    }
    // Where wrongs overlap, each has to explain a fourth of what fails.
    let least = bags.iter().filter(|bag| !bag.is_empty()).count().div_ceil(4);
    let some = counts.into_iter().filter(|&(_, count)| count >= least.max(1));
    some.map(|((feature, value), _)| Atom::is(feature, value)).collect()
}

/// The rules that these atoms become with one more, of this feature.
fn last_atoms(atoms: &[Atom], feature: Feature, bags: &[Vec<&Sight>], passing: &[&Sight]) -> Vec<Candidate> {
    let at = feature as usize;
    let of = |sights: &[&Sight]| {
        sights.iter().map(|sight| sight[at]).filter(|value| *value != NONE).collect::<BTreeSet<i32>>()
    };
    let right = of(passing);
    let failing: Vec<BTreeSet<i32>> = bags.iter().map(|bag| of(bag)).collect();
    let mut all = Vec::new();
    let mut push = |values: Values| {
        let atom = Atom { feature, values };
        let places = bags.iter().filter_map(|bag| {
            let found = bag.iter().rev().position(|sight| atom.holds(sight))?;
            Some(found)
        });
        let (explained, far) = places.fold((0, 0), |(explained, far), place| (explained + 1, far + place));
        all.push(Candidate { rule: Rule { atoms: [atoms, &[atom]].concat() }, explained, far });
    };
    match feature.scale() {
        Scale::Counts => {
            let most = right.last().copied().unwrap_or(NONE);
            let least = right.first().copied().unwrap_or(i32::MAX);
            let above =
                failing.iter().filter_map(|values| values.last().copied().filter(|value| *value > most));
            let below =
                failing.iter().filter_map(|values| values.first().copied().filter(|value| *value < least));
            if let Some(from) = above.min() {
                push(Values::Within(from, i32::MAX));
            }
            if let Some(to) = below.max() {
                push(Values::Within(NONE + 1, to));
            }
        }
        Scale::Names(_) | Scale::Numbers => {
            let wrong: BTreeSet<i32> =
                failing.iter().flatten().copied().filter(|value| !right.contains(value)).collect();
            let (Some(&first), Some(&last)) = (wrong.first(), wrong.last()) else { return all };
            let is_range = feature.scale() == Scale::Numbers && right.range(first..=last).next().is_none();
            if is_range || first == last {
                push(Values::Within(first, last));
            } else if wrong.len() <= FEW {
                push(Values::Of(wrong.iter().copied().collect()));
                // Two wrongs may have one each.
                wrong.iter().for_each(|&value| push(Values::Within(value, value)));
            } else {
                // Several wrongs: the value that most have.
                let count = |value: i32| failing.iter().filter(|values| values.contains(&value)).count();
                if let Some(&value) = wrong.iter().max_by_key(|value| count(**value)) {
                    push(Values::Within(value, value));
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(values: &[(Feature, i32)]) -> Sight {
        let mut sight = [NONE; Feature::ALL.len()];
        values.iter().for_each(|&(feature, value)| sight[feature as usize] = value);
        sight
    }

    fn told(bags: &[Bag], passing: &[Sight]) -> Vec<String> {
        rules(bags, passing).iter().map(|learnt| learnt.rule.to_string()).collect()
    }

    #[test]
    fn a_threshold_is_found() {
        let run = |length| sight(&[(Feature::Kind, 0), (Feature::Outstanding, length)]);
        let passing: Vec<Sight> = (0..57).map(run).collect();
        let bags: Vec<Bag> = [57, 58, 70, 200].map(|length| vec![run(3), run(length)]).into();
        assert_eq!(told(&bags, &passing), ["outstanding>=57"]);
    }

    #[test]
    fn what_takes_two_things_is_found_and_two_wrongs_are_told_apart() {
        let first = |lane, is_first| {
            sight(&[(Feature::Kind, 0), (Feature::Lane, lane), (Feature::FirstBit, is_first)])
        };
        let raw = |place| sight(&[(Feature::Kind, 4), (Feature::Lane, 0), (Feature::RawBlock, place)]);
        let mut passing = vec![first(0, 0), first(0, 1), first(1, 0), first(2, 0)];
        passing.extend((1..=384).map(raw));
        let lane: Vec<Bag> = [1, 1, 1].map(|lane| vec![first(0, 0), first(lane, 1)]).into();
        assert_eq!(told(&lane, &passing), ["lane=1 & first-bit=yes"]);
        let block: Vec<Bag> = [385, 500, 1_344].map(|length| vec![first(0, 1), raw(1), raw(length)]).into();
        let both = told(&[lane, block].concat(), &passing);
        assert_eq!(
            both.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            BTreeSet::from(["lane=1 & first-bit=yes", "raw-block>=385"])
        );
    }
}
