//! DeepCABAC: a trained network as levels, and levels as bins that a hardware decoder can read.
//!
//! A model file ([`model`]) gives tensors; a quantiser turns weights into levels ([`quantise`]), the binarisation of DeepCABAC turns levels
//! into bins ([`levels`]), and a container keeps the streams ([`container`]). [`compress`] does all of this, with a [`plan`] for each
//! tensor, and [`decompress`] the reverse; [`search`] looks for the settings, and `compare`, a feature of its own, says what other coders
//! need for the same levels.

mod blocks;
#[cfg(feature = "compare")]
pub mod compare;
pub mod compress;
pub mod container;
mod cost;
pub mod decompress;
pub mod levels;
pub mod model;
pub mod numbers;
mod one_file;
pub mod packed;
mod pipeline;
pub mod plan;
pub mod quantise;
pub mod repair;
pub mod search;
mod smallest;
