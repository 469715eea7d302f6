//! Parameter sets of H.264, and what they say about the whole stream.

use super::order::Cycle;
use super::{Kind, unit_header};
use crate::dream::header::Header;
use crate::dream::planted::Pattern;
use crate::dream::random::Random;

/// What is the same in the whole stream.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    pub(super) kind: Kind,
    pub(super) frame_mbs_only_flag: bool,
    pub(super) mb_adaptive_frame_field_flag: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) log2_max_frame_num: i64,
    pub(super) max_num_ref_frames: usize,
    pub(super) pic_order_cnt_type: i64,
    /// The cycle of picture order count of type 1.
    pub(super) cycle: Cycle,
    pub(super) bottom_field_pic_order_in_frame_present_flag: bool,
    /// How many frames there are.
    pub(super) frames: usize,
    /// Whether vectors may be inferred from those of another picture.
    pub(super) has_temporal_direct: bool,
    pub(super) has_bypass: bool,
    /// The largest entry of the scaling lists.
    weight: i64,
    has_matrix: bool,
}

/// log2_max_pic_order_cnt_lsb, and log2_max_frame_num without gaps: no dream is long enough for these counters to wrap around.
const LOG2_MAX: i64 = 8;

/// A picture parameter set.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) pic_parameter_set_id: i64,
    pub(super) weighted_pred_flag: bool,
    pub(super) weighted_bipred_idc: i64,
    pub(super) constrained_intra_pred_flag: bool,
    pub(super) deblocking_filter_control_present_flag: bool,
    pub(super) pic_init_qp: i64,
    pub(super) chroma_qp_offset: [i32; 2],
    pub(super) weight: i64,
}

const FLAT: i64 = 16;
/// The largest entry of the default lists, which are used where none is sent (tables 7-3 and 7-4).
const LARGEST_DEFAULT: i64 = 42;

impl Sequence {
    /// A random sequence, and the values of its parameter set.
    pub(super) fn new(random: &mut Random, kind: Kind) -> (Sequence, Header) {
        let mut header = unit_header(7, 1 + i64::from(random.below(3)));
        let frame_mbs_only_flag = !kind.interlaced;
        let mb_adaptive_frame_field_flag = kind.interlaced && random.chance(160);
        // Lower levels have a shorter range of vectors, higher ones a limit on the number of vectors.
        let direct_8x8_inference_flag = kind.interlaced || random.chance(128);
        let level_idc =
            if direct_8x8_inference_flag { random.one_of(&[21, 22, 30]) } else { random.one_of(&[21, 22]) };
        let has_high = kind.profile_idc >= 100;
        header.set("profile_idc", kind.profile_idc).set("level_idc", level_idc);
        header.set("chroma_format_idc", kind.chroma_format_idc);
        header.set("separate_colour_plane_flag", kind.asked.planes);
        header
            .set("bit_depth_luma_minus8", kind.bit_depth[0] - 8)
            .set("bit_depth_chroma_minus8", kind.bit_depth[1] - 8);
        let has_bypass = kind.profile_idc == 244 && random.chance(128);
        header.set("qpprime_y_zero_transform_bypass_flag", has_bypass);
        let has_matrix = has_high && random.chance(80);
        let mut weight = FLAT;
        header.set("seq_scaling_matrix_present_flag", has_matrix);
        if has_matrix {
            let lists = if kind.chroma_format_idc == 3 { 12 } else { 8 };
            weight = scaling_matrix(random, &mut header, "seq_scaling_list_present_flag", lists);
        }
        let mut pic_order_cnt_type = random.one_of(&[0, 0, 0, 1, 2]);
        let mut frames = 1 + random.below(4) as usize;
        let (mut max_num_ref_frames, mut log2_max_frame_num) = (frames, LOG2_MAX);
        let mut cycle = Cycle::default();
        if kind.asked.cycle {
            (pic_order_cnt_type, cycle) = (1, Cycle::any(random));
            cycle.tell(&mut header);
        }
        if kind.asked.forgets() {
            frames += 3;
            max_num_ref_frames = 1 + random.below(4) as usize;
        }
        if kind.asked.gaps {
            log2_max_frame_num = random.one_of(&[4, LOG2_MAX]);
        }
        header.set("log2_max_frame_num_minus4", log2_max_frame_num - 4);
        header.set("pic_order_cnt_type", pic_order_cnt_type);
        header.set("log2_max_pic_order_cnt_lsb_minus4", LOG2_MAX - 4);
        header.set("max_num_ref_frames", max_num_ref_frames as i64);
        header.set("gaps_in_frame_num_value_allowed_flag", kind.asked.gaps);
        // Some contexts are used once in a macroblock, and have many states to go through.
        let least = if kind.asked.pattern == Some(Pattern::States) { 5 } else { 1 };
        let width = least + random.below(6);
        let height = least + random.below(if kind.interlaced { 3 } else { 5 });
        header.set("pic_width_in_mbs_minus1", width - 1);
        header.set("pic_height_in_map_units_minus1", height - 1);
        header.set("frame_mbs_only_flag", frame_mbs_only_flag);
        header.set("mb_adaptive_frame_field_flag", mb_adaptive_frame_field_flag);
        header.set("direct_8x8_inference_flag", direct_8x8_inference_flag);
        if random.chance(64) {
            // For some sample formats FFmpeg does not crop at the left.
            header.set("frame_cropping_flag", 1);
            header
                .set("frame_crop_right_offset", random.below(3))
                .set("frame_crop_bottom_offset", random.below(3));
        }
        header.set("vui_parameters_present_flag", 1).set("bitstream_restriction_flag", 1);
        header.set("motion_vectors_over_pic_boundaries_flag", 1);
        header.set("log2_max_mv_length_horizontal", 16).set("log2_max_mv_length_vertical", 16);
        header.set("max_num_reorder_frames", if pic_order_cnt_type == 2 { 0 } else { frames as i64 - 1 });
        // Room for all references besides all frames that wait for their output.
        let waiting = if kind.asked.forgets() { frames } else { 0 };
        header.set("max_dec_frame_buffering", (max_num_ref_frames + waiting) as i64);
        let sequence = Sequence {
            kind,
            frame_mbs_only_flag,
            mb_adaptive_frame_field_flag,
            width,
            height,
            log2_max_frame_num,
            max_num_ref_frames,
            pic_order_cnt_type,
            cycle,
            bottom_field_pic_order_in_frame_present_flag: kind.interlaced && random.chance(128),
            frames,
            has_temporal_direct: random.chance(128),
            has_bypass,
            weight,
            has_matrix,
        };
        (sequence, header)
    }

    /// PicSizeInMbs of a frame.
    pub(super) fn frame_size(&self) -> u32 {
        self.width * self.height * if self.frame_mbs_only_flag { 1 } else { 2 }
    }

    /// A random picture parameter set, and its values.
    pub(super) fn picture(&self, random: &mut Random, pic_parameter_set_id: i64) -> (Picture, Header) {
        let mut header = unit_header(8, 1 + i64::from(random.below(3)));
        let pic_init_qp = 26 + random.within(-26 - 6 * (self.kind.bit_depth[0] - 8)..=25);
        let has_high = self.kind.profile_idc >= 100;
        let first = random.within(-12..=12) as i32;
        let second = if has_high { random.within(-12..=12) as i32 } else { first };
        let mut picture = Picture {
            pic_parameter_set_id,
            weighted_pred_flag: random.chance(128),
            weighted_bipred_idc: random.within(0..=2),
            constrained_intra_pred_flag: random.chance(100),
            deblocking_filter_control_present_flag: random.chance(128),
            pic_init_qp,
            chroma_qp_offset: [first, second],
            weight: self.weight,
        };
        header.set("pic_parameter_set_id", pic_parameter_set_id).set("entropy_coding_mode_flag", 1);
        let flag = self.bottom_field_pic_order_in_frame_present_flag;
        header.set("bottom_field_pic_order_in_frame_present_flag", flag);
        header.set("num_ref_idx_l0_default_active_minus1", 0).set("num_ref_idx_l1_default_active_minus1", 0);
        header.set("weighted_pred_flag", picture.weighted_pred_flag);
        header.set("weighted_bipred_idc", picture.weighted_bipred_idc);
        header.set("pic_init_qp_minus26", pic_init_qp - 26);
        header.set("chroma_qp_index_offset", first);
        header.set("deblocking_filter_control_present_flag", picture.deblocking_filter_control_present_flag);
        header.set("constrained_intra_pred_flag", picture.constrained_intra_pred_flag);
        if has_high {
            let transform_8x8_mode_flag = random.chance(190);
            header.set("transform_8x8_mode_flag", transform_8x8_mode_flag);
            if random.chance(60) {
                header.set("pic_scaling_matrix_present_flag", 1);
                let large = if self.kind.chroma_format_idc == 3 { 6 } else { 2 };
                let lists = 6 + if transform_8x8_mode_flag { large } else { 0 };
                let own = scaling_matrix(random, &mut header, "pic_scaling_list_present_flag", lists);
                picture.weight = if self.has_matrix { own.max(self.weight) } else { own };
            }
            header.set("second_chroma_qp_index_offset", second);
        }
        (picture, header)
    }
}

/// Sets scaling lists; returns their largest entry.
fn scaling_matrix(random: &mut Random, header: &mut Header, flag: &'static str, lists: usize) -> i64 {
    const LARGEST: i64 = 120;
    let mut largest = LARGEST_DEFAULT;
    for list in 0..lists {
        let is_present = random.chance(128);
        header.set(flag, is_present);
        let mut last = 8;
        for _ in 0..if !is_present {
            0
        } else if list < 6 {
            16
        } else {
            64
        } {
            let next = if random.chance(8) { 0 } else { random.within(1..=(last + 20).min(LARGEST)) };
            header.set("delta_scale", next - last);
            if next == 0 {
                // The rest of the list repeats the last entry; if there is none, the default list is used.
                break;
            }
            last = next;
            largest = largest.max(next);
        }
    }
    largest
}
