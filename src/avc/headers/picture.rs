//! Picture parameter sets (clause 7.3.2.2).

use super::sequence::{Sequence, scaling_list};
use crate::bin::Element;
use crate::syntax::{BitCoder, HeaderError};

/// The elements of a picture parameter set that other syntax depends on, by the names of the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// pic_parameter_set_id.
    pub pic_parameter_set_id: u8,
    /// seq_parameter_set_id, 0..=31.
    pub seq_parameter_set_id: u8,
    /// entropy_coding_mode_flag.
    pub entropy_coding_mode_flag: bool,
    /// bottom_field_pic_order_in_frame_present_flag.
    pub bottom_field_pic_order_in_frame_present_flag: bool,
    /// num_slice_groups_minus1, 0..=7.
    pub num_slice_groups_minus1: u8,
    /// slice_group_map_type, 0..=6.
    pub slice_group_map_type: u8,
    /// SliceGroupChangeRate, where slice_group_map_type is 3 to 5.
    pub slice_group_change_rate: u32,
    /// num_ref_idx_l0_default_active_minus1 + 1 and the same of l1, 1..=32.
    pub num_ref_idx_default_active: [u8; 2],
    /// weighted_pred_flag.
    pub weighted_pred_flag: bool,
    /// weighted_bipred_idc, 0..=2.
    pub weighted_bipred_idc: u8,
    /// 26 + pic_init_qp_minus26.
    pub pic_init_qp: i8,
    /// deblocking_filter_control_present_flag.
    pub deblocking_filter_control_present_flag: bool,
    /// constrained_intra_pred_flag.
    pub constrained_intra_pred_flag: bool,
    /// redundant_pic_cnt_present_flag.
    pub redundant_pic_cnt_present_flag: bool,
    /// transform_8x8_mode_flag.
    pub transform_8x8_mode_flag: bool,
}

const TRANSFORM_8X8_MODE_FLAG: &str = "transform_8x8_mode_flag";

/// pic_parameter_set_rbsp(). `set` is filled in as soon as all is known that other syntax depends on. `allows_extension` is the result of
/// [`extension`]; `sequence` finds a sequence parameter set by its number, on which the number of scaling lists for 8x8 blocks depends.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn picture<'a, C: BitCoder>(
    coder: &mut C,
    allows_extension: bool,
    sequence: impl Fn(u8) -> Option<&'a Sequence>,
    set: &mut Option<Picture>,
) -> Result<(), HeaderError> {
    let pic_parameter_set_id = coder.ue_in("pic_parameter_set_id", 0..=255)? as u8;
    let seq_parameter_set_id = coder.ue_in("seq_parameter_set_id", 0..=31)? as u8;
    let entropy_coding_mode_flag = coder.flag("entropy_coding_mode_flag")?;
    let bottom_field_pic_order_in_frame_present_flag =
        coder.flag("bottom_field_pic_order_in_frame_present_flag")?;
    let num_slice_groups_minus1 = coder.ue_in("num_slice_groups_minus1", 0..=7)? as u8;
    let (mut slice_group_map_type, mut slice_group_change_rate) = (0, 0);
    if num_slice_groups_minus1 > 0 {
        slice_group_map_type = coder.ue_in("slice_group_map_type", 0..=6)? as u8;
        slice_group_change_rate = slice_groups(coder, slice_group_map_type, num_slice_groups_minus1)?;
    }
    let num_ref_idx_default_active = [
        1 + coder.ue_in("num_ref_idx_l0_default_active_minus1", 0..=31)? as u8,
        1 + coder.ue_in("num_ref_idx_l1_default_active_minus1", 0..=31)? as u8,
    ];
    let weighted_pred_flag = coder.flag("weighted_pred_flag")?;
    let weighted_bipred_idc = coder.u_in(2, "weighted_bipred_idc", 0..=2)? as u8;
    let pic_init_qp = 26 + coder.se_in("pic_init_qp_minus26", -62..=25)? as i8;
    coder.se("pic_init_qs_minus26")?;
    coder.se("chroma_qp_index_offset")?;
    let deblocking_filter_control_present_flag = coder.flag("deblocking_filter_control_present_flag")?;
    let constrained_intra_pred_flag = coder.flag("constrained_intra_pred_flag")?;
    let redundant_pic_cnt_present_flag = coder.flag("redundant_pic_cnt_present_flag")?;

    let has_extension = allows_extension && coder.more_rbsp_data(Element(TRANSFORM_8X8_MODE_FLAG));
    let transform_8x8_mode_flag = has_extension && coder.flag(TRANSFORM_8X8_MODE_FLAG)?;
    *set = Some(Picture {
        pic_parameter_set_id,
        seq_parameter_set_id,
        entropy_coding_mode_flag,
        bottom_field_pic_order_in_frame_present_flag,
        num_slice_groups_minus1,
        slice_group_map_type,
        slice_group_change_rate,
        num_ref_idx_default_active,
        weighted_pred_flag,
        weighted_bipred_idc,
        pic_init_qp,
        deblocking_filter_control_present_flag,
        constrained_intra_pred_flag,
        redundant_pic_cnt_present_flag,
        transform_8x8_mode_flag,
    });
    if has_extension {
        if coder.flag("pic_scaling_matrix_present_flag")? {
            let chroma_format_idc = sequence(seq_parameter_set_id).map_or(1, |set| set.chroma_format_idc);
            let large = if chroma_format_idc == 3 { 6 } else { 2 };
            for index in 0..6 + if transform_8x8_mode_flag { large } else { 0 } {
                if coder.flag("pic_scaling_list_present_flag")? {
                    scaling_list(coder, index)?;
                }
            }
        }
        coder.se("second_chroma_qp_index_offset")?;
    }
    Ok(())
}

/// The slice groups, and SliceGroupChangeRate.
fn slice_groups<C: BitCoder>(
    coder: &mut C,
    map_type: u8,
    num_slice_groups_minus1: u8,
) -> Result<u32, HeaderError> {
    match map_type {
        0 => {
            for _ in 0..=num_slice_groups_minus1 {
                coder.ue("run_length_minus1")?;
            }
        }
        2 => {
            for _ in 0..num_slice_groups_minus1 {
                coder.ue("top_left")?;
                coder.ue("bottom_right")?;
            }
        }
        3..=5 => {
            coder.flag("slice_group_change_direction_flag")?;
            return Ok(1 + coder.ue("slice_group_change_rate_minus1")? as u32);
        }
        6 => {
            let bits = u8::BITS - num_slice_groups_minus1.leading_zeros();
            for _ in 0..=coder.ue("pic_size_in_map_units_minus1")? {
                coder.u(bits, "slice_group_id")?;
            }
        }
        _ => {}
    }
    Ok(0)
}

/// Whether the picture parameter set in these bytes of a NAL unit can have the elements that the High profiles added. Other bytes after
/// its end look like them. But then what is read of them does not end where the unit ends, or the profile has no such elements.
pub(super) fn extension<'a>(rbsp: &'a [u8], sequence: impl Fn(u8) -> Option<&'a Sequence>) -> bool {
    let read = |allows_extension| {
        let mut reader = super::reader(rbsp);
        let mut set = None;
        let read = super::nal_header(&mut reader)
            .and_then(|_| picture(&mut reader, allows_extension, &sequence, &mut set));
        (reader, read.is_ok(), set)
    };
    let (short, _, set) = read(false);
    let (long, is_whole, _) = read(true);
    let is_of_profile =
        set.and_then(|set| sequence(set.seq_parameter_set_id)).is_none_or(Sequence::has_picture_extension);
    // The stop bit may be missing.
    let ends_long = long.is_at_stop_bit() || (is_whole && long.rest().all(|bit| !bit));
    is_of_profile && (!short.is_at_stop_bit() || ends_long)
}
