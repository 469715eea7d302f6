//! Silicabac for C: the coders, streams of H.264 and H.265, and weights, behind `include/silicabac.h` (`docs/c.md`).
//!
//! Each function checks what it is given, does one thing with the library, and hands over the answer; there is no coding in this crate.
//! cbindgen makes the header from these files, and a test compares it with the one that is committed.
//!
//! This is the one package that cannot do without unsafe code: a C program gives addresses. What can be checked of them is checked in
//! `border` and `handle`; what cannot, such as that memory is as long as the caller says, is what each function's documentation asks
//! of the caller. Every function with pointers wants each of them null or valid for what is read or written behind it until the function
//! returns, and handles from the `create` of their type.
#![deny(unsafe_op_in_unsafe_fn)]
// All functions ask the same of their callers, and the documentation above says it.
#![allow(clippy::missing_safety_doc)]

mod border;
mod coder;
mod context;
mod handle;
mod status;
#[cfg(feature = "streams")]
mod stream;
mod version;
#[cfg(feature = "weights")]
mod weights;

pub use coder::*;
pub use context::*;
pub use status::*;
#[cfg(feature = "streams")]
pub use stream::*;
pub use version::*;
#[cfg(feature = "weights")]
pub use weights::*;
