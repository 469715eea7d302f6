//! Of which standard a stream is.

use crate::context::Codec;
use crate::syntax::nal::Units;

/// Of which standard a stream is that begins with these bytes: the one whose NAL unit headers most of its first units can have; H.264
/// where that is both.
///
/// ```
/// use silicabac::{context::Codec, stream::codec_of};
/// assert_eq!(codec_of(&std::fs::read("tests/streams/x264_gray_qcif.264")?), Codec::Avc);
/// assert_eq!(codec_of(&std::fs::read("tests/streams/x265_main_ipb_qcif.265")?), Codec::Hevc);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn codec_of(start: &[u8]) -> Codec {
    let (mut avc, mut hevc) = (0, 0);
    for unit in Units::new(start).map_while(Result::ok) {
        if let [first, second, ..] = unit.bytes[..] {
            avc += u32::from(is_avc(first));
            hevc += u32::from(is_hevc(first, second));
        }
    }
    if hevc > avc { Codec::Hevc } else { Codec::Avc }
}

/// Whether the header of a NAL unit of H.264 can be this (clause 7.4.1); data partitions, which have no CABAC, are left out.
fn is_avc(header: u8) -> bool {
    let (forbidden_zero_bit, nal_ref_idc, nal_unit_type) = (header >> 7, header >> 5 & 3, header & 31);
    let is_reference = nal_ref_idc != 0;
    forbidden_zero_bit == 0
        && match nal_unit_type {
            1 | 14 | 19 | 20 => true,
            5 | 7 | 8 | 13 | 15 => is_reference,
            6 | 9..=12 => !is_reference,
            _ => false,
        }
}

/// Whether the header of a NAL unit of the base layer of H.265 can be this (clause 7.4.2.2).
fn is_hevc(first: u8, second: u8) -> bool {
    let (nal_unit_type, nuh_temporal_id_plus1) = (first >> 1, second & 7);
    let is_base_layer = first & 1 == 0 && second >> 3 == 0;
    is_base_layer && nuh_temporal_id_plus1 != 0 && matches!(nal_unit_type, 0..=9 | 16..=21 | 32..=40)
}
