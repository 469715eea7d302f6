//! slice_header() (clause 7.3.3).

use super::ParameterSets;
use super::picture::Picture;
use super::sequence::Sequence;
use crate::bin::Element;
use crate::syntax::{BitCoder, HeaderError};

/// The elements of a slice header that anything depends on, by the names of the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceHeader {
    /// first_mb_in_slice.
    pub first_mb_in_slice: u32,
    /// slice_type modulo 5: P, B, I, SP, SI.
    pub slice_type: u8,
    /// pic_parameter_set_id.
    pub pic_parameter_set_id: u8,
    /// colour_plane_id, if planes are separate.
    pub colour_plane_id: u8,
    /// frame_num.
    pub frame_num: u32,
    /// field_pic_flag.
    pub field_pic_flag: bool,
    /// bottom_field_flag.
    pub bottom_field_flag: bool,
    /// num_ref_idx_l0_active_minus1 + 1 and the same of l1, 1..=32.
    pub num_ref_idx_active: [u8; 2],
    /// cabac_init_idc, 0..=2.
    pub cabac_init_idc: u8,
    /// SliceQPY.
    pub slice_qp_y: i8,
}

pub(super) const P: u8 = 0;
pub(super) const B: u8 = 1;
pub(super) const I: u8 = 2;
pub(super) const SP: u8 = 3;
pub(super) const SI: u8 = 4;

/// The name of a slice_type (table 7-6).
pub(in crate::avc) const fn slice_type_name(slice_type: i64) -> &'static str {
    ["P", "B", "I", "SP", "SI"][slice_type.rem_euclid(5) as usize]
}

/// The nal_unit_type of slices of IDR pictures.
const IDR: u8 = 5;

/// Codes the header of a slice in a NAL unit with this header, up to the first byte of its data if that is coded with CABAC.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn slice_header<C: BitCoder>(
    coder: &mut C,
    nal_ref_idc: u8,
    nal_unit_type: u8,
    sets: &ParameterSets,
) -> Result<SliceHeader, HeaderError> {
    let first_mb_bit = coder.position();
    let first_mb_in_slice = coder.ue("first_mb_in_slice")?;
    let slice_type = coder.ue_in("slice_type", 0..=9)? as u8 % 5;
    let (sps, pps) = active_sets(coder, sets)?;
    let colour_plane_id = if sps.separate_colour_plane_flag { coder.u(2, "colour_plane_id")? } else { 0 };
    let frame_num = coder.u(sps.log2_max_frame_num, "frame_num")?;
    let field_pic_flag = !sps.frame_mbs_only_flag && coder.flag("field_pic_flag")?;
    let bottom_field_flag = field_pic_flag && coder.flag("bottom_field_flag")?;
    // first_mb_in_slice counts map units in a field, in an MBAFF frame and with frame_mbs_only_flag 1. In any other frame it counts
    // macroblocks, two for each map unit.
    let is_paired = sps.mb_adaptive_frame_field_flag || field_pic_flag || sps.frame_mbs_only_flag;
    let most = i64::from(sps.pic_size_in_map_units()) * if is_paired { 1 } else { 2 } - 1;
    if first_mb_in_slice > most {
        let element = Element("first_mb_in_slice");
        return Err(HeaderError::Illegal {
            element,
            value: first_mb_in_slice,
            legal: 0..=most,
            bit: first_mb_bit,
        });
    }
    if nal_unit_type == IDR {
        coder.ue("idr_pic_id")?;
    }
    pic_order_cnt(coder, sps, pps, field_pic_flag)?;
    if pps.redundant_pic_cnt_present_flag {
        coder.ue("redundant_pic_cnt")?;
    }
    if slice_type == B {
        coder.flag("direct_spatial_mv_pred_flag")?;
    }
    let mut num_ref_idx_active = pps.num_ref_idx_default_active;
    if matches!(slice_type, P | SP | B) && coder.flag("num_ref_idx_active_override_flag")? {
        num_ref_idx_active[0] = 1 + coder.ue_in("num_ref_idx_l0_active_minus1", 0..=31)? as u8;
        if slice_type == B {
            num_ref_idx_active[1] = 1 + coder.ue_in("num_ref_idx_l1_active_minus1", 0..=31)? as u8;
        }
    }
    ref_pic_list_modification(coder, slice_type)?;
    if (pps.weighted_pred_flag && matches!(slice_type, P | SP))
        || (pps.weighted_bipred_idc == 1 && slice_type == B)
    {
        pred_weight_table(coder, slice_type, num_ref_idx_active, sps.chroma_array_type() != 0)?;
    }
    if nal_ref_idc != 0 {
        dec_ref_pic_marking(coder, nal_unit_type == IDR)?;
    }
    let mut cabac_init_idc = 0;
    if pps.entropy_coding_mode_flag && !matches!(slice_type, I | SI) {
        cabac_init_idc = coder.ue_in("cabac_init_idc", 0..=2)? as u8;
    }
    let (qp, lowest) = (i64::from(pps.pic_init_qp), -6 * (i64::from(sps.bit_depth_luma) - 8));
    let slice_qp_y = (qp + coder.se_in("slice_qp_delta", lowest - qp..=51 - qp)?) as i8;
    if matches!(slice_type, SP | SI) {
        if slice_type == SP {
            coder.flag("sp_for_switch_flag")?;
        }
        coder.se("slice_qs_delta")?;
    }
    if pps.deblocking_filter_control_present_flag && coder.ue("disable_deblocking_filter_idc")? != 1 {
        coder.se("slice_alpha_c0_offset_div2")?;
        coder.se("slice_beta_offset_div2")?;
    }
    if pps.num_slice_groups_minus1 > 0 && matches!(pps.slice_group_map_type, 3..=5) {
        let steps = sps.pic_size_in_map_units().div_ceil(pps.slice_group_change_rate.max(1)) + 1;
        coder.u(u32::BITS - (steps - 1).leading_zeros(), "slice_group_change_cycle")?;
    }
    if pps.entropy_coding_mode_flag {
        coder.align(true, "cabac_alignment_one_bit")?;
    }
    Ok(SliceHeader {
        first_mb_in_slice: first_mb_in_slice as u32,
        slice_type,
        pic_parameter_set_id: pps.pic_parameter_set_id,
        colour_plane_id: colour_plane_id as u8,
        frame_num: frame_num as u32,
        field_pic_flag,
        bottom_field_flag,
        num_ref_idx_active,
        cabac_init_idc,
        slice_qp_y,
    })
}

/// pic_parameter_set_id, and the parameter sets that it makes active.
fn active_sets<'a, C: BitCoder>(
    coder: &mut C,
    sets: &'a ParameterSets,
) -> Result<(&'a Sequence, &'a Picture), HeaderError> {
    let bit = coder.position();
    let value = coder.ue_in("pic_parameter_set_id", 0..=255)?;
    let unsent = |name, value| HeaderError::Unsent { element: Element(name), value, bit };
    let picture = sets.picture(value as u8).ok_or(unsent("pic_parameter_set_id", value))?;
    let value = picture.seq_parameter_set_id.into();
    let sequence = sets.sequence(value as u8).ok_or(unsent("seq_parameter_set_id", value))?;
    Ok((sequence, picture))
}

fn pic_order_cnt<C: BitCoder>(
    coder: &mut C,
    sps: &Sequence,
    pps: &Picture,
    field_pic_flag: bool,
) -> Result<(), HeaderError> {
    let has_bottom = pps.bottom_field_pic_order_in_frame_present_flag && !field_pic_flag;
    if sps.pic_order_cnt_type == 0 {
        coder.u(sps.log2_max_pic_order_cnt_lsb, "pic_order_cnt_lsb")?;
        if has_bottom {
            coder.se("delta_pic_order_cnt_bottom")?;
        }
    }
    if sps.pic_order_cnt_type == 1 && !sps.delta_pic_order_always_zero_flag {
        coder.se("delta_pic_order_cnt")?;
        if has_bottom {
            coder.se("delta_pic_order_cnt")?;
        }
    }
    Ok(())
}

fn ref_pic_list_modification<C: BitCoder>(coder: &mut C, slice_type: u8) -> Result<(), HeaderError> {
    let flags = ["ref_pic_list_modification_flag_l0", "ref_pic_list_modification_flag_l1"];
    let lists = match slice_type {
        I | SI => 0,
        B => 2,
        _ => 1,
    };
    for flag in &flags[..lists] {
        if !coder.flag(flag)? {
            continue;
        }
        loop {
            match coder.ue_in("modification_of_pic_nums_idc", 0..=3)? {
                0 | 1 => coder.ue("abs_diff_pic_num_minus1")?,
                2 => coder.ue("long_term_pic_num")?,
                _ => break,
            };
        }
    }
    Ok(())
}

fn pred_weight_table<C: BitCoder>(
    coder: &mut C,
    slice_type: u8,
    num_ref_idx_active: [u8; 2],
    has_chroma: bool,
) -> Result<(), HeaderError> {
    coder.ue("luma_log2_weight_denom")?;
    if has_chroma {
        coder.ue("chroma_log2_weight_denom")?;
    }
    let lists = [
        [
            "luma_weight_l0_flag",
            "luma_weight_l0",
            "luma_offset_l0",
            "chroma_weight_l0_flag",
            "chroma_weight_l0",
            "chroma_offset_l0",
        ],
        [
            "luma_weight_l1_flag",
            "luma_weight_l1",
            "luma_offset_l1",
            "chroma_weight_l1_flag",
            "chroma_weight_l1",
            "chroma_offset_l1",
        ],
    ];
    for (list, names) in lists.iter().enumerate().take(if slice_type == B { 2 } else { 1 }) {
        for _ in 0..num_ref_idx_active[list] {
            if coder.flag(names[0])? {
                coder.se(names[1])?;
                coder.se(names[2])?;
            }
            if has_chroma && coder.flag(names[3])? {
                for _ in 0..2 {
                    coder.se(names[4])?;
                    coder.se(names[5])?;
                }
            }
        }
    }
    Ok(())
}

fn dec_ref_pic_marking<C: BitCoder>(coder: &mut C, is_idr: bool) -> Result<(), HeaderError> {
    if is_idr {
        coder.flag("no_output_of_prior_pics_flag")?;
        coder.flag("long_term_reference_flag")?;
        return Ok(());
    }
    if !coder.flag("adaptive_ref_pic_marking_mode_flag")? {
        return Ok(());
    }
    loop {
        let operation = coder.ue_in("memory_management_control_operation", 0..=6)?;
        if operation == 0 {
            return Ok(());
        }
        if matches!(operation, 1 | 3) {
            coder.ue("difference_of_pic_nums_minus1")?;
        }
        if operation == 2 {
            coder.ue("long_term_pic_num")?;
        }
        if matches!(operation, 3 | 6) {
            coder.ue("long_term_frame_idx")?;
        }
        if operation == 4 {
            coder.ue("max_long_term_frame_idx_plus1")?;
        }
    }
}
