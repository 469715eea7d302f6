//! The CBT1 layout, read and written. It is little endian throughout; `docs/trace-format.md` has the table.

mod read;
mod write;

pub use read::Slices;
pub(super) use write::{head, slice};

use crate::context::Codec;

const MAGIC: &[u8; 4] = b"CBT1";
/// The byte of a context that is never used.
const NEVER_USED: u8 = 0xff;

/// Why unpacked bytes are not a trace, or a trace cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (byte {at} of the unpacked trace{})", place(.slice, .segment))]
pub struct FormatError {
    /// What is wrong.
    pub what: FormatErrorKind,
    /// The byte of the unpacked trace that is wrong.
    pub at: usize,
    /// The slice that the byte belongs to, if any.
    pub slice: Option<usize>,
    /// The segment of the slice that the byte belongs to, if any.
    pub segment: Option<usize>,
}

fn place(slice: &Option<usize>, segment: &Option<usize>) -> String {
    let slice = slice.map(|number| format!(", slice {number}")).unwrap_or_default();
    slice + &segment.map(|number| format!(", segment {number}")).unwrap_or_default()
}

/// What can be wrong with the bytes of a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatErrorKind {
    /// The first four bytes are not `CBT1`.
    #[error("not a bin trace: it does not begin with CBT1")]
    Magic,
    /// It has no slice, so there is nothing to compare anything with.
    #[error("there is no slice in it")]
    Empty,
    /// It ends too early.
    #[error("the trace is truncated: {0} bytes are missing")]
    Truncated(usize),
    /// Something follows the last slice.
    #[error("{0} bytes follow the last slice")]
    Trailing(usize),
    /// A field has a value that it cannot have.
    #[error("{field} is {value}, which the format does not allow")]
    Value {
        /// The field, as in `docs/trace-format.md`.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// A bin names a context that the codec does not have.
    #[error("bin {bin} of the segment uses context {ctx}, but there are {contexts}")]
    Context {
        /// The bin's index in its segment.
        bin: usize,
        /// The context.
        ctx: u16,
        /// How many contexts there are.
        contexts: u16,
    },
    /// A count is too large for its field.
    #[error("{0} does not fit into its field")]
    TooMany(&'static str),
    /// A segment holds a raw byte, a start or a load, which are written elsewhere.
    #[error("event {0} of the segment is neither bin nor alignment")]
    NoBin(usize),
    /// A segment is not one engine run.
    #[error("the segment does not end with its only terminate bin of 1")]
    End,
    /// A count does not match what it counts.
    #[error("{field} says {said}, but there are {found}")]
    Count {
        /// The field, as in `docs/trace-format.md`.
        field: &'static str,
        /// Its value.
        said: usize,
        /// The number counted.
        found: usize,
    },
}

const fn id_space(codec: Codec) -> u8 {
    match codec {
        Codec::Avc => 1,
        Codec::Hevc => 0,
    }
}
