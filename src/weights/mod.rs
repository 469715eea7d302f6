//! DeepCABAC: a trained network as levels, and levels as bins that a hardware decoder can read.
//!
//! A model file ([`model`]) gives tensors; a quantiser turns weights into levels ([`quantise`]), the article's binarisation turns
//! levels into bins ([`article`]), and a container keeps the streams ([`container`]). [`compress`] goes all the way and back;
//! [`search`] looks for the settings, [`compare`] says what other coders need for the same levels, and [`lenet`] is an evaluator for
//! the two networks of the examples.

pub mod article;
pub mod compare;
pub mod compress;
pub mod container;
#[expect(clippy::disallowed_methods, reason = "the images lie in a folder of its own")]
pub mod lenet;
pub mod model;
pub mod quantise;
pub mod search;
