//! The device that the player plays to, and the observer that watches it.

use silicabac_sim::Stopped;

use crate::cores::Direction;
use crate::cosim::{Difference, Waves, script::Asked};
use crate::cycle::{Field, Inputs, Outputs};
use crate::fit::Can;

/// What vectors can be played to: a core, or a twin in place of one.
pub(in crate::cosim) trait Device {
    /// The sizes of its ports and what it can be asked for.
    fn form(&self) -> Form;

    /// One clock.
    fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped>;

    /// Its outputs in the last clock. Lanes that it does not have are left unchanged.
    fn outputs(&self, outputs: &mut Outputs);

    /// Words that begin with its packed registers in the last clock.
    fn debug(&self) -> &[u32];

    /// The number of clocks so far.
    fn clocks(&self) -> u64;

    /// The waveform of the last clocks, and of some more clocks with the same inputs; `observed` says whether the observer has seen the
    /// last clock.
    fn waves<O: Observer>(&mut self, observer: &mut O, inputs: &Inputs, observed: bool) -> Waves;
}

/// The sizes of a core's ports and what it can be asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::cosim) struct Form {
    pub(in crate::cosim) direction: Direction,
    /// What the core can be asked for.
    pub(in crate::cosim) can: Can,
    /// How many requests it takes at once, at most.
    pub(in crate::cosim) lanes: usize,
    /// How many bypass bins a lane without other requests can have, at most. It is 0 if the core has no `req_run`, so that each bypass bin
    /// takes a lane.
    pub(in crate::cosim) run: usize,
    /// How many bytes an encoder gives at once, at most.
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

/// Watches every clock. Methods that an observer does not define cost nothing.
pub(in crate::cosim) trait Observer {
    /// Whether it must know the contents of the context memory, which no reset clears.
    const FILLS_CONTEXTS: bool = false;

    /// A clock passes in which nothing is compared.
    fn follow(&mut self, _inputs: &Inputs) {}

    /// The core takes a request in the clock that the observer is shown next.
    #[inline(always)]
    fn take(&mut self, _asked: &Asked) {}

    /// In the last clock that was shown, the core gave a byte or an answer that the request of this number decides.
    #[inline(always)]
    fn gives(&mut self, _request: u64) {}

    /// A reset has dropped everything that was pending; this many requests have been taken.
    fn drop_all(&mut self, _taken: u64) {}

    /// A clock, with what the core showed in it: its outputs, and words that begin with its packed registers.
    #[inline(always)]
    fn clock(&mut self, _inputs: &Inputs, _outputs: &Outputs, _debug: &[u32]) -> Result<(), Wrong> {
        Ok(())
    }

    /// What a twin showed in the last clock: outputs and packed registers.
    fn shown(&self) -> Option<(Outputs, Vec<u32>)> {
        None
    }

    /// The registers that the core packs.
    fn registers() -> &'static [Field] {
        &[]
    }
}

/// An observer that sees nothing: only the transactions of the core are known.
impl Observer for () {}

/// What is wrong, and the request to which it is attributed.
pub(in crate::cosim) struct Wrong {
    pub(in crate::cosim) blame: Blame,
    pub(in crate::cosim) difference: Difference,
}

/// The request to which a mismatch is attributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cosim) enum Blame {
    /// The request that waits, or the newest one if none waits.
    Offered,
    /// A request that was taken, by its number.
    Request(u64),
}
