//! Picture parameter sets (clause 7.3.2.3), with their range and screen content extensions.

use super::common::scaling_list_data;
use super::sequence::MOST_ENTRIES;
use crate::syntax::{BitCoder, HeaderError};

/// The elements of a picture parameter set that other syntax depends on, by the names of the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// pps_pic_parameter_set_id, 0..=63.
    pub pps_pic_parameter_set_id: u8,
    /// pps_seq_parameter_set_id, 0..=15.
    pub pps_seq_parameter_set_id: u8,
    /// dependent_slice_segments_enabled_flag.
    pub dependent_slice_segments_enabled_flag: bool,
    /// output_flag_present_flag.
    pub output_flag_present_flag: bool,
    /// num_extra_slice_header_bits, 0..=7.
    pub num_extra_slice_header_bits: u8,
    /// sign_data_hiding_enabled_flag.
    pub sign_data_hiding_enabled_flag: bool,
    /// cabac_init_present_flag.
    pub cabac_init_present_flag: bool,
    /// num_ref_idx_l0_default_active_minus1 + 1 and the same of l1, 1..=15.
    pub num_ref_idx_default_active: [u8; 2],
    /// 26 + init_qp_minus26.
    pub init_qp: i8,
    /// transform_skip_enabled_flag.
    pub transform_skip_enabled_flag: bool,
    /// cu_qp_delta_enabled_flag.
    pub cu_qp_delta_enabled_flag: bool,
    /// diff_cu_qp_delta_depth.
    pub diff_cu_qp_delta_depth: u8,
    /// pps_slice_chroma_qp_offsets_present_flag.
    pub pps_slice_chroma_qp_offsets_present_flag: bool,
    /// weighted_pred_flag, and weighted_bipred_flag.
    pub weighted: [bool; 2],
    /// transquant_bypass_enabled_flag.
    pub transquant_bypass_enabled_flag: bool,
    /// entropy_coding_sync_enabled_flag.
    pub entropy_coding_sync_enabled_flag: bool,
    /// The tiles, if tiles_enabled_flag is 1.
    pub tiles: Option<Tiles>,
    /// pps_loop_filter_across_slices_enabled_flag.
    pub pps_loop_filter_across_slices_enabled_flag: bool,
    /// deblocking_filter_override_enabled_flag.
    pub deblocking_filter_override_enabled_flag: bool,
    /// pps_deblocking_filter_disabled_flag.
    pub pps_deblocking_filter_disabled_flag: bool,
    /// lists_modification_present_flag.
    pub lists_modification_present_flag: bool,
    /// slice_segment_header_extension_present_flag.
    pub slice_segment_header_extension_present_flag: bool,
    /// Log2MaxTransformSkipSize; 2 without the range extension.
    pub log2_max_transform_skip_size: u8,
    /// cross_component_prediction_enabled_flag.
    pub cross_component_prediction_enabled_flag: bool,
    /// diff_cu_chroma_qp_offset_depth and chroma_qp_offset_list_len_minus1, if chroma_qp_offset_list_enabled_flag is 1.
    pub chroma_qp_offset_list: Option<[u8; 2]>,
    /// log2_sao_offset_scale_luma, and the same of chroma.
    pub log2_sao_offset_scale: [u8; 2],
    /// pps_curr_pic_ref_enabled_flag, of screen content.
    pub pps_curr_pic_ref_enabled_flag: bool,
    /// residual_adaptive_colour_transform_enabled_flag, of screen content.
    pub residual_adaptive_colour_transform_enabled_flag: bool,
    /// pps_slice_act_qp_offsets_present_flag, of screen content.
    pub pps_slice_act_qp_offsets_present_flag: bool,
}

/// Tiles of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// num_tile_columns_minus1 + 1.
    pub columns: u32,
    /// num_tile_rows_minus1 + 1.
    pub rows: u32,
    /// column_width_minus1 + 1 and row_height_minus1 + 1 of all but the last column and row, in coding tree blocks; `None` if they are
    /// uniform.
    pub sizes: Option<[Vec<u32>; 2]>,
}

/// pic_parameter_set_rbsp() of the base layer. `found` is filled in as soon as all is known that other syntax depends on, or at the first
/// error in an extension.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn picture<C: BitCoder>(coder: &mut C, found: &mut Option<Picture>) -> Result<(), HeaderError> {
    let mut set = Picture { log2_max_transform_skip_size: 2, ..Picture::default() };
    set.pps_pic_parameter_set_id = coder.ue_in("pps_pic_parameter_set_id", 0..=63)? as u8;
    set.pps_seq_parameter_set_id = coder.ue_in("pps_seq_parameter_set_id", 0..=15)? as u8;
    set.dependent_slice_segments_enabled_flag = coder.flag("dependent_slice_segments_enabled_flag")?;
    set.output_flag_present_flag = coder.flag("output_flag_present_flag")?;
    set.num_extra_slice_header_bits = coder.u(3, "num_extra_slice_header_bits")? as u8;
    set.sign_data_hiding_enabled_flag = coder.flag("sign_data_hiding_enabled_flag")?;
    set.cabac_init_present_flag = coder.flag("cabac_init_present_flag")?;
    for (name, count) in ["num_ref_idx_l0_default_active_minus1", "num_ref_idx_l1_default_active_minus1"]
        .into_iter()
        .zip(&mut set.num_ref_idx_default_active)
    {
        *count = 1 + coder.ue_in(name, 0..=14)? as u8;
    }
    set.init_qp = 26 + coder.se_in("init_qp_minus26", -74..=25)? as i8;
    coder.flag("constrained_intra_pred_flag")?;
    set.transform_skip_enabled_flag = coder.flag("transform_skip_enabled_flag")?;
    set.cu_qp_delta_enabled_flag = coder.flag("cu_qp_delta_enabled_flag")?;
    if set.cu_qp_delta_enabled_flag {
        set.diff_cu_qp_delta_depth = coder.ue_in("diff_cu_qp_delta_depth", 0..=3)? as u8;
    }
    coder.se("pps_cb_qp_offset")?;
    coder.se("pps_cr_qp_offset")?;
    set.pps_slice_chroma_qp_offsets_present_flag = coder.flag("pps_slice_chroma_qp_offsets_present_flag")?;
    set.weighted = [coder.flag("weighted_pred_flag")?, coder.flag("weighted_bipred_flag")?];
    set.transquant_bypass_enabled_flag = coder.flag("transquant_bypass_enabled_flag")?;
    let has_tiles = coder.flag("tiles_enabled_flag")?;
    set.entropy_coding_sync_enabled_flag = coder.flag("entropy_coding_sync_enabled_flag")?;
    if has_tiles {
        set.tiles = Some(tiles(coder)?);
    }
    set.pps_loop_filter_across_slices_enabled_flag =
        coder.flag("pps_loop_filter_across_slices_enabled_flag")?;
    if coder.flag("deblocking_filter_control_present_flag")? {
        set.deblocking_filter_override_enabled_flag =
            coder.flag("deblocking_filter_override_enabled_flag")?;
        set.pps_deblocking_filter_disabled_flag = coder.flag("pps_deblocking_filter_disabled_flag")?;
        if !set.pps_deblocking_filter_disabled_flag {
            coder.se("pps_beta_offset_div2")?;
            coder.se("pps_tc_offset_div2")?;
        }
    }
    if coder.flag("pps_scaling_list_data_present_flag")? {
        scaling_list_data(coder)?;
    }
    set.lists_modification_present_flag = coder.flag("lists_modification_present_flag")?;
    coder.ue("log2_parallel_merge_level_minus2")?;
    set.slice_segment_header_extension_present_flag =
        coder.flag("slice_segment_header_extension_present_flag")?;
    let read = extensions(coder, &mut set);
    *found = Some(set);
    read
}

fn tiles<C: BitCoder>(coder: &mut C) -> Result<Tiles, HeaderError> {
    let columns = 1 + coder.ue_in("num_tile_columns_minus1", 0..=1055)? as u32;
    let rows = 1 + coder.ue_in("num_tile_rows_minus1", 0..=1055)? as u32;
    let mut sizes = None;
    if !coder.flag("uniform_spacing_flag")? {
        let mut widths = Vec::new();
        for _ in 1..columns {
            widths.push(1 + coder.ue_in("column_width_minus1", 0..=1055)? as u32);
        }
        let mut heights = Vec::new();
        for _ in 1..rows {
            heights.push(1 + coder.ue_in("row_height_minus1", 0..=1055)? as u32);
        }
        sizes = Some([widths, heights]);
    }
    coder.flag("loop_filter_across_tiles_enabled_flag")?;
    Ok(Tiles { columns, rows, sizes })
}

fn extensions<C: BitCoder>(coder: &mut C, set: &mut Picture) -> Result<(), HeaderError> {
    if !coder.flag("pps_extension_present_flag")? {
        return Ok(());
    }
    let has_range = coder.flag("pps_range_extension_flag")?;
    let has_multilayer = coder.flag("pps_multilayer_extension_flag")?;
    let has_3d = coder.flag("pps_3d_extension_flag")?;
    let has_scc = coder.flag("pps_scc_extension_flag")?;
    coder.u(4, "pps_extension_4bits")?;
    if has_range {
        if set.transform_skip_enabled_flag {
            set.log2_max_transform_skip_size =
                2 + coder.ue_in("log2_max_transform_skip_block_size_minus2", 0..=3)? as u8;
        }
        set.cross_component_prediction_enabled_flag =
            coder.flag("cross_component_prediction_enabled_flag")?;
        if coder.flag("chroma_qp_offset_list_enabled_flag")? {
            let depth = coder.ue_in("diff_cu_chroma_qp_offset_depth", 0..=3)?;
            let len_minus1 = coder.ue_in("chroma_qp_offset_list_len_minus1", 0..=5)?;
            for _ in 0..=len_minus1 {
                coder.se("cb_qp_offset_list")?;
                coder.se("cr_qp_offset_list")?;
            }
            set.chroma_qp_offset_list = Some([depth as u8, len_minus1 as u8]);
        }
        set.log2_sao_offset_scale = [
            coder.ue_in("log2_sao_offset_scale_luma", 0..=6)? as u8,
            coder.ue_in("log2_sao_offset_scale_chroma", 0..=6)? as u8,
        ];
    }
    // What comes after the multilayer and 3D extensions is not parsed, since these are not.
    if has_scc && !has_multilayer && !has_3d {
        screen_content(coder, set)?;
    }
    Ok(())
}

/// pps_scc_extension() (clause 7.3.2.3.3).
fn screen_content<C: BitCoder>(coder: &mut C, set: &mut Picture) -> Result<(), HeaderError> {
    set.pps_curr_pic_ref_enabled_flag = coder.flag("pps_curr_pic_ref_enabled_flag")?;
    set.residual_adaptive_colour_transform_enabled_flag =
        coder.flag("residual_adaptive_colour_transform_enabled_flag")?;
    if set.residual_adaptive_colour_transform_enabled_flag {
        set.pps_slice_act_qp_offsets_present_flag = coder.flag("pps_slice_act_qp_offsets_present_flag")?;
        coder.se("pps_act_y_qp_offset_plus5")?;
        coder.se("pps_act_cb_qp_offset_plus5")?;
        coder.se("pps_act_cr_qp_offset_plus3")?;
    }
    if coder.flag("pps_palette_predictor_initializers_present_flag")? {
        let entries = coder.ue_in("pps_num_palette_predictor_initializers", 0..=MOST_ENTRIES)?;
        if entries > 0 {
            let is_monochrome = coder.flag("monochrome_palette_flag")?;
            let luma = 8 + coder.ue_in("luma_bit_depth_entry_minus8", 0..=8)? as u32;
            let mut depths = vec![luma];
            if !is_monochrome {
                let chroma = 8 + coder.ue_in("chroma_bit_depth_entry_minus8", 0..=8)? as u32;
                depths.extend([chroma; 2]);
            }
            for depth in depths {
                for _ in 0..entries {
                    coder.u(depth, "pps_palette_predictor_initializer")?;
                }
            }
        }
    }
    Ok(())
}
