//! Silicabac for Python: the coders, streams, vectors, traces, coverage, dreams and weights of the library (`docs/python.md`).
//!
//! Each room checks what it is given, does one thing with the library, and hands over the answer; there is no coding in this crate. What
//! is easier to say in Python, such as what becomes of a `state_dict`, is in `silicabac/`, and uses what is here.
//!
//! Invariant: whatever a program hands over, a call returns or raises an exception of Python; no panic gets out of it as one. There is no
//! unsafe code: arrays are copied before the interpreter is let go, so that nobody can change them while they are read.
#![forbid(unsafe_code)]

mod arrays;
mod coders;
mod coverage;
mod dreams;
mod errors;
mod events;
mod held;
mod numbers;
mod steps;
mod streams;
mod traces;
mod vectors;
mod weights;

/// What `silicabac/` is built on; programs import from there.
#[pyo3::pymodule]
mod _silicabac {
    #[pymodule_export]
    use crate::coders::{Coder, Decoder, Encoder, Meter, Registers, SliceInit};
    #[pymodule_export]
    use crate::coverage::{Coverage, Item, StreamCoverage};
    #[pymodule_export]
    use crate::dreams::{Broken, broken_dream, broken_kinds, dream, features, features_of};
    #[pymodule_export]
    use crate::streams::{Blocks, CodingTreeUnit, Macroblock, Slices, Stream, Unit};
    #[pymodule_export]
    use crate::traces::{Trace, TracedSlice};
    #[pymodule_export]
    use crate::vectors::{Vector, flags, make, read, read_file, suite, write, write_hex};
    #[pymodule_export]
    use crate::weights::{Container, Tensor, compress_model};
}
