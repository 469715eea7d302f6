//! vui_parameters() and the timing in the video parameter set: how pictures are to be shown, and buffers that any small stream conforms to
//! (annexes C and E). The bit rate and the size of the buffer are near the most that the level allows.

use super::profile::Kind;
use crate::dream::header::Header;
use crate::dream::random::Random;

/// What is the same in the whole stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vui {
    /// num_units_in_tick and time_scale: a tenth of a second or less.
    tick: Option<[i64; 2]>,
    is_in_video_set: bool,
    pub(super) frame_field_info_present_flag: bool,
    pub(super) hrd: Option<Hrd>,
}

/// hrd_parameters().
#[derive(Clone, Copy, Debug)]
pub(super) struct Hrd {
    /// nal_hrd_parameters_present_flag and vcl_hrd_parameters_present_flag.
    pub(super) present: [bool; 2],
    pub(super) cpb_cnt_minus1: i64,
    /// How many bits initial_cpb_removal_delay, au_cpb_removal_delay_minus1 and pic_dpb_output_delay have.
    pub(super) lengths: [u32; 3],
}

impl Vui {
    pub(super) fn any(random: &mut Random, kind: &Kind) -> Vui {
        let tick = random.chance(190).then(|| {
            let unit = random.within(1..=1 << 20);
            [unit * random.within(1..=2), unit * random.within(20..=60)]
        });
        let hrd = tick.is_some() && random.chance(160);
        let hrd = hrd.then(|| Hrd {
            present: random.one_of(&[[false, false], [true, false], [false, true], [true, true]]),
            cpb_cnt_minus1: random.within(0..=2),
            lengths: [random.within(17..=32), random.within(5..=32), random.within(5..=32)]
                .map(|length| length as u32),
        });
        let frame_field_info_present_flag = !kind.asked.no_output && random.chance(64);
        Vui { tick, is_in_video_set: random.chance(128), frame_field_info_present_flag, hrd }
    }

    /// CpbDpbDelaysPresentFlag.
    pub(super) fn has_delays(&self) -> Option<&Hrd> {
        self.hrd.as_ref().filter(|hrd| hrd.present != [false; 2])
    }

    /// Sets the values of the video parameter set.
    pub(super) fn tell_video(&self, header: &mut Header, max_sub_layers_minus1: i64) {
        let Some([unit, scale]) = self.tick.filter(|_| self.is_in_video_set) else { return };
        header.set("vps_timing_info_present_flag", 1);
        header.set("vps_num_units_in_tick", unit).set("vps_time_scale", scale);
        if let Some(hrd) = &self.hrd {
            header.set("vps_num_hrd_parameters", 1);
            hrd.tell(header, max_sub_layers_minus1);
        }
    }

    /// Sets the values of the sequence parameter set.
    pub(super) fn tell(
        &self,
        random: &mut Random,
        header: &mut Header,
        kind: &Kind,
        max_sub_layers_minus1: i64,
    ) {
        header.set("vui_parameters_present_flag", 1);
        presentation(random, header, kind);
        header.set("frame_field_info_present_flag", self.frame_field_info_present_flag);
        if random.chance(64) {
            header.set("default_display_window_flag", 1);
            header.set("def_disp_win_right_offset", random.below(2));
            header.set("def_disp_win_bottom_offset", random.below(2));
        }
        if let Some([unit, scale]) = self.tick {
            header.set("vui_timing_info_present_flag", 1);
            header.set("vui_num_units_in_tick", unit).set("vui_time_scale", scale);
            if let Some(hrd) = &self.hrd {
                header.set("vui_hrd_parameters_present_flag", 1);
                hrd.tell(header, max_sub_layers_minus1);
            }
        }
        if random.chance(128) {
            // The restrictions are only those that any stream conforms to.
            header.set("bitstream_restriction_flag", 1);
            header.set("motion_vectors_over_pic_boundaries_flag", 1);
            header.set("log2_max_mv_length_horizontal", 15).set("log2_max_mv_length_vertical", 15);
        }
    }
}

/// From aspect_ratio_info_present_flag to chroma_sample_loc_type_bottom_field.
fn presentation(random: &mut Random, header: &mut Header, kind: &Kind) {
    const EXTENDED_SAR: i64 = 255;
    if random.chance(128) {
        let idc = if random.chance(128) { EXTENDED_SAR } else { random.within(1..=16) };
        header.set("aspect_ratio_info_present_flag", 1).set("aspect_ratio_idc", idc);
        header.set("sar_width", random.within(1..=99)).set("sar_height", random.within(1..=99));
    }
    if random.chance(64) {
        header.set("overscan_info_present_flag", 1).set("overscan_appropriate_flag", random.chance(128));
    }
    if random.chance(128) {
        header.set("video_signal_type_present_flag", 1);
        header.set("video_format", random.within(0..=5)).set("video_full_range_flag", random.chance(128));
        if random.chance(128) {
            header.set("colour_description_present_flag", 1);
            header.set("colour_primaries", random.one_of(&[1, 2, 4, 5, 6, 7, 8, 9]));
            header.set("transfer_characteristics", random.one_of(&[1, 2, 4, 5, 6, 7, 8, 13, 14, 15, 16, 18]));
            header.set("matrix_coefficients", random.one_of(&[1, 2, 4, 5, 6, 7, 9, 10]));
        }
    }
    if kind.chroma_format_idc == 1 && random.chance(64) {
        header.set("chroma_loc_info_present_flag", 1);
        let kind = random.within(0..=5);
        header.set("chroma_sample_loc_type_top_field", kind);
        header.set("chroma_sample_loc_type_bottom_field", kind);
    }
}

impl Hrd {
    /// Sets 12.3 to 15.4 million bits in a second, and a buffer of as many bits or a little less.
    fn tell(&self, header: &mut Header, max_sub_layers_minus1: i64) {
        let [nal, vcl] = self.present;
        header.set("nal_hrd_parameters_present_flag", nal).set("vcl_hrd_parameters_present_flag", vcl);
        header.set("bit_rate_scale", 4).set("cpb_size_scale", 6);
        for (name, length) in [
            "initial_cpb_removal_delay_length_minus1",
            "au_cpb_removal_delay_length_minus1",
            "dpb_output_delay_length_minus1",
        ]
        .into_iter()
        .zip(self.lengths)
        {
            header.set(name, length - 1);
        }
        for _ in 0..=max_sub_layers_minus1 {
            header.set("cpb_cnt_minus1", self.cpb_cnt_minus1);
            for _ in self.present.iter().filter(|is_present| **is_present) {
                for cpb in 0..=self.cpb_cnt_minus1 {
                    header.set("bit_rate_value_minus1", 12_000 + 1_000 * cpb);
                    header.set("cpb_size_value_minus1", 15_000 - 1_000 * cpb);
                }
            }
        }
    }
}
