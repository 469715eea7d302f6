//! Which pictures there are, in which order, and what each keeps to refer to (clauses 8.1.3 and 8.3.2).
//!
//! A picture that is not kept is never referred to again, and one that has become a long-term reference stays one, so every reference that
//! a set names exists. Pictures follow their IRAP picture in the order of output too, so there are no leading pictures; streams that are
//! asked for leading pictures or sub-layers are planned in `structure.rs`.

use super::profile::Kind;
use super::structure::{self, Plan};
use crate::dream::header::Header;
use crate::dream::random::Random;
use crate::hevc::headers::ShortTermSet;

/// A picture of the plan.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) nal_unit_type: i64,
    /// TemporalId.
    pub(super) temporal_id: i64,
    /// PicOrderCntVal.
    pub(super) order: i32,
    pub(super) short: ShortTermSet,
    pub(super) long: Vec<LongTerm>,
    /// PicOrderCntVal of the picture from which motion may be inferred, if there is one (7.4.7.1, slice_temporal_mvp_enabled_flag).
    pub(super) collocated: Option<i32>,
    pub(super) no_output_of_prior_pics_flag: bool,
}

/// A long-term reference picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LongTerm {
    pub(super) order: i32,
    pub(super) is_used: bool,
}

/// A picture that is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) order: i32,
    pub(super) is_long: bool,
    /// Its number in the order of decoding.
    pub(super) index: usize,
}

const TRAIL_N: i64 = 0;
const TRAIL_R: i64 = 1;
/// BLA_W_LP, BLA_W_RADL, BLA_N_LP, IDR_W_RADL and IDR_N_LP.
pub(super) const BEGINNINGS: [i64; 5] = [16, 17, 18, 19, 20];
pub(super) const CRA: i64 = 21;

impl Planned {
    /// A picture that refers to nothing yet.
    pub(super) fn new(nal_unit_type: i64, order: i32) -> Planned {
        Planned {
            nal_unit_type,
            temporal_id: 0,
            order,
            short: ShortTermSet::default(),
            long: Vec::new(),
            collocated: None,
            no_output_of_prior_pics_flag: false,
        }
    }

    /// Whether decoding can begin with it.
    pub(super) fn is_irap(&self) -> bool {
        matches!(self.nal_unit_type, 16..=23)
    }

    /// RefPicListTemp0 or RefPicListTemp1 without repetitions (8-8 and 8-10), by PicOrderCntVal.
    pub(super) fn references(&self, list: usize) -> Vec<i32> {
        let side = |side: usize| {
            let used = self.short.pictures[side].iter().filter(|(_, is_used)| *is_used);
            used.map(|(delta, _)| self.order + delta)
        };
        let long = self.long.iter().filter(|long| long.is_used).map(|long| long.order);
        side(list).chain(side(1 - list)).chain(long).collect()
    }

    /// Makes a reference picture set of all pictures that are kept. Some of them become long-term ones, and some of those that the picture
    /// may use are used. The motion of pictures before `barrier` is not used any more.
    pub(super) fn refer(
        &mut self,
        random: &mut Random,
        kept: &mut [Kept],
        barrier: usize,
        may_use: impl Fn(&Kept) -> bool,
        may_be_long: impl Fn(&Kept) -> bool,
    ) {
        for kept in &mut *kept {
            kept.is_long |= random.chance(30) && may_be_long(kept);
            let is_used = random.chance(225) && may_use(kept);
            if kept.is_long {
                self.long.push(LongTerm { order: kept.order, is_used });
            } else {
                let side = usize::from(kept.order > self.order);
                self.short.pictures[side].push((kept.order - self.order, is_used));
            }
        }
        self.short.pictures.iter_mut().for_each(|side| side.sort_by_key(|(delta, _)| delta.abs()));
        random.shuffle(&mut self.long);
        let used = self.references(0);
        let usable = kept.iter().filter(|kept| kept.index >= barrier && used.contains(&kept.order));
        let usable: Vec<i32> = usable.map(|kept| kept.order).collect();
        if !usable.is_empty() && random.chance(190) {
            self.collocated = Some(random.one_of(&usable));
        }
    }
}

/// One to four pictures, or those that are asked for.
pub(super) fn plan(random: &mut Random, kind: &Kind) -> Plan {
    if kind.asked.has_structure() {
        return structure::plan(random, kind);
    }
    let count = 1 + random.below(4) as usize;
    let mut all = Vec::new();
    while all.len() < count {
        let length = if kind.is_intra() { 1 } else { 1 + random.below(4).max(random.below(4)) as usize };
        let length = length.min(count - all.len());
        let nal_unit_type =
            if all.is_empty() && random.chance(64) { CRA } else { random.one_of(&BEGINNINGS) };
        sequence(random, nal_unit_type, length, &mut all);
    }
    Plan::of(all)
}

/// Plans a coded video sequence that begins with a picture of this type.
fn sequence(random: &mut Random, nal_unit_type: i64, length: usize, all: &mut Vec<Planned>) {
    let step = random.within(1..=2) as i32;
    // FFmpeg 9.0 mistakes a BLA picture for one of the sequence before if the two have the same PicOrderCntVal.
    let first = all.iter().map(|planned| planned.order + 1).max().unwrap_or(0);
    let base = if matches!(nal_unit_type, 19 | 20) { 0 } else { first + random.within(0..=1) as i32 };
    let mut ranks: Vec<i32> = (1..length as i32).collect();
    if random.chance(128) {
        random.shuffle(&mut ranks);
    }
    let mut kept: Vec<Kept> = Vec::new();
    // The motion of pictures before this one is not used any more.
    let mut barrier = 0;
    for (index, rank) in [0].into_iter().chain(ranks).enumerate() {
        let order = base + rank * step;
        kept.retain(|_| random.chance(235));
        let is_last = index + 1 == length;
        let is_reference = index == 0 || random.chance(if is_last { 128 } else { 220 });
        let nal_unit_type = match (index, is_reference) {
            (0, _) => nal_unit_type,
            (_, true) => TRAIL_R,
            (_, false) => TRAIL_N,
        };
        let mut planned = Planned::new(nal_unit_type, order);
        planned.refer(random, &mut kept, barrier, |_| true, |_| true);
        if planned.collocated.is_none() {
            barrier = index;
        }
        if is_reference {
            kept.push(Kept { order, is_long: false, index });
        }
        all.push(planned);
    }
}

/// Sets the values of st_ref_pic_set(), given the sets before it.
pub(super) fn tell_set(
    random: &mut Random,
    header: &mut Header,
    set: &ShortTermSet,
    before: &[ShortTermSet],
    is_in_slice: bool,
) {
    if !before.is_empty() {
        let predictors = predictors(set, before, is_in_slice);
        let is_predicted = !predictors.is_empty() && random.chance(170);
        header.set("inter_ref_pic_set_prediction_flag", is_predicted);
        if is_predicted {
            let (back, delta_rps) = random.one_of(&predictors);
            header.set("delta_idx_minus1", back as i64);
            return tell_predicted(header, set, &before[before.len() - 1 - back], delta_rps);
        }
    }
    let [first, second] = &set.pictures;
    header.set("num_negative_pics", first.len() as i64).set("num_positive_pics", second.len() as i64);
    let names = [
        ["delta_poc_s0_minus1", "used_by_curr_pic_s0_flag"],
        ["delta_poc_s1_minus1", "used_by_curr_pic_s1_flag"],
    ];
    for (side, names) in set.pictures.iter().zip(names) {
        let mut last = 0;
        for (delta, is_used) in side {
            header.set(names[0], i64::from((delta - last).abs()) - 1).set(names[1], *is_used);
            last = *delta;
        }
    }
}

/// The differences of PicOrderCntVal that a set has if it is predicted from this one.
fn candidates(reference: &ShortTermSet, delta_rps: i32) -> impl Iterator<Item = i32> {
    let [before, after] = &reference.pictures;
    before.iter().chain(after).map(move |(delta, _)| delta + delta_rps).chain([delta_rps])
}

/// The sets from which this one can be predicted: delta_idx_minus1 and deltaRps.
fn predictors(set: &ShortTermSet, before: &[ShortTermSet], is_in_slice: bool) -> Vec<(usize, i32)> {
    let reach = if is_in_slice { before.len() } else { 1 };
    let mut all = Vec::new();
    for (back, reference) in before.iter().rev().enumerate().take(reach) {
        for delta_rps in (-8..=8).filter(|delta_rps| *delta_rps != 0) {
            let possible: Vec<i32> = candidates(reference, delta_rps).collect();
            if set.pictures.iter().flatten().all(|(delta, _)| possible.contains(delta)) {
                all.push((back, delta_rps));
            }
        }
    }
    all
}

fn tell_predicted(header: &mut Header, set: &ShortTermSet, reference: &ShortTermSet, delta_rps: i32) {
    header.set("delta_rps_sign", delta_rps < 0).set("abs_delta_rps_minus1", i64::from(delta_rps.abs()) - 1);
    for candidate in candidates(reference, delta_rps) {
        let found = set.pictures.iter().flatten().find(|(delta, _)| *delta == candidate);
        let is_used = found.is_some_and(|(_, is_used)| *is_used);
        header.set("used_by_curr_pic_flag", is_used);
        if !is_used {
            header.set("use_delta_flag", found.is_some());
        }
    }
}
