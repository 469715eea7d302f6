//! What a twin tells about itself, so that a judge can compare it with a core, and both with the standard.

use super::{Fields, Inputs, Outputs};

/// A core in Rust: the same ports, and registers of the same names that hold the same values in every clock.
///
/// Its requests pass *steps*, one after the other. A twin counts how many requests have passed each step. By that a judge knows to which
/// request a register belongs, and when the standard's registers must be those of the oracle after that request.
pub trait Twin: Default {
    /// What the port `debug` shows, from its highest bit down.
    type Registers: Fields;

    /// How many requests it takes at once.
    const LANES: usize = 1;

    /// How many bypass bins a lane without other bins can have, at the most; 0 if each bypass bin has a lane of its own.
    const RUN: usize = 0;

    /// How many bytes an encoder gives at once, at the most.
    const BYTES: usize = 1;

    /// The names of its steps, in order. A request has passed the first step when it is taken.
    const STEPS: &'static [&'static str];

    /// The last step after which [`shows`](Self::shows) shows anything.
    const LAST_SHOWN: usize;

    /// One clock: what the core shows before the rising edge, given these inputs.
    fn clock(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Self::Registers);

    /// How many requests have passed a step since the core was made; requests that a reset dropped count as passed.
    fn passed(&self, step: usize) -> u64;

    /// What a register or output of this name belongs to. A judge reports an unknown name as an error.
    fn owner(name: &str) -> Option<Owner>;

    /// Shows the standard's registers after a request has passed a step; `shown` is what the core showed before the clock edge at which it
    /// did.
    fn shows(&self, step: usize, shown: &Self::Registers, see: impl FnMut(Quantity, u32));
}

/// What a register or output belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The request on the ports.
    Offered,
    /// The newest request that has passed this step.
    Step(usize),
}

/// A register of the standard, or what a request does to a context variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// codIRange.
    CodIRange,
    /// codILow, ten bits.
    CodILow,
    /// bitsOutstanding.
    BitsOutstanding,
    /// firstBitFlag.
    FirstBitFlag,
    /// codIOffset.
    CodIOffset,
    /// The update of a context variable, as [`update`] has it; 0 without one.
    Update,
    /// The state of the context variable before the update.
    Replaced,
}

/// An update of a context variable as one number: that there is one, its ctxIdx, and its new state.
pub const fn update(ctx_idx: u32, model: u32) -> u32 {
    1 << 17 | ctx_idx << 7 | model
}

impl Quantity {
    /// Its name in the standard, or what it is.
    pub const fn name(self) -> &'static str {
        match self {
            Quantity::CodIRange => "codIRange",
            Quantity::CodILow => "codILow",
            Quantity::BitsOutstanding => "bitsOutstanding",
            Quantity::FirstBitFlag => "firstBitFlag",
            Quantity::CodIOffset => "codIOffset",
            Quantity::Update => "the update of a context variable",
            Quantity::Replaced => "the state of the context variable before it",
        }
    }

    /// A value of it in words.
    pub fn show(self, value: u32) -> String {
        let state = |bits: u32| format!("state {} and valMPS {}", bits & 63, bits >> 6 & 1);
        match self {
            Quantity::Update if value == 0 => "none".to_owned(),
            Quantity::Update => format!("ctxIdx {} to {}", value >> 7 & 1023, state(value)),
            Quantity::Replaced => state(value),
            _ => value.to_string(),
        }
    }
}

/// The registers and outputs of which a twin does not say to what they belong.
#[cfg(test)]
pub(crate) fn unowned<T: Twin>() -> impl Iterator<Item = &'static str> {
    let all = T::Registers::FIELDS.iter().chain(Outputs::FIELDS).map(|field| field.name);
    all.filter(|name| T::owner(name).is_none())
}
