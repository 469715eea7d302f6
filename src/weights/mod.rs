//! The weights of neural networks: what else codes them, and what they are good for.

pub mod compare;
pub mod lenet;
