//! Silicabac is a golden CABAC for silicon: a bit-exact model of the arithmetic coder of H.264 and H.265. It is fast enough to be the
//! software codec, and precise enough to check a hardware core against, clock by clock.
//!
//! Everything is a sequence of bins. *Sources* make bins, *coders* turn bins into bytes and back, and *judges* compare coders:
//!
//! | modules | what they hold | feature |
//! | --- | --- | --- |
//! | [`bin`], [`context`], [`tables`], [`binarization`], [`observed`] | what sources and coders share | |
//! | [`spec`], [`engine`] | coders without a clock: the oracle, which is the standard's flowcharts, and the fast engine | |
//! | `cycle`, `cores` | coders with a clock: what they have in common; the twin of each core in `rtl/` | `vectors` |
//! | `syntax` | what streams of H.264 and H.265 share: NAL units and header bits, read and written | `avc` |
//! | `avc` | a source: the headers and slice data of H.264 streams, read and written | `avc` |
//! | `hevc` | the same for H.265 | `avc` |
//! | `stream` | a stream of either standard, unit by unit, and as lines of JSON | `avc` |
//! | `dream` | streams of both standards that are made up from a seed, and a judge of other decoders | `dream` |
//! | `weights` | a source: the weights of neural networks, as levels | `weights`, `compare` |
//! | `trace`, `replay` | a source: recorded bins; a judge that compares the coders without a clock with them | `trace` |
//! | `stress`, `vectors` | a source: bins that are made up; slices as test vectors and their files | `vectors` |
//! | `coverage` | a judge of vectors and streams: what they make a coder do | `coverage` |
//! | `suites`, `fit` | named lists of vectors; what a core can do, and vectors changed so that they fit it | `cosim` |
//! | `cosim`, `prove`, `mutation` | judges of cores | `cosim` |
//! | `report` | pages for people: verdicts, a slice bin by bin, coverage, mutants | `cosim` |
//! | `campaign` | plans of work for many commands, their results, and the commands of schedulers | `campaign` |
//! | `shard`, `shell` | a part of a list of work; arguments quoted for a shell | `cosim`, `dream` |
//! | `yosys`, `solver` | Yosys and a solver of formulas, found or fetched, for `prove` and `mutation` | `cosim` |
//! | `files` | opening what is read by path: files, pipes, the standard input | `trace`, `vectors`, `weights` |
//! | `guide` | the documents of `docs/`, as pages of this documentation and not of the library | `cli` |
//!
//! Without features only the first two rows are there, and they are `no_std` with `alloc`. All features are on by default. The feature
//! `cli` is the command; `asm` makes one step of the decoder assembly where the compiler may use BMI2 and LZCNT of x86-64.
//!
//! A coder is asked for bins, and the same calls write and read them. So the walk through a syntax is written once:
//!
//! ```
//! use silicabac::{
//!     bin::{BinCoder, Decode, Encode},
//!     context::{AvcInit, ContextModel, CtxIdx},
//!     engine,
//! };
//!
//! /// A flag in mb_skip_flag's first context of a P slice, four bits of even odds, and the end of the slice.
//! fn walk(coder: &mut impl BinCoder, flag: bool, bits: u32) -> (bool, u32) {
//!     let ctx = CtxIdx::new(11).unwrap();
//!     coder.load(ctx, ContextModel::avc(ctx, AvcInit::Inter0, 26).unwrap());
//!     let coded = (coder.context(ctx, flag), coder.bypass_bits(4, bits));
//!     coder.terminate(true);
//!     coded
//! }
//!
//! let mut encoder = engine::Encoder::new();
//! walk(&mut encoder, true, 0b1001);
//! let slice = encoder.finish();
//!
//! let mut decoder = engine::Decoder::new(&slice);
//! // A decoder ignores the values that it is given.
//! assert_eq!(walk(&mut decoder, false, 0), (true, 0b1001));
//! assert_eq!(decoder.error(), None);
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(feature = "asm"), forbid(unsafe_code))]
// Only `engine::x86_64` has unsafe code, and says why.
#![deny(unsafe_code)]
// Files are read through `files` and written through `src/cli/output.rs`; `clippy.toml` forbids the functions of the standard library that
// open files.
#![deny(clippy::disallowed_methods)]

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
#[cfg(feature = "campaign")]
pub mod campaign;
#[cfg(feature = "vectors")]
pub mod cores;
#[cfg(feature = "cosim")]
pub mod cosim;
#[cfg(feature = "coverage")]
pub mod coverage;
#[cfg(feature = "vectors")]
pub mod cycle;
#[cfg(feature = "dream")]
pub mod dream;
#[cfg(any(feature = "trace", feature = "vectors", feature = "weights"))]
pub mod files;
#[cfg(feature = "cosim")]
pub mod fit;
#[cfg(feature = "avc")]
pub mod hevc;
// The examples in these documents are tests that need all features.
#[cfg(all(doc, feature = "cli"))]
pub mod guide;
#[cfg(any(feature = "avc", feature = "vectors", feature = "weights"))]
mod json;
#[cfg(feature = "cosim")]
pub mod mutation;
#[cfg(feature = "dream")]
mod process;
#[cfg(feature = "cosim")]
pub mod prove;
#[cfg(feature = "trace")]
pub mod replay;
#[cfg(feature = "cosim")]
pub mod report;
#[cfg(feature = "cosim")]
pub mod shard;
#[cfg(feature = "dream")]
pub mod shell;
#[cfg(feature = "cosim")]
pub mod solver;
#[cfg(feature = "avc")]
pub mod stream;
#[cfg(feature = "vectors")]
pub mod stress;
#[cfg(feature = "cosim")]
pub mod suites;
#[cfg(feature = "avc")]
pub mod syntax;
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
