//! Parameter sets and slice headers, read by `h264-reader`: what of them slice_data depends on, and where it begins.

use std::panic::{self, AssertUnwindSafe};

use h264_reader::{
    Context,
    nal::{
        NalHeader,
        pps::PicParameterSet,
        slice::{FieldPic, NumRefIdxActive, SliceFamily, SliceHeader},
        sps::{FrameMbsFlags, SeqParameterSet},
    },
    rbsp::{BitRead, BitReader},
};

use super::parameters::Parameters;
use crate::context::SliceType;

/// The picture and sequence parameter sets that a stream has sent so far.
#[derive(Debug, Default)]
pub(super) struct ParameterSets(Context);

/// PicSizeInMbs of a frame at the highest level, 6.2.
const MAX_FRAME_SIZE: u32 = 139_264;

/// Why a NAL unit is passed through untouched, although it holds slice data or says how to read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// entropy_coding_mode_flag is 0.
    #[error("coded with CAVLC")]
    Cavlc,
    /// Slices of type SP or SI, which no CABAC profile has.
    #[error("slices of type SP and SI are not supported")]
    Switching,
    /// num_slice_groups_minus1 is above 0.
    #[error("several slice groups are not supported")]
    SliceGroups,
    /// nal_unit_type 2 to 4.
    #[error("data partitioning is not supported")]
    DataPartitioning,
    /// nal_unit_type 19.
    #[error("auxiliary coded pictures are not supported")]
    Auxiliary,
    /// nal_unit_type 20 and 21.
    #[error("slices of scalable, multiview and 3D extensions are not supported")]
    Extension,
    /// The frame has more macroblocks than the highest level allows.
    #[error("a frame of {0} macroblocks is larger than any level allows ({MAX_FRAME_SIZE})")]
    TooLarge(u64),
    /// The header refers to a parameter set that the stream has not sent, or it is damaged.
    #[error("header: {0}")]
    Header(String),
}

/// What a NAL unit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A slice with CABAC.
    Slice {
        /// What its data depends on.
        parameters: Parameters,
        /// Where its data begins in the RBSP, header byte counted.
        data: usize,
    },
    /// Slice data or a parameter set that is passed through.
    Unsupported(Unsupported),
    /// Anything else.
    Other,
}

impl ParameterSets {
    /// Takes in the RBSP of a NAL unit, its header byte first; parameter sets are kept.
    pub(super) fn take(&mut self, rbsp: &[u8]) -> Content {
        let Some((&header, payload)) = rbsp.split_first() else { return Content::Other };
        let taken = match header & 31 {
            1 | 5 => self.slice(header, payload),
            2..=4 => Err(Unsupported::DataPartitioning),
            7 => self.sequence(payload).map(|()| Content::Other),
            8 => self.picture(payload).map(|()| Content::Other),
            19 => Err(Unsupported::Auxiliary),
            20 | 21 => Err(Unsupported::Extension),
            _ => Ok(Content::Other),
        };
        taken.unwrap_or_else(Content::Unsupported)
    }

    fn sequence(&mut self, payload: &[u8]) -> Result<(), Unsupported> {
        let set = guarded(|| SeqParameterSet::from_bits(BitReader::new(payload)))?;
        let [width, height] =
            [set.pic_width_in_mbs_minus1, set.pic_height_in_map_units_minus1].map(u64::from);
        let fields = if matches!(set.frame_mbs_flags, FrameMbsFlags::Frames) { 1 } else { 2 };
        let size = (width + 1) * (height + 1) * fields;
        if size > MAX_FRAME_SIZE.into() {
            return Err(Unsupported::TooLarge(size));
        }
        self.0.put_seq_param_set(set);
        Ok(())
    }

    fn picture(&mut self, payload: &[u8]) -> Result<(), Unsupported> {
        let set = guarded(|| PicParameterSet::from_bits(&self.0, BitReader::new(payload)))?;
        self.0.put_pic_param_set(set);
        Ok(())
    }

    fn slice(&self, nal_header: u8, payload: &[u8]) -> Result<Content, Unsupported> {
        let nal_header = NalHeader::new(nal_header).map_err(damaged)?;
        let mut reader = BitReader::new(payload);
        let (header, sps, pps) = guarded(|| SliceHeader::from_bits(&self.0, &mut reader, nal_header, None))?;
        if !pps.entropy_coding_mode_flag {
            return Err(Unsupported::Cavlc);
        }
        let slice_type = match header.slice_type.family {
            SliceFamily::P => SliceType::P,
            SliceFamily::B => SliceType::B,
            SliceFamily::I => SliceType::I,
            SliceFamily::SP | SliceFamily::SI => return Err(Unsupported::Switching),
        };
        if pps.slice_groups.is_some() {
            return Err(Unsupported::SliceGroups);
        }
        let parameters = parameters(&header, slice_type, sps, pps)?;
        // cabac_alignment_one_bit up to the next byte.
        while !reader.byte_aligned() {
            reader.skip(1, "cabac_alignment_one_bit").map_err(damaged)?;
        }
        let data = 1 + payload.len() - reader.into_reader().len();
        Ok(Content::Slice { parameters, data })
    }
}

/// Runs the reader. Sums of it that no value in a legal stream can make too large panic in builds that check for overflow.
fn guarded<T, E: std::fmt::Debug>(read: impl FnOnce() -> Result<T, E>) -> Result<T, Unsupported> {
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    read.map_err(|_| Unsupported::Header("a value is far out of range".to_string()))?.map_err(damaged)
}

fn damaged(error: impl std::fmt::Debug) -> Unsupported {
    Unsupported::Header(format!("{error:?}"))
}

fn parameters(
    header: &SliceHeader,
    slice_type: SliceType,
    sps: &SeqParameterSet,
    pps: &PicParameterSet,
) -> Result<Parameters, Unsupported> {
    let field_pic_flag = header.field_pic != FieldPic::Frame;
    let (map_units, is_adaptive) = match sps.frame_mbs_flags {
        FrameMbsFlags::Frames => (1, false),
        FrameMbsFlags::Fields { mb_adaptive_frame_field_flag } => (2, mb_adaptive_frame_field_flag),
    };
    let frame_size = sps.pic_size_in_map_units() * map_units;
    let mbaff_frame_flag = is_adaptive && !field_pic_flag;
    let pic_size_in_mbs = if field_pic_flag { frame_size / 2 } else { frame_size };
    let first_mb_in_slice = header.first_mb_in_slice;
    if first_mb_in_slice >= pic_size_in_mbs >> u32::from(mbaff_frame_flag) {
        return Err(Unsupported::Header(format!(
            "first_mb_in_slice is {first_mb_in_slice}, beyond the picture"
        )));
    }
    let defaults = [pps.num_ref_idx_l0_default_active_minus1, pps.num_ref_idx_l1_default_active_minus1];
    let num_ref_idx_active_minus1 = match header.num_ref_idx_active {
        None => defaults,
        Some(NumRefIdxActive::P { num_ref_idx_l0_active_minus1 }) => [num_ref_idx_l0_active_minus1, 0],
        Some(NumRefIdxActive::B { num_ref_idx_l0_active_minus1, num_ref_idx_l1_active_minus1 }) => {
            [num_ref_idx_l0_active_minus1, num_ref_idx_l1_active_minus1]
        }
    };
    let cabac_init_idc = header.cabac_init_idc.unwrap_or(0);
    if cabac_init_idc > 2 {
        return Err(Unsupported::Header(format!("cabac_init_idc is {cabac_init_idc}; it can be 0 to 2")));
    }
    Ok(Parameters {
        slice_type,
        cabac_init_idc: cabac_init_idc as u8,
        slice_qp_y: (26 + pps.pic_init_qp_minus26 + header.slice_qp_delta) as i8,
        first_mb_in_slice,
        pic_width_in_mbs: sps.pic_width_in_mbs(),
        pic_size_in_mbs,
        mbaff_frame_flag,
        field_pic_flag,
        chroma_array_type: sps.chroma_info.chroma_array_type(),
        bit_depth_luma: 8 + sps.chroma_info.bit_depth_luma_minus8,
        bit_depth_chroma: 8 + sps.chroma_info.bit_depth_chroma_minus8,
        transform_8x8_mode_flag: pps.extension.as_ref().is_some_and(|extra| extra.transform_8x8_mode_flag),
        direct_8x8_inference_flag: sps.direct_8x8_inference_flag,
        num_ref_idx_active: num_ref_idx_active_minus1.map(|minus1| minus1.min(31) as u8 + 1),
    })
}
