//! What a walk has to know of a slice segment, and the error that it reports.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::headers::{self, Picture, Sequence, Slice};
use super::tiles::{Ctb, TileGrid};
use crate::bin::Element;
use crate::context::{Codec, SliceInit, SliceType};

/// What slice segment data depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The sequence parameter set.
    pub sps: Arc<Sequence>,
    /// The picture parameter set.
    pub pps: Arc<Picture>,
    /// The header of the slice; a dependent slice segment has that of the independent one before it.
    pub slice: Slice,
    /// The tiles of the picture.
    pub tiles: TileGrid,
    /// slice_segment_address, below the number of coding tree blocks.
    pub slice_segment_address: u32,
    /// SliceAddrRs: the address at which the slice of the segment begins.
    pub slice_addr_rs: u32,
}

impl Parameters {
    /// Whether it is a dependent slice segment, which goes on where the one before it ended.
    pub fn is_dependent(&self) -> bool {
        self.slice_segment_address != self.slice_addr_rs
    }

    /// Whether a substream begins with this coding tree block, unless the slice segment begins with it.
    pub(super) fn begins_substream(&self, ctb: Ctb) -> bool {
        let is_synchronised = self.pps.entropy_coding_sync_enabled_flag;
        self.tiles.begins_tile(ctb) || is_synchronised && self.tiles.begins_row(ctb)
    }

    /// Whether a substream begins with the coding tree block at this address.
    #[cfg(feature = "dream")]
    pub(crate) fn begins_substream_at(&self, ctb_addr_in_rs: u32) -> bool {
        self.begins_substream(self.tiles.at(ctb_addr_in_rs))
    }

    /// Whether `blocks` coding tree blocks, from the first one of the slice segment on, can be one slice (clause 7.4.7.1). They have to be
    /// whole tiles, or lie within one tile. With rows as substreams, unless the first block begins a row, they have to lie within that
    /// row.
    #[cfg(feature = "dream")]
    pub(crate) fn can_have(&self, blocks: usize) -> bool {
        let first = self.tiles.at(self.slice_segment_address);
        let begins = |begins: fn(&TileGrid, Ctb) -> bool| {
            self.tiles.from(first).take(blocks).skip(1).any(|ctb| begins(&self.tiles, ctb))
        };
        let ends_tile = self.tiles.from(first).nth(blocks).is_none_or(|next| self.tiles.begins_tile(next));
        let is_whole = self.tiles.begins_tile(first) && ends_tile;
        (is_whole || !begins(TileGrid::begins_tile))
            && (!self.pps.entropy_coding_sync_enabled_flag
                || self.tiles.begins_row(first)
                || !begins(TileGrid::begins_row))
    }

    /// Whether a dependent slice segment at this address can go on where a segment with these parameters ends: it has to come later in the
    /// picture.
    pub(super) fn can_precede(&self, slice_segment_address: u32) -> bool {
        let [own, other] = [self.slice_segment_address, slice_segment_address];
        other < self.tiles.size()
            && self.tiles.address_in_tile_scan(own) < self.tiles.address_in_tile_scan(other)
    }

    /// slice_type, as the initialisation of contexts takes it.
    pub fn slice_type(&self) -> SliceType {
        match self.slice.slice_type {
            headers::SliceType::B => SliceType::B,
            headers::SliceType::P => SliceType::P,
            headers::SliceType::I => SliceType::I,
        }
    }

    /// What initialises the contexts.
    pub fn init(&self) -> SliceInit {
        SliceInit {
            codec: Codec::Hevc,
            slice_type: self.slice_type(),
            slice_qp_y: self.slice.slice_qp_y,
            index: self.slice.cabac_init_flag.into(),
        }
    }

    /// BitDepthY, or BitDepthC for the other components.
    pub(super) fn bit_depth(&self, component: usize) -> u32 {
        if component == 0 { self.sps.bit_depth_luma.into() } else { self.sps.bit_depth_chroma.into() }
    }

    /// log2TransformRange if extended_precision_processing_flag is 1.
    pub(super) fn extended_log2_transform_range(&self, component: usize) -> Option<u32> {
        let depth = self.bit_depth(component);
        self.sps.range.extended_precision_processing_flag.then(|| 15.max(depth + 6))
    }

    /// The width of the picture in samples, in whole coding tree blocks.
    pub(super) fn width_of_ctbs(&self) -> u32 {
        self.sps.size_in_ctbs()[0] << self.sps.ctb_log2_size
    }

    /// Log2MinCuQpDeltaSize.
    pub(super) fn log2_min_cu_qp_delta_size(&self) -> u32 {
        u32::from(self.sps.ctb_log2_size).saturating_sub(self.pps.diff_cu_qp_delta_depth.into())
    }

    /// Log2MinCuChromaQpOffsetSize.
    pub(super) fn log2_min_cu_chroma_qp_offset_size(&self) -> u32 {
        let depth = self.pps.chroma_qp_offset_list.map_or(0, |[depth, _]| depth);
        u32::from(self.sps.ctb_log2_size).saturating_sub(depth.into())
    }

    /// The number of bytes of the PCM samples of a coding unit.
    pub(super) fn pcm_bytes(&self, log2_size: u32) -> usize {
        let depths = self.sps.pcm.map_or([0; 2], |pcm| pcm.bit_depth.map(usize::from));
        let luma = 1 << (2 * log2_size);
        let chroma = luma / 2 * [0, 1, 2, 4][usize::from(self.sps.chroma_array_type() & 3)];
        (luma * depths[0] + chroma * depths[1]) / 8
    }
}

/// The value that takes the place of a part_mode that the coding unit cannot have.
pub const NO_PART_MODE: i32 = -1 << 16;

fn value_text(value: i32) -> String {
    match value {
        NO_PART_MODE => "a division that the coding unit cannot have".to_owned(),
        value => value.to_string(),
    }
}

/// A value that the standard does not allow, in a stream or in a coding tree unit that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{element} of coding tree unit {ctb_addr} is {}; it can be {} to {}", value_text(*value), .legal.start(), .legal.end())]
pub struct Fault {
    /// The syntax element.
    pub element: Element,
    /// Its value; [`NO_PART_MODE`] for a division that the coding unit cannot have.
    pub value: i32,
    /// The legal values.
    pub legal: RangeInclusive<i32>,
    /// CtbAddrInRs.
    pub ctb_addr: u32,
}
