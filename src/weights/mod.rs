//! The weights of neural networks: the files that hold them, taken apart and put together again.
//!
//! What a weight is stays with the file formats (`model`); whoever packs weights sees tensors as runs of raw bytes
//! with a type and a shape, and everything else of the file as one opaque skeleton.

pub mod model;
