//! The cores, each a value: a [`CoreSpec`] is all that a judge has to know of one.
//!
//! A core has one name in three places: `rtl/NAME/`, its Verilog; `NAME/` here, its twin, its sweep, its properties
//! and its mutants; `formal/NAME/`, its checkers. What cores share is in the `common` of each, or is taken from the core
//! that had it first. Adding one is these folders and a line in [`ALL`]; CONTRIBUTING.md goes through it.

#[cfg(feature = "cosim")]
mod common;
pub mod decoder;
#[cfg(feature = "cosim")]
pub mod decoder_swift;
pub mod encoder;
pub mod encoder4;
pub mod encoder_swift;
#[cfg(feature = "cosim")]
mod spec;

#[cfg(feature = "cosim")]
pub use spec::{ALL, CoreSpec, Sources, by_name};

/// What a core does with bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Bins to bytes: `docs/encoder-core.md`.
    Encoder,
    /// Bytes to bins: `docs/decoder-core.md`.
    Decoder,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Encoder, Direction::Decoder];

    /// Its name in a command.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Encoder => "encoder",
            Direction::Decoder => "decoder",
        }
    }

    /// The direction of this name.
    ///
    /// ```
    /// use silicabac::cores::Direction;
    /// assert_eq!(Direction::by_name("decoder"), Some(Direction::Decoder));
    /// assert_eq!(Direction::by_name("both"), None);
    /// ```
    pub fn by_name(name: &str) -> Option<Direction> {
        Direction::ALL.into_iter().find(|direction| direction.name() == name)
    }
}
