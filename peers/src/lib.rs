//! What the benchmarks of the engine share: [`Sequence`]s of bins, and every [`Coder`] that is measured.

mod coders;
mod sequence;

pub use coders::{Coder, Constriction, Crate, Engine, Ours, Reader, Spec, Writer};
pub use sequence::{Bin, Sequence};
