//! slice_segment_header() (clause 7.3.6).

use super::ParameterSets;
use super::common::{ShortTermSet, st_ref_pic_set};
use super::picture::Picture;
use super::sequence::Sequence;
use crate::bin::Element;
use crate::syntax::{BitCoder, HeaderError};

/// slice_type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceType {
    /// 0.
    B,
    /// 1.
    P,
    /// 2.
    I,
}

/// The elements of a slice segment header that slice data depends on, by the names of the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceSegment {
    /// first_slice_segment_in_pic_flag.
    pub first_slice_segment_in_pic_flag: bool,
    /// slice_pic_parameter_set_id.
    pub slice_pic_parameter_set_id: u8,
    /// slice_segment_address.
    pub slice_segment_address: u32,
    /// The slice header of an independent slice segment; `None` for a dependent one, which has that of the segment before it.
    pub slice: Option<Slice>,
    /// entry_point_offset_minus1 + 1.
    pub entry_points: Vec<u64>,
}

/// The header of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// slice_type.
    pub slice_type: SliceType,
    /// slice_temporal_mvp_enabled_flag.
    pub slice_temporal_mvp_enabled_flag: bool,
    /// slice_sao_luma_flag, and slice_sao_chroma_flag.
    pub slice_sao: [bool; 2],
    /// num_ref_idx_l0_active_minus1 + 1 and the same of l1, 1..=15.
    pub num_ref_idx_active: [u8; 2],
    /// mvd_l1_zero_flag.
    pub mvd_l1_zero_flag: bool,
    /// cabac_init_flag.
    pub cabac_init_flag: bool,
    /// MaxNumMergeCand, 1..=5.
    pub max_num_merge_cand: u8,
    /// SliceQPY.
    pub slice_qp_y: i8,
    /// cu_chroma_qp_offset_enabled_flag.
    pub cu_chroma_qp_offset_enabled_flag: bool,
}

/// Codes the header of a slice segment in a NAL unit of this type, up to the first byte of its data.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn slice_segment_header<C: BitCoder>(
    coder: &mut C,
    nal_unit_type: u8,
    sets: &ParameterSets,
) -> Result<SliceSegment, HeaderError> {
    let is_first = coder.flag("first_slice_segment_in_pic_flag")?;
    if matches!(nal_unit_type, 16..=23) {
        coder.flag("no_output_of_prior_pics_flag")?;
    }
    let (sps, pps) = active_sets(coder, sets)?;
    let [width, height] = sps.size_in_ctbs();
    let size = i64::from(width * height);
    let mut is_dependent = false;
    let mut slice_segment_address = 0;
    if !is_first {
        is_dependent =
            pps.dependent_slice_segments_enabled_flag && coder.flag("dependent_slice_segment_flag")?;
        slice_segment_address = coder.u_in(ceil_log2(size), "slice_segment_address", 0..=size - 1)? as u32;
    }
    let slice = if is_dependent { None } else { Some(slice_header(coder, nal_unit_type, sps, pps)?) };
    let mut entry_points = Vec::new();
    if pps.tiles.is_some() || pps.entropy_coding_sync_enabled_flag {
        entry_points = entry_point_offsets(coder, pps, height)?;
    }
    if pps.slice_segment_header_extension_present_flag {
        for _ in 0..coder.ue_in("slice_segment_header_extension_length", 0..=256)? {
            coder.u(8, "slice_segment_header_extension_data_byte")?;
        }
    }
    coder.alignment_bit(true, "alignment_bit_equal_to_one")?;
    coder.align(false, "alignment_bit_equal_to_zero")?;
    Ok(SliceSegment {
        first_slice_segment_in_pic_flag: is_first,
        slice_pic_parameter_set_id: pps.pps_pic_parameter_set_id,
        slice_segment_address,
        slice,
        entry_points,
    })
}

/// Ceil(Log2(count)).
fn ceil_log2(count: i64) -> u32 {
    i64::BITS - (count - 1).max(0).leading_zeros()
}

/// slice_pic_parameter_set_id, and the parameter sets that it makes active.
fn active_sets<'a, C: BitCoder>(
    coder: &mut C,
    sets: &'a ParameterSets,
) -> Result<(&'a Sequence, &'a Picture), HeaderError> {
    let bit = coder.position();
    let value = coder.ue_in("slice_pic_parameter_set_id", 0..=63)?;
    let unsent = |name, value| HeaderError::Unsent { element: Element(name), value, bit };
    let picture = sets.picture(value as u8).ok_or(unsent("slice_pic_parameter_set_id", value))?;
    let value = picture.pps_seq_parameter_set_id.into();
    let sequence = sets.sequence(value as u8).ok_or(unsent("pps_seq_parameter_set_id", value))?;
    Ok((sequence, picture))
}

/// nal_unit_type IDR_W_RADL and IDR_N_LP.
const IDR: [u8; 2] = [19, 20];

fn slice_header<C: BitCoder>(
    coder: &mut C,
    nal_unit_type: u8,
    sps: &Sequence,
    pps: &Picture,
) -> Result<Slice, HeaderError> {
    for _ in 0..pps.num_extra_slice_header_bits {
        coder.flag("slice_reserved_flag")?;
    }
    let slice_type = [SliceType::B, SliceType::P, SliceType::I][coder.ue_in("slice_type", 0..=2)? as usize];
    if pps.output_flag_present_flag {
        coder.flag("pic_output_flag")?;
    }
    if sps.separate_colour_plane_flag {
        coder.u(2, "colour_plane_id")?;
    }
    let mut num_pic_total_curr = usize::from(pps.pps_curr_pic_ref_enabled_flag);
    let mut slice_temporal_mvp_enabled_flag = false;
    if !IDR.contains(&nal_unit_type) {
        coder.u(sps.log2_max_pic_order_cnt_lsb, "slice_pic_order_cnt_lsb")?;
        num_pic_total_curr += short_term_set(coder, sps)?.used();
        if sps.long_term_ref_pics_present_flag {
            num_pic_total_curr += long_term_pictures(coder, sps)?;
        }
        if sps.sps_temporal_mvp_enabled_flag {
            slice_temporal_mvp_enabled_flag = coder.flag("slice_temporal_mvp_enabled_flag")?;
        }
    }
    let mut slice_sao = [false; 2];
    if sps.sample_adaptive_offset_enabled_flag {
        slice_sao[0] = coder.flag("slice_sao_luma_flag")?;
        slice_sao[1] = sps.chroma_array_type() != 0 && coder.flag("slice_sao_chroma_flag")?;
    }
    let mut slice = Slice {
        slice_type,
        slice_temporal_mvp_enabled_flag,
        slice_sao,
        num_ref_idx_active: pps.num_ref_idx_default_active,
        mvd_l1_zero_flag: false,
        cabac_init_flag: false,
        max_num_merge_cand: 5,
        slice_qp_y: 0,
        cu_chroma_qp_offset_enabled_flag: false,
    };
    if slice_type != SliceType::I {
        prediction(coder, sps, pps, num_pic_total_curr as i64, &mut slice)?;
    }
    let (qp, lowest) = (i64::from(pps.init_qp), -6 * (i64::from(sps.bit_depth_luma) - 8));
    slice.slice_qp_y = (qp + coder.se_in("slice_qp_delta", lowest - qp..=51 - qp)?) as i8;
    if pps.pps_slice_chroma_qp_offsets_present_flag {
        coder.se("slice_cb_qp_offset")?;
        coder.se("slice_cr_qp_offset")?;
    }
    if pps.pps_slice_act_qp_offsets_present_flag {
        coder.se("slice_act_y_qp_offset")?;
        coder.se("slice_act_cb_qp_offset")?;
        coder.se("slice_act_cr_qp_offset")?;
    }
    if pps.chroma_qp_offset_list.is_some() {
        slice.cu_chroma_qp_offset_enabled_flag = coder.flag("cu_chroma_qp_offset_enabled_flag")?;
    }
    let mut is_deblocking_disabled = pps.pps_deblocking_filter_disabled_flag;
    if pps.deblocking_filter_override_enabled_flag && coder.flag("deblocking_filter_override_flag")? {
        is_deblocking_disabled = coder.flag("slice_deblocking_filter_disabled_flag")?;
        if !is_deblocking_disabled {
            coder.se("slice_beta_offset_div2")?;
            coder.se("slice_tc_offset_div2")?;
        }
    }
    let is_filtered = slice_sao.contains(&true) || !is_deblocking_disabled;
    if pps.pps_loop_filter_across_slices_enabled_flag && is_filtered {
        coder.flag("slice_loop_filter_across_slices_enabled_flag")?;
    }
    Ok(slice)
}

fn short_term_set<C: BitCoder>(coder: &mut C, sps: &Sequence) -> Result<ShortTermSet, HeaderError> {
    let sets = &sps.short_term_sets;
    let count = sets.len() as i64;
    if !coder.flag("short_term_ref_pic_set_sps_flag")? {
        return st_ref_pic_set(coder, sets, true);
    }
    let mut index = 0;
    if count > 1 {
        index = coder.u_in(ceil_log2(count), "short_term_ref_pic_set_idx", 0..=count - 1)?;
    }
    Ok(sets.get(index as usize).cloned().unwrap_or_default())
}

/// Codes the long-term pictures, and returns how many of them the present picture can refer to.
fn long_term_pictures<C: BitCoder>(coder: &mut C, sps: &Sequence) -> Result<usize, HeaderError> {
    let listed = sps.used_by_curr_pic_lt.len() as i64;
    let of_sps = if listed > 0 { coder.ue_in("num_long_term_sps", 0..=32)? } else { 0 };
    let count = of_sps + coder.ue_in("num_long_term_pics", 0..=32)?;
    let mut used = 0;
    for picture in 0..count {
        let is_used = if picture < of_sps {
            let mut index = 0;
            if listed > 1 {
                index = coder.u_in(ceil_log2(listed), "lt_idx_sps", 0..=listed - 1)?;
            }
            sps.used_by_curr_pic_lt[index as usize]
        } else {
            coder.u(sps.log2_max_pic_order_cnt_lsb, "poc_lsb_lt")?;
            coder.flag("used_by_curr_pic_lt_flag")?
        };
        used += usize::from(is_used);
        if coder.flag("delta_poc_msb_present_flag")? {
            coder.ue("delta_poc_msb_cycle_lt")?;
        }
    }
    Ok(used)
}

/// The elements of P and B slices, given NumPicTotalCurr.
fn prediction<C: BitCoder>(
    coder: &mut C,
    sps: &Sequence,
    pps: &Picture,
    num_pic_total_curr: i64,
    slice: &mut Slice,
) -> Result<(), HeaderError> {
    let is_b = slice.slice_type == SliceType::B;
    let lists = if is_b { 2 } else { 1 };
    if coder.flag("num_ref_idx_active_override_flag")? {
        let names = ["num_ref_idx_l0_active_minus1", "num_ref_idx_l1_active_minus1"];
        for (name, count) in names.into_iter().zip(&mut slice.num_ref_idx_active).take(lists) {
            *count = 1 + coder.ue_in(name, 0..=14)? as u8;
        }
    }
    if pps.lists_modification_present_flag && num_pic_total_curr > 1 {
        let names = [
            ["ref_pic_list_modification_flag_l0", "list_entry_l0"],
            ["ref_pic_list_modification_flag_l1", "list_entry_l1"],
        ];
        for (list, [flag, entry]) in names.into_iter().enumerate().take(lists) {
            if coder.flag(flag)? {
                for _ in 0..slice.num_ref_idx_active[list] {
                    coder.u(ceil_log2(num_pic_total_curr), entry)?;
                }
            }
        }
    }
    if is_b {
        slice.mvd_l1_zero_flag = coder.flag("mvd_l1_zero_flag")?;
    }
    if pps.cabac_init_present_flag {
        slice.cabac_init_flag = coder.flag("cabac_init_flag")?;
    }
    if slice.slice_temporal_mvp_enabled_flag {
        let is_from_l0 = !is_b || coder.flag("collocated_from_l0_flag")?;
        if slice.num_ref_idx_active[usize::from(!is_from_l0)] > 1 {
            coder.ue("collocated_ref_idx")?;
        }
    }
    if pps.weighted[usize::from(is_b)] {
        pred_weight_table(coder, slice.num_ref_idx_active, lists, sps.chroma_array_type() != 0)?;
    }
    slice.max_num_merge_cand = 5 - coder.ue_in("five_minus_max_num_merge_cand", 0..=4)? as u8;
    if sps.motion_vector_resolution_control_idc == 2 {
        coder.flag("use_integer_mv_flag")?;
    }
    Ok(())
}

/// The elements of the weights of each list, in the order of the stream.
pub(crate) const WEIGHTS: [[&str; 6]; 2] = [
    [
        "luma_weight_l0_flag",
        "chroma_weight_l0_flag",
        "delta_luma_weight_l0",
        "luma_offset_l0",
        "delta_chroma_weight_l0",
        "delta_chroma_offset_l0",
    ],
    [
        "luma_weight_l1_flag",
        "chroma_weight_l1_flag",
        "delta_luma_weight_l1",
        "luma_offset_l1",
        "delta_chroma_weight_l1",
        "delta_chroma_offset_l1",
    ],
];

/// pred_weight_table() (clause 7.3.6.3). No reference picture is taken to be the current picture: luma_weight_l0_flag is there for every
/// entry.
fn pred_weight_table<C: BitCoder>(
    coder: &mut C,
    num_ref_idx_active: [u8; 2],
    lists: usize,
    has_chroma: bool,
) -> Result<(), HeaderError> {
    coder.ue("luma_log2_weight_denom")?;
    if has_chroma {
        coder.se("delta_chroma_log2_weight_denom")?;
    }
    for (list, names) in WEIGHTS.into_iter().enumerate().take(lists) {
        let count = usize::from(num_ref_idx_active[list]);
        let mut flags = [[false; 2]; 16];
        for (component, name) in names[..if has_chroma { 2 } else { 1 }].iter().enumerate() {
            for flags in &mut flags[..count] {
                flags[component] = coder.flag(name)?;
            }
        }
        for [has_luma, has_chroma] in &flags[..count] {
            if *has_luma {
                coder.se(names[2])?;
                coder.se(names[3])?;
            }
            if *has_chroma {
                for _ in 0..2 {
                    coder.se(names[4])?;
                    coder.se(names[5])?;
                }
            }
        }
    }
    Ok(())
}

fn entry_point_offsets<C: BitCoder>(
    coder: &mut C,
    pps: &Picture,
    height: u32,
) -> Result<Vec<u64>, HeaderError> {
    let [columns, rows] = pps.tiles.as_ref().map_or([1, 1], |tiles| [tiles.columns, tiles.rows]);
    let substreams = columns * if pps.entropy_coding_sync_enabled_flag { height } else { rows };
    let count = coder.ue_in("num_entry_point_offsets", 0..=i64::from(substreams) - 1)?;
    let mut entry_points = Vec::new();
    if count > 0 {
        let bits = 1 + coder.ue_in("offset_len_minus1", 0..=31)? as u32;
        for _ in 0..count {
            entry_points.push(1 + coder.u(bits, "entry_point_offset_minus1")? as u64);
        }
    }
    Ok(entry_points)
}
