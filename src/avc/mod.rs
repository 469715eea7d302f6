//! H.264: the slice data of real streams, every bin of it, read and written.
//!
//! A stream is split into NAL units ([`nal`]); of those that are slices with CABAC the header says what the data depends on
//! ([`Parameters`]), and a [`Walk`] goes through their macroblocks with any coder. The same walk reads, writes, traces and counts;
//! what is not such a slice passes through untouched. Contexts need no pixel, so there is none.

mod headers;
mod info;
mod macroblock;
pub mod nal;
mod neighbours;
mod parameters;
mod prediction;
mod residual;
mod slice;
mod stream;
mod walk;

pub use headers::{Content, Unsupported};
pub use info::{Bins, Info};
pub use macroblock::{Macroblock, MbType};
pub use parameters::{Fault, Parameters};
pub use slice::{DataError, SliceData, Step, WriteError, read_each, rewrite};
pub use stream::{SliceTrace, Stream, StreamUnit, work_in_order};
pub use walk::Walk;
