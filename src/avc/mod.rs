//! H.264: the slice data of real streams, every bin of it, read and written.
//!
//! A stream is split into NAL units ([`nal`](crate::syntax::nal)). The header of a slice with CABAC says what its data depends on
//! ([`Parameters`]), and a [`Walk`] goes through its macroblocks with any coder: the same walk reads, writes, traces and counts. What is
//! not such a slice passes through untouched. Contexts do not depend on samples, so there are none here.

pub mod binarization;
mod headers;
mod info;
mod json;
mod lines;
mod macroblock;
mod neighbours;
mod parameters;
mod prediction;
mod residual;
mod slice;
mod stream;
mod walk;

pub use headers::{Content, ParameterSets, Picture, Sequence, SliceHeader, Unsupported};
pub use lines::{LineWriter, MacroblockLine, UnitLines};
pub use macroblock::{Macroblock, MbType};
#[cfg(feature = "dream")]
pub(crate) use neighbours::Grid;
pub use parameters::{Fault, NO_TYPE, Parameters};
pub use slice::{DataError, ReadUnit, SliceData, WriteError, read_each, rewrite};
pub use stream::{Stream, StreamUnit};
pub use walk::{Derived, Walk};
