//! pred_weight_table() (clause 7.4.7.3): all references of a slice together have no more than 24 weights.

use crate::dream::header::Header;
use crate::dream::random::Random;
use crate::hevc::headers::WEIGHTS;

const MOST: u32 = 24;

/// Sets random weights, given how many references each list has, and WpOffsetHalfRangeY and WpOffsetHalfRangeC.
pub(super) fn tell(
    random: &mut Random,
    header: &mut Header,
    counts: &[u32],
    has_chroma: bool,
    [half, half_c]: [i64; 2],
) {
    let denom = random.within(0..=7);
    header.set("luma_log2_weight_denom", denom);
    header.set("delta_chroma_log2_weight_denom", random.within(0..=7) - denom);
    let mut left = MOST;
    for (&count, names) in counts.iter().zip(WEIGHTS) {
        for _ in 0..count {
            let [has_luma, has_both] = [1, 2].map(|weights| {
                let is_there = weights <= left && (weights == 1 || has_chroma) && random.chance(100);
                left -= if is_there { weights } else { 0 };
                is_there
            });
            header.set(names[0], has_luma).set(names[1], has_both);
            if has_luma {
                header
                    .set(names[2], random.within(-128..=127))
                    .set(names[3], random.within(-half..=half - 1));
            }
            for _ in 0..if has_both { 2 } else { 0 } {
                header.set(names[4], random.within(-128..=127));
                header.set(names[5], random.within(-4 * half_c..=4 * half_c - 1));
            }
        }
    }
}
