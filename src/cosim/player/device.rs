//! What the player plays to, and what watches it.

use silicabac_sim::Stopped;

use crate::cores::Direction;
use crate::cosim::{Fault, Waves, script::Asked};
use crate::cycle::{Field, Inputs, Outputs};
use crate::fit::Can;

/// A core that can be played to.
pub(in crate::cosim) trait Device {
    /// What its ports are like.
    fn form(&self) -> Form;

    /// One clock.
    fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped>;

    /// What it showed in the last clock; lanes that it does not have stay as they are.
    fn outputs(&self, outputs: &mut Outputs);

    /// Words that begin with its packed registers in the last clock.
    fn debug(&self) -> &[u32];

    /// How many clocks there were.
    fn clocks(&self) -> u64;

    /// The clocks up to the last one, and some more with the same inputs; `observed` if the observer has seen the last.
    fn waves<O: Observer>(&mut self, observer: &mut O, inputs: &Inputs, observed: bool) -> Waves;
}

/// What the ports of a core are like.
#[derive(Clone, Copy, Debug)]
pub(in crate::cosim) struct Form {
    pub(in crate::cosim) direction: Direction,
    /// What the core can be asked for.
    pub(in crate::cosim) can: Can,
    /// How many requests it takes at once.
    pub(in crate::cosim) lanes: usize,
    /// How many bypass bins a lane of nothing else has, at the most; 0 if it has no `req_run`, and a bypass bin a lane of its own.
    pub(in crate::cosim) run: usize,
    /// How many bytes an encoder gives at once.
    pub(in crate::cosim) bytes: usize,
    /// Whether it has `out_ready` or `rsp_ready`.
    pub(in crate::cosim) can_be_blocked: bool,
    /// Whether it has `out_count` or `rsp_count`.
    pub(in crate::cosim) shows_count: bool,
    /// Whether it has `out_last`.
    pub(in crate::cosim) shows_last: bool,
    /// Whether it has `rsp_error`.
    pub(in crate::cosim) shows_error: bool,
    /// Whether it has `rsp_bits`.
    pub(in crate::cosim) shows_bits: bool,
}

/// What watches every clock. What it does not say costs nothing.
pub(in crate::cosim) trait Observer {
    /// Whether it must know what the context memory holds, which no reset clears.
    const FILLS_CONTEXTS: bool = false;

    /// A clock passes in which nothing is compared.
    fn follow(&mut self, _inputs: &Inputs) {}

    /// The core takes a request in the clock that is shown next.
    #[inline(always)]
    fn take(&mut self, _asked: &Asked) {}

    /// In the clock that was shown last a byte or an answer was given, which the request of this number has decided.
    #[inline(always)]
    fn gives(&mut self, _request: u64) {}

    /// A reset has dropped all that was under way; so many requests have been taken.
    fn drop_all(&mut self, _taken: u64) {}

    /// A clock, and what the core showed in it: its outputs, and words that begin with its packed registers.
    #[inline(always)]
    fn clock(&mut self, _inputs: &Inputs, _outputs: &Outputs, _debug: &[u32]) -> Result<(), Wrong> {
        Ok(())
    }

    /// What a twin showed in the last clock: outputs, and packed registers.
    fn shown(&self) -> Option<(Outputs, Vec<u32>)> {
        None
    }

    /// The registers that the core packs.
    fn registers() -> &'static [Field] {
        &[]
    }
}

/// Nobody watches: all that is known of the core are its transactions.
impl Observer for () {}

/// What is wrong, and with which request.
pub(in crate::cosim) struct Wrong {
    pub(in crate::cosim) guilty: Guilty,
    pub(in crate::cosim) fault: Fault,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cosim) enum Guilty {
    /// The one that waits, or the newest if none does.
    Offered,
    /// One that was taken, by its number.
    Request(u64),
}
