//! Which requests form a transaction: each lane has one request, and bypass bins after it if the core takes them.

use super::{Asked, Script};
use crate::bin::Event;
use crate::cycle::{LANES, Request};

/// How much fits into a transaction.
#[derive(Clone, Copy, Debug)]
pub(in crate::cosim) struct Room {
    pub(in crate::cosim) lanes: usize,
    /// How many bypass bins a lane without other requests can have, at most.
    pub(in crate::cosim) alone: usize,
    /// How many bypass bins can follow another bin in its lane.
    pub(in crate::cosim) after: usize,
    /// Whether requests of all kinds share a transaction, as [`Can::groups`](crate::fit::Can::groups) says.
    pub(in crate::cosim) groups: bool,
}

/// A transaction: some of the next requests.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cosim) struct Transaction {
    /// The number of requests.
    pub(in crate::cosim) requests: usize,
    sizes: [u8; LANES],
    lanes: usize,
}

impl Transaction {
    /// The number of requests in each lane.
    pub(in crate::cosim) fn lanes(&self) -> &[u8] {
        &self.sizes[..self.lanes]
    }

    /// Only its first lanes.
    pub(in crate::cosim) fn cut(mut self, lanes: usize) -> Transaction {
        self.lanes = lanes;
        self.requests = self.lanes().iter().map(|&size| usize::from(size)).sum();
        self
    }

    fn push(&mut self, size: usize) {
        self.sizes[self.lanes] = size as u8;
        self.lanes += 1;
        self.requests += size;
    }
}

impl Room {
    /// Whether a request can come after others in a transaction.
    fn joins(&self, asked: &Asked) -> bool {
        match asked.request {
            Request::Slice => false,
            request => self.groups || request.is_bin(),
        }
    }

    /// Whether a request ends its transaction. Bins share a transaction up to a terminate bin, because the terminate bin decides whether
    /// anything comes after it.
    fn ends(&self, asked: &Asked) -> bool {
        match asked.request {
            Request::Event(Event::Terminate { bin }) => bin || !self.groups,
            _ => !self.joins(asked),
        }
    }

    /// How many bypass bins can follow a request in its lane.
    fn after(&self, asked: &Asked) -> usize {
        match asked.request {
            Request::Event(Event::Bypass { .. }) => self.alone - 1,
            Request::Event(Event::Context { .. } | Event::Terminate { .. } | Event::Align)
                if !self.ends(asked) =>
            {
                self.after
            }
            _ => 0,
        }
    }
}

impl Script<'_> {
    /// As many of the next requests as there is room for.
    #[inline]
    pub(in crate::cosim) fn transaction(&mut self, room: Room) -> Transaction {
        let mut transaction = Transaction::default();
        while transaction.lanes < room.lanes {
            let first = transaction.requests;
            let Some(&asked) = self.next(first) else { break };
            if first > 0 && !room.joins(&asked) {
                break;
            }
            transaction.push(1 + self.bypasses(first + 1, room.after(&asked)));
            if room.ends(&asked) {
                break;
            }
        }
        transaction
    }

    /// How many bypass bins come after this many requests, up to `most`.
    fn bypasses(&mut self, after: usize, most: usize) -> usize {
        let is_bypass = |asked: &Asked| matches!(asked.request, Request::Event(Event::Bypass { .. }));
        (0..most).take_while(|&bypass| self.next(after + bypass).is_some_and(is_bypass)).count()
    }
}
