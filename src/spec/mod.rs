//! The oracle: the flowcharts of the standard, and nothing else.
//!
//! It is slow on purpose. Bits go in and out one at a time, registers have the standard's names and widths, and there is no trick, so that
//! a reader can compare each function with its figure. Everything fast in this crate, and every core, is compared with the two files of this module.

mod decoder;
mod encoder;

pub use decoder::Decoder;
pub use encoder::Encoder;
