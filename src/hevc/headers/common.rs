//! What parameter sets and slice segment headers have in common: profiles, scaling lists, reference picture sets.

use crate::syntax::{BitCoder, HeaderError};

/// profile_tier_level(1, sps_max_sub_layers_minus1) (clause 7.3.3).
///
/// # Errors
/// [`HeaderError`].
pub(crate) fn profile_tier_level<C: BitCoder>(
    coder: &mut C,
    max_sub_layers_minus1: i64,
) -> Result<(), HeaderError> {
    profile(coder, &GENERAL)?;
    coder.u(8, "general_level_idc")?;
    let mut present = [[false; 2]; 8];
    for present in &mut present[..max_sub_layers_minus1 as usize] {
        present[0] = coder.flag("sub_layer_profile_present_flag")?;
        present[1] = coder.flag("sub_layer_level_present_flag")?;
    }
    if max_sub_layers_minus1 > 0 {
        for _ in max_sub_layers_minus1..8 {
            coder.u(2, "reserved_zero_2bits")?;
        }
    }
    for present in &present[..max_sub_layers_minus1 as usize] {
        if present[0] {
            profile(coder, &SUB_LAYER)?;
        }
        if present[1] {
            coder.u(8, "sub_layer_level_idc")?;
        }
    }
    Ok(())
}

/// The names of the elements of a profile. Its last bits mean something else in each profile, and nothing depends on them.
pub(crate) struct ProfileNames {
    space: &'static str,
    tier: &'static str,
    pub(crate) idc: &'static str,
    pub(crate) compatibility: &'static str,
    pub(crate) sources: [&'static str; 4],
    pub(crate) constraints: [&'static str; 2],
}

pub(crate) const GENERAL: ProfileNames = ProfileNames {
    space: "general_profile_space",
    tier: "general_tier_flag",
    idc: "general_profile_idc",
    compatibility: "general_profile_compatibility_flag",
    sources: [
        "general_progressive_source_flag",
        "general_interlaced_source_flag",
        "general_non_packed_constraint_flag",
        "general_frame_only_constraint_flag",
    ],
    constraints: ["general_constraint_bits_high", "general_constraint_bits_low"],
};

pub(crate) const SUB_LAYER: ProfileNames = ProfileNames {
    space: "sub_layer_profile_space",
    tier: "sub_layer_tier_flag",
    idc: "sub_layer_profile_idc",
    compatibility: "sub_layer_profile_compatibility_flag",
    sources: [
        "sub_layer_progressive_source_flag",
        "sub_layer_interlaced_source_flag",
        "sub_layer_non_packed_constraint_flag",
        "sub_layer_frame_only_constraint_flag",
    ],
    constraints: ["sub_layer_constraint_bits_high", "sub_layer_constraint_bits_low"],
};

fn profile<C: BitCoder>(coder: &mut C, names: &ProfileNames) -> Result<(), HeaderError> {
    coder.u(2, names.space)?;
    coder.flag(names.tier)?;
    coder.u(5, names.idc)?;
    for _ in 0..32 {
        coder.flag(names.compatibility)?;
    }
    for name in names.sources {
        coder.flag(name)?;
    }
    coder.u(22, names.constraints[0])?;
    coder.u(22, names.constraints[1])?;
    Ok(())
}

/// scaling_list_data() (clause 7.3.4).
///
/// # Errors
/// [`HeaderError`].
pub(super) fn scaling_list_data<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    for size_id in 0..4 {
        for _ in (0..6).step_by(if size_id == 3 { 3 } else { 1 }) {
            if !coder.flag("scaling_list_pred_mode_flag")? {
                coder.ue("scaling_list_pred_matrix_id_delta")?;
                continue;
            }
            if size_id > 1 {
                coder.se("scaling_list_dc_coef_minus8")?;
            }
            for _ in 0..if size_id == 0 { 16 } else { 64 } {
                coder.se("scaling_list_delta_coef")?;
            }
        }
    }
    Ok(())
}

/// A short-term reference picture set: the pictures before the present one and those after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShortTermSet {
    /// DeltaPocS0 and UsedByCurrPicS0, then DeltaPocS1 and UsedByCurrPicS1.
    pub pictures: [Vec<(i32, bool)>; 2],
}

/// The most pictures of a set, which is more than any level allows.
const MOST_PICTURES: i64 = 16;

impl ShortTermSet {
    /// NumDeltaPocs.
    pub fn num_delta_pocs(&self) -> usize {
        self.pictures.iter().map(Vec::len).sum()
    }

    /// How many pictures of the set the present picture can refer to.
    pub fn used(&self) -> usize {
        self.pictures.iter().flatten().filter(|(_, is_used)| *is_used).count()
    }
}

/// st_ref_pic_set(stRpsIdx) (clause 7.3.7), given the sets before it, which are those of the sequence parameter set. `is_in_slice` tells
/// whether it is in a slice segment header.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn st_ref_pic_set<C: BitCoder>(
    coder: &mut C,
    before: &[ShortTermSet],
    is_in_slice: bool,
) -> Result<ShortTermSet, HeaderError> {
    if let Some(last) = before.last()
        && coder.flag("inter_ref_pic_set_prediction_flag")?
    {
        let mut reference = last;
        if is_in_slice {
            let delta_idx_minus1 = coder.ue_in("delta_idx_minus1", 0..=before.len() as i64 - 1)?;
            reference = &before[before.len() - 1 - delta_idx_minus1 as usize];
        }
        return predicted(coder, reference);
    }
    let num_negative_pics = coder.ue_in("num_negative_pics", 0..=MOST_PICTURES)?;
    let num_positive_pics = coder.ue_in("num_positive_pics", 0..=MOST_PICTURES - num_negative_pics)?;
    let mut set = ShortTermSet::default();
    for (side, count, sign, names) in [
        (0, num_negative_pics, -1, ["delta_poc_s0_minus1", "used_by_curr_pic_s0_flag"]),
        (1, num_positive_pics, 1, ["delta_poc_s1_minus1", "used_by_curr_pic_s1_flag"]),
    ] {
        let mut delta_poc = 0;
        for _ in 0..count {
            delta_poc += sign * (1 + coder.ue_in(names[0], 0..=MOST_DELTA)? as i32);
            set.pictures[side].push((delta_poc, coder.flag(names[1])?));
        }
    }
    Ok(set)
}

const MOST_DELTA: i64 = (1 << 15) - 1;

/// A set that is predicted from another one (7-61 and 7-62).
fn predicted<C: BitCoder>(coder: &mut C, reference: &ShortTermSet) -> Result<ShortTermSet, HeaderError> {
    let delta_rps_sign = coder.flag("delta_rps_sign")?;
    let abs_delta_rps = 1 + coder.ue_in("abs_delta_rps_minus1", 0..=MOST_DELTA)? as i32;
    let delta_rps = if delta_rps_sign { -abs_delta_rps } else { abs_delta_rps };
    let mut kept = Vec::new();
    for _ in 0..=reference.num_delta_pocs() {
        let is_used = coder.flag("used_by_curr_pic_flag")?;
        let is_there = is_used || coder.flag("use_delta_flag")?;
        kept.push((is_there, is_used));
    }
    let [before, after] = &reference.pictures;
    // In the order of their numbers: the pictures before the present one, those after it, and the picture of the reference set itself.
    let deltas = before.iter().chain(after).map(|(delta_poc, _)| delta_poc + delta_rps).chain([delta_rps]);
    let mut pictures: Vec<(i32, bool)> = deltas
        .zip(kept)
        .filter(|(_, (is_there, _))| *is_there)
        .map(|(delta, (_, is_used))| (delta, is_used))
        .collect();
    pictures.sort_by_key(|(delta_poc, _)| delta_poc.abs());
    let side = |is_before: bool| {
        let of_side = |(delta_poc, _): &&(i32, bool)| if is_before { *delta_poc < 0 } else { *delta_poc > 0 };
        pictures.iter().filter(of_side).copied().collect()
    };
    Ok(ShortTermSet { pictures: [side(true), side(false)] })
}
