//! H.265: the slice data of real streams, every bin of it, and the headers of NAL units. One walk for each structure reads and writes it.
//!
//! As with H.264, a stream is split into NAL units. The header of a slice segment says what its data depends on ([`Parameters`]), and a
//! [`Walk`] goes through its coding tree units with any coder: the same walk reads, writes, traces and counts. Several walks read the
//! substreams of one segment at once ([`read_parts`]). A dependent slice segment goes on where the one before it ended. That end is a
//! value, too ([`SegmentEnd`]), and is known once that segment has been read ([`Ending`]).

pub mod binarization;
mod coding_unit;
mod contexts;
mod edges;
mod ending;
mod entry_points;
pub mod headers;
mod info;
mod json;
mod lines;
mod parameters;
mod prediction;
mod residual;
mod scan;
mod segment;
mod stream;
mod substreams;
mod tiles;
mod transform;
mod tree;
mod walk;
mod write;

pub use ending::Ending;
pub use json::{Tree, TreeError};
pub use lines::{CodingTreeUnitLine, LineWriter, UnitLines};
pub use parameters::{Fault, NO_PART_MODE, Parameters};
pub use segment::{DataError, ReadUnit, SegmentData, WriteError, read_each, rewrite};
pub use stream::{Content, Stream, StreamUnit, Unsupported};
pub use substreams::{ReadParts, Watched, read_parts};
pub use tiles::TileGrid;
pub use tree::{
    CodingTreeUnit, CodingUnit, Level, LumaMode, PartMode, PredMode, PredictionUnit, ResidualBlock, Sao,
    SaoComponent, SaoMerge, TransformNode,
};
pub use walk::{SegmentEnd, Walk};
