//! A coder that chooses the value of each element among those that the walk says are legal, and codes nothing.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::random::Random;
use crate::bin::{BinCoder, Element, Event, Place};
use crate::context::{ContextModel, CtxIdx};
use crate::observed::Observer;

/// What the slices of a stream contain so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits {
    /// How often each element had a value of each class.
    values: BTreeMap<(&'static str, i64), u64>,
    /// For each context the states that bins have left it in, as a bit for each state.
    states: BTreeMap<CtxIdx, u64>,
}

impl Hits {
    fn count(&mut self, element: Element, value: i32) {
        *self.values.entry((element.0, class(value))).or_default() += 1;
    }

    fn of(&self, element: Element, value: i32) -> u64 {
        self.values.get(&(element.0, class(value))).copied().unwrap_or(0)
    }

    /// The states that bins have left a context in, as a bit for each state.
    pub(super) fn states(&self, ctx: CtxIdx) -> u64 {
        self.states.get(&ctx).copied().unwrap_or(0)
    }
}

/// Counts what slice data contains while it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    values: Vec<(Element, i32)>,
    states: BTreeMap<CtxIdx, u64>,
    bins: u64,
}

impl Counted {
    /// How many bins have been read.
    pub(super) fn bins(&self) -> u64 {
        self.bins
    }

    pub(super) fn add_to(self, hits: &mut Hits) {
        self.values.into_iter().for_each(|(element, value)| hits.count(element, value));
        self.states.into_iter().for_each(|(ctx, states)| *hits.states.entry(ctx).or_default() |= states);
    }
}

impl<C: BinCoder> Observer<C> for Counted {
    fn coded(&mut self, _: &C, element: Element, value: i32) {
        self.values.push((element, value));
    }

    fn after(&mut self, coder: &C, coded: Event) {
        self.bins += u64::from(coded.is_bin());
        if let Event::Context { ctx, .. } = coded {
            *self.states.entry(ctx).or_default() |= 1 << coder.save(ctx).p_state_idx();
        }
    }
}

/// The class of a value: small values have a class of their own; large ones are told apart by their sign and their number of bits.
fn class(value: i32) -> i64 {
    match value.unsigned_abs() {
        0..64 => value.into(),
        magnitude => i64::from(value.signum()) * (1_000 + i64::from(magnitude.ilog2())),
    }
}

/// Probabilities for the macroblocks to come, in 256ths.
#[derive(Clone, Copy, Debug, Default)]
struct ElementOdds {
    skip: u32,
    pcm: u32,
    coded: u32,
    significant: u32,
    last: u32,
    /// The probability that a number has one bit more.
    larger: u32,
    /// H.265: the probability that a block is split.
    split: u32,
}

impl ElementOdds {
    /// `richness`, 4 at the most, says how many elements a macroblock may have; with 4, numbers are large.
    fn new(random: &mut Random, richness: u32) -> ElementOdds {
        let [most, larger] = [[0, 0], [40, 40], [120, 120], [230, 170], [240, 222]][richness.min(4) as usize];
        let mut up_to = |most: u32| random.below(most + 1);
        ElementOdds {
            skip: up_to(160),
            pcm: up_to(60),
            coded: if richness == 0 { 0 } else { up_to(256) },
            significant: up_to(most),
            last: 4 + up_to(120),
            larger: 30 + up_to(larger),
            // H.264 does not split blocks; for H.265 this is set in `renew`.
            split: 0,
        }
    }
}

/// Chooses values; the rarer a value was so far, the more likely it is chosen.
#[derive(Debug)]
pub(super) struct Chooser<'a> {
    pub(super) random: &'a mut Random,
    hits: &'a Hits,
    richness: u32,
    odds: ElementOdds,
    place: Option<Place>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(random: &'a mut Random, hits: &'a Hits, richness: u32) -> Chooser<'a> {
        Chooser { random, hits, richness, odds: ElementOdds::default(), place: None }
    }

    fn renew(&mut self) {
        self.odds = ElementOdds::new(self.random, self.richness);
        self.odds.split = self.random.below(256);
    }

    /// Of three values the one that was rarest so far.
    fn seldom(&mut self, element: Element, legal: &RangeInclusive<i32>) -> i32 {
        let mut chosen = self.any(legal);
        for _ in 0..2 {
            let other = self.any(legal);
            if self.hits.of(element, other) < self.hits.of(element, chosen) {
                chosen = other;
            }
        }
        chosen
    }

    /// A random value: of few values any, of many mostly a small one.
    fn any(&mut self, legal: &RangeInclusive<i32>) -> i32 {
        let (low, high) = (*legal.start(), *legal.end());
        if i64::from(high) - i64::from(low) < 64 {
            return self.random.within(low.into()..=high.into()) as i32;
        }
        let mut bits = 0;
        while bits < 30 && self.random.chance(self.odds.larger) {
            bits += 1;
        }
        let magnitude = (1 << bits | self.random.below(1 << bits) as i32) - 1;
        let value = if low < 0 && self.random.chance(128) { -magnitude } else { magnitude };
        value.clamp(low, high)
    }
}

impl BinCoder for Chooser<'_> {
    const READS: bool = false;

    fn element(&mut self, element: Element, given: i32, legal: RangeInclusive<i32>) -> i32 {
        let chance = match element.0 {
            "end_of_slice_flag" | "end_of_slice_segment_flag" | "end_of_subset_one_bit" => return given,
            "mb_skip_flag" | "cu_skip_flag" => self.odds.skip,
            "pcm_flag" => self.odds.pcm,
            "coded_block_flag" | "rqt_root_cbf" | "cbf_luma" | "cbf_cb" | "cbf_cr" => self.odds.coded,
            "significant_coeff_flag" | "coded_sub_block_flag" | "sig_coeff_flag" => self.odds.significant,
            "coeff_abs_level_greater1_flag" | "coeff_abs_level_greater2_flag" => self.odds.larger,
            "split_cu_flag" | "split_transform_flag" => self.odds.split,
            // Random signs, of up to 16 levels.
            "coeff_sign_flag" if *legal.end() > 1 => {
                return self.random.within(0..=i64::from(*legal.end())) as i32;
            }
            "last_significant_coeff_flag" => self.odds.last,
            // The highest value is I_PCM.
            "mb_type" if self.random.chance(self.odds.pcm) => return *legal.end(),
            "mb_type" => return self.seldom(element, &(*legal.start()..=*legal.end() - 1)),
            _ => return self.seldom(element, &legal),
        };
        self.random.chance(chance).into()
    }

    fn place(&mut self, place: Place) {
        match place {
            Place::Macroblock(_) if self.place != Some(place) => {
                self.odds = ElementOdds::new(self.random, self.richness);
            }
            Place::CodingTreeUnit(_) if self.place != Some(place) => self.renew(),
            // A coding tree unit has many blocks, so the probabilities change within it.
            Place::TransformBlock { .. } if self.random.chance(24) => return self.renew(),
            _ => return,
        }
        self.place = Some(place);
    }

    fn context(&mut self, _: CtxIdx, bin: bool) -> bool {
        bin
    }

    fn bypass(&mut self, bin: bool) -> bool {
        bin
    }

    fn terminate(&mut self, bin: bool) -> bool {
        bin
    }

    fn align(&mut self) {}

    fn stop_bit(&self) -> bool {
        true
    }

    fn padding(&mut self, _: u8) -> u8 {
        0
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    fn start(&mut self) {}

    fn load(&mut self, _: CtxIdx, _: ContextModel) {}

    fn save(&self, _: CtxIdx) -> ContextModel {
        ContextModel::default()
    }
}
