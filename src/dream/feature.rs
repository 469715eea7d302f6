//! Features that a dream can be asked for. They are read from a stream, so they apply to any stream.

use std::collections::BTreeSet;

use crate::avc::{MbType, Stream};
use crate::bin::{BinCoder, Event, Tail};
use crate::context::{CtxIdx, SliceType};
use crate::observed::Observer;
use crate::syntax::HeaderElement;
use crate::syntax::nal::escape;
use crate::{hevc, spec};

/// Features of H.264 that elements of headers show: the name of each, the element, and its values.
const AVC_HEADERS: [Shown; 37] = [
    ("main", "profile_idc", &[77]),
    ("high", "profile_idc", &[100]),
    ("high10", "profile_idc", &[110]),
    ("high422", "profile_idc", &[122]),
    ("high444", "profile_idc", &[244]),
    ("400", "chroma_format_idc", &[0]),
    ("422", "chroma_format_idc", &[2]),
    ("444", "chroma_format_idc", &[3]),
    ("9bit", "bit_depth_luma_minus8", &[1]),
    ("10bit", "bit_depth_luma_minus8", &[2]),
    ("12bit", "bit_depth_luma_minus8", &[4]),
    ("14bit", "bit_depth_luma_minus8", &[6]),
    ("lossless", "qpprime_y_zero_transform_bypass_flag", &[1]),
    ("scaling", "seq_scaling_matrix_present_flag", &[1]),
    ("scaling", "pic_scaling_matrix_present_flag", &[1]),
    ("interlaced", "frame_mbs_only_flag", &[0]),
    ("mbaff", "mb_adaptive_frame_field_flag", &[1]),
    ("field", "field_pic_flag", &[1]),
    ("8x8", "transform_8x8_mode_flag", &[1]),
    ("constrained-intra", "constrained_intra_pred_flag", &[1]),
    ("temporal-direct", "direct_spatial_mv_pred_flag", &[0]),
    ("spatial-direct", "direct_spatial_mv_pred_flag", &[1]),
    ("weighted", "luma_weight_l0_flag", &[1]),
    ("implicit-weights", "weighted_bipred_idc", &[2]),
    ("cropped", "frame_cropping_flag", &[1]),
    ("marking", "adaptive_ref_pic_marking_mode_flag", &[1]),
    ("mmco1", MMCO, &[1]),
    ("mmco2", MMCO, &[2]),
    ("mmco3", MMCO, &[3]),
    ("mmco4", MMCO, &[4]),
    ("mmco5", MMCO, &[5]),
    ("mmco6", MMCO, &[6]),
    ("long-term", "long_term_pic_num", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ("gaps", "gaps_in_frame_num_value_allowed_flag", &[1]),
    ("order-cycle", "num_ref_frames_in_pic_order_cnt_cycle", &[1, 2, 3, 4]),
    ("separate-planes", "separate_colour_plane_flag", &[1]),
    ("unequal-depth", UNEQUAL, &[1]),
];

/// The name, in these tables, of an element that no header has: whether bit_depth_luma_minus8 and bit_depth_chroma_minus8 differ.
const UNEQUAL: &str = "unequal_depth";

const MMCO: &str = "memory_management_control_operation";

/// Features of H.264 that slice data shows.
const AVC_DATA: [&str; 7] = ["p", "b", "pcm", "long-runs", "escapes", "saturated", "zero-words"];

/// Features of H.265 that elements of headers show.
const HEVC_HEADERS: [Shown; 70] = [
    ("main", "general_profile_idc", &[1]),
    ("main10", "general_profile_idc", &[2]),
    ("range-extensions", "general_profile_idc", &[4]),
    ("high-throughput", "general_profile_idc", &[5]),
    ("400", "chroma_format_idc", &[0]),
    ("422", "chroma_format_idc", &[2]),
    ("444", "chroma_format_idc", &[3]),
    ("9bit", "bit_depth_luma_minus8", &[1]),
    ("10bit", "bit_depth_luma_minus8", &[2]),
    ("12bit", "bit_depth_luma_minus8", &[4]),
    ("16bit", "bit_depth_luma_minus8", &[8]),
    ("cropped", "conformance_window_flag", &[1]),
    ("amp", "amp_enabled_flag", &[1]),
    ("sao", "slice_sao_luma_flag", &[1]),
    ("sao", "slice_sao_chroma_flag", &[1]),
    ("scaling", "scaling_list_enabled_flag", &[1]),
    ("long-term", "num_long_term_sps", &[1, 2, 3]),
    ("long-term", "num_long_term_pics", &[1, 2, 3]),
    ("predicted-sets", "inter_ref_pic_set_prediction_flag", &[1]),
    ("temporal-mvp", "slice_temporal_mvp_enabled_flag", &[1]),
    ("rotation", "transform_skip_rotation_enabled_flag", &[1]),
    ("skip-context", "transform_skip_context_enabled_flag", &[1]),
    ("implicit-rdpcm", "implicit_rdpcm_enabled_flag", &[1]),
    ("explicit-rdpcm", "explicit_rdpcm_enabled_flag", &[1]),
    ("extended-precision", "extended_precision_processing_flag", &[1]),
    ("no-smoothing", "intra_smoothing_disabled_flag", &[1]),
    ("high-precision-offsets", "high_precision_offsets_enabled_flag", &[1]),
    ("persistent-rice", "persistent_rice_adaptation_enabled_flag", &[1]),
    ("bypass-alignment", "cabac_bypass_alignment_enabled_flag", &[1]),
    ("large-transform-skip", "log2_max_transform_skip_block_size_minus2", &[1, 2, 3]),
    ("cross-component", "cross_component_prediction_enabled_flag", &[1]),
    ("chroma-qp-offsets", "cu_chroma_qp_offset_enabled_flag", &[1]),
    ("segments", "first_slice_segment_in_pic_flag", &[0]),
    ("dependent", "dependent_slice_segment_flag", &[1]),
    ("sign-hiding", "sign_data_hiding_enabled_flag", &[1]),
    ("cabac-init", "cabac_init_flag", &[1]),
    ("constrained-intra", "constrained_intra_pred_flag", &[1]),
    ("qp-delta", "cu_qp_delta_enabled_flag", &[1]),
    ("weighted", "luma_weight_l0_flag", &[1]),
    ("weighted", "luma_weight_l1_flag", &[1]),
    ("weighted", "chroma_weight_l0_flag", &[1]),
    ("weighted", "chroma_weight_l1_flag", &[1]),
    ("wpp", "entropy_coding_sync_enabled_flag", &[1]),
    ("tiles", "tiles_enabled_flag", &[1]),
    ("list-modification", "ref_pic_list_modification_flag_l0", &[1]),
    ("list-modification", "ref_pic_list_modification_flag_l1", &[1]),
    ("merge-level", "log2_parallel_merge_level_minus2", &[1, 2, 3, 4]),
    ("deblocking-override", "deblocking_filter_override_flag", &[1]),
    ("header-extension", "slice_segment_header_extension_length", &[1, 2, 3, 4, 5]),
    ("mvd-l1-zero", "mvd_l1_zero_flag", &[1]),
    ("cra", "nal_unit_type", &[21]),
    ("bla", "nal_unit_type", &[16, 17, 18]),
    ("idr", "nal_unit_type", &[19, 20]),
    ("not-shown", "pic_output_flag", &[0]),
    ("sub-layers", "sps_max_sub_layers_minus1", &[1, 2, 3, 4, 5, 6]),
    ("tsa", "nal_unit_type", &[2, 3]),
    ("stsa", "nal_unit_type", &[4, 5]),
    ("leading", "nal_unit_type", &[6, 7, 8, 9]),
    ("radl", "nal_unit_type", &[6, 7]),
    ("rasl", "nal_unit_type", &[8, 9]),
    ("msb-cycle", "delta_poc_msb_cycle_lt", &[1, 2, 3, 4, 5, 6, 7]),
    ("no-output-of-prior-pics", "no_output_of_prior_pics_flag", &[1]),
    ("vui", "vui_parameters_present_flag", &[1]),
    ("hrd", "nal_hrd_parameters_present_flag", &[1]),
    ("hrd", "vcl_hrd_parameters_present_flag", &[1]),
    ("sei", "nal_unit_type", &[39, 40]),
    ("end-of-sequence", "nal_unit_type", &[36]),
    ("end-of-bitstream", "nal_unit_type", &[37]),
    ("filler", "nal_unit_type", &[38]),
    ("unequal-depth", UNEQUAL, &[1]),
];

/// Features of H.265 that slice segment data shows.
const HEVC_DATA: [&str; 12] = [
    "p",
    "b",
    "pcm",
    "lossless",
    "transform-skip",
    "ctb16",
    "ctb32",
    "ctb64",
    "long-runs",
    "escapes",
    "saturated",
    "zero-words",
];

/// The name of a feature, and the element of a header with the values that show it.
type Shown = (&'static str, &'static str, &'static [i64]);

/// Those of several features that a header shows.
fn shown(all: &'static [Shown], elements: &[HeaderElement]) -> impl Iterator<Item = &'static str> {
    let value = |name: &str| elements.iter().find(|coded| coded.element.0 == name).map(|coded| coded.value);
    let is_unequal = value("bit_depth_luma_minus8") != value("bit_depth_chroma_minus8");
    let is_shown = move |(_, element, values): &&Shown| {
        *element == UNEQUAL && is_unequal
            || elements.iter().any(|coded| coded.element.0 == *element && values.contains(&coded.value))
    };
    all.iter().filter(is_shown).map(|(name, ..)| *name)
}

fn names(headers: &[Shown], data: &[&'static str]) -> impl Iterator<Item = &'static str> {
    let names: BTreeSet<&str> = headers.iter().map(|(name, ..)| *name).chain(data.iter().copied()).collect();
    names.into_iter()
}

/// The names of all features of H.264.
///
/// ```
/// assert!(silicabac::dream::avc_features().any(|name| name == "mbaff"));
/// ```
pub fn avc_features() -> impl Iterator<Item = &'static str> {
    names(&AVC_HEADERS, &AVC_DATA)
}

/// The names of all features of H.265.
///
/// ```
/// assert!(silicabac::dream::hevc_features().any(|name| name == "wpp"));
/// ```
pub fn hevc_features() -> impl Iterator<Item = &'static str> {
    names(&HEVC_HEADERS, &HEVC_DATA)
}

/// The features of an H.264 stream.
///
/// ```
/// let stream = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// assert!(silicabac::dream::features_of_avc(&stream).contains("400"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn features_of_avc(stream: &[u8]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    // Reading from memory does not fail.
    for unit in Stream::new(stream).map_while(Result::ok) {
        found.extend(shown(&AVC_HEADERS, &unit.headers().elements));
        let Some((parameters, data)) = unit.slice() else { continue };
        match parameters.slice_type {
            SliceType::P => _ = found.insert("p"),
            SliceType::B => _ = found.insert("b"),
            SliceType::I => {}
        }
        let mut has_pcm = false;
        // Of a damaged slice, the part before the damage counts.
        let reached = unit.observe(Reached::default(), |read_unit| {
            has_pcm |= read_unit.macroblock.mb_type == MbType::I_PCM
        });
        if has_pcm {
            found.insert("pcm");
        }
        found.extend(reached.into_iter().flat_map(|(reached, read)| of_code(data, &reached, read.ok())));
    }
    found
}

/// The longest run of outstanding bits of a slice, and the contexts that have come to the state that an MPS no longer changes.
#[derive(Debug, Default)]
struct Reached {
    encoder: spec::Encoder,
    longest: u32,
    saturated: BTreeSet<CtxIdx>,
}

impl<C> Observer<C> for Reached {
    fn after(&mut self, _: &C, coded: Event) {
        self.encoder.code(coded);
        self.longest = self.longest.max(self.encoder.bits_outstanding());
        if let Event::Context { ctx, .. } = coded
            && self.encoder.save(ctx).p_state_idx() == 62
        {
            self.saturated.insert(ctx);
        }
    }
}

/// A run of outstanding bits is long if it has this many.
const LONG_RUN: u32 = 32;
/// A slice has many bytes of emulation prevention if it has this many.
const ESCAPES: usize = 257;
/// A slice has many saturated contexts if it has this many.
const SATURATED: usize = 8;

/// The features that the bytes of slice data show; `after` is what follows them, if that is known.
fn of_code(
    data: &[u8],
    reached: &Reached,
    after: Option<Tail<'_>>,
) -> impl Iterator<Item = &'static str> + use<> {
    let all = [
        ("zero-words", after.is_some_and(|tail| !tail.bytes.is_empty())),
        ("long-runs", reached.longest >= LONG_RUN),
        ("saturated", reached.saturated.len() >= SATURATED),
        ("escapes", escape(data).len() >= data.len() + ESCAPES),
    ];
    all.into_iter().filter_map(|(name, is_there)| is_there.then_some(name))
}

/// The features of an H.265 stream.
///
/// ```
/// let stream = std::fs::read("tests/streams/hm_wpp_depslices.265")?;
/// assert!(silicabac::dream::features_of_hevc(&stream).contains("wpp"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn features_of_hevc(stream: &[u8]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for unit in hevc::Stream::new(stream).map_while(Result::ok) {
        found.extend(shown(&HEVC_HEADERS, &unit.headers().elements));
        let Some((parameters, _, data)) = unit.segment() else { continue };
        found.extend(match parameters.slice_type() {
            SliceType::P => Some("p"),
            SliceType::B => Some("b"),
            SliceType::I => None,
        });
        found.insert(match parameters.sps.ctb_log2_size {
            4 => "ctb16",
            5 => "ctb32",
            _ => "ctb64",
        });
        // Of a damaged slice segment, the part before the damage counts.
        let reached = unit.observe(Reached::default(), |read_unit| {
            let unit = read_unit.coding_tree_unit;
            for (name, is_there) in [
                ("pcm", !unit.pcm.is_empty()),
                ("lossless", unit.coding_units.iter().any(|unit| unit.cu_transquant_bypass_flag)),
                ("transform-skip", unit.blocks.iter().any(|block| block.transform_skip_flag)),
            ] {
                found.extend(is_there.then_some(name));
            }
        });
        found.extend(reached.into_iter().flat_map(|(reached, read)| of_code(data, &reached, read.ok())));
    }
    found
}
