//! References, and how slices refer to them (clause 8.2.4).

use crate::dream::header::Header;

/// Whether a picture is a frame, or which field of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Structure {
    Frame,
    Top,
    Bottom,
}

/// The number by which a reference is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// FrameNumWrap of a short-term reference.
    Short(i64),
    /// LongTermFrameIdx of a long-term reference.
    Long(i64),
}

/// A frame or a field that pictures can be predicted from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub(super) number: Number,
    pub(super) structure: Structure,
}

impl Reference {
    /// PicNum or LongTermPicNum in a picture of this structure (clause 8.2.4.1).
    pub(super) fn pic_num(&self, structure: Structure) -> i64 {
        let (Number::Short(number) | Number::Long(number)) = self.number;
        match structure {
            Structure::Frame => number,
            structure => 2 * number + i64::from(self.structure == structure),
        }
    }
}

/// Sets the commands that make a list of these references (clause 8.2.4.3), in a picture of this structure with this CurrPicNum and
/// MaxPicNum.
pub(super) fn tell_list(
    header: &mut Header,
    wanted: &[Reference],
    structure: Structure,
    [curr_pic_num, max_pic_num]: [i64; 2],
) {
    let mut predicted = curr_pic_num;
    for reference in wanted {
        let number = reference.pic_num(structure);
        if let Number::Long(_) = reference.number {
            header.set("modification_of_pic_nums_idc", 2).set("long_term_pic_num", number);
            continue;
        }
        let difference = number - predicted;
        // A difference of 0 is coded as MaxPicNum, which is the same modulo MaxPicNum.
        let abs = if difference == 0 { max_pic_num } else { difference.abs() };
        header.set("modification_of_pic_nums_idc", difference > 0).set("abs_diff_pic_num_minus1", abs - 1);
        predicted = number;
    }
    header.set("modification_of_pic_nums_idc", 3);
}
