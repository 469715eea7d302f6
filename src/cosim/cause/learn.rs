//! The shortest rules that separate the vectors that fail from those that pass.
//!
//! A vector fails because of one of its requests, but which one is unknown. So a rule is good if it holds for at least one request of each
//! failing vector, up to where it fails, and for no request of a passing vector. A few passing vectors are tolerated, since a bug does not
//! always show. If no rule covers all failing vectors, several bugs overlap: the rule that explains the most vectors comes first, then the
//! rule that explains the most of the others.

use std::collections::{BTreeMap, HashMap};

use super::{
    features::{Feature, NONE, Scale, Sight},
    rule::{Atom, Rule, Values},
};

/// The requests of a vector. Those of a failing vector end with the request at which it fails.
pub(super) type Bag = Vec<Sight>;

/// A rule, and the indices of the failing vectors that it explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Learnt {
    pub(super) rule: Rule,
    pub(super) explains: Vec<usize>,
}

/// The most rules, and so the most bugs that are distinguished.
const MOST_RULES: usize = 4;
/// A rule has at most this many atoms.
const MOST_ATOMS: usize = 3;
/// Another atom is worth having only if the rule then explains more vectors by this factor.
const WORTH: f64 = 1.25;
/// Each rule after the first has to explain at least this many vectors.
const LEAST: usize = 3;
/// At least this share of the vectors for which a rule holds has to fail.
const PRECISION: f64 = 0.6;
/// A set of values that is not a range has at most this many.
const FEW: usize = 3;

/// The rules, until they explain all failing vectors or no further rule is found.
pub(super) fn rules(bags: &[Bag], passing: &[&Bag]) -> Vec<Learnt> {
    let mut left: Vec<usize> = (0..bags.len()).collect();
    let mut rules = Vec::new();
    while left.len() >= if rules.is_empty() { 1 } else { LEAST } && rules.len() < MOST_RULES {
        let open: Vec<&Bag> = left.iter().map(|&bag| &bags[bag]).collect();
        let Some(rule) = best(&open, passing, if rules.is_empty() { 1 } else { LEAST }) else { break };
        let explains: Vec<usize> = (0..bags.len()).filter(|&bag| is_like(&bags[bag], &rule)).collect();
        left.retain(|bag| !explains.contains(bag));
        rules.push(Learnt { rule, explains });
    }
    rules
}

/// Whether a rule holds for a request of a vector.
pub(super) fn is_like(bag: &Bag, rule: &Rule) -> bool {
    bag.iter().any(|sight| rule.holds(sight))
}

/// A rule with its score.
struct Candidate {
    rule: Rule,
    explained: usize,
    /// The number of passing vectors for which it holds.
    passing: usize,
    /// The distances between the failures and the requests for which the rule holds, added up.
    far: usize,
}

impl Candidate {
    fn worth(&self) -> f64 {
        let precision = self.explained as f64 / (self.explained + self.passing).max(1) as f64;
        match precision < PRECISION {
            true => 0.0,
            false => self.explained as f64 * precision * precision / WORTH.powi(self.rule.atoms.len() as i32),
        }
    }

    /// More vectors with fewer atoms are better; among equals, the rule nearer to the failures, then the preferred feature.
    fn is_better(&self, other: &Candidate) -> bool {
        let order = |candidate: &Candidate| {
            let features: Vec<Feature> = candidate.rule.atoms.iter().map(|atom| atom.feature).collect();
            let is_wide = candidate.rule.atoms.iter().any(|atom| matches!(atom.values, Values::Of(_)));
            (is_wide, candidate.far / candidate.explained.max(1) / 4, features)
        };
        match self.worth().total_cmp(&other.worth()) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => order(self) < order(other),
        }
    }
}

fn best(bags: &[&Bag], passing: &[&Bag], least: usize) -> Option<Rule> {
    let mut best: Option<Candidate> = None;
    let mut take = |candidate: Candidate| {
        let is_good = candidate.explained >= least && candidate.worth() > 0.0;
        if is_good && best.as_ref().is_none_or(|best| candidate.is_better(best)) {
            best = Some(candidate);
        }
    };
    let (bags, passing) = (requests(bags), requests(passing));
    search(&[], &bags, &passing, 0, &mut take);
    best.map(|best| best.rule)
}

fn requests<'a>(bags: &[&'a Bag]) -> Vec<Vec<&'a Sight>> {
    bags.iter().map(|bag| bag.iter().collect()).collect()
}

/// Tries all rules that begin with these atoms. `bags` and `passing` have only requests for which these atoms hold.
fn search(
    atoms: &[Atom],
    bags: &[Vec<&Sight>],
    passing: &[Vec<&Sight>],
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
    let size = |bags: &[Vec<&Sight>]| bags.iter().map(Vec::len).sum::<usize>();
    for atom in conditions(bags).into_iter().filter(|atom| atom.feature as usize >= from) {
        let (some, fewer) = (those(bags, &atom), those(passing, &atom));
        if size(&fewer) < size(passing) {
            search(
                &[atoms, std::slice::from_ref(&atom)].concat(),
                &some,
                &fewer,
                atom.feature as usize + 1,
                take,
            );
        }
    }
}

/// The requests for which an atom holds, of the vectors that have any.
fn those<'a>(bags: &[Vec<&'a Sight>], atom: &Atom) -> Vec<Vec<&'a Sight>> {
    let some =
        bags.iter().map(|bag| bag.iter().copied().filter(|sight| atom.holds(sight)).collect::<Vec<_>>());
    some.filter(|bag| !bag.is_empty()).collect()
}

/// The atoms that a rule can begin with: a feature of few values and one value that enough failing vectors have.
fn conditions(bags: &[Vec<&Sight>]) -> Vec<Atom> {
    let counts = counts(bags, |sight, add| {
        for &feature in Feature::ALL {
            let value = sight[feature as usize];
            let is_name = matches!(feature.scale(), Scale::Names(_)) || feature == Feature::Phase;
            if is_name && value != NONE {
                add((feature, value));
            }
        }
    });
    // If several bugs overlap, each has to explain at least a fourth of the failing vectors.
    let least = bags.len().div_ceil(4);
    let some = counts.into_iter().filter(|&(_, count)| count >= least.max(1));
    some.map(|((feature, value), _)| Atom::is(feature, value)).collect()
}

/// For each value of a property, the number of vectors that have a request with it.
fn counts<T: Ord + Copy + std::hash::Hash>(
    bags: &[Vec<&Sight>],
    each: impl Fn(&Sight, &mut dyn FnMut(T)),
) -> BTreeMap<T, usize> {
    let mut counts: HashMap<T, (usize, usize)> = HashMap::new();
    for (number, bag) in (1..).zip(bags) {
        for sight in bag {
            each(sight, &mut |one| {
                let (count, last) = counts.entry(one).or_insert((0, 0));
                *count += usize::from(*last != number);
                *last = number;
            });
        }
    }
    counts.into_iter().map(|(one, (count, _))| (one, count)).collect()
}

/// All rules made of these atoms and one more, on this feature.
fn last_atoms(
    atoms: &[Atom],
    feature: Feature,
    bags: &[Vec<&Sight>],
    passing: &[Vec<&Sight>],
) -> Vec<Candidate> {
    let at = feature as usize;
    let candidate = |values: Values| {
        let atom = Atom { feature, values };
        let holds = |bag: &&Vec<&Sight>| bag.iter().any(|sight| atom.holds(sight));
        let last = |bag: &Vec<&Sight>| bag.iter().rev().position(|sight| atom.holds(sight));
        let places: Vec<usize> = bags.iter().filter_map(last).collect();
        let passing = passing.iter().filter(holds).count();
        let (explained, far) = (places.len(), places.iter().sum());
        Candidate { rule: Rule { atoms: [atoms, &[atom]].concat() }, explained, passing, far }
    };
    match feature.scale() {
        Scale::Counts => thresholds(feature, bags, passing).into_iter().map(candidate).collect(),
        Scale::Names(_) | Scale::Numbers => {
            let of = |bags: &[Vec<&Sight>]| {
                counts(bags, |sight, add| {
                    if sight[at] != NONE {
                        add(sight[at]);
                    }
                })
            };
            let (wrong, right) = (of(bags), of(passing));
            let worth = |value: &i32, count: usize| {
                let passing = right.get(value).copied().unwrap_or(0);
                count as f64 * (count as f64 / (count + passing) as f64).powi(2)
            };
            let mut all = Vec::new();
            let best = wrong.iter().max_by(|(a, x), (b, y)| worth(a, **x).total_cmp(&worth(b, **y)));
            all.extend(best.map(|(&value, _)| Values::Within(value, value)));
            let alone: Vec<i32> = wrong.keys().copied().filter(|value| !right.contains_key(value)).collect();
            if let [first, .., last] = alone[..] {
                let is_range =
                    feature.scale() == Scale::Numbers && right.range(first..=last).next().is_none();
                if is_range {
                    all.push(Values::Within(first, last));
                } else if alone.len() <= FEW {
                    all.push(Values::Of(alone));
                }
            }
            all.into_iter().map(candidate).collect()
        }
    }
}

/// The lower and upper bounds on a feature with which most vectors fail and few pass.
fn thresholds(feature: Feature, bags: &[Vec<&Sight>], passing: &[Vec<&Sight>]) -> Vec<Values> {
    let of = |bag: &Vec<&Sight>, most: bool| {
        let known = bag.iter().map(|sight| sight[feature as usize]).filter(|value| *value != NONE);
        if most { known.max() } else { known.min() }
    };
    let sorted = |bags: &[Vec<&Sight>], most: bool| {
        let mut all: Vec<i32> = bags.iter().filter_map(|bag| of(bag, most)).collect();
        all.sort_unstable();
        all
    };
    [true, false]
        .into_iter()
        .filter_map(|most| {
            let (wrong, right) = (sorted(bags, most), sorted(passing, most));
            let beyond = |all: &[i32], from: i32| match most {
                true => all.len() - all.partition_point(|value| *value < from),
                false => all.partition_point(|value| *value <= from),
            };
            let worth = |from: i32| {
                let (failing, passing) = (beyond(&wrong, from) as f64, beyond(&right, from) as f64);
                failing * (failing / (failing + passing)).powi(2)
            };
            let best = wrong.iter().copied().max_by(|a, b| worth(*a).total_cmp(&worth(*b)))?;
            Some(if most { Values::Within(best, i32::MAX) } else { Values::Within(NONE + 1, best) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sight(values: &[(Feature, i32)]) -> Sight {
        let mut sight = [NONE; Feature::ALL.len()];
        values.iter().for_each(|&(feature, value)| sight[feature as usize] = value);
        sight
    }

    fn told(bags: &[Bag], passing: &[Sight]) -> Vec<String> {
        let passing: Vec<Bag> = passing.iter().map(|sight| vec![*sight]).collect();
        rules(bags, &passing.iter().collect::<Vec<_>>())
            .iter()
            .map(|learnt| learnt.rule.to_string())
            .collect()
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
        let mut passing = [[first(0, 0), first(0, 1), first(1, 0), first(2, 0)]; 20].concat();
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

    #[test]
    fn what_is_wrong_may_stay_unseen_a_few_times() {
        let align = |after| sight(&[(Feature::Kind, 3), (Feature::SymbolBefore, after)]);
        let bags: Vec<Bag> = vec![vec![align(0), align(1)]; 20];
        let mut passing = vec![align(0); 100];
        passing.extend([align(1); 2]);
        assert_eq!(told(&bags, &passing), ["after-symbol=lps"]);
        passing.extend([align(1); 30]);
        assert!(told(&bags, &passing).is_empty());
    }
}
