//! What a stream has that a dream can be asked for. It is read off the stream, so it is true of any.

use std::collections::BTreeSet;

use crate::avc::{Content, MbType, Stream, read_each};
use crate::context::SliceType;
use crate::engine;

/// Features of H.264 that elements of headers show: what one is called, the element, and its values.
const OF_HEADERS: [(&str, &str, &[i64]); 24] = [
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
];

/// Features of H.264 that slice data shows.
const OF_DATA: [&str; 3] = ["p", "b", "pcm"];

/// The names of all features of H.264.
///
/// ```
/// assert!(silicabac::dream::avc_features().any(|name| name == "mbaff"));
/// ```
pub fn avc_features() -> impl Iterator<Item = &'static str> {
    OF_HEADERS.iter().map(|(name, ..)| *name).chain(OF_DATA)
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
        for coded in unit.headers().elements {
            let shown = OF_HEADERS
                .iter()
                .filter(|(_, element, values)| *element == coded.element.0 && values.contains(&coded.value));
            found.extend(shown.map(|(name, ..)| *name));
        }
        let (Content::Slice { parameters, .. }, Some((_, data))) = (&unit.content, unit.slice()) else {
            continue;
        };
        match parameters.slice_type {
            SliceType::P => _ = found.insert("p"),
            SliceType::B => _ = found.insert("b"),
            SliceType::I => {}
        }
        let mut has_pcm = false;
        let show = |step: crate::avc::Step<'_, _>| has_pcm |= step.macroblock.mb_type == MbType::I_PCM;
        // Of a damaged slice, what comes before the damage counts.
        let _ = read_each(parameters, engine::Decoder::new(data), show);
        if has_pcm {
            found.insert("pcm");
        }
    }
    found
}
