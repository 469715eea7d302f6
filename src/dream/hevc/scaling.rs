//! scaling_list_data() (clauses 7.3.4 and 7.4.5).

use crate::dream::header::Header;
use crate::dream::random::Random;

/// The entry of flat lists.
pub(super) const FLAT: i64 = 16;
/// The largest entry of the default lists, which are used where none is sent (table 7-6).
pub(super) const LARGEST_DEFAULT: i64 = 115;

/// Sets random lists; returns their largest entry.
pub(super) fn tell(random: &mut Random, header: &mut Header) -> i64 {
    let mut largest = LARGEST_DEFAULT;
    for size_id in 0..4 {
        for matrix_id in 0..if size_id == 3 { 2 } else { 6 } {
            let is_sent = random.chance(110);
            header.set("scaling_list_pred_mode_flag", is_sent);
            if !is_sent {
                header.set("scaling_list_pred_matrix_id_delta", random.within(0..=matrix_id));
                continue;
            }
            let mut last = 8;
            if size_id > 1 {
                let dc = any(random, last);
                header.set("scaling_list_dc_coef_minus8", dc - 8);
                (last, largest) = (dc, largest.max(dc));
            }
            for _ in 0..if size_id == 0 { 16 } else { 64 } {
                let entry = any(random, last);
                // Differences have eight bits and wrap around.
                header.set("scaling_list_delta_coef", (entry - last + 384) % 256 - 128);
                (last, largest) = (entry, largest.max(entry));
            }
        }
    }
    largest
}

/// A random entry after this one.
fn any(random: &mut Random, last: i64) -> i64 {
    if random.chance(10) {
        random.within(1..=255)
    } else {
        random.within((last - 9).max(1)..=(last + 9).min(255))
    }
}
