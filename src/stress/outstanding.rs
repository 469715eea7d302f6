//! Runs of outstanding bits, of any length and any end, by construction.
//!
//! A bit is outstanding while the interval [codILow, codILow + codIRange) straddles the middle, 512. A bypass
//! bin keeps the lower or the upper half of the interval; one of them straddles the middle again, unless the
//! middle is exactly where they meet. With an odd range it never is, so from there a run has no end until
//! another bin is chosen.

use crate::bin::{BinCoder, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::spec;

/// What decides the bits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A carry: all of them become zero.
    Carry,
    /// No carry: all of them stay one.
    NoCarry,
    /// The end of the slice.
    Terminate,
}

/// A slice with a run of at least `length` outstanding bits that ends as `end` says; at most six longer.
pub fn slice(length: u32, end: End) -> Vec<Event> {
    let mut run = Run { encoder: spec::Encoder::new(), events: Vec::new() };
    run.reach_odd_straddling_range();
    while run.encoder.bits_outstanding() < length {
        run.push(Event::Bypass { bin: run.upper_half_straddles() });
    }
    if end != End::Terminate {
        while run.encoder.bits_outstanding() >= length.max(1) {
            run.push(Event::Bypass { bin: end == End::Carry });
        }
    }
    run.push(Event::Terminate { bin: true });
    run.events
}

struct Run {
    encoder: spec::Encoder,
    events: Vec<Event>,
}

impl Run {
    fn push(&mut self, event: Event) {
        let _ = self.encoder.play(&[event]);
        self.events.push(event);
    }

    /// The upper half begins below the middle.
    fn upper_half_straddles(&self) -> bool {
        let (low, range) = self.interval();
        2 * low + range < 1024
    }

    fn straddles(&self) -> bool {
        let (low, range) = self.interval();
        low < 512 && low + range > 512
    }

    fn interval(&self) -> (u32, u32) {
        (self.encoder.cod_i_low_10().into(), self.encoder.cod_i_range())
    }

    /// Alternates the symbols of one context, whose ranges are odd soon, until the middle lies inside.
    fn reach_odd_straddling_range(&mut self) {
        let ctx = CtxIdx::default();
        self.push(Event::Load { ctx, model: ContextModel::default() });
        let mut bin = true;
        while !(self.straddles() && self.encoder.cod_i_range() % 2 == 1) {
            self.push(Event::Context { ctx, bin });
            bin = !bin || self.events.len().is_multiple_of(3);
        }
    }
}
