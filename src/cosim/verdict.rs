//! The verdict on each class of vectors: whether the core passes, and if not, the shortest vector that fails.

use std::collections::BTreeMap;

use super::{
    Mismatch, Model, Play, Throughput, Ways,
    ways::{Plays, play_all, play_all_measured, play_recorded},
};
use crate::fit::{Fitted, Fitter, Misfit};
use crate::vectors::Vector;

/// The result of a core on the vectors of a class.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The name of the class, as in [`Vector::class`].
    pub class: String,
    /// The number of vectors of the class that were played.
    pub vectors: usize,
    /// How many of those vectors were played without some of their bins, for which the core cannot be asked.
    pub in_part: usize,
    /// How many vectors are not applicable to the core, by reason.
    pub misfits: BTreeMap<Misfit, usize>,
    /// The throughput of the vectors when nothing waits; `None` if the class fails earlier.
    pub throughput: Option<Throughput>,
    /// The failure, if there is one.
    pub failed: Option<Failed>,
}

/// The failure of a core on a class.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The shortest vector that fails when it is played alone. If none does, or if there was no search, the vector that failed among the
    /// others.
    pub vector: Vector,
    /// The vectors among which it fails, in their order and with itself; empty if it fails alone.
    pub among: Vec<Vector>,
    /// The id of the first vector of the class that fails alone (vectors grow within a class), or that of `vector` if none does.
    pub first: String,
    /// The play in which it fails: the name of the stalls or of another way (`ways.rs`), or `planned`.
    pub stalls: &'static str,
    /// What is wrong.
    pub mismatch: Box<Mismatch>,
}

/// The settings of a judgement.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The seed of the random choices.
    pub seed: u64,
    /// How vectors are played. Their throughput is measured only with [`Ways::All`].
    pub ways: Ways,
    /// The length of the slowest stretch, in bins, alignments and raw bytes; usually [`STRETCH`](super::STRETCH).
    pub stretch: usize,
    /// Whether to search for the shortest vector that fails alone, and for the waits up to the mismatch. The search takes much longer than
    /// the verdict.
    pub shortest: bool,
}

/// A class of vectors.
#[derive(Clone, Debug)]
pub struct Class<'a> {
    /// Its name, as in [`Vector::class`].
    pub name: String,
    /// Its vectors, fitted to the core.
    pub fitted: Fitted<'a>,
}

impl Class<'_> {
    /// Drops the vectors that are not wanted. Returns how many were dropped.
    pub fn retain(&mut self, is_wanted: impl FnMut(&Vector) -> bool) -> usize {
        let before = self.fitted.vectors.len();
        let mut is_wanted = is_wanted;
        self.fitted.vectors.retain(|vector| is_wanted(vector));
        let left = self.fitted.vectors.len();
        self.fitted.fitted_count = self.fitted.fitted_count.min(left);
        before - left
    }
}

/// The classes of these vectors, fitted to a core, in the order in which they first appear. The parts of a vector that is cut stay in its
/// class.
pub fn classes<'a>(fitter: &Fitter, vectors: &'a [Vector]) -> Vec<Class<'a>> {
    let classes = by_class(vectors).into_iter();
    let fitted = classes.map(|(name, members)| Class { name, fitted: fitter.fit_all(members) });
    // Vectors for the other direction are not counted as lost.
    let is_of_the_direction = |class: &Class<'_>| {
        !class.fitted.vectors.is_empty() || class.fitted.misfits.keys().any(|why| *why != Misfit::DecodeOnly)
    };
    fitted.filter(is_of_the_direction).collect()
}

/// Vectors by class, in the order in which the classes first appear.
fn by_class(vectors: &[Vector]) -> Vec<(String, Vec<&Vector>)> {
    let mut classes: Vec<(String, Vec<&Vector>)> = Vec::new();
    for vector in vectors {
        let name = vector.class();
        match classes.iter_mut().find(|(class, _)| *class == name) {
            Some((_, members)) => members.push(vector),
            None => classes.push((name, vec![vector])),
        }
    }
    for (_, members) in &mut classes {
        members.sort_by_cached_key(|vector| numbers(&vector.id));
    }
    classes
}

/// The numbers in a name; the vectors of a class differ in these.
fn numbers(id: &str) -> Vec<u64> {
    id.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// Plays the vectors of a class and gives the verdict.
pub fn judge(model: &Model, class: &Class<'_>, rules: &Rules) -> Verdict {
    let Class { name, fitted } = class.clone();
    let vectors = fitted.played();
    let mut throughput = None;
    let wrong = match rules.ways {
        _ if vectors.is_empty() => None,
        Ways::All => play_all_measured(model, &vectors, rules, &mut throughput).err(),
        Ways::FirstStalls(_) | Ways::Planned(_) => fails(model, &vectors, rules, rules.shortest),
    };
    let failed = wrong.and_then(|among| match rules.shortest {
        true => shortest(model, &vectors, rules, among),
        false => among_all(&vectors, among),
    });
    let Fitted { fitted_count, in_part, misfits, .. } = fitted;
    Verdict { class: name, vectors: fitted_count, in_part, misfits, throughput, failed }
}

/// The name of the play in which something is wrong, and the mismatch.
type Wrong = (&'static str, Box<Mismatch>);

fn fails(model: &Model, vectors: &[&Vector], rules: &Rules, records: bool) -> Option<Wrong> {
    let play = |name, play: Play<'_>| {
        play_recorded(model, &play, records, &mut |_| ()).map_err(|mismatch| (name, mismatch))
    };
    match &rules.ways {
        Ways::All => play_all(model, vectors, rules.seed, records, &mut |_, _| ()).err(),
        Ways::FirstStalls(kinds) => Plays::new(model, vectors, rules.seed, play).under_stalls(*kinds).err(),
        Ways::Planned(plan) => {
            play(super::PLANNED_WAY, Play { plan: plan.clone(), ..model.flowing(vectors) }).err()
        }
    }
}

fn shortest(model: &Model, members: &[&Vector], rules: &Rules, among: Wrong) -> Option<Failed> {
    let mut by_length = members.to_vec();
    by_length.sort_by_key(|vector| vector.events.len());
    let fails_alone = |vector: &&&Vector| fails(model, &[**vector], rules, false).is_some();
    for vector in &by_length {
        if let Some((stalls, mismatch)) = fails(model, &[vector], rules, true) {
            let first = members.iter().find(fails_alone).map_or(&vector.id, |first| &first.id).clone();
            return Some(Failed { vector: (*vector).clone(), among: Vec::new(), first, stalls, mismatch });
        }
    }
    among_all(members, among)
}

/// The failure of vectors that fail when they are played together.
fn among_all(members: &[&Vector], (stalls, mismatch): Wrong) -> Option<Failed> {
    let failing = members.iter().min_by_key(|vector| (vector.id != mismatch.vector, vector.events.len()))?;
    let all = members.iter().map(|vector| (*vector).clone()).collect();
    Some(Failed { vector: (*failing).clone(), among: all, first: failing.id.clone(), stalls, mismatch })
}
