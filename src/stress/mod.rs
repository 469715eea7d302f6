//! Sources of vectors that are made up. Each file is for a class of bugs that real cores have had, and reaches it by construction; one file
//! makes random slices.
//!
//! A slice loads every context that it uses and ends with a terminate bin of 1; [`damage`] has slices that no encoder makes.

pub mod bits;
mod builder;
pub mod contexts;
pub mod cross;
pub mod damage;
mod decided;
mod deep;
pub mod engine_runs;
mod flushes;
mod headers;
pub mod initial;
mod lanes;
pub mod limits;
pub mod outstanding;
pub mod random;
mod transactions;

use std::collections::BTreeMap;

use crate::vectors::{Flag, Vector};

/// All vectors that are made for a certain bug and that an encoder can make.
pub fn directed() -> Vec<Vector> {
    let bits = [bits::vectors(), contexts::vectors(), cross::vectors(), initial::vectors()].concat();
    [outstanding::vectors(), bits, engine_runs::vectors(), vec![lanes::bypass_words()]].concat()
}

/// A few vectors of every class, good and bad ones: thousands of bins, for a slow simulator.
pub fn smoke() -> Vec<Vector> {
    let mut all = [directed(), random::vectors(1), damage::vectors()].concat();
    all.retain(|vector| vector.bins() <= 300);
    let mut classes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, vector) in all.iter().enumerate() {
        classes.entry(vector.class()).or_default().push(i);
    }
    let few = classes.values().flat_map(|class| evenly(class, PER_CLASS));
    // Each entry of a table has only one vector, so all of these are taken.
    let tables = (0..all.len()).filter(|&i| all[i].flags.contains(&Flag::Transition));
    let mut picked: Vec<usize> = few.chain(tables).collect();
    picked.sort_unstable();
    picked.dedup();
    picked.into_iter().map(|i| all[i].clone()).collect()
}

/// How many vectors of a class the smoke test has.
const PER_CLASS: usize = 8;

/// At most `count` items, evenly spread from the first to the last.
fn evenly(items: &[usize], count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(items.len());
    (0..count).map(move |i| items[i * (items.len() - 1) / (count - 1).max(1)])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::vectors::check_requests;

    #[test]
    fn ids_are_unique_every_flag_is_used_and_files_of_vectors_can_be_read_again() {
        let all =
            [directed(), damage::vectors(), random::vectors(1), limits::vectors(), limits::long()].concat();
        for vector in &all {
            assert_eq!(check_requests(&vector.events, vector.decode_only), Ok(()), "{}", vector.id);
        }
        let ids: BTreeSet<_> = all.iter().map(|vector| &vector.id).collect();
        assert_eq!(ids.len(), all.len());
        let used: BTreeSet<_> = all.iter().flat_map(|vector| vector.flags.iter().copied()).collect();
        let unused: Vec<_> = Flag::ALL.iter().filter(|flag| !used.contains(flag)).collect();
        assert_eq!(unused, [&Flag::Recorded], "recorded slices are no stress");
        assert!(all.iter().all(|vector| !vector.flags.is_empty()));
    }

    #[test]
    fn smoke_has_every_class_and_few_bins() {
        let smoke = smoke();
        let classes: BTreeSet<_> = smoke.iter().map(Vector::class).collect();
        for vector in [directed(), damage::vectors()].concat().iter().filter(|vector| vector.bins() <= 300) {
            assert!(classes.contains(&vector.class()), "{}", vector.id);
        }
        let bins: usize = smoke.iter().map(Vector::bins).sum();
        assert!((3_000..30_000).contains(&bins), "{bins}");
    }
}
