//! Picture parameter sets.

use super::layout::Grid;
use super::scaling::{self, FLAT, LARGEST_DEFAULT};
use super::sequence::Sequence;
use super::unit_header;
use crate::dream::header::Header;
use crate::dream::random::Random;

/// A picture parameter set.
#[derive(Clone, Debug)]
pub(super) struct PictureSet {
    pub(super) id: i64,
    pub(super) grid: Grid,
    pub(super) dependent_slice_segments_enabled_flag: bool,
    pub(super) num_extra_slice_header_bits: i64,
    pub(super) init_qp: i64,
    /// pps_cb_qp_offset and pps_cr_qp_offset, plus the most that cu_chroma_qp_offset_idx adds.
    pub(super) chroma_qp_offset: [i64; 2],
    pub(super) most_cu_chroma_qp_offset: i64,
    pub(super) weighted_pred_flag: bool,
    pub(super) weighted_bipred_flag: bool,
    pub(super) lists_modification_present_flag: bool,
    /// The largest entry of the scaling lists; 16 where they are flat.
    pub(super) weight: i64,
}

impl PictureSet {
    /// A random picture parameter set, and its values.
    pub(super) fn new(random: &mut Random, sequence: &Sequence, id: i64) -> (PictureSet, Header) {
        let kind = &sequence.kind;
        let mut header = unit_header(34, 0);
        let mut set = PictureSet {
            id,
            grid: Grid::any(random, sequence),
            dependent_slice_segments_enabled_flag: random.chance(150),
            num_extra_slice_header_bits: if random.chance(40) { random.within(1..=2) } else { 0 },
            init_qp: random.within(-kind.qp_bd_offset()..=51),
            chroma_qp_offset: [0, 1].map(|_| random.within(-12..=12)),
            most_cu_chroma_qp_offset: 0,
            weighted_pred_flag: random.chance(100),
            weighted_bipred_flag: random.chance(100),
            lists_modification_present_flag: random.chance(128),
            weight: if sequence.scaling_list_enabled_flag { 255 } else { FLAT },
        };
        header.set("pps_pic_parameter_set_id", id);
        header.set("dependent_slice_segments_enabled_flag", set.dependent_slice_segments_enabled_flag);
        header.set("output_flag_present_flag", random.chance(40));
        header.set("num_extra_slice_header_bits", set.num_extra_slice_header_bits);
        header.set("sign_data_hiding_enabled_flag", random.chance(128));
        header.set("cabac_init_present_flag", random.chance(150));
        header.set("num_ref_idx_l0_default_active_minus1", random.within(0..=2));
        header.set("num_ref_idx_l1_default_active_minus1", random.within(0..=2));
        header.set("init_qp_minus26", set.init_qp - 26);
        header.set("constrained_intra_pred_flag", random.chance(80));
        let transform_skip_enabled_flag = random.chance(150);
        header.set("transform_skip_enabled_flag", transform_skip_enabled_flag);
        header.set("cu_qp_delta_enabled_flag", random.chance(150));
        header.set("diff_cu_qp_delta_depth", random.within(0..=sequence.coding_depth()));
        header.set("pps_cb_qp_offset", set.chroma_qp_offset[0]);
        header.set("pps_cr_qp_offset", set.chroma_qp_offset[1]);
        header.set("pps_slice_chroma_qp_offsets_present_flag", random.chance(128));
        header.set("weighted_pred_flag", set.weighted_pred_flag);
        header.set("weighted_bipred_flag", set.weighted_bipred_flag);
        header.set("transquant_bypass_enabled_flag", random.chance(110));
        set.grid.tell(random, &mut header);
        header.set("entropy_coding_sync_enabled_flag", kind.has_rows);
        header.set("pps_loop_filter_across_slices_enabled_flag", random.chance(128));
        if random.chance(150) {
            header.set("deblocking_filter_control_present_flag", 1);
            header.set("deblocking_filter_override_enabled_flag", random.chance(128));
            header.set("pps_deblocking_filter_disabled_flag", random.chance(100));
            header.set("pps_beta_offset_div2", random.within(-6..=6));
            header.set("pps_tc_offset_div2", random.within(-6..=6));
        }
        // For lists of the sequence the largest possible entry is assumed.
        if sequence.scaling_list_enabled_flag && random.chance(128) {
            header.set("pps_scaling_list_data_present_flag", 1);
            set.weight = scaling::tell(random, &mut header).max(LARGEST_DEFAULT);
        }
        header.set("lists_modification_present_flag", set.lists_modification_present_flag);
        let most = i64::from(sequence.ctb_log2_size) - 2;
        header.set("log2_parallel_merge_level_minus2", random.within(0..=most));
        header.set("slice_segment_header_extension_present_flag", random.chance(30));
        if kind.has_range_extension() && random.chance(190) {
            set.range_extension(random, &mut header, sequence, transform_skip_enabled_flag);
        }
        (set, header)
    }

    fn range_extension(
        &mut self,
        random: &mut Random,
        header: &mut Header,
        sequence: &Sequence,
        transform_skip_enabled_flag: bool,
    ) {
        let kind = &sequence.kind;
        header.set("pps_extension_present_flag", 1).set("pps_range_extension_flag", 1);
        if transform_skip_enabled_flag {
            let most = i64::from(sequence.max_tb_log2_size) - 2;
            header.set("log2_max_transform_skip_block_size_minus2", random.within(0..=most));
        }
        let has_444 = kind.chroma_format_idc == 3;
        header.set("cross_component_prediction_enabled_flag", has_444 && random.chance(150));
        if kind.has_chroma_qp_offsets && kind.chroma_format_idc != 0 && random.chance(128) {
            let len_minus1 = random.within(0..=5);
            header.set("chroma_qp_offset_list_enabled_flag", 1);
            header.set("diff_cu_chroma_qp_offset_depth", random.within(0..=sequence.coding_depth()));
            header.set("chroma_qp_offset_list_len_minus1", len_minus1);
            for name in (0..=len_minus1).flat_map(|_| ["cb_qp_offset_list", "cr_qp_offset_list"]) {
                let offset = random.within(-12..=12);
                self.most_cu_chroma_qp_offset = self.most_cu_chroma_qp_offset.max(offset);
                header.set(name, offset);
            }
        }
        let [luma, chroma] = kind.bit_depth.map(|depth| (depth - 10).max(0));
        header.set("log2_sao_offset_scale_luma", random.within(0..=luma));
        header.set("log2_sao_offset_scale_chroma", random.within(0..=chroma));
    }
}
