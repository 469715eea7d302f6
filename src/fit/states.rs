//! How a context variable gets into a state without a LOAD: by bins, from the initial state that a slice header gives it.

use std::{collections::VecDeque, sync::LazyLock};

use crate::context::{Codec, ContextModel, SliceInit, SliceType};

/// The number of states as `pStateIdx | valMPS << 6`, including numbers that are no state.
const STATES: usize = 128;

/// For each state, the number of bins that lead there, and the first of these bins.
type Paths = [(u8, bool); STATES];

/// The paths from each state.
static PATHS: LazyLock<Box<[Paths; STATES]>> = LazyLock::new(|| {
    let mut paths = Box::new([[(u8::MAX, false); STATES]; STATES]);
    for from in models() {
        paths[index(from)] = from_state(from);
    }
    paths
});

fn index(model: ContextModel) -> usize {
    model.bits().into()
}

fn models() -> impl Iterator<Item = ContextModel> {
    (0..STATES as u8).filter_map(ContextModel::from_bits)
}

fn from_state(from: ContextModel) -> Paths {
    let mut paths = [(u8::MAX, false); STATES];
    paths[index(from)] = (0, false);
    let mut reached = VecDeque::from([from]);
    while let Some(model) = reached.pop_front() {
        let (length, first) = paths[index(model)];
        for bin in [false, true] {
            let next = &mut paths[index(model.next(bin))];
            if next.0 == u8::MAX {
                *next = (length + 1, if length == 0 { bin } else { first });
                reached.push_back(model.next(bin));
            }
        }
    }
    paths
}

/// The number of bins that lead from one state to another.
pub(super) fn distance(from: ContextModel, to: ContextModel) -> usize {
    PATHS[index(from)][index(to)].0.into()
}

/// The shortest sequence of bins that leads from one state to another.
pub(super) fn bins(from: ContextModel, to: ContextModel) -> impl Iterator<Item = bool> {
    let mut at = from;
    std::iter::from_fn(move || {
        let (length, bin) = PATHS[index(at)][index(to)];
        at = at.next(bin);
        (length > 0).then_some(bin)
    })
}

/// All headers with different initial states. QPs outside 0 to 51 are left out, since they give no others.
pub(super) fn headers() -> impl Iterator<Item = SliceInit> {
    use {Codec::*, SliceType::*};
    let kinds = [(Avc, I, 1), (Avc, P, 3), (Avc, B, 3), (Hevc, I, 1), (Hevc, P, 2), (Hevc, B, 2)];
    let indices = kinds
        .into_iter()
        .flat_map(|(codec, slice_type, indices)| (0..indices).map(move |index| (codec, slice_type, index)));
    indices.flat_map(|(codec, slice_type, index)| {
        (0..=51).map(move |slice_qp_y| SliceInit { codec, slice_type, slice_qp_y, index })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_reached_from_every_other_by_the_bins_that_are_said() {
        for from in models() {
            for to in models() {
                let (mut at, mut count) = (from, 0);
                for bin in bins(from, to) {
                    (at, count) = (at.next(bin), count + 1);
                }
                assert_eq!((at, count), (to, distance(from, to)), "from {from:?}");
                assert!(count < 80);
            }
        }
    }
}
