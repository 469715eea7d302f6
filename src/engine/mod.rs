//! The engine: the fast software encoder and decoder, whose results are those of the oracle.
//!
//! They work on whole words where the oracle works on bits. They allocate nothing for a bin, and read nothing beyond the slice. They are
//! safe Rust, but for one step of the decoder on x86-64 with BMI2, which the feature `asm` selects.

mod decoder;
mod encoder;
mod interleaved;
mod meter;
mod models;
mod step;
#[cfg(all(
    feature = "asm",
    target_arch = "x86_64",
    not(miri),
    any(test, all(target_feature = "bmi2", target_feature = "lzcnt"))
))]
mod x86_64;

#[cfg(not(all(
    feature = "asm",
    target_arch = "x86_64",
    not(miri),
    target_feature = "bmi2",
    target_feature = "lzcnt"
)))]
use step::decode;
#[cfg(all(
    feature = "asm",
    target_arch = "x86_64",
    not(miri),
    target_feature = "bmi2",
    target_feature = "lzcnt"
))]
use x86_64::decode;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use interleaved::Interleaved;
pub use meter::Meter;
