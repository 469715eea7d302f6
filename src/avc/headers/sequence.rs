//! Sequence parameter sets (clauses 7.3.2.1 and E.1).

use crate::syntax::{BitCoder, HeaderError, presentation};

/// The elements of a sequence parameter set that other syntax depends on, by the names of the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// profile_idc.
    pub profile_idc: u8,
    /// constraint_set0_flag to constraint_set5_flag and two reserved bits, the first one highest.
    pub constraint_set_flags: u8,
    /// level_idc.
    pub level_idc: u8,
    /// seq_parameter_set_id, 0..=31.
    pub seq_parameter_set_id: u8,
    /// chroma_format_idc, 0..=3.
    pub chroma_format_idc: u8,
    /// separate_colour_plane_flag.
    pub separate_colour_plane_flag: bool,
    /// BitDepthY, 8..=14.
    pub bit_depth_luma: u8,
    /// BitDepthC, 8..=14.
    pub bit_depth_chroma: u8,
    /// log2_max_frame_num_minus4 + 4, 4..=16.
    pub log2_max_frame_num: u32,
    /// pic_order_cnt_type, 0..=2.
    pub pic_order_cnt_type: u8,
    /// log2_max_pic_order_cnt_lsb_minus4 + 4, 4..=16; 0 where pic_order_cnt_type is not 0.
    pub log2_max_pic_order_cnt_lsb: u32,
    /// delta_pic_order_always_zero_flag.
    pub delta_pic_order_always_zero_flag: bool,
    /// PicWidthInMbs.
    pub pic_width_in_mbs: u32,
    /// PicHeightInMapUnits.
    pub pic_height_in_map_units: u32,
    /// frame_mbs_only_flag.
    pub frame_mbs_only_flag: bool,
    /// mb_adaptive_frame_field_flag.
    pub mb_adaptive_frame_field_flag: bool,
    /// direct_8x8_inference_flag.
    pub direct_8x8_inference_flag: bool,
}

/// The profiles whose sequence parameter sets have the chroma format and the bit depths. 144 is High 4:4:4 of the first editions, which
/// old streams have.
const PROFILES_WITH_CHROMA_FORMAT: [u8; 14] =
    [100, 110, 122, 144, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// PicSizeInMbs of a frame at the highest level, 6.2.
const MAX_FRAME_SIZE: i64 = 139_264;

impl Sequence {
    /// ChromaArrayType.
    pub fn chroma_array_type(&self) -> u8 {
        if self.separate_colour_plane_flag { 0 } else { self.chroma_format_idc }
    }

    /// PicSizeInMapUnits.
    pub fn pic_size_in_map_units(&self) -> u32 {
        self.pic_width_in_mbs * self.pic_height_in_map_units
    }

    /// Whether picture parameter sets of this profile can have transform_8x8_mode_flag. In streams of the Baseline, Main and Extended
    /// profiles, bytes in its place are no syntax.
    pub(super) fn has_picture_extension(&self) -> bool {
        !matches!(self.profile_idc, 66 | 77 | 88) || self.constraint_set_flags & 0xe0 == 0
    }
}

/// seq_parameter_set_data(). `set` is filled in as soon as all is known that other syntax depends on; a later error, in the VUI, does not
/// change it.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn sequence<C: BitCoder>(coder: &mut C, set: &mut Option<Sequence>) -> Result<(), HeaderError> {
    let profile_idc = coder.u(8, "profile_idc")? as u8;
    let mut constraint_set_flags = 0;
    for name in [
        "constraint_set0_flag",
        "constraint_set1_flag",
        "constraint_set2_flag",
        "constraint_set3_flag",
        "constraint_set4_flag",
        "constraint_set5_flag",
    ] {
        constraint_set_flags = constraint_set_flags << 1 | coder.u(1, name)? as u8;
    }
    constraint_set_flags = constraint_set_flags << 2 | coder.u(2, "reserved_zero_2bits")? as u8;
    let level_idc = coder.u(8, "level_idc")? as u8;
    let seq_parameter_set_id = coder.ue_in("seq_parameter_set_id", 0..=31)? as u8;

    let mut chroma_format_idc = 1;
    let mut separate_colour_plane_flag = false;
    let [mut bit_depth_luma, mut bit_depth_chroma] = [8, 8];
    if PROFILES_WITH_CHROMA_FORMAT.contains(&profile_idc) {
        chroma_format_idc = coder.ue_in("chroma_format_idc", 0..=3)? as u8;
        if chroma_format_idc == 3 {
            separate_colour_plane_flag = coder.flag("separate_colour_plane_flag")?;
        }
        bit_depth_luma += coder.ue_in("bit_depth_luma_minus8", 0..=6)? as u8;
        bit_depth_chroma += coder.ue_in("bit_depth_chroma_minus8", 0..=6)? as u8;
        coder.flag("qpprime_y_zero_transform_bypass_flag")?;
        if coder.flag("seq_scaling_matrix_present_flag")? {
            for index in 0..if chroma_format_idc == 3 { 12 } else { 8 } {
                if coder.flag("seq_scaling_list_present_flag")? {
                    scaling_list(coder, index)?;
                }
            }
        }
    }

    let log2_max_frame_num = 4 + coder.ue_in("log2_max_frame_num_minus4", 0..=12)? as u32;
    let pic_order_cnt_type = coder.ue_in("pic_order_cnt_type", 0..=2)? as u8;
    let mut log2_max_pic_order_cnt_lsb = 0;
    let mut delta_pic_order_always_zero_flag = false;
    match pic_order_cnt_type {
        0 => {
            log2_max_pic_order_cnt_lsb = 4 + coder.ue_in("log2_max_pic_order_cnt_lsb_minus4", 0..=12)? as u32;
        }
        1 => {
            delta_pic_order_always_zero_flag = coder.flag("delta_pic_order_always_zero_flag")?;
            coder.se("offset_for_non_ref_pic")?;
            coder.se("offset_for_top_to_bottom_field")?;
            for _ in 0..coder.ue_in("num_ref_frames_in_pic_order_cnt_cycle", 0..=255)? {
                coder.se("offset_for_ref_frame")?;
            }
        }
        _ => {}
    }
    coder.ue("max_num_ref_frames")?;
    coder.flag("gaps_in_frame_num_value_allowed_flag")?;

    let pic_width_in_mbs = 1 + coder.ue_in("pic_width_in_mbs_minus1", 0..=MAX_FRAME_SIZE - 1)?;
    let most = MAX_FRAME_SIZE / pic_width_in_mbs - 1;
    let pic_height_in_map_units = 1 + coder.ue_in("pic_height_in_map_units_minus1", 0..=most)?;
    let frame_mbs_only_flag = coder.flag("frame_mbs_only_flag")?;
    let mb_adaptive_frame_field_flag = !frame_mbs_only_flag && coder.flag("mb_adaptive_frame_field_flag")?;
    let direct_8x8_inference_flag = coder.flag("direct_8x8_inference_flag")?;
    *set = Some(Sequence {
        profile_idc,
        constraint_set_flags,
        level_idc,
        seq_parameter_set_id,
        chroma_format_idc,
        separate_colour_plane_flag,
        bit_depth_luma,
        bit_depth_chroma,
        log2_max_frame_num,
        pic_order_cnt_type,
        log2_max_pic_order_cnt_lsb,
        delta_pic_order_always_zero_flag,
        pic_width_in_mbs: pic_width_in_mbs as u32,
        pic_height_in_map_units: pic_height_in_map_units as u32,
        frame_mbs_only_flag,
        mb_adaptive_frame_field_flag,
        direct_8x8_inference_flag,
    });

    if coder.flag("frame_cropping_flag")? {
        coder.ue("frame_crop_left_offset")?;
        coder.ue("frame_crop_right_offset")?;
        coder.ue("frame_crop_top_offset")?;
        coder.ue("frame_crop_bottom_offset")?;
    }
    if coder.flag("vui_parameters_present_flag")? {
        vui_parameters(coder)?;
    }
    Ok(())
}

/// scaling_list() number `index`: the first six are for 4x4 blocks, the others for 8x8 blocks.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn scaling_list<C: BitCoder>(coder: &mut C, index: usize) -> Result<(), HeaderError> {
    let (mut last_scale, mut next_scale) = (8, 8);
    for _ in 0..if index < 6 { 16 } else { 64 } {
        if next_scale != 0 {
            next_scale = (last_scale + coder.se("delta_scale")?).rem_euclid(256);
        }
        if next_scale != 0 {
            last_scale = next_scale;
        }
    }
    Ok(())
}

fn vui_parameters<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    presentation(coder)?;
    if coder.flag("timing_info_present_flag")? {
        coder.u(32, "num_units_in_tick")?;
        coder.u(32, "time_scale")?;
        coder.flag("fixed_frame_rate_flag")?;
    }
    let has_nal_hrd = coder.flag("nal_hrd_parameters_present_flag")?;
    if has_nal_hrd {
        hrd_parameters(coder)?;
    }
    let has_vcl_hrd = coder.flag("vcl_hrd_parameters_present_flag")?;
    if has_vcl_hrd {
        hrd_parameters(coder)?;
    }
    if has_nal_hrd || has_vcl_hrd {
        coder.flag("low_delay_hrd_flag")?;
    }
    coder.flag("pic_struct_present_flag")?;
    if coder.flag("bitstream_restriction_flag")? {
        coder.flag("motion_vectors_over_pic_boundaries_flag")?;
        coder.ue("max_bytes_per_pic_denom")?;
        coder.ue("max_bits_per_mb_denom")?;
        coder.ue("log2_max_mv_length_horizontal")?;
        coder.ue("log2_max_mv_length_vertical")?;
        coder.ue("max_num_reorder_frames")?;
        coder.ue("max_dec_frame_buffering")?;
    }
    Ok(())
}

fn hrd_parameters<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    let cpb_cnt_minus1 = coder.ue_in("cpb_cnt_minus1", 0..=31)?;
    coder.u(4, "bit_rate_scale")?;
    coder.u(4, "cpb_size_scale")?;
    for _ in 0..=cpb_cnt_minus1 {
        coder.ue("bit_rate_value_minus1")?;
        coder.ue("cpb_size_value_minus1")?;
        coder.flag("cbr_flag")?;
    }
    coder.u(5, "initial_cpb_removal_delay_length_minus1")?;
    coder.u(5, "cpb_removal_delay_length_minus1")?;
    coder.u(5, "dpb_output_delay_length_minus1")?;
    coder.u(5, "time_offset_length")?;
    Ok(())
}

/// seq_parameter_set_extension_rbsp() (clause 7.3.2.1.2).
///
/// # Errors
/// [`HeaderError`].
pub(super) fn sequence_extension<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    coder.ue("seq_parameter_set_id")?;
    if coder.ue("aux_format_idc")? != 0 {
        let bit_depth_aux = 8 + coder.ue_in("bit_depth_aux_minus8", 0..=4)? as u32;
        coder.flag("alpha_incr_flag")?;
        coder.u(bit_depth_aux + 1, "alpha_opaque_value")?;
        coder.u(bit_depth_aux + 1, "alpha_transparent_value")?;
    }
    coder.flag("additional_extension_flag")?;
    Ok(())
}
