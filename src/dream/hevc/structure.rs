//! Which pictures there are in a stream that is asked for sub-layers, leading pictures, long orders of output or
//! no_output_of_prior_pics_flag (clauses 7.4.2.2, 8.3.1 and 8.3.2): up to sixteen pictures, each by these rules.
//!
//! - Nothing that is kept has a higher TemporalId than the present picture; a TSA picture keeps nothing of its own sub-layer, and if
//!   sps_temporal_id_nesting_flag is 1, no picture does except in the lowest sub-layer. An STSA picture, and what follows in its sub-layer,
//!   refers to nothing in that sub-layer from before it.
//! - Leading pictures come right after their IRAP picture, RASL before RADL in the order of output. RADL pictures refer to nothing that
//!   would be missing if decoding began there, trailing ones keep nothing from before their IRAP picture in either order.
//! - A picture is a sub-layer non-reference picture only if no other of its sub-layer refers to it.
//! - PicOrderCntVal follows from its lowest bits.
//!
//! RASL pictures of a BLA picture, or of a CRA picture with which the stream begins, are not output and not decoded; the pictures that they
//! refer to are missing.

use super::profile::Kind;
use super::references::{BEGINNINGS, CRA, Kept, Planned};
use crate::dream::random::Random;

/// The pictures of a stream, in the order of decoding.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) pictures: Vec<Planned>,
    /// sub_layer_profile_present_flag and sub_layer_level_present_flag of each sub-layer but the highest.
    pub(super) sub_layers: Vec<[bool; 2]>,
    /// sps_temporal_id_nesting_flag.
    pub(super) nests: bool,
    /// The log2_max_pic_order_cnt_lsb that the plan needs, if it is not random.
    pub(super) log2_max_pic_order_cnt_lsb: Option<u32>,
}

impl Plan {
    /// A plan without anything that has to be asked for.
    pub(super) fn of(pictures: Vec<Planned>) -> Plan {
        Plan { pictures, sub_layers: Vec::new(), nests: true, log2_max_pic_order_cnt_lsb: None }
    }

    /// sps_max_sub_layers_minus1.
    pub(super) fn max_sub_layers_minus1(&self) -> i64 {
        self.sub_layers.len() as i64
    }

    /// Whether a picture precedes another one of its sequence in the order of decoding, and follows it in the order of output.
    pub(super) fn is_reordered(&self) -> bool {
        self.pictures.windows(2).any(|two| !two[1].is_irap() && two[0].order > two[1].order)
    }

    /// How many pictures the sub-layers up to this one have.
    pub(super) fn pictures_up_to(&self, temporal_id: i64) -> i64 {
        self.pictures.iter().filter(|planned| planned.temporal_id <= temporal_id).count() as i64
    }
}

/// nal_unit_type of TSA_N, STSA_N, RADL_N and RASL_N; for a reference picture it is one more.
const TSA: i64 = 2;
const STSA: i64 = 4;
const RADL: i64 = 6;
const RASL: i64 = 8;

const BLA_W_LP: i64 = 16;
const BLA_W_RADL: i64 = 17;
const IDR_W_RADL: i64 = 19;

impl Planned {
    fn is_idr(&self) -> bool {
        matches!(self.nal_unit_type, 19 | 20)
    }

    /// Whether it is a sub-layer non-reference picture.
    fn is_sub_layer_non_reference(&self) -> bool {
        self.nal_unit_type < 16 && self.nal_unit_type % 2 == 0
    }
}

/// The types of leading pictures that an IRAP picture can have.
fn leading_types(nal_unit_type: i64) -> &'static [i64] {
    match nal_unit_type {
        BLA_W_LP | CRA => &[RASL, RADL],
        BLA_W_RADL | IDR_W_RADL => &[RADL],
        _ => &[],
    }
}

/// The picture that is kept; `None` for one that is missing.
fn picture<'a>(all: &'a [Planned], kept: &Kept) -> Option<&'a Planned> {
    all.get(kept.index).filter(|other| other.order == kept.order)
}

/// A plan under construction.
struct Planner<'a> {
    random: &'a mut Random,
    kind: &'a Kind,
    plan: Plan,
    kept: Vec<Kept>,
    /// The motion of pictures before this one is not used any more.
    barrier: usize,
    /// The number of the last STSA picture of each sub-layer.
    switched: [usize; 7],
    /// The number of the IRAP picture that the next pictures follow.
    irap: usize,
    /// Whether the RASL pictures of that one are decoded.
    decodes_rasl: bool,
}

pub(super) fn plan(random: &mut Random, kind: &Kind) -> Plan {
    let highest = if kind.asked.sub_layers { random.one_of(&[1, 1, 2, 2, 3, 6]) } else { 0 };
    let nests = highest == 0 || random.chance(80);
    let sub_layers = (0..highest).map(|_| [random.chance(128), random.chance(128)]).collect();
    let plan = Plan { sub_layers, nests, ..Plan::of(Vec::new()) };
    let count = 4 + random.below(4) as usize;
    let mut planner = Planner {
        random,
        kind,
        plan,
        kept: Vec::new(),
        barrier: 0,
        switched: [0; 7],
        irap: 0,
        decodes_rasl: false,
    };
    while planner.plan.pictures.len() < count {
        planner.irap();
    }
    planner.non_references();
    let Planner { random, mut plan, .. } = planner;
    let least = least_log2(&plan.pictures);
    let more = if kind.asked.msb_cycle { 0 } else { random.below(4) };
    plan.log2_max_pic_order_cnt_lsb = Some((least + more).min(16));
    plan
}

impl Planner<'_> {
    /// Plans an IRAP picture, with its leading and trailing pictures.
    fn irap(&mut self) {
        let asked = self.kind.asked;
        let number = self.plan.pictures.len();
        let is_first = number == 0;
        // If a later picture began a sequence, the lowest bits alone would determine its order.
        let nal_unit_type = match (is_first, asked.msb_cycle) {
            _ if asked.leading && self.random.chance(128) && !(is_first && asked.msb_cycle) => CRA,
            (false, true) => self.random.one_of(&[19, 20]),
            _ => self.random.one_of(&BEGINNINGS),
        };
        let types = if asked.leading && !self.kind.is_intra() { leading_types(nal_unit_type) } else { &[] };
        let mut leading: Vec<i64> = (0..if types.is_empty() { 0 } else { self.random.below(4) })
            .map(|_| self.random.one_of(types))
            .collect();
        // In the order of output.
        leading.sort_unstable_by_key(|kind| -kind);
        let goes_on = nal_unit_type == CRA && !is_first;
        let is_idr = matches!(nal_unit_type, 19 | 20);
        let step = self.random.within(1..=2) as i32;
        let latest = self.plan.pictures.iter().map(|planned| planned.order + 1).max().unwrap_or(0);
        let last_irap = self.plan.pictures.get(self.irap).map(|planned| planned.order);
        let before = step * leading.len() as i32;
        let base = if is_idr { 0 } else { latest + before + self.random.within(0..=1) as i32 };
        let mut planned = Planned::new(nal_unit_type, base);
        if goes_on {
            // Pictures before the IRAP picture before this one are not kept (8.3.2).
            let (first, order) = (self.irap, last_irap.unwrap_or(0));
            self.kept.retain(|kept| kept.index >= first && kept.order >= order);
            let all = &self.plan.pictures;
            self.kept.retain(|kept| all[kept.index].temporal_id == 0);
            planned.refer(self.random, &mut self.kept, number, |_| false, |_| true);
        } else {
            self.kept.clear();
            if leading.contains(&RASL) {
                // They refer to pictures that are missing.
                for back in 1..=1 + self.random.below(3) as i32 {
                    self.kept.push(Kept { order: base - before - back, is_long: false, index: number });
                }
                planned.refer(self.random, &mut self.kept, number, |_| false, |_| false);
            }
        }
        planned.no_output_of_prior_pics_flag = asked.no_output && !asked.leading && self.random.chance(160);
        (self.irap, self.decodes_rasl, self.barrier) = (number, goes_on, number);
        self.plan.pictures.push(planned);
        self.kept.push(Kept { order: base, is_long: false, index: number });
        let ranks = 1..=leading.len() as i32;
        let mut leading: Vec<(i64, i32)> =
            leading.into_iter().zip(ranks.rev()).map(|(kind, rank)| (kind, base - rank * step)).collect();
        self.random.shuffle(&mut leading);
        for (index, &(kind, order)) in leading.iter().enumerate() {
            let lowest = leading[index..].iter().map(|(_, order)| *order).min().unwrap_or(order);
            self.leading(kind, order, lowest);
        }
        self.kept.retain(|kept| kept.index >= number && kept.order >= base);
        if !self.kind.is_intra() {
            self.trailing(base, step);
        }
    }

    fn temporal_id(&mut self) -> i64 {
        self.random.within(0..=self.plan.max_sub_layers_minus1())
    }

    /// Plans a RADL or a RASL picture, given the lowest order of those that are still to come.
    fn leading(&mut self, kind: i64, order: i32, lowest: i32) {
        let (first, all) = (self.irap, &self.plan.pictures);
        let is_decoded = |kept: &Kept| {
            let other = picture(all, kept).filter(|_| kept.index >= first);
            other.is_some_and(|other| other.nal_unit_type != RASL + 1)
        };
        if kind == RADL && !self.decodes_rasl {
            self.kept.retain(is_decoded);
        }
        let may_use = |kept: &&Kept| match kind {
            RADL => is_decoded(kept),
            _ => picture(all, kept).is_none_or(|other| other.nal_unit_type != RADL + 1),
        };
        let usable: Vec<i32> = self.kept.iter().filter(may_use).map(|kept| kept.order).collect();
        let mut planned = Planned::new(kind + 1, order);
        planned.temporal_id = self.temporal_id();
        let is_switching = self.plan.nests && planned.temporal_id > 0;
        self.push(planned, is_switching, lowest, |kept| usable.contains(&kept.order));
    }

    /// Plans pictures that follow their IRAP picture in both orders.
    fn trailing(&mut self, base: i32, step: i32) {
        let asked = self.kind.asked;
        let count = self.random.below(4) + u32::from(asked.msb_cycle) * 3;
        let mut order = base;
        let mut orders = Vec::new();
        for _ in 0..count {
            order += if asked.msb_cycle { self.random.within(3..=7) as i32 } else { step };
            orders.push(order);
        }
        if !asked.no_output && !asked.msb_cycle && self.random.chance(128) {
            self.random.shuffle(&mut orders);
        }
        for (index, &order) in orders.iter().enumerate() {
            let lowest = orders[index..].iter().copied().min().unwrap_or(order);
            let temporal_id = self.temporal_id();
            let switch = self.random.below(4);
            let kind = match switch {
                _ if temporal_id == 0 => 0,
                0 => TSA,
                _ if self.plan.nests => TSA,
                1 => STSA,
                _ => 0,
            };
            let mut planned = Planned::new(kind + 1, order);
            planned.temporal_id = temporal_id;
            if kind == STSA {
                self.switched[temporal_id as usize] = self.plan.pictures.len();
            }
            self.push(planned, kind == TSA, lowest, |_| true);
        }
    }

    /// Adds the next picture; `is_switching` says that it keeps nothing of its own sub-layer. A picture becomes a long-term one only if it
    /// precedes all that are still to come in the order of output too, since delta_poc_msb_cycle_lt is not negative.
    fn push(
        &mut self,
        mut planned: Planned,
        is_switching: bool,
        lowest: i32,
        may_use: impl Fn(&Kept) -> bool,
    ) {
        const MOST: usize = 6;
        let (number, own) = (self.plan.pictures.len(), planned.temporal_id);
        let all = &self.plan.pictures;
        let temporal_id = |kept: &Kept| picture(all, kept).map_or(0, |other| other.temporal_id);
        let random = &mut *self.random;
        self.kept.retain(|kept| {
            let other = temporal_id(kept);
            let may_stay = other < own || other == own && !(is_switching && own > 0);
            may_stay && random.chance(240)
        });
        let excess = self.kept.len().saturating_sub(MOST);
        self.kept.drain(..excess);
        let switched = self.switched[own as usize];
        let may_use = |kept: &Kept| may_use(kept) && (temporal_id(kept) != own || kept.index >= switched);
        planned.refer(random, &mut self.kept, self.barrier, may_use, |kept| kept.order < lowest);
        if planned.collocated.is_none() {
            self.barrier = number;
        }
        let order = planned.order;
        self.plan.pictures.push(planned);
        if self.random.chance(220) {
            self.kept.push(Kept { order, is_long: false, index: number });
        }
    }

    /// Makes some of the pictures to which no other of their sub-layer refers sub-layer non-reference pictures.
    fn non_references(&mut self) {
        let all = &mut self.plan.pictures;
        for index in 0..all.len() {
            let (order, own) = (all[index].order, all[index].temporal_id);
            let is_used = all[index + 1..]
                .iter()
                .take_while(|later| !later.is_irap() || later.nal_unit_type == CRA)
                .any(|later| later.temporal_id == own && later.references(0).contains(&order));
            if !all[index].is_irap() && !is_used && self.random.chance(160) {
                all[index].nal_unit_type -= 1;
            }
        }
    }
}

/// The least log2_max_pic_order_cnt_lsb with which each PicOrderCntVal can be derived (8.3.1).
fn least_log2(pictures: &[Planned]) -> u32 {
    (4..16).find(|log2| follows(pictures, 1 << log2)).unwrap_or(16)
}

fn follows(pictures: &[Planned], max_lsb: i32) -> bool {
    let mut last = 0_i32;
    pictures.iter().enumerate().all(|(index, planned)| {
        let lsb = planned.order.rem_euclid(max_lsb);
        let begins = planned.is_irap() && (planned.nal_unit_type != CRA || index == 0);
        let (last_lsb, last_msb) = (last.rem_euclid(max_lsb), last - last.rem_euclid(max_lsb));
        let msb = match lsb - last_lsb {
            _ if begins => 0,
            less if less <= -max_lsb / 2 => last_msb + max_lsb,
            more if more > max_lsb / 2 => last_msb - max_lsb,
            _ => last_msb,
        };
        let is_previous = planned.temporal_id == 0
            && !matches!(planned.nal_unit_type, 6..=9)
            && !planned.is_sub_layer_non_reference();
        if is_previous {
            last = planned.order;
        }
        msb + lsb == planned.order && (!planned.is_idr() || planned.order == 0)
    })
}
