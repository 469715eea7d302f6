//! What a stream has only if it is asked for, so that a seed without features always gives the same stream.

/// What a stream is asked for, apart from the features that every stream may have.
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
    /// NAL units that end a sequence or the bitstream, and filler data.
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

    /// Whether this has an effect on which pictures there are and which they refer to.
    pub(super) fn has_structure(self) -> bool {
        self.sub_layers || self.leading || self.msb_cycle || self.no_output
    }
}
