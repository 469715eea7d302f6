//! The newest requests that a core took, to show before a mismatch.

use std::collections::VecDeque;

use crate::context::CONTEXTS;
use crate::cycle::Request;

/// The newest requests, the last taken at the back.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Taken>);

#[derive(Clone, Copy, Debug)]
struct Taken {
    vector: usize,
    bin: u64,
    request: Request,
}

/// Eight requests to show, and those that can overtake a bin while its bits wait in a core: every context of
/// the next slice may be loaded meanwhile.
const KEPT: usize = 8 + CONTEXTS + 64;

impl Recent {
    /// A core took a request: that of bin `bin` of the vector, or the one before that bin.
    pub(super) fn push(&mut self, vector: usize, bin: u64, request: Request) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Taken { vector, bin, request });
    }

    /// Forgets the newest ones, which are behind the guilty one.
    pub(super) fn forget(&mut self, newest: usize) {
        self.0.truncate(self.0.len().saturating_sub(newest));
    }

    /// The vector and the bin of the newest.
    pub(super) fn last(&self) -> Option<(usize, u64)> {
        self.0.back().map(|taken| (taken.vector, taken.bin))
    }

    /// The newest and eight before it, loads left out, with the numbers of their bins.
    pub(super) fn shown(&self) -> Vec<(u64, Request)> {
        let is_load =
            |taken: &&Taken| matches!(taken.request, Request::Event(crate::bin::Event::Load { .. }));
        let newest = self.0.iter().rev().filter(|taken| !is_load(taken)).take(9);
        let mut shown: Vec<_> = newest.map(|taken| (taken.bin, taken.request)).collect();
        shown.reverse();
        shown
    }
}
