//! H.265: the headers of its NAL units, read and written by one walk a structure.
//!
//! Slice data is not read yet; what of a header it depends on is what the walks keep.

pub mod headers;
