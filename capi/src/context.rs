//! What initialises the context variables of a slice, as numbers for C.

use silicabac::context::{self, SliceType};

use crate::status::Status;

/// The number of context variables of a coder.
pub const SILICABAC_CONTEXTS: u32 = 1024;

/// A standard. H.264: contexts are numbered by ctxIdx.
pub const SILICABAC_CODEC_AVC: u32 = 0;
/// H.265: contexts are numbered as in `docs/h265-contexts.md`.
pub const SILICABAC_CODEC_HEVC: u32 = 1;
/// For `silicabac_stream_create`: whichever standard the stream seems to be of.
pub const SILICABAC_CODEC_UNKNOWN: u32 = 2;

/// A slice_type, numbered as H.264 does: P and SP.
pub const SILICABAC_SLICE_P: u32 = 0;
/// B.
pub const SILICABAC_SLICE_B: u32 = 1;
/// I and SI.
pub const SILICABAC_SLICE_I: u32 = 2;

/// The facts of a slice header that initialise the context variables of the slice.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SliceInit {
    /// `SILICABAC_CODEC_AVC` or `SILICABAC_CODEC_HEVC`.
    pub codec: u32,
    /// `SILICABAC_SLICE_P`, `_B` or `_I`.
    pub slice_type: u32,
    /// SliceQPY, -128 to 127; it is clipped to 0 to 51.
    pub slice_qp_y: i32,
    /// H.264: cabac_init_idc, 0 to 2. H.265: cabac_init_flag, 0 or 1.
    pub index: u32,
}

pub(crate) fn codec(number: u32) -> Result<context::Codec, Status> {
    match number {
        SILICABAC_CODEC_AVC => Ok(context::Codec::Avc),
        SILICABAC_CODEC_HEVC => Ok(context::Codec::Hevc),
        _ => Err(Status::Argument),
    }
}

impl TryFrom<SliceInit> for context::SliceInit {
    type Error = Status;

    fn try_from(given: SliceInit) -> Result<context::SliceInit, Status> {
        let slice_type = match given.slice_type {
            SILICABAC_SLICE_P => SliceType::P,
            SILICABAC_SLICE_B => SliceType::B,
            SILICABAC_SLICE_I => SliceType::I,
            _ => return Err(Status::Argument),
        };
        let codec = codec(given.codec)?;
        let highest = if codec == context::Codec::Avc { 2 } else { 1 };
        let index =
            u8::try_from(given.index).ok().filter(|index| *index <= highest).ok_or(Status::Argument)?;
        let slice_qp_y = given.slice_qp_y.try_into().map_err(|_| Status::Argument)?;
        Ok(context::SliceInit { codec, slice_type, slice_qp_y, index })
    }
}
