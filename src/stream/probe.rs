//! Recognises the standard of a stream.

use std::cmp::Ordering;

use crate::context::Codec;
use crate::syntax::nal::Units;

/// The standard of a stream that begins with these bytes. Units whose first bytes only one of the standards can have are counted, and the
/// standard with more of them is returned; `None` if both have equally many, or none.
///
/// ```
/// use silicabac::{context::Codec, stream::codec_of};
/// assert_eq!(codec_of(&std::fs::read("tests/streams/x264_gray_qcif.264")?), Some(Codec::Avc));
/// assert_eq!(codec_of(&std::fs::read("tests/streams/x265_main_ipb_qcif.265")?), Some(Codec::Hevc));
/// assert_eq!(codec_of(&[0, 0, 1]), None);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn codec_of(start: &[u8]) -> Option<Codec> {
    let (mut avc, mut hevc) = (0, 0);
    for unit in Units::new(start).map_while(Result::ok) {
        if let [first, second, ..] = unit.bytes[..] {
            let (is_avc, is_hevc) = (is_avc(first, second), is_hevc(first, second));
            avc += u32::from(is_avc && !is_hevc);
            hevc += u32::from(is_hevc && !is_avc);
        }
    }
    match avc.cmp(&hevc) {
        Ordering::Less => Some(Codec::Hevc),
        Ordering::Equal => None,
        Ordering::Greater => Some(Codec::Avc),
    }
}

/// Whether a NAL unit of H.264 can begin like this (clause 7.4.1). Data partitions, which have no CABAC, are left out. No profile_idc is
/// below 44, and a picture parameter set whose second byte is below 32 has a number that nobody uses.
fn is_avc(header: u8, second: u8) -> bool {
    let (forbidden_zero_bit, nal_ref_idc, nal_unit_type) = (header >> 7, header >> 5 & 3, header & 31);
    let is_reference = nal_ref_idc != 0;
    forbidden_zero_bit == 0
        && match nal_unit_type {
            1 | 14 | 19 | 20 => true,
            5 | 13 => is_reference,
            7 | 15 => is_reference && second >= 44,
            8 => is_reference && second >= 32,
            6 | 9..=12 => !is_reference,
            _ => false,
        }
}

/// Whether a NAL unit of the base layer of H.265 can begin like this (clause 7.4.2.2). nuh_temporal_id_plus1 must not be 0, but this is
/// not checked, since no slice depends on it.
fn is_hevc(first: u8, second: u8) -> bool {
    let is_base_layer = first & 0x81 == 0 && second >> 3 == 0;
    is_base_layer && matches!(first >> 1, 0..=9 | 16..=21 | 32..=40)
}
