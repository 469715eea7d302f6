//! Every possible context bin: each state, valMPS and bin in each of the 251 ranges.
//!
//! The vectors are a walk through a graph whose nodes are the ranges. A bin is an edge: its state, and whether it is the more probable
//! symbol, determine to which range it leads. Few edges lead to the odd ranges near 510, and as many lead from them as from all others, so
//! the walk prefers bins that lead to the ranges with the most bins left. It has 1.49 times as many bins as there are; no walk has fewer
//! than 1.46 times as many.
//! shorter than 1.46 times.

use super::builder::{Builder, next_range};
use crate::context::ContextModel;
use crate::tables::ranges;
use crate::vectors::{Flag, Vector};

/// The most bins of a slice, apart from those of a last detour.
const BINS: usize = 1_990;
/// How many contexts take turns. With more of them a context in the wanted state is more often there, and need not be loaded.
const CONTEXTS: usize = 100;

/// All vectors of this file.
pub fn vectors() -> Vec<Vector> {
    let mut left = Left::all();
    (0..).map_while(|number| (left.bins > 0).then(|| slice(number, &mut left))).collect()
}

fn slice(number: u32, left: &mut Left) -> Vector {
    let mut walk = Walk::new(number);
    let before = left.bins;
    while left.bins > 0 && walk.builder.bins() < BINS {
        walk.step(left);
    }
    let comment = format!(
        "{} context bins, each of a state, valMPS, bin and range that none before has together",
        before - left.bins
    );
    walk.builder.into_vector(format!("cross-{number}"), comment, &[Flag::Cross])
}

/// The bins that have not been coded yet.
struct Left {
    /// For each range, whether each edge is left, by the number of the edge.
    edges: Vec<[bool; 256]>,
    /// For each range, the range that each edge leads to.
    next: Vec<[u16; 256]>,
    /// For each range, how many edges are left.
    of_range: Vec<usize>,
    bins: usize,
}

impl Left {
    fn all() -> Left {
        let mut left = Left {
            edges: vec![[false; 256]; 512],
            next: vec![[0; 256]; 512],
            of_range: vec![0; 512],
            bins: 0,
        };
        for (range, (model, bin)) in ranges().flat_map(|range| edges().map(move |edge| (range, edge))) {
            left.edges[range as usize][number(model, bin)] = true;
            left.next[range as usize][number(model, bin)] = next_range(range, model, bin) as u16;
            left.of_range[range as usize] += 1;
            left.bins += 1;
        }
        left
    }

    fn of_range(&self, range: u32) -> usize {
        self.of_range[range as usize]
    }

    fn take(&mut self, range: u32, (model, bin): Edge) {
        let left = std::mem::take(&mut self.edges[range as usize][number(model, bin)]);
        self.of_range[range as usize] -= usize::from(left);
        self.bins -= usize::from(left);
    }
}

/// A context bin.
type Edge = (ContextModel, bool);

fn edges() -> impl Iterator<Item = Edge> {
    (0..=127).filter_map(ContextModel::from_bits).flat_map(|model| [(model, false), (model, true)])
}

fn number(model: ContextModel, bin: bool) -> usize {
    usize::from(model.bits()) << 1 | usize::from(bin)
}

/// The edge with this number, if there is one.
fn edge(number: usize) -> Option<Edge> {
    Some((ContextModel::from_bits((number >> 1) as u8)?, number & 1 == 1))
}

struct Walk {
    builder: Builder,
    /// For each context the number of bins at its last use; 0 if it has not been used.
    used: [usize; CONTEXTS],
}

impl Walk {
    fn new(number: u32) -> Walk {
        Walk { builder: Builder::new(number.into()), used: [0; CONTEXTS] }
    }

    /// Adds a bin that is left in this range, or else one that leads to a range where some are.
    fn step(&mut self, left: &mut Left) {
        let range = self.builder.range();
        let held = self.held();
        let is_done = left.of_range(range) == 0;
        let (is_left, next) = (&left.edges[range as usize], &left.next[range as usize]);
        let worth = |&edge: &usize| {
            let next = left.of_range(next[edge].into());
            (next > 0, held[edge >> 1].is_some(), next)
        };
        let best = (0..256).filter(|&edge| is_done || is_left[edge]).max_by_key(worth);
        let Some((model, bin)) = best.filter(|edge| !is_done || worth(edge).0).and_then(edge) else {
            let most = ranges().map(|range| left.of_range(range)).max();
            return self.builder.reach_range(|range| Some(left.of_range(range)) == most);
        };
        left.take(range, (model, bin));
        let ctx = held[usize::from(model.bits())].unwrap_or_else(|| self.load(model, &held));
        self.builder.context(ctx, bin);
        self.used[usize::from(ctx)] = self.builder.bins();
    }

    /// For each state, by its bits, a context that is in it.
    fn held(&self) -> [Option<u16>; 128] {
        let mut held = [None; 128];
        for ctx in (0..CONTEXTS as u16).filter(|&ctx| self.used[usize::from(ctx)] > 0) {
            held[usize::from(self.builder.model(ctx).bits())] = Some(ctx);
        }
        held
    }

    /// Loads the state into a context that has not been used for long, preferably one whose state another context is in, too.
    fn load(&mut self, model: ContextModel, held: &[Option<u16>; 128]) -> u16 {
        let waits = |&ctx: &u16| {
            let own = held[usize::from(self.builder.model(ctx).bits())];
            (own == Some(ctx), self.used[usize::from(ctx)])
        };
        let ctx = (0..CONTEXTS as u16).min_by_key(waits).unwrap_or(0);
        self.builder.load(ctx, model.p_state_idx(), model.val_mps());
        ctx
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bin::{BinCoder, Encode, Event};
    use crate::spec;

    #[test]
    fn every_bin_is_coded_in_every_state_and_range() {
        let mut coded = BTreeSet::new();
        let vectors = vectors();
        for vector in &vectors {
            let mut encoder = spec::Encoder::new();
            for &event in &vector.events {
                if let Event::Context { ctx, bin } = event {
                    coded.insert((encoder.cod_i_range(), encoder.save(ctx).bits(), bin));
                }
                let _ = encoder.play(&[event]);
            }
        }
        assert_eq!(coded.len(), 63 * 251 * 2 * 2);
        let bins: Vec<usize> = vectors.iter().map(Vector::bins).collect();
        // Slices are short enough for a slow simulator, and too long for the smoke test.
        assert!(bins.iter().all(|bins| (301..=2_000).contains(bins)), "{bins:?}");
        assert!(bins.iter().sum::<usize>() < 96_000);
    }
}
