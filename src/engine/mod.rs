//! The production coders: exact like the oracle, at the speed that software needs.
//!
//! They work on whole words where the oracle works on bits. Safe Rust, no allocation for a bin, no read
//! beyond the slice.

mod decoder;
mod encoder;
mod interleaved;
mod meter;
mod step;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use interleaved::Interleaved;
pub use meter::Meter;
