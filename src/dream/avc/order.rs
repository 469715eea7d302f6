//! Picture order count of type 1 (clause 8.2.1.2): the order of a picture is predicted from its frame_num, and only the difference is
//! coded.

use crate::dream::header::Header;
use crate::dream::random::Random;

/// The elements of a sequence parameter set for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycle {
    pub(super) delta_pic_order_always_zero_flag: bool,
    offset_for_non_ref_pic: i64,
    pub(super) offset_for_top_to_bottom_field: i64,
    offset_for_ref_frame: Vec<i64>,
}

impl Cycle {
    /// A random cycle. Without differences no two frames have the same order, and the fields of a frame follow each other.
    pub(super) fn any(random: &mut Random) -> Cycle {
        let delta_pic_order_always_zero_flag = random.chance(100);
        // The order of a bottom field that begins an IDR picture is 0.
        let later = if delta_pic_order_always_zero_flag { 0 } else { random.within(-1..=2) };
        Cycle {
            delta_pic_order_always_zero_flag,
            offset_for_non_ref_pic: random.one_of(&[-5, 5, 6]),
            offset_for_top_to_bottom_field: later,
            offset_for_ref_frame: (0..random.within(1..=4)).map(|_| random.within(12..=20)).collect(),
        }
    }

    pub(super) fn tell(&self, header: &mut Header) {
        header.set("delta_pic_order_always_zero_flag", self.delta_pic_order_always_zero_flag);
        header.set("offset_for_non_ref_pic", self.offset_for_non_ref_pic);
        header.set("offset_for_top_to_bottom_field", self.offset_for_top_to_bottom_field);
        header.set("num_ref_frames_in_pic_order_cnt_cycle", self.offset_for_ref_frame.len() as i64);
        for &offset in &self.offset_for_ref_frame {
            header.set("offset_for_ref_frame", offset);
        }
    }

    /// Whether a picture has to be a reference, so that it does not get the order of another picture, or one before the IDR picture.
    /// `was_reference` is about the picture before it; `is_first` says that it is the first one after an IDR picture.
    pub(super) fn wants_reference(&self, was_reference: bool, is_first: bool) -> bool {
        self.delta_pic_order_always_zero_flag && (!was_reference || is_first)
    }

    /// expectedPicOrderCnt, given FrameNumOffset + frame_num.
    pub(super) fn expected(&self, count: i64, is_reference: bool) -> i64 {
        let offsets = &self.offset_for_ref_frame;
        let mut abs_frame_num = if offsets.is_empty() { 0 } else { count };
        if !is_reference && abs_frame_num > 0 {
            abs_frame_num -= 1;
        }
        let before = offsets.iter().cycle().take(usize::try_from(abs_frame_num).unwrap_or(0)).sum::<i64>();
        before + if is_reference { 0 } else { self.offset_for_non_ref_pic }
    }
}
