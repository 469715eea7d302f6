//! What all coders with a clock have in common: the twins of the cores (`src/cores/`) and simulated Verilog. A twin has the same registers
//! as its core, under the same names, and the same logic between them.
//!
//! Nothing with a clock pretends to be a function call: a core is given the inputs of one clock ([`Inputs`]) and answers with what it
//! shows in that clock ([`Outputs`]), whether it is a twin ([`Twin`]) or simulated Verilog.

pub(crate) mod fields;
mod ports;
mod request;
mod twin;

use crate::tables::{TRANS_IDX_LPS, TRANS_IDX_MPS};
pub use fields::{Field, Fields};
pub use ports::{Inputs, LANES, Outputs, error_code};
pub use request::{Request, RequestFields, kind};
#[cfg(test)]
pub(crate) use twin::unowned;
pub use twin::{Owner, Quantity, Twin, update};

/// cabac_transition: the next state of a context variable.
pub(crate) fn transition(model: u32, bin: u32) -> u32 {
    let (state, val_mps) = (model as usize & 63, model >> 6);
    if bin == val_mps {
        u32::from(TRANS_IDX_MPS[state]) | val_mps << 6
    } else {
        u32::from(TRANS_IDX_LPS[state]) | (val_mps ^ u32::from(state == 0)) << 6
    }
}
