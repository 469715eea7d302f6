//! Sequence parameter sets (clause 7.3.2.2), with their range and screen content extensions.

use super::common::{ShortTermSet, profile_tier_level, scaling_list_data, st_ref_pic_set};
use super::vui::vui_parameters;
use crate::syntax::{BitCoder, HeaderError};

/// The elements of a sequence parameter set that other syntax depends on, by the names of the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// sps_seq_parameter_set_id, 0..=15.
    pub sps_seq_parameter_set_id: u8,
    /// chroma_format_idc, 0..=3.
    pub chroma_format_idc: u8,
    /// separate_colour_plane_flag.
    pub separate_colour_plane_flag: bool,
    /// pic_width_in_luma_samples and pic_height_in_luma_samples.
    pub pic_size: [u32; 2],
    /// BitDepthY, 8..=16.
    pub bit_depth_luma: u8,
    /// BitDepthC, 8..=16.
    pub bit_depth_chroma: u8,
    /// log2_max_pic_order_cnt_lsb_minus4 + 4, 4..=16.
    pub log2_max_pic_order_cnt_lsb: u32,
    /// MinCbLog2SizeY, 3..=6.
    pub min_cb_log2_size: u8,
    /// CtbLog2SizeY, 4..=6.
    pub ctb_log2_size: u8,
    /// MinTbLog2SizeY, 2..=5.
    pub min_tb_log2_size: u8,
    /// MaxTbLog2SizeY, up to 5.
    pub max_tb_log2_size: u8,
    /// max_transform_hierarchy_depth_inter, and the same of intra.
    pub max_transform_hierarchy_depth: [u8; 2],
    /// scaling_list_enabled_flag.
    pub scaling_list_enabled_flag: bool,
    /// amp_enabled_flag.
    pub amp_enabled_flag: bool,
    /// sample_adaptive_offset_enabled_flag.
    pub sample_adaptive_offset_enabled_flag: bool,
    /// The parameters of PCM, if pcm_enabled_flag is 1.
    pub pcm: Option<Pcm>,
    /// The short-term reference picture sets.
    pub short_term_sets: Vec<ShortTermSet>,
    /// long_term_ref_pics_present_flag.
    pub long_term_ref_pics_present_flag: bool,
    /// used_by_curr_pic_lt_sps_flag of each long-term picture that is listed here.
    pub used_by_curr_pic_lt: Vec<bool>,
    /// sps_temporal_mvp_enabled_flag.
    pub sps_temporal_mvp_enabled_flag: bool,
    /// The range extension; all flags are 0 if it is not there.
    pub range: RangeExtension,
    /// sps_curr_pic_ref_enabled_flag, of screen content.
    pub sps_curr_pic_ref_enabled_flag: bool,
    /// palette_mode_enabled_flag, of screen content.
    pub palette_mode_enabled_flag: bool,
    /// motion_vector_resolution_control_idc, of screen content.
    pub motion_vector_resolution_control_idc: u8,
}

/// The parameters of coding units with PCM samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pcm {
    /// PcmBitDepthY and PcmBitDepthC.
    pub bit_depth: [u8; 2],
    /// Log2MinIpcmCbSizeY and Log2MaxIpcmCbSizeY.
    pub log2_size: [u8; 2],
}

/// sps_range_extension() (clause 7.3.2.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RangeExtension {
    /// transform_skip_rotation_enabled_flag.
    pub transform_skip_rotation_enabled_flag: bool,
    /// transform_skip_context_enabled_flag.
    pub transform_skip_context_enabled_flag: bool,
    /// implicit_rdpcm_enabled_flag.
    pub implicit_rdpcm_enabled_flag: bool,
    /// explicit_rdpcm_enabled_flag.
    pub explicit_rdpcm_enabled_flag: bool,
    /// extended_precision_processing_flag.
    pub extended_precision_processing_flag: bool,
    /// persistent_rice_adaptation_enabled_flag.
    pub persistent_rice_adaptation_enabled_flag: bool,
    /// cabac_bypass_alignment_enabled_flag.
    pub cabac_bypass_alignment_enabled_flag: bool,
}

/// The largest width and height: Sqrt(8 * MaxLumaPs) with the MaxLumaPs of levels 6 to 6.2, 35,651,584 luma samples.
const MOST_SAMPLES: i64 = 16_888;

impl Sequence {
    /// ChromaArrayType.
    pub fn chroma_array_type(&self) -> u8 {
        if self.separate_colour_plane_flag { 0 } else { self.chroma_format_idc }
    }

    /// PicWidthInCtbsY and PicHeightInCtbsY.
    pub fn size_in_ctbs(&self) -> [u32; 2] {
        self.pic_size.map(|samples| samples.div_ceil(1 << self.ctb_log2_size))
    }
}

/// seq_parameter_set_rbsp() of the base layer. `found` is filled in as soon as all is known that other syntax depends on, or at the first
/// error in the VUI.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn sequence<C: BitCoder>(coder: &mut C, found: &mut Option<Sequence>) -> Result<(), HeaderError> {
    let mut set = Sequence::default();
    coder.u(4, "sps_video_parameter_set_id")?;
    let max_sub_layers_minus1 = coder.u_in(3, "sps_max_sub_layers_minus1", 0..=6)?;
    coder.flag("sps_temporal_id_nesting_flag")?;
    profile_tier_level(coder, max_sub_layers_minus1)?;
    set.sps_seq_parameter_set_id = coder.ue_in("sps_seq_parameter_set_id", 0..=15)? as u8;
    set.chroma_format_idc = coder.ue_in("chroma_format_idc", 0..=3)? as u8;
    if set.chroma_format_idc == 3 {
        set.separate_colour_plane_flag = coder.flag("separate_colour_plane_flag")?;
    }
    for (name, samples) in
        ["pic_width_in_luma_samples", "pic_height_in_luma_samples"].into_iter().zip(&mut set.pic_size)
    {
        *samples = coder.ue_in(name, 1..=MOST_SAMPLES)? as u32;
    }
    if coder.flag("conformance_window_flag")? {
        for name in
            ["conf_win_left_offset", "conf_win_right_offset", "conf_win_top_offset", "conf_win_bottom_offset"]
        {
            coder.ue(name)?;
        }
    }
    set.bit_depth_luma = 8 + coder.ue_in("bit_depth_luma_minus8", 0..=8)? as u8;
    set.bit_depth_chroma = 8 + coder.ue_in("bit_depth_chroma_minus8", 0..=8)? as u8;
    set.log2_max_pic_order_cnt_lsb = 4 + coder.ue_in("log2_max_pic_order_cnt_lsb_minus4", 0..=12)? as u32;
    let has_each = coder.flag("sps_sub_layer_ordering_info_present_flag")?;
    for _ in if has_each { 0 } else { max_sub_layers_minus1 }..=max_sub_layers_minus1 {
        coder.ue("sps_max_dec_pic_buffering_minus1")?;
        coder.ue("sps_max_num_reorder_pics")?;
        coder.ue("sps_max_latency_increase_plus1")?;
    }
    blocks(coder, &mut set)?;
    set.scaling_list_enabled_flag = coder.flag("scaling_list_enabled_flag")?;
    if set.scaling_list_enabled_flag && coder.flag("sps_scaling_list_data_present_flag")? {
        scaling_list_data(coder)?;
    }
    set.amp_enabled_flag = coder.flag("amp_enabled_flag")?;
    set.sample_adaptive_offset_enabled_flag = coder.flag("sample_adaptive_offset_enabled_flag")?;
    if coder.flag("pcm_enabled_flag")? {
        set.pcm = Some(pcm(coder, &set)?);
    }
    reference_pictures(coder, &mut set)?;
    set.sps_temporal_mvp_enabled_flag = coder.flag("sps_temporal_mvp_enabled_flag")?;
    coder.flag("strong_intra_smoothing_enabled_flag")?;
    let has_vui = coder.flag("vui_parameters_present_flag")?;
    let read = if has_vui { vui_parameters(coder, max_sub_layers_minus1) } else { Ok(()) };
    let read = read.and_then(|()| extensions(coder, &mut set));
    *found = Some(set);
    read
}

/// The sizes of coding and transform blocks.
fn blocks<C: BitCoder>(coder: &mut C, set: &mut Sequence) -> Result<(), HeaderError> {
    let min_cb = 3 + coder.ue_in("log2_min_luma_coding_block_size_minus3", 0..=3)?;
    let ctb =
        min_cb + coder.ue_in("log2_diff_max_min_luma_coding_block_size", (4 - min_cb).max(0)..=6 - min_cb)?;
    let most = (min_cb - 1).min(5);
    let min_tb = 2 + coder.ue_in("log2_min_luma_transform_block_size_minus2", 0..=most - 2)?;
    let max_tb =
        min_tb + coder.ue_in("log2_diff_max_min_luma_transform_block_size", 0..=ctb.min(5) - min_tb)?;
    (set.min_cb_log2_size, set.ctb_log2_size) = (min_cb as u8, ctb as u8);
    (set.min_tb_log2_size, set.max_tb_log2_size) = (min_tb as u8, max_tb as u8);
    for (name, depth) in ["max_transform_hierarchy_depth_inter", "max_transform_hierarchy_depth_intra"]
        .into_iter()
        .zip(&mut set.max_transform_hierarchy_depth)
    {
        *depth = coder.ue_in(name, 0..=ctb - min_tb)? as u8;
    }
    Ok(())
}

fn pcm<C: BitCoder>(coder: &mut C, set: &Sequence) -> Result<Pcm, HeaderError> {
    let luma =
        1 + coder.u_in(4, "pcm_sample_bit_depth_luma_minus1", 0..=i64::from(set.bit_depth_luma) - 1)?;
    let chroma =
        1 + coder.u_in(4, "pcm_sample_bit_depth_chroma_minus1", 0..=i64::from(set.bit_depth_chroma) - 1)?;
    let (low, high) = (i64::from(set.min_cb_log2_size.min(5)), i64::from(set.ctb_log2_size.min(5)));
    let min = 3 + coder.ue_in("log2_min_pcm_luma_coding_block_size_minus3", low - 3..=high - 3)?;
    let max = min + coder.ue_in("log2_diff_max_min_pcm_luma_coding_block_size", 0..=high - min)?;
    coder.flag("pcm_loop_filter_disabled_flag")?;
    Ok(Pcm { bit_depth: [luma as u8, chroma as u8], log2_size: [min as u8, max as u8] })
}

fn reference_pictures<C: BitCoder>(coder: &mut C, set: &mut Sequence) -> Result<(), HeaderError> {
    for _ in 0..coder.ue_in("num_short_term_ref_pic_sets", 0..=64)? {
        let next = st_ref_pic_set(coder, &set.short_term_sets, false)?;
        set.short_term_sets.push(next);
    }
    set.long_term_ref_pics_present_flag = coder.flag("long_term_ref_pics_present_flag")?;
    if set.long_term_ref_pics_present_flag {
        for _ in 0..coder.ue_in("num_long_term_ref_pics_sps", 0..=32)? {
            coder.u(set.log2_max_pic_order_cnt_lsb, "lt_ref_pic_poc_lsb_sps")?;
            set.used_by_curr_pic_lt.push(coder.flag("used_by_curr_pic_lt_sps_flag")?);
        }
    }
    Ok(())
}

fn extensions<C: BitCoder>(coder: &mut C, set: &mut Sequence) -> Result<(), HeaderError> {
    if !coder.flag("sps_extension_present_flag")? {
        return Ok(());
    }
    let has_range = coder.flag("sps_range_extension_flag")?;
    let has_multilayer = coder.flag("sps_multilayer_extension_flag")?;
    let has_3d = coder.flag("sps_3d_extension_flag")?;
    let has_scc = coder.flag("sps_scc_extension_flag")?;
    coder.u(4, "sps_extension_4bits")?;
    if has_range {
        let range = &mut set.range;
        range.transform_skip_rotation_enabled_flag = coder.flag("transform_skip_rotation_enabled_flag")?;
        range.transform_skip_context_enabled_flag = coder.flag("transform_skip_context_enabled_flag")?;
        range.implicit_rdpcm_enabled_flag = coder.flag("implicit_rdpcm_enabled_flag")?;
        range.explicit_rdpcm_enabled_flag = coder.flag("explicit_rdpcm_enabled_flag")?;
        range.extended_precision_processing_flag = coder.flag("extended_precision_processing_flag")?;
        coder.flag("intra_smoothing_disabled_flag")?;
        coder.flag("high_precision_offsets_enabled_flag")?;
        range.persistent_rice_adaptation_enabled_flag =
            coder.flag("persistent_rice_adaptation_enabled_flag")?;
        range.cabac_bypass_alignment_enabled_flag = coder.flag("cabac_bypass_alignment_enabled_flag")?;
    }
    if has_multilayer {
        coder.flag("inter_view_mv_vert_constraint_flag")?;
    }
    // What comes after the 3D extension is not parsed, since that is not.
    if has_scc && !has_3d {
        screen_content(coder, set)?;
    }
    Ok(())
}

/// sps_scc_extension() (clause 7.3.2.2.3).
fn screen_content<C: BitCoder>(coder: &mut C, set: &mut Sequence) -> Result<(), HeaderError> {
    set.sps_curr_pic_ref_enabled_flag = coder.flag("sps_curr_pic_ref_enabled_flag")?;
    set.palette_mode_enabled_flag = coder.flag("palette_mode_enabled_flag")?;
    if set.palette_mode_enabled_flag {
        coder.ue("palette_max_size")?;
        coder.ue("delta_palette_max_predictor_size")?;
        if coder.flag("sps_palette_predictor_initializers_present_flag")? {
            let entries =
                1 + coder.ue_in("sps_num_palette_predictor_initializers_minus1", 0..=MOST_ENTRIES)?;
            let depths = [set.bit_depth_luma, set.bit_depth_chroma, set.bit_depth_chroma];
            for &depth in &depths[..if set.chroma_format_idc == 0 { 1 } else { 3 }] {
                for _ in 0..entries {
                    coder.u(depth.into(), "sps_palette_predictor_initializer")?;
                }
            }
        }
    }
    set.motion_vector_resolution_control_idc =
        coder.u_in(2, "motion_vector_resolution_control_idc", 0..=2)? as u8;
    coder.flag("intra_boundary_filtering_disabled_flag")?;
    Ok(())
}

/// An upper bound of the entries of a palette predictor.
pub(super) const MOST_ENTRIES: i64 = 255;
