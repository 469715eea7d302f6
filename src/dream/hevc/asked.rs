//! What only streams have that are asked for it, so that a seed without features stays the stream that it was.

/// What a stream is asked for that is more than a choice among what all streams may have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// BitDepthY and BitDepthC differ.
    pub(super) unequal_depth: bool,
    /// sps_max_sub_layers_minus1 is larger than 0.
    pub(super) sub_layers: bool,
    /// RADL and RASL pictures.
    pub(super) leading: bool,
    /// delta_poc_msb_cycle_lt is larger than 0.
    pub(super) msb_cycle: bool,
    /// no_output_of_prior_pics_flag is 1.
    pub(super) no_output: bool,
    /// vui_parameters().
    pub(super) vui: bool,
    /// SEI messages.
    pub(super) sei: bool,
    /// NAL units that end a sequence or the bitstream, or that are filler data.
    pub(super) ends: bool,
    pub(super) filler: bool,
}

impl Asked {
    pub(super) fn new(features: &[&str]) -> Asked {
        let any = |names: &[&str]| features.iter().any(|feature| names.contains(feature));
        Asked {
            unequal_depth: any(&["unequal-depth"]),
            sub_layers: any(&["sub-layers", "tsa", "stsa"]),
            leading: any(&["leading", "radl", "rasl"]),
            msb_cycle: any(&["msb-cycle"]),
            no_output: any(&["no-output-of-prior-pics"]),
            vui: any(&["vui", "hrd"]),
            sei: any(&["sei"]),
            ends: any(&["end-of-sequence", "end-of-bitstream"]),
            filler: any(&["filler"]),
        }
    }

    /// Whether pictures depend on each other in ways that others do not have.
    pub(super) fn has_structure(self) -> bool {
        self.sub_layers || self.leading || self.msb_cycle || self.no_output
    }
}
