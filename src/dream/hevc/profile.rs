//! The profile of a stream (annex A). All streams are of level 4.1, main tier, which takes any size of coding tree blocks, and tiles.

use super::asked::Asked;
use crate::dream::header::Header;
use crate::dream::planted::Pattern;
use crate::dream::random::Random;
use crate::hevc::headers::{GENERAL, ProfileNames, SUB_LAYER};

/// The profile that a stream conforms to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    Main,
    Main10,
    /// Main 4:4:4 12, for all formats of up to 12 bits, with all tools that are not for 16 bits.
    Main444Of12,
    /// Main 4:4:4 16 Intra.
    Intra16,
    /// High Throughput 4:4:4 16 Intra: the only one with cabac_bypass_alignment_enabled_flag, and with both tiles and rows as substreams.
    HighThroughput,
}

/// The kind of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) profile: Profile,
    /// chroma_format_idc, which is ChromaArrayType here.
    pub(super) chroma_format_idc: i64,
    /// BitDepthY and BitDepthC.
    pub(super) bit_depth: [i64; 2],
    /// Whether high_precision_offsets_enabled_flag can be 1.
    pub(super) has_high_precision_offsets: bool,
    /// Whether chroma_qp_offset_list_enabled_flag can be 1.
    pub(super) has_chroma_qp_offsets: bool,
    /// Whether pcm_enabled_flag can be 1.
    pub(super) has_pcm: bool,
    /// Whether tiles_enabled_flag can be 1.
    pub(super) has_tiles: bool,
    /// Whether entropy_coding_sync_enabled_flag can be 1.
    pub(super) has_rows: bool,
    /// What the bits of slice segment data should contain.
    pub(super) pattern: Option<Pattern>,
    pub(super) asked: Asked,
}

/// Features that a stream has only if it is asked for one of them, since common decoders do not support them.
const BEYOND: [&str; 5] =
    ["16bit", "bypass-alignment", "extended-precision", "high-precision-offsets", "high-throughput"];

impl Kind {
    pub(super) fn any(random: &mut Random, features: &[&str]) -> Kind {
        let wants = |feature: &&str| features.contains(feature);
        let is_beyond = BEYOND.iter().any(wants) || wants(&"wpp") && wants(&"tiles");
        let profile = match is_beyond {
            true => random.one_of(&[
                Profile::Main444Of12,
                Profile::Intra16,
                Profile::HighThroughput,
                Profile::HighThroughput,
            ]),
            false => random.one_of(&[
                Profile::Main,
                Profile::Main,
                Profile::Main10,
                Profile::Main444Of12,
                Profile::Main444Of12,
                Profile::Main444Of12,
            ]),
        };
        let (formats, depths): (&[i64], &[i64]) = match profile {
            Profile::Main => (&[1], &[8]),
            Profile::Main10 => (&[1], &[8, 9, 10]),
            Profile::Main444Of12 => (&[0, 1, 2, 2, 3, 3, 3], &[8, 8, 9, 10, 12]),
            Profile::Intra16 | Profile::HighThroughput => (&[0, 1, 2, 3, 3, 3], &[8, 10, 12, 16, 16]),
        };
        let asked = Asked::new(features);
        let kind = random.below(8);
        let chroma_format_idc = random.one_of(formats);
        let has_both = profile == Profile::HighThroughput && random.chance(128);
        let luma = random.one_of(depths);
        let chroma = if asked.unequal_depth && chroma_format_idc != 0 { random.one_of(depths) } else { luma };
        Kind {
            profile,
            chroma_format_idc,
            bit_depth: [luma, chroma],
            has_high_precision_offsets: is_beyond,
            has_chroma_qp_offsets: wants(&"chroma-qp-offsets"),
            // Without chroma PCM samples are luma alone, which common decoders do not support.
            has_pcm: chroma_format_idc != 0 || wants(&"pcm"),
            has_tiles: matches!(kind, 0 | 1) || has_both,
            has_rows: matches!(kind, 2..=4) || has_both,
            pattern: Pattern::of(features),
            asked,
        }
    }

    /// Whether the tools of the range extensions are allowed.
    pub(super) fn has_range_extension(&self) -> bool {
        !matches!(self.profile, Profile::Main | Profile::Main10)
    }

    /// Whether the tools for 16 bits are allowed.
    pub(super) fn has_extended_precision(&self) -> bool {
        matches!(self.profile, Profile::Intra16 | Profile::HighThroughput)
    }

    /// Whether decoding can begin with every picture.
    pub(super) fn is_intra(&self) -> bool {
        self.has_extended_precision()
    }

    /// QpBdOffsetY.
    pub(super) fn qp_bd_offset(&self) -> i64 {
        6 * (self.bit_depth[0] - 8)
    }

    /// Sets profile_tier_level(). `sub_layers` says which sub-layers have a profile, which is the same one, and which have a level, which
    /// is lower.
    pub(super) fn tell(&self, header: &mut Header, sub_layers: &[[bool; 2]]) {
        self.tell_profile(header, &GENERAL);
        header.set("general_level_idc", 123);
        for &[has_profile, has_level] in sub_layers {
            header
                .set("sub_layer_profile_present_flag", has_profile)
                .set("sub_layer_level_present_flag", has_level);
            if has_profile {
                self.tell_profile(header, &SUB_LAYER);
            }
            if has_level {
                header.set("sub_layer_level_idc", 120);
            }
        }
    }

    fn tell_profile(&self, header: &mut Header, names: &ProfileNames) {
        let profile_idc = match self.profile {
            Profile::Main => 1,
            Profile::Main10 => 2,
            Profile::Main444Of12 | Profile::Intra16 => 4,
            Profile::HighThroughput => 5,
        };
        header.set(names.idc, profile_idc);
        for idc in 0..32 {
            let is_compatible = idc == profile_idc || self.profile == Profile::Main && idc == 2;
            header.set(names.compatibility, is_compatible);
        }
        let [progressive, .., frame_only] = names.sources;
        header.set(progressive, 1).set(frame_only, 1);
        // From general_max_12bit_constraint_flag to general_lower_bit_rate_constraint_flag, then thirteen bits of the 35 that are 0.
        let constraints: i64 = match self.profile {
            Profile::Main | Profile::Main10 => 0,
            Profile::Main444Of12 => 0b1_0000_0001,
            Profile::Intra16 | Profile::HighThroughput => 0b0_0000_0100,
        };
        header.set(names.constraints[0], constraints << 13);
    }
}
