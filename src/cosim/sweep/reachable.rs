//! The register values that an engine can have between two requests, found by a breadth-first search with the oracle.

use std::collections::VecDeque;

use crate::bin::{BinCoder, Encode};
use crate::context::{ContextModel, CtxIdx};
use crate::spec;

/// Every pair of codILow and codIRange that an encoder can reach; `aligned` says whether the stream has bypass alignments.
pub fn low_and_range(aligned: bool) -> Vec<(u16, u16)> {
    let mut encoder = spec::Encoder::new();
    search(
        (0, 510),
        1 << 19,
        |(low, range)| usize::from(low) << 9 | usize::from(range),
        |&(low, range), see| {
            each_move(&mut encoder, (low, range), aligned, |encoder| {
                see((encoder.cod_i_low_10() as u16, encoder.cod_i_range() as u16));
            });
        },
    )
}

/// Every codIRange. An encoder and its decoder have the same, and it does not depend on codILow.
pub fn ranges() -> Vec<u16> {
    let mut encoder = spec::Encoder::new();
    search(510, 1 << 9, usize::from, |&range, see| {
        each_move(&mut encoder, (0, range), true, |encoder| see(encoder.cod_i_range() as u16));
    })
}

/// Every pair of codIOffset and codIRange of a decoder. The offset can be any value below the range.
pub fn offset_and_range() -> Vec<(u16, u16)> {
    ranges().into_iter().flat_map(|range| (0..range).map(move |offset| (offset, range))).collect()
}

/// Takes an encoder from these register values through every request that does not end its engine run. The registers do not depend on which
/// bin is the MPS.
fn each_move(
    encoder: &mut spec::Encoder,
    (low, range): (u16, u16),
    aligned: bool,
    mut see: impl FnMut(&spec::Encoder),
) {
    let mut go = |request: &dyn Fn(&mut spec::Encoder)| {
        encoder.preset(low.into(), range.into(), 0, false);
        request(encoder);
        see(encoder);
    };
    for model in models().filter(|model| !model.val_mps()) {
        for bin in [false, true] {
            go(&|encoder| {
                encoder.load(CtxIdx::default(), model);
                encoder.context(CtxIdx::default(), bin);
            });
        }
    }
    go(&|encoder| {
        encoder.bypass(false);
    });
    go(&|encoder| {
        encoder.bypass(true);
    });
    go(&|encoder| {
        encoder.terminate(false);
    });
    if aligned {
        go(&|encoder| encoder.align());
    }
}

/// Every possible state of a context variable.
pub(crate) fn models() -> impl Iterator<Item = ContextModel> + Clone {
    (0..128).filter_map(ContextModel::from_bits)
}

/// Everything that can be reached from `start`, in the order in which it is found.
fn search<T: Copy>(
    start: T,
    numbers: usize,
    number: impl Fn(T) -> usize,
    mut moves: impl FnMut(&T, &mut dyn FnMut(T)),
) -> Vec<T> {
    let mut known = vec![false; numbers];
    known[number(start)] = true;
    let (mut found, mut to_visit) = (vec![start], VecDeque::from([start]));
    while let Some(from) = to_visit.pop_front() {
        moves(&from, &mut |to| {
            if !std::mem::replace(&mut known[number(to)], true) {
                found.push(to);
                to_visit.push_back(to);
            }
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_points_follow_from_the_tables() {
        let models = models().count();
        assert_eq!(models, 63 * 2);
        let ranges = ranges();
        assert_eq!(ranges.len(), 251);
        assert!([503, 505, 507, 509].iter().all(|odd| !ranges.contains(odd)));
        let offsets = offset_and_range().len();
        assert_eq!((offsets, offsets * models), (95_641, 12_050_766));
        let unaligned = low_and_range(false);
        assert_eq!((unaligned.len(), unaligned.len() * models * 2), (151_031, 38_059_812));
        let aligned = low_and_range(true);
        assert_eq!((aligned.len(), aligned.len() * models * 2), (151_036, 38_061_072));
        let mut of_pairs: Vec<_> = aligned.iter().map(|(_, range)| *range).collect();
        of_pairs.sort_unstable();
        of_pairs.dedup();
        let mut alone = ranges.clone();
        alone.sort_unstable();
        assert_eq!(of_pairs, alone);
    }
}
