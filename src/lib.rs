//! Silicabac is a golden CABAC for silicon: a bit-exact model of the arithmetic coder of H.264 and H.265, fast
//! enough to be the software codec, precise enough to check a hardware core against, clock by clock.
//!
//! Everything is a sequence of bins. *Sources* make bins, *coders* turn bins into bytes and back, *judges*
//! compare coders:
//!
//! | rooms | what they hold |
//! | --- | --- |
//! | [`bin`], [`context`], [`tables`], [`binarization`], [`observed`] | what sources and coders share |
//! | [`spec`], [`engine`] | coders without a clock: the standard's flowcharts, and the fast ones |
//! | `cycle` | coders with a clock: the twins of the cores in `rtl/` |
//! | `avc` | a source: the slice data of H.264 streams, read and written |
//! | `weights` | a source: the weights of neural networks, as levels |
//! | `trace`, `stress` | sources: recorded bins, and made ones |
//! | `vectors`, `suites` | slices as test vectors, their files, named lists of them |
//! | `replay`, `cosim`, `coverage`, `prove`, `mutation` | judges |
//!
//! Without default features only the first two rows are left, and they are `no_std`.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(feature = "asm"), forbid(unsafe_code))]
// One room has some, `engine::x86_64`, and says why.
#![deny(unsafe_code)]

extern crate alloc;

pub mod bin;
pub mod binarization;
pub mod context;
pub mod engine;
pub mod observed;
pub mod spec;
pub mod tables;

#[cfg(feature = "avc")]
pub mod avc;
#[cfg(feature = "cosim")]
pub mod cosim;
#[cfg(feature = "cosim")]
pub mod coverage;
#[cfg(feature = "vectors")]
pub mod cycle;
#[cfg(feature = "cosim")]
pub mod mutation;
#[cfg(feature = "cosim")]
pub mod prove;
#[cfg(feature = "trace")]
pub mod replay;
#[cfg(feature = "cosim")]
pub mod solver;
#[cfg(feature = "vectors")]
pub mod stress;
#[cfg(feature = "cosim")]
pub mod suites;
#[cfg(any(feature = "avc", feature = "trace"))]
pub mod trace;
#[cfg(feature = "vectors")]
pub mod vectors;
#[cfg(feature = "weights")]
pub mod weights;
#[cfg(feature = "cosim")]
pub mod yosys;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// And those of the documents.
#[cfg(doctest)]
#[doc = include_str!("../docs/avc.md")]
struct AvcDocument;
