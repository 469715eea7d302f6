//! The requests of a vector, in order.

use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::cores::Direction;
use crate::cycle::Request;
use crate::vectors::Vector;

/// The requests of a vector in the order in which they are asked: SLICE, and for a decoder a START before, between or after the LOADs that
/// follow, at a place picked by the length of the slice. Then come the events, with their STARTs moved in the same way. LOADs are among
/// them whether they are sent to the core or not, because the oracle needs them.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests<'a> {
    events: &'a [Event],
    next: usize,
    has_begun: bool,
    sends_loads: bool,
    /// Contexts that the vector uses before it loads them. They are loaded first, since a core's memory can hold anything, and the oracle
    /// begins with state 0.
    implied: Vec<CtxIdx>,
    starts: bool,
    /// How many LOADs come before the next START.
    start_after: Option<usize>,
    /// The length of the slice, which picks the place of a START.
    length: usize,
}

impl<'a> Requests<'a> {
    pub(super) fn new(direction: Direction, vector: &'a Vector, sends_loads: bool) -> Requests<'a> {
        Requests {
            events: &vector.events,
            next: 0,
            has_begun: false,
            sends_loads,
            implied: if sends_loads { implied(&vector.events) } else { Vec::new() },
            starts: direction == Direction::Decoder,
            start_after: None,
            length: vector.bytes.len(),
        }
    }

    fn plan_start(&mut self) {
        let is_load = |event: &&Event| matches!(event, Event::Load { .. });
        let loads =
            if self.sends_loads { self.events[self.next..].iter().take_while(is_load).count() } else { 0 };
        self.start_after = self.starts.then_some(self.length % (self.implied.len() + loads + 1));
    }

    fn load(&mut self, event: Event) -> Request {
        self.start_after = self.start_after.map(|loads| loads.saturating_sub(1));
        Request::Event(event)
    }
}

/// The contexts that are used before they are loaded.
fn implied(events: &[Event]) -> Vec<CtxIdx> {
    let mut known = [false; CONTEXTS];
    let used = events.iter().filter_map(|event| match *event {
        Event::Context { ctx, .. } => (!std::mem::replace(&mut known[ctx.get()], true)).then_some(ctx),
        Event::Load { ctx, .. } => {
            known[ctx.get()] = true;
            None
        }
        _ => None,
    });
    used.collect()
}

impl Iterator for Requests<'_> {
    type Item = Request;

    #[inline]
    fn next(&mut self) -> Option<Request> {
        if !self.has_begun {
            if self.length == 0 && self.events.is_empty() {
                return None;
            }
            self.has_begun = true;
            self.plan_start();
            return Some(Request::Slice);
        }
        loop {
            if self.start_after == Some(0) {
                self.start_after = None;
                return Some(Request::START);
            }
            if let Some(ctx) = self.implied.pop() {
                return Some(self.load(Event::Load { ctx, model: ContextModel::default() }));
            }
            let &event = self.events.get(self.next)?;
            self.next += 1;
            match event {
                Event::Start => self.plan_start(),
                Event::Load { .. } => return Some(self.load(event)),
                _ => return Some(Request::Event(event)),
            }
        }
    }
}
