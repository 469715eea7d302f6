//! Sources that make bins up: at random ([`random`]), or to reach what random bins never do
//! ([`outstanding`]).
//!
//! A slice here loads every context that it uses and ends with a terminate bin of 1.

pub mod outstanding;
pub mod random;
