//! The engine: the fast software encoder and decoder, whose results are those of the oracle.
//!
//! They work on whole words where the oracle works on bits. A decoder allocates memory when it is made and for no bin, and reads nothing
//! beyond the slice. An encoder allocates for its bytes, as a vector grows. They are safe Rust, but for one step of the decoder on x86-64
//! with BMI2 and LZCNT, which the feature `asm` selects where the compiler may use both.

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
