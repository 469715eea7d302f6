//! The video parameter set and the sequence parameter set: what is the same in the whole stream.

use super::profile::Kind;
use super::references::{LongTerm, Planned, tell_set};
use super::structure::Plan;
use super::vui::Vui;
use super::{scaling, unit_header};
use crate::dream::header::Header;
use crate::dream::random::Random;
use crate::hevc::headers::{ShortTermSet, hrd_parameters, profile_tier_level};
use crate::syntax::{BitCoder, HeaderError};

/// What is the same in the whole stream.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    pub(super) kind: Kind,
    pub(super) ctb_log2_size: u32,
    min_cb_log2_size: u32,
    min_tb_log2_size: u32,
    pub(super) max_tb_log2_size: u32,
    /// The width and the height of pictures in luma samples.
    size: [u32; 2],
    pub(super) sample_adaptive_offset_enabled_flag: bool,
    pub(super) log2_max_pic_order_cnt_lsb: u32,
    pub(super) short_term_sets: Vec<ShortTermSet>,
    pub(super) long_term_ref_pics_present_flag: bool,
    /// lt_ref_pic_poc_lsb_sps and used_by_curr_pic_lt_sps_flag.
    pub(super) long_term: Vec<(i32, bool)>,
    pub(super) sps_temporal_mvp_enabled_flag: bool,
    pub(super) scaling_list_enabled_flag: bool,
    pub(super) range: Range,
    /// Sub-layers, and the buffers of each.
    sub_layers: SubLayers,
    pub(super) vui: Option<Vui>,
}

/// Sub-layers, and how many pictures each keeps.
#[derive(Clone, Debug)]
struct SubLayers {
    /// sub_layer_profile_present_flag and sub_layer_level_present_flag of each but the highest.
    present: Vec<[bool; 2]>,
    nests: bool,
    /// max_dec_pic_buffering_minus1 and max_num_reorder_pics of each.
    pictures: Vec<[i64; 2]>,
    is_each_told: bool,
}

/// The flags of sps_range_extension() that other rules depend on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) extended_precision_processing_flag: bool,
    pub(super) high_precision_offsets_enabled_flag: bool,
}

/// The most pictures of a reference picture set, unless the structure of the stream is asked for.
const MAX_DEC_PIC_BUFFERING_MINUS1: i64 = 4;

/// MaxDpbSize - 1 for pictures as small as these.
const MOST_BUFFERING_MINUS1: i64 = 15;

impl SubLayers {
    fn new(random: &mut Random, kind: &Kind, plan: &Plan) -> SubLayers {
        let is_reordered = plan.is_reordered();
        let highest = plan.max_sub_layers_minus1();
        let mut pictures = vec![[MAX_DEC_PIC_BUFFERING_MINUS1, if is_reordered { 3 } else { 0 }]];
        if kind.asked.has_structure() {
            let of = |temporal_id| {
                let least = if temporal_id == highest { MAX_DEC_PIC_BUFFERING_MINUS1 } else { 0 };
                // There is room for all pictures.
                let buffering = plan.pictures_up_to(temporal_id).clamp(least, MOST_BUFFERING_MINUS1);
                [buffering, if is_reordered { plan.pictures_up_to(temporal_id) - 1 } else { 0 }]
            };
            pictures = (0..=highest).map(of).collect();
        }
        let is_each_told = highest > 0 && random.chance(128);
        SubLayers { present: plan.sub_layers.clone(), nests: plan.nests, pictures, is_each_told }
    }

    /// Sets the elements of the video or the sequence parameter set for sub-layers, which have these names there.
    fn tell(&self, header: &mut Header, names: [&'static str; 3]) {
        header.set(names[0], self.is_each_told);
        let first = if self.is_each_told { 0 } else { self.pictures.len() - 1 };
        for [buffering, reordered] in &self.pictures[first..] {
            header.set(names[1], *buffering).set(names[2], *reordered);
        }
    }
}

impl Sequence {
    pub(super) fn new(random: &mut Random, kind: Kind, plan: &Plan) -> Sequence {
        let ctb_log2_size = random.within(4..=6) as u32;
        let min_cb_log2_size = random.one_of(&[3, 3, 3, 3, 4, 4, 5, 6]).min(ctb_log2_size);
        let min_tb_log2_size = random.one_of(&[2, 2, 2, 3, 4, 5]).min(min_cb_log2_size - 1);
        let most = i64::from(ctb_log2_size.min(5));
        let max_tb_log2_size = random
            .within(i64::from(min_tb_log2_size)..=most)
            .max(random.within(i64::from(min_tb_log2_size)..=most)) as u32;
        let size = size(random, &kind, min_cb_log2_size);
        let mut sequence = Sequence {
            kind,
            ctb_log2_size,
            min_cb_log2_size,
            min_tb_log2_size,
            max_tb_log2_size,
            size,
            sample_adaptive_offset_enabled_flag: random.chance(170),
            log2_max_pic_order_cnt_lsb: random.within(4..=12) as u32,
            short_term_sets: Vec::new(),
            long_term_ref_pics_present_flag: random.chance(64),
            long_term: Vec::new(),
            sps_temporal_mvp_enabled_flag: random.chance(200),
            scaling_list_enabled_flag: random.chance(80),
            range: Range {
                extended_precision_processing_flag: kind.has_extended_precision() && random.chance(128),
                high_precision_offsets_enabled_flag: kind.has_high_precision_offsets && random.chance(128),
            },
            sub_layers: SubLayers::new(random, &kind, plan),
            vui: kind.asked.vui.then(|| Vui::any(random, &kind)),
        };
        sequence.log2_max_pic_order_cnt_lsb =
            plan.log2_max_pic_order_cnt_lsb.unwrap_or(sequence.log2_max_pic_order_cnt_lsb);
        for planned in plan.pictures.iter().filter(|planned| !planned.is_irap()) {
            if random.chance(140) {
                sequence.short_term_sets.push(planned.short.clone());
            }
            for long in &planned.long {
                sequence.long_term_ref_pics_present_flag = true;
                if random.chance(100) {
                    sequence.long_term.push((sequence.lsb(long.order), long.is_used));
                }
            }
        }
        if random.chance(64) {
            let any = [vec![(-3, true), (-4, false)], vec![(2, true)]];
            sequence.short_term_sets.push(ShortTermSet { pictures: any });
        }
        random.shuffle(&mut sequence.short_term_sets);
        sequence
    }

    /// PicWidthInCtbsY and PicHeightInCtbsY.
    pub(super) fn size_in_ctbs(&self) -> [u32; 2] {
        self.size.map(|samples| samples.div_ceil(1 << self.ctb_log2_size))
    }

    /// log2_diff_max_min_luma_coding_block_size.
    pub(super) fn coding_depth(&self) -> i64 {
        i64::from(self.ctb_log2_size - self.min_cb_log2_size)
    }

    /// How many luma samples a picture has.
    pub(super) fn samples(&self) -> u32 {
        self.size[0] * self.size[1]
    }

    /// sps_max_sub_layers_minus1.
    pub(super) fn max_sub_layers_minus1(&self) -> i64 {
        self.sub_layers.present.len() as i64
    }

    /// slice_pic_order_cnt_lsb, given PicOrderCntVal.
    pub(super) fn lsb(&self, order: i32) -> i32 {
        order.rem_euclid(1 << self.log2_max_pic_order_cnt_lsb)
    }

    /// The number of a long-term picture in the list of the sequence parameter set, if it is there.
    pub(super) fn listed(&self, long: &LongTerm) -> Option<usize> {
        self.long_term.iter().position(|entry| *entry == (self.lsb(long.order), long.is_used))
    }

    /// Sorts the long-term pictures of each picture as slices code them: first those that are listed, and then in the order that
    /// delta_poc_msb_cycle_lt requires, which is added up.
    pub(super) fn order(&self, planned: &mut [Planned]) {
        if self.kind.asked.has_structure() {
            for planned in planned {
                planned.long.sort_by_key(|long| (self.listed(long).is_none(), -long.order));
            }
        }
    }

    /// The values of the video parameter set.
    pub(super) fn video_parameter_set(&self) -> Header {
        let mut header = unit_header(32, 0);
        header.set("vps_base_layer_internal_flag", 1).set("vps_base_layer_available_flag", 1);
        header.set("vps_max_sub_layers_minus1", self.max_sub_layers_minus1());
        header
            .set("vps_temporal_id_nesting_flag", self.sub_layers.nests)
            .set("vps_reserved_0xffff_16bits", 0xffff);
        self.kind.tell(&mut header, &self.sub_layers.present);
        self.sub_layers.tell(
            &mut header,
            [
                "vps_sub_layer_ordering_info_present_flag",
                "vps_max_dec_pic_buffering_minus1",
                "vps_max_num_reorder_pics",
            ],
        );
        if let Some(vui) = &self.vui {
            vui.tell_video(&mut header, self.max_sub_layers_minus1());
        }
        header
    }

    /// The values of the sequence parameter set.
    pub(super) fn header(&self, random: &mut Random) -> Header {
        let mut header = unit_header(33, 0);
        let kind = &self.kind;
        header.set("sps_max_sub_layers_minus1", self.max_sub_layers_minus1());
        header.set("sps_temporal_id_nesting_flag", self.sub_layers.nests);
        kind.tell(&mut header, &self.sub_layers.present);
        header.set("chroma_format_idc", kind.chroma_format_idc);
        header.set("pic_width_in_luma_samples", self.size[0]);
        header.set("pic_height_in_luma_samples", self.size[1]);
        if random.chance(64) {
            // For some sample formats FFmpeg does not crop at the left.
            header.set("conformance_window_flag", 1);
            header
                .set("conf_win_right_offset", random.below(3))
                .set("conf_win_bottom_offset", random.below(3));
        }
        header.set("bit_depth_luma_minus8", kind.bit_depth[0] - 8);
        header.set("bit_depth_chroma_minus8", kind.bit_depth[1] - 8);
        header.set("log2_max_pic_order_cnt_lsb_minus4", i64::from(self.log2_max_pic_order_cnt_lsb) - 4);
        self.sub_layers.tell(
            &mut header,
            [
                "sps_sub_layer_ordering_info_present_flag",
                "sps_max_dec_pic_buffering_minus1",
                "sps_max_num_reorder_pics",
            ],
        );
        self.blocks(random, &mut header);
        header.set("scaling_list_enabled_flag", self.scaling_list_enabled_flag);
        if self.scaling_list_enabled_flag && random.chance(150) {
            header.set("sps_scaling_list_data_present_flag", 1);
            scaling::tell(random, &mut header);
        }
        header.set("amp_enabled_flag", random.chance(160));
        header.set("sample_adaptive_offset_enabled_flag", self.sample_adaptive_offset_enabled_flag);
        if kind.has_pcm && random.chance(110) {
            self.pcm(random, &mut header);
        }
        header.set("num_short_term_ref_pic_sets", self.short_term_sets.len() as i64);
        for (index, set) in self.short_term_sets.iter().enumerate() {
            tell_set(random, &mut header, set, &self.short_term_sets[..index], false);
        }
        header.set("long_term_ref_pics_present_flag", self.long_term_ref_pics_present_flag);
        header.set("num_long_term_ref_pics_sps", self.long_term.len() as i64);
        for (order, is_used) in &self.long_term {
            header.set("lt_ref_pic_poc_lsb_sps", *order).set("used_by_curr_pic_lt_sps_flag", *is_used);
        }
        header.set("sps_temporal_mvp_enabled_flag", self.sps_temporal_mvp_enabled_flag);
        header.set("strong_intra_smoothing_enabled_flag", random.chance(128));
        if let Some(vui) = &self.vui {
            vui.tell(random, &mut header, kind, self.max_sub_layers_minus1());
        }
        if kind.has_range_extension() && random.chance(200) || self.range.any() {
            self.range_extension(random, &mut header);
        }
        header
    }

    /// Sets the sizes of coding and transform blocks.
    fn blocks(&self, random: &mut Random, header: &mut Header) {
        header.set("log2_min_luma_coding_block_size_minus3", self.min_cb_log2_size - 3);
        header.set("log2_diff_max_min_luma_coding_block_size", self.coding_depth());
        header.set("log2_min_luma_transform_block_size_minus2", self.min_tb_log2_size - 2);
        let diff = self.max_tb_log2_size - self.min_tb_log2_size;
        header.set("log2_diff_max_min_luma_transform_block_size", diff);
        let most = i64::from(self.ctb_log2_size - self.min_tb_log2_size);
        for name in ["max_transform_hierarchy_depth_inter", "max_transform_hierarchy_depth_intra"] {
            header.set(name, random.within(0..=most));
        }
    }

    fn pcm(&self, random: &mut Random, header: &mut Header) {
        let [low, high] = [self.min_cb_log2_size, self.ctb_log2_size].map(|size| i64::from(size.min(5)));
        header.set("pcm_enabled_flag", 1);
        let names = ["pcm_sample_bit_depth_luma_minus1", "pcm_sample_bit_depth_chroma_minus1"];
        for (name, most) in names.into_iter().zip(self.kind.bit_depth) {
            let depth = random.within(1..=most).max(random.within(1..=most));
            header.set(name, depth - 1);
        }
        let min = random.within(low..=high);
        header.set("log2_min_pcm_luma_coding_block_size_minus3", min - 3);
        header.set("log2_diff_max_min_pcm_luma_coding_block_size", random.within(0..=high - min));
        header.set("pcm_loop_filter_disabled_flag", random.chance(128));
    }

    fn range_extension(&self, random: &mut Random, header: &mut Header) {
        header.set("sps_extension_present_flag", 1).set("sps_range_extension_flag", 1);
        for name in [
            "transform_skip_rotation_enabled_flag",
            "transform_skip_context_enabled_flag",
            "implicit_rdpcm_enabled_flag",
            "explicit_rdpcm_enabled_flag",
            "intra_smoothing_disabled_flag",
            "persistent_rice_adaptation_enabled_flag",
        ] {
            header.set(name, random.chance(128));
        }
        header.set("extended_precision_processing_flag", self.range.extended_precision_processing_flag);
        header.set("high_precision_offsets_enabled_flag", self.range.high_precision_offsets_enabled_flag);
        let aligns = self.kind.profile == super::profile::Profile::HighThroughput && random.chance(128);
        header.set("cabac_bypass_alignment_enabled_flag", aligns);
    }
}

impl Range {
    fn any(self) -> bool {
        self.extended_precision_processing_flag || self.high_precision_offsets_enabled_flag
    }
}

/// The size of pictures. A column of tiles has at least 256 luma samples, a row of them 64 (annex A).
fn size(random: &mut Random, kind: &Kind, min_cb_log2_size: u32) -> [u32; 2] {
    let has_columns = kind.has_tiles && random.chance(100);
    let has_tile_rows = kind.has_tiles && (!has_columns || random.chance(64));
    let width = if has_columns { 512..=560 } else { 8..=140 };
    let height = match (has_tile_rows, has_columns) {
        (true, false) => 128..=200,
        (true, true) => 128..=136,
        (false, true) => 8..=72,
        (false, false) => 8..=110,
    };
    [width, height].map(|range| {
        let unit = 1 << min_cb_log2_size;
        let low = i64::from(u32::div_ceil(*range.start(), unit));
        random.within(low..=i64::from(range.end() / unit).max(low)) as u32 * unit
    })
}

/// video_parameter_set_rbsp() (clause 7.3.2.1) of one layer, in its NAL unit.
pub(super) fn video_parameter_set_rbsp<C: BitCoder>(coder: &mut C, highest: i64) -> Result<(), HeaderError> {
    for (bits, name) in [
        (1, "forbidden_zero_bit"),
        (6, "nal_unit_type"),
        (6, "nuh_layer_id"),
        (3, "nuh_temporal_id_plus1"),
        (4, "vps_video_parameter_set_id"),
        (1, "vps_base_layer_internal_flag"),
        (1, "vps_base_layer_available_flag"),
        (6, "vps_max_layers_minus1"),
        (3, "vps_max_sub_layers_minus1"),
        (1, "vps_temporal_id_nesting_flag"),
        (16, "vps_reserved_0xffff_16bits"),
    ] {
        coder.u(bits, name)?;
    }
    profile_tier_level(coder, highest)?;
    let has_each = coder.flag("vps_sub_layer_ordering_info_present_flag")?;
    for _ in if has_each { 0 } else { highest }..=highest {
        coder.ue("vps_max_dec_pic_buffering_minus1")?;
        coder.ue("vps_max_num_reorder_pics")?;
        coder.ue("vps_max_latency_increase_plus1")?;
    }
    coder.u(6, "vps_max_layer_id")?;
    coder.ue("vps_num_layer_sets_minus1")?;
    if coder.flag("vps_timing_info_present_flag")? {
        coder.u(32, "vps_num_units_in_tick")?;
        coder.u(32, "vps_time_scale")?;
        if coder.flag("vps_poc_proportional_to_timing_flag")? {
            coder.ue("vps_num_ticks_poc_diff_one_minus1")?;
        }
        // A second one would be for other layer sets.
        if coder.ue_in("vps_num_hrd_parameters", 0..=1)? > 0 {
            coder.ue("hrd_layer_set_idx")?;
            hrd_parameters(coder, highest)?;
        }
    }
    coder.flag("vps_extension_flag")?;
    Ok(())
}
