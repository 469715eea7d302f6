//! What the syntax of H.264 and that of H.265 have in common outside slice data: NAL units of a byte stream ([`nal`]), the codes of header
//! bits, and work on the units of a stream by several threads, with results in the order of the stream ([`Helpers`]).

mod bits;
mod elements;
mod helpers;
mod info;
mod lines;
pub mod nal;
mod vui;
mod work;

pub use bits::{
    BitCoder, BitReader, BitWriter, Descriptor, HeaderElement, HeaderError, Headers, Traced, Values,
};
pub use elements::{Elements, ListedValues};
pub use helpers::Helpers;
pub(crate) use info::Counter;
pub use info::{Bins, Contexts, Damaged, Info, left_over};
pub(crate) use lines::Prefixes;
pub use lines::{Hex, LineError, UnitLine};
pub(crate) use vui::presentation;
pub use work::work_in_order;
