//! How pictures are to be shown: the beginning of vui_parameters(), which both standards share (H.264 clause E.1.1, H.265 clause E.2.1).
//! No other syntax depends on it.

use super::bits::{BitCoder, HeaderError};

const EXTENDED_SAR: i64 = 255;

/// The elements from aspect_ratio_info_present_flag to chroma_sample_loc_type_bottom_field.
///
/// # Errors
/// [`HeaderError`].
pub(crate) fn presentation<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    if coder.flag("aspect_ratio_info_present_flag")? && coder.u(8, "aspect_ratio_idc")? == EXTENDED_SAR {
        coder.u(16, "sar_width")?;
        coder.u(16, "sar_height")?;
    }
    if coder.flag("overscan_info_present_flag")? {
        coder.flag("overscan_appropriate_flag")?;
    }
    if coder.flag("video_signal_type_present_flag")? {
        coder.u(3, "video_format")?;
        coder.flag("video_full_range_flag")?;
        if coder.flag("colour_description_present_flag")? {
            coder.u(8, "colour_primaries")?;
            coder.u(8, "transfer_characteristics")?;
            coder.u(8, "matrix_coefficients")?;
        }
    }
    if coder.flag("chroma_loc_info_present_flag")? {
        coder.ue("chroma_sample_loc_type_top_field")?;
        coder.ue("chroma_sample_loc_type_bottom_field")?;
    }
    Ok(())
}
