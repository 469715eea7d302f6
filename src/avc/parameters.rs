//! What a walk has to know of a slice, and the error that it reports.

use std::ops::RangeInclusive;

use crate::bin::Element;
use crate::context::{Codec, SliceInit, SliceType};

/// The values of the parameter sets and the slice header that slice_data depends on, by their names in the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// slice_type.
    pub slice_type: SliceType,
    /// cabac_init_idc, 0..=2; 0 in I slices.
    pub cabac_init_idc: u8,
    /// SliceQPY.
    pub slice_qp_y: i8,
    /// first_mb_in_slice, which counts macroblocks, or in MBAFF frames pairs of them.
    pub first_mb_in_slice: u32,
    /// PicWidthInMbs.
    pub pic_width_in_mbs: u32,
    /// PicSizeInMbs.
    pub pic_size_in_mbs: u32,
    /// MbaffFrameFlag.
    pub mbaff_frame_flag: bool,
    /// field_pic_flag.
    pub field_pic_flag: bool,
    /// ChromaArrayType, 0..=3.
    pub chroma_array_type: u8,
    /// BitDepthY, 8..=14.
    pub bit_depth_luma: u8,
    /// BitDepthC, 8..=14.
    pub bit_depth_chroma: u8,
    /// transform_8x8_mode_flag.
    pub transform_8x8_mode_flag: bool,
    /// direct_8x8_inference_flag.
    pub direct_8x8_inference_flag: bool,
    /// num_ref_idx_l0_active_minus1 + 1 and the same of l1, 1..=32.
    pub num_ref_idx_active: [u8; 2],
}

impl Parameters {
    /// mbAddr of the first macroblock.
    pub(crate) fn first_mb_addr(&self) -> usize {
        self.first_mb_in_slice as usize * if self.mbaff_frame_flag { 2 } else { 1 }
    }

    /// How many levels each chroma plane of a macroblock has.
    pub(crate) fn chroma_levels(&self) -> usize {
        [0, 64, 128, 256][usize::from(self.chroma_array_type & 3)]
    }

    /// How many levels a macroblock has.
    pub(super) fn levels(&self) -> usize {
        256 + 2 * self.chroma_levels()
    }

    /// The larger of the two bit depths.
    pub(super) fn bit_depth(&self) -> u8 {
        if self.chroma_array_type == 0 {
            self.bit_depth_luma
        } else {
            self.bit_depth_luma.max(self.bit_depth_chroma)
        }
    }

    /// How many bytes the samples of an I_PCM macroblock take.
    pub(crate) fn pcm_bytes(&self) -> usize {
        let bits = 256 * usize::from(self.bit_depth_luma)
            + 2 * self.chroma_levels() * usize::from(self.bit_depth_chroma);
        bits / 8
    }

    /// What initialises the contexts.
    pub fn init(&self) -> SliceInit {
        SliceInit {
            codec: Codec::Avc,
            slice_type: self.slice_type,
            slice_qp_y: self.slice_qp_y,
            index: self.cabac_init_idc,
        }
    }
}

/// The value that takes the place of a macroblock type that such slices do not have.
pub const NO_TYPE: i32 = -1 << 16;

fn value_text(value: i32) -> String {
    match value {
        NO_TYPE => "a type that slices of this kind do not have".to_owned(),
        value => value.to_string(),
    }
}

/// A value that the standard does not allow, in a stream or in a macroblock that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{element} of macroblock {mb_addr} is {}; it can be {} to {}", value_text(*value), .legal.start(), .legal.end())]
pub struct Fault {
    /// The syntax element.
    pub element: Element,
    /// Its value; [`NO_TYPE`] for a type that such slices do not have.
    pub value: i32,
    /// The legal values.
    pub legal: RangeInclusive<i32>,
    /// The address of the macroblock.
    pub mb_addr: usize,
}
