//! vui_parameters() and hrd_parameters() (clauses E.2.1 to E.2.3). Nothing depends on their values, only on where they end.

use crate::syntax::{BitCoder, HeaderError, presentation};

/// vui_parameters().
///
/// # Errors
/// [`HeaderError`].
pub(super) fn vui_parameters<C: BitCoder>(
    coder: &mut C,
    max_sub_layers_minus1: i64,
) -> Result<(), HeaderError> {
    presentation(coder)?;
    coder.flag("neutral_chroma_indication_flag")?;
    coder.flag("field_seq_flag")?;
    coder.flag("frame_field_info_present_flag")?;
    if coder.flag("default_display_window_flag")? {
        for name in [
            "def_disp_win_left_offset",
            "def_disp_win_right_offset",
            "def_disp_win_top_offset",
            "def_disp_win_bottom_offset",
        ] {
            coder.ue(name)?;
        }
    }
    if coder.flag("vui_timing_info_present_flag")? {
        coder.u(32, "vui_num_units_in_tick")?;
        coder.u(32, "vui_time_scale")?;
        if coder.flag("vui_poc_proportional_to_timing_flag")? {
            coder.ue("vui_num_ticks_poc_diff_one_minus1")?;
        }
        if coder.flag("vui_hrd_parameters_present_flag")? {
            hrd_parameters(coder, max_sub_layers_minus1)?;
        }
    }
    if coder.flag("bitstream_restriction_flag")? {
        coder.flag("tiles_fixed_structure_flag")?;
        coder.flag("motion_vectors_over_pic_boundaries_flag")?;
        coder.flag("restricted_ref_pic_lists_flag")?;
        coder.ue("min_spatial_segmentation_idc")?;
        coder.ue("max_bytes_per_pic_denom")?;
        coder.ue("max_bits_per_min_cu_denom")?;
        coder.ue("log2_max_mv_length_horizontal")?;
        coder.ue("log2_max_mv_length_vertical")?;
    }
    Ok(())
}

/// hrd_parameters(1, sps_max_sub_layers_minus1).
///
/// # Errors
/// [`HeaderError`].
pub(crate) fn hrd_parameters<C: BitCoder>(
    coder: &mut C,
    max_sub_layers_minus1: i64,
) -> Result<(), HeaderError> {
    let has_nal = coder.flag("nal_hrd_parameters_present_flag")?;
    let has_vcl = coder.flag("vcl_hrd_parameters_present_flag")?;
    let mut has_sub_pic = false;
    if has_nal || has_vcl {
        has_sub_pic = coder.flag("sub_pic_hrd_params_present_flag")?;
        if has_sub_pic {
            coder.u(8, "tick_divisor_minus2")?;
            coder.u(5, "du_cpb_removal_delay_increment_length_minus1")?;
            coder.flag("sub_pic_cpb_params_in_pic_timing_sei_flag")?;
            coder.u(5, "dpb_output_delay_du_length_minus1")?;
        }
        coder.u(4, "bit_rate_scale")?;
        coder.u(4, "cpb_size_scale")?;
        if has_sub_pic {
            coder.u(4, "cpb_size_du_scale")?;
        }
        coder.u(5, "initial_cpb_removal_delay_length_minus1")?;
        coder.u(5, "au_cpb_removal_delay_length_minus1")?;
        coder.u(5, "dpb_output_delay_length_minus1")?;
    }
    for _ in 0..=max_sub_layers_minus1 {
        let is_fixed =
            coder.flag("fixed_pic_rate_general_flag")? || coder.flag("fixed_pic_rate_within_cvs_flag")?;
        let mut is_low_delay = false;
        if is_fixed {
            coder.ue("elemental_duration_in_tc_minus1")?;
        } else {
            is_low_delay = coder.flag("low_delay_hrd_flag")?;
        }
        let cpb_cnt_minus1 = if is_low_delay { 0 } else { coder.ue_in("cpb_cnt_minus1", 0..=31)? };
        for _ in 0..usize::from(has_nal) + usize::from(has_vcl) {
            for _ in 0..=cpb_cnt_minus1 {
                coder.ue("bit_rate_value_minus1")?;
                coder.ue("cpb_size_value_minus1")?;
                if has_sub_pic {
                    coder.ue("cpb_size_du_value_minus1")?;
                    coder.ue("bit_rate_du_value_minus1")?;
                }
                coder.flag("cbr_flag")?;
            }
        }
    }
    Ok(())
}
