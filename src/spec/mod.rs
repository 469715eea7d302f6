//! The oracle: the flowcharts of the standard, and nothing else.
//!
//! Slow on purpose. Bits go in and out one at a time, registers have the standard's names and widths, and no
//! trick is allowed, so that a reader can hold each function against its figure. Everything fast in this
//! crate, and every core, is proved equal to these two files.

mod decoder;
mod encoder;

pub use decoder::Decoder;
pub use encoder::Encoder;
