//! What is done with a tensor: whether it is a network's weights at all, and if so which step its levels have.
//!
//! Invariant: precision is lost only where that was asked for. A tensor that is no weights, by its name (`names`) or by its values
//! (`spread`), is kept as it is; where [`Step::Bits`] would make nearly all of a tensor zero, another step is taken, and a [`Note`] says so. Of a
//! tensor's values no more is kept than how many there are of each size, so that memory does not depend on its length.

mod names;
mod note;
mod spread;

use glob::Pattern;

use super::compress::{Options, Quantizer, Step};
use super::model::{TensorInfo, Type};
use names::no_weights;

pub use note::{Kept, Note};
pub(super) use spread::{Before, Spread};

/// An exception for the tensors with some names.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Which tensors: `*` is any text, `?` any character, `[ab]` one of some.
    pub names: Pattern,
    /// What is done to them.
    pub what: Treatment,
}

/// What is done to a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Treatment {
    /// It is kept as it is.
    Keep,
    /// Its largest absolute value has the largest level of this many bits.
    Bits(u8),
    /// Its levels are chosen by this quantiser.
    Quantizer(Quantizer),
}

/// A tensor with one dimension above 1 is quantised if it has this many elements: more than any bias or normalisation has.
const FLAT: u64 = 1 << 16;

/// What is to be done to a tensor, by its name, type and shape alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wish {
    /// It is kept, for a reason that needs no note.
    Keep,
    /// It is kept, since its name says so.
    KeepForName(&'static str),
    /// Its step and its levels.
    Levels {
        step: Step,
        quantizer: Quantizer,
        /// Whether a rule names this tensor.
        has_rule: bool,
    },
}

impl Options {
    /// What the options ask for a tensor.
    pub(super) fn wish(&self, info: &TensorInfo, size: u64) -> Wish {
        let is_flat = info.shape.iter().filter(|size| **size > 1).count() < 2;
        let is_small = size < self.smallest || is_flat && size < FLAT;
        let (mut step, mut quantizer, mut has_rule) = (self.step, self.quantizer, false);
        if let (true, Some(bits)) = (is_small, self.small_bits) {
            (step, quantizer) = (Step::Bits(bits), Quantizer::Nearest);
        }
        for rule in self.rules.iter().filter(|rule| rule.names.matches(&info.name)) {
            match rule.what {
                Treatment::Keep => return Wish::Keep,
                Treatment::Bits(bits) => step = Step::Bits(bits),
                Treatment::Quantizer(of) => quantizer = of,
            }
            has_rule = true;
        }
        match no_weights(&info.name) {
            _ if info.element == Type::Other || size == 0 => Wish::Keep,
            _ if has_rule => Wish::Levels { step, quantizer, has_rule },
            _ if is_small && self.small_bits.is_none() => Wish::Keep,
            Some(what) => Wish::KeepForName(what),
            None => Wish::Levels { step, quantizer, has_rule },
        }
    }
}
