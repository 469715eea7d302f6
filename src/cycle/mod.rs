//! Coders with a clock, in Rust: what the twins of the cores (`src/cores/`) and their Verilog have in common. A twin has the
//! same registers under the same names and the same logic between them.
//!
//! Nothing with a clock pretends to be a function call: a core is given the inputs of one clock and answers
//! with what it shows in that clock. Twin and Verilog implement the same trait, so that a judge can drive them
//! side by side and compare everything.

pub(crate) mod fields;
mod request;

use crate::tables::{TRANS_IDX_LPS, TRANS_IDX_MPS};
pub use fields::{Field, Fields};
pub use request::{Request, RequestFields, kind};

/// A core with a clock.
pub trait Core {
    /// The input ports, clock excepted.
    type Inputs: Fields;
    /// The output ports, `debug` excepted.
    type Outputs: Fields;
    /// What the port `debug` shows, from its highest bit down.
    type Registers: Fields;

    /// One clock: writes to `row` what the core shows before the rising edge, given these inputs.
    ///
    /// # Errors
    /// [`Stopped`]: Verilog can end a simulation by itself. A twin cannot.
    fn clock(&mut self, inputs: &Self::Inputs, row: &mut RowOf<Self>) -> Result<(), Stopped>;
}

/// A core that is only lent.
impl<C: Core> Core for &mut C {
    type Inputs = C::Inputs;
    type Outputs = C::Outputs;
    type Registers = C::Registers;

    #[inline]
    fn clock(&mut self, inputs: &C::Inputs, row: &mut RowOf<C>) -> Result<(), Stopped> {
        (**self).clock(inputs, row)
    }
}

/// What a core shows in one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row<O, R> {
    /// The output ports.
    pub outputs: O,
    /// The registers, and the write to the context memory.
    pub registers: R,
}

/// What a core of this kind shows in one clock.
pub type RowOf<C> = Row<<C as Core>::Outputs, <C as Core>::Registers>;

/// A core has ended its simulation by itself, with these words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stopped(pub String);

/// cabac_transition: the next state of a context variable.
pub(crate) fn transition(model: u32, bin: u32) -> u32 {
    let (state, val_mps) = (model as usize & 63, model >> 6);
    if bin == val_mps {
        u32::from(TRANS_IDX_MPS[state]) | val_mps << 6
    } else {
        u32::from(TRANS_IDX_LPS[state]) | (val_mps ^ u32::from(state == 0)) << 6
    }
}
