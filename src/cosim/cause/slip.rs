//! One slip in the flowcharts that gives just what a core gives.
//!
//! What a core gives wrongly shows late: a digit of a table that is another one changes a byte that bins later decide. So the flowcharts are
//! played with one thing changed, for each thing that can be, and what comes of that is held against the core: the same wrong byte or bin in
//! each vector that fails, and nothing wrong in any that passes. A slip that does so is almost surely the fault, and says which request is to
//! blame. It is a hypothesis all the same, and told as one.

use std::{cmp::Reverse, collections::BTreeSet, fmt};

use serde::Serialize;

use super::Evidence;
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel};
use crate::cores::Direction;
use crate::cosim::{Cause, Mismatch};
use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, TRANS_IDX_MPS};
use crate::vectors::Vector;

/// One thing that is not as the standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "slip", rename_all = "snake_case")]
pub enum Slip {
    /// rangeTabLPS has another number here.
    Range {
        /// pStateIdx.
        state: u8,
        /// qCodIRangeIdx.
        quarter: u8,
        /// What it has.
        is: u8,
    },
    /// transIdxLPS has another number here.
    AfterLps {
        /// pStateIdx.
        state: u8,
        /// What it has.
        is: u8,
    },
    /// transIdxMPS has another number here.
    AfterMps {
        /// pStateIdx.
        state: u8,
        /// What it has.
        is: u8,
    },
    /// valMPS is never swapped.
    NoSwap,
    /// A terminate bin takes another part of codIRange than 2.
    Terminate {
        /// How much it takes.
        takes: u8,
    },
    /// Bypass alignment is not done.
    NoAlign,
    /// A run of so many outstanding bits is decided wrongly.
    Decided {
        /// By a carry.
        carry: bool,
        /// How many.
        run: u32,
        /// Or of more.
        or_more: bool,
        /// The bit before the run.
        head: bool,
        /// Those of the run.
        rest: bool,
    },
    /// A run of so many outstanding bits is written with another number of bits.
    Run {
        /// How many.
        run: u32,
        /// Or of more.
        or_more: bool,
        /// How many are written.
        is: u32,
    },
}

impl Slip {
    /// How far it is from the standard: of two that fit, the smaller is the likelier.
    fn distance(self) -> u8 {
        match self {
            Slip::Range { state, quarter, is } => {
                is.abs_diff(RANGE_TAB_LPS[usize::from(state) & 63][usize::from(quarter) & 3])
            }
            Slip::AfterLps { state, is } => is.abs_diff(TRANS_IDX_LPS[usize::from(state) & 63]),
            Slip::AfterMps { state, is } => is.abs_diff(TRANS_IDX_MPS[usize::from(state) & 63]),
            _ => 0,
        }
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |or_more: &bool| if *or_more { " or more" } else { "" };
        match self {
            Slip::Range { state, quarter, is } => {
                let right = RANGE_TAB_LPS[usize::from(*state) & 63][usize::from(*quarter) & 3];
                write!(f, "rangeTabLPS[{state}][{quarter}] is {is}, not {right}")
            }
            Slip::AfterLps { state, is } => {
                let right = TRANS_IDX_LPS[usize::from(*state) & 63];
                write!(f, "after an LPS in state {state} comes state {is}, not {right}")
            }
            Slip::AfterMps { state, is } => {
                let right = TRANS_IDX_MPS[usize::from(*state) & 63];
                write!(f, "after an MPS in state {state} comes state {is}, not {right}")
            }
            Slip::NoSwap => write!(f, "an LPS in state 0 does not swap valMPS"),
            Slip::Terminate { takes } => write!(f, "a terminate bin takes {takes} of codIRange, not 2"),
            Slip::NoAlign => write!(f, "bypass alignment does not set codIRange to 256"),
            Slip::Decided { carry, run, or_more, head, rest } => {
                let (by, [head, rest]) =
                    (if *carry { "a carry" } else { "no carry" }, [*head, *rest].map(u8::from));
                let right = if *carry { "1 and then 0s" } else { "0 and then 1s" };
                let more = more(or_more);
                write!(
                    f,
                    "{by} that decides a run of {run}{more} outstanding bits writes {head} and then {rest}s, not {right}"
                )
            }
            Slip::Run { run, or_more, is } => {
                write!(f, "a run of {run}{} outstanding bits is written with {is} bits", more(or_more))
            }
        }
    }
}

/// A slip that explains some of what fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Explained {
    /// The slip.
    pub(super) slip: Slip,
    /// How many vectors that pass it leaves as they are.
    pub(super) harmless: usize,
    /// Other slips that do as well.
    pub(super) others: Vec<Slip>,
}

/// That some other slips do as well.
pub(super) fn or(others: &[Slip]) -> String {
    match others {
        [] => String::new(),
        [other] => format!("; so it is if {other}"),
        [other, ..] => format!("; so it is if {other}, or with one of {} or more others", others.len() - 1),
    }
}

/// Longer vectors take more time than they tell.
pub(super) const LONGEST: usize = 4_000;
/// So many slips are looked for, one after the other.
const MOST: usize = 3;
/// Of vectors that fail the shortest choose between slips.
const JUDGES: usize = 60;
/// So many slips that fit best are held against what passes.
const LIKELY: usize = 16;

/// The slips that explain what fails, that of most vectors first.
pub(super) fn slips(direction: Direction, all: &[Evidence<'_>]) -> Vec<Explained> {
    let short = all.iter().filter(|one| one.vector.events.len() <= LONGEST);
    let (failing, passing): (Vec<&Evidence<'_>>, Vec<&Evidence<'_>>) =
        short.partition(|one| one.failed.is_some());
    let mut unexplained: Vec<Seen<'_>> = failing.iter().filter_map(|one| Seen::of(direction, one)).collect();
    unexplained.sort_by_key(|seen| seen.vector.events.len());
    let is_harmless = |slip: Slip| {
        passing
            .iter()
            .all(|one| given(direction, one.vector, None) == given(direction, one.vector, Some(slip)))
    };
    let mut found: Vec<(usize, Explained)> = Vec::new();
    for _ in 0..2 * MOST {
        let Some(first) = unexplained.first().filter(|_| found.len() < MOST) else { break };
        let fitting = first.candidates().into_iter().filter(|slip| first.is_given_by(*slip));
        let hits = |slip: Slip| unexplained.iter().take(JUDGES).filter(|seen| seen.is_given_by(slip)).count();
        let mut counted: Vec<(usize, Slip)> = fitting.map(|slip| (hits(slip), slip)).collect();
        counted.sort_by_key(|&(hits, slip)| (Reverse(hits), slip.distance(), slip));
        let most = counted.first().map_or(0, |(hits, _)| *hits);
        let likely = counted.into_iter().filter(|(hits, _)| *hits > 1 && *hits == most).take(LIKELY);
        let mut harmless = likely.map(|(_, slip)| slip).filter(|slip| is_harmless(*slip));
        let Some(slip) = harmless.next() else {
            unexplained.remove(0);
            continue;
        };
        let is_gone = |seen: &Seen<'_>| seen.is_given_by(slip);
        let others = harmless.collect();
        let vectors = unexplained.iter().filter(|seen| is_gone(seen)).count();
        found.push((vectors, Explained { slip, harmless: passing.len(), others }));
        unexplained.retain(|seen| !is_gone(seen));
    }
    found.sort_by_key(|(vectors, _)| Reverse(*vectors));
    found.into_iter().map(|(_, explained)| explained).collect()
}

/// Whether what a vector shows is what a slip gives.
pub(super) fn explains(slip: Slip, direction: Direction, one: &Evidence<'_>) -> bool {
    Seen::of(direction, one).is_some_and(|seen| seen.is_given_by(slip))
}

/// Something wrong that a core gave.
struct Seen<'a> {
    direction: Direction,
    vector: &'a Vector,
    /// The number of the byte or of the bin.
    number: usize,
    found: Found,
    /// All that is right up to it.
    right: Vec<u8>,
}

/// What is wrong with a byte or a bin.
enum Found {
    /// It is this one.
    Value(u8),
    /// It comes when no bin after this one was taken, which does not decide it.
    Early(u64),
    /// Whether it is said to be the last.
    Last(bool),
}

impl<'a> Seen<'a> {
    fn of(direction: Direction, one: &'a Evidence<'_>) -> Option<Seen<'a>> {
        let Mismatch { fault, bin, .. } = &**one.failed.as_ref()?;
        let value = || fault.found.as_deref().filter(|_| fault.cause == Cause::Wrong);
        let number_in = |before: &str, after: &str| -> Option<usize> {
            fault.field.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
        };
        let (number, found) = match direction {
            Direction::Decoder if fault.field == "the bin" => {
                (usize::try_from(*bin).ok()?, Found::Value(value()?.parse().ok()?))
            }
            Direction::Decoder => return None,
            Direction::Encoder => {
                if let Some(number) = number_in("byte ", " of the output is given before any bin decides it")
                {
                    (number, Found::Early(*bin))
                } else if let Some(number) = number_in("out_last with byte ", " of the output") {
                    (number, Found::Last(value()? == "1"))
                } else {
                    let byte = u8::from_str_radix(value()?.strip_prefix("0x")?, 16).ok()?;
                    (number_in("byte ", " of the output")?, Found::Value(byte))
                }
            }
        };
        let mut right = given(direction, one.vector, None);
        if right.len() <= number && !matches!(found, Found::Early(_)) {
            return None;
        }
        right.truncate(number);
        Some(Seen { direction, vector: one.vector, number, found, right })
    }

    /// The slips that can make a difference to this vector.
    fn candidates(&self) -> BTreeSet<Slip> {
        let mut coder = Coder::new(None, &self.vector.bytes);
        let mut slips = BTreeSet::from([Slip::NoSwap, Slip::NoAlign]);
        slips.extend((0..=8).filter(|takes| *takes != 2).map(|takes| Slip::Terminate { takes }));
        for &event in &self.vector.events {
            if let Event::Context { ctx, .. } = event {
                let (state, quarter) =
                    (coder.contexts[ctx.get()].p_state_idx(), (coder.range >> 6 & 3) as u8);
                slips.extend((1..=255).map(|is| Slip::Range { state, quarter, is }));
                slips.extend(
                    (0..63).flat_map(|is| [Slip::AfterLps { state, is }, Slip::AfterMps { state, is }]),
                );
            }
            coder.step(self.direction, event);
        }
        for &(run, carry) in &coder.runs {
            for or_more in [false, true] {
                let written = [(false, false), (false, true), (true, false), (true, true)];
                let wrong = written.into_iter().filter(|written| *written != (carry, !carry));
                slips.extend(wrong.map(|(head, rest)| Slip::Decided { carry, run, or_more, head, rest }));
                let other = [3, 4, 5, 6, 7, 8].map(|bits| run & ((1 << bits) - 1));
                let other = other.into_iter().chain([0, run.saturating_sub(1), run + 1]);
                slips.extend(other.filter(|is| *is != run).map(|is| Slip::Run { run, or_more, is }));
            }
        }
        slips
    }

    /// Whether a coder with this slip gives the same up to what is wrong, and there what the core gave.
    fn is_given_by(&self, slip: Slip) -> bool {
        let Seen { direction, vector, number, .. } = *self;
        let wrong = match self.found {
            Found::Early(bin) => given_until(direction, vector, Some(slip), bin),
            _ => given(direction, vector, Some(slip)),
        };
        let is_so = match self.found {
            Found::Value(found) => wrong.get(number) == Some(&found),
            Found::Early(_) => wrong.len() > number,
            Found::Last(is_last) => wrong.len() > number && (wrong.len() == number + 1) == is_last,
        };
        is_so && wrong.starts_with(&self.right)
    }
}

/// All bytes of an encoder, or all bins of a decoder.
fn given(direction: Direction, vector: &Vector, slip: Option<Slip>) -> Vec<u8> {
    given_until(direction, vector, slip, u64::MAX)
}

/// What is decided once the bin of this number is coded. Bits that do not fill a byte an encoder keeps, but for those at its end.
fn given_until(direction: Direction, vector: &Vector, slip: Option<Slip>, last: u64) -> Vec<u8> {
    let mut coder = Coder::new(slip, &vector.bytes);
    if direction == Direction::Decoder {
        coder.start_reading();
    }
    let mut bins = 0;
    for &event in &vector.events {
        if event.is_bin() {
            if bins > last {
                break;
            }
            bins += 1;
        }
        coder.step(direction, event);
    }
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    match direction {
        Direction::Encoder => coder.bits.chunks_exact(8).map(byte).collect(),
        Direction::Decoder => coder.bins,
    }
}

/// The flowcharts of both directions, with a slip.
struct Coder<'a> {
    slip: Option<Slip>,
    range: u32,
    low: u32,
    offset: u32,
    first: bool,
    outstanding: u32,
    contexts: Box<[ContextModel; CONTEXTS]>,
    /// Written by an encoder.
    bits: Vec<bool>,
    /// The runs that were decided, by length, and whether by a carry.
    runs: BTreeSet<(u32, bool)>,
    /// Read by a decoder, bit by bit.
    bytes: &'a [u8],
    position: usize,
    bins: Vec<u8>,
}

impl<'a> Coder<'a> {
    fn new(slip: Option<Slip>, bytes: &'a [u8]) -> Coder<'a> {
        Coder {
            slip,
            range: 510,
            low: 0,
            offset: 0,
            first: true,
            outstanding: 0,
            contexts: Box::new([ContextModel::default(); CONTEXTS]),
            bits: Vec::new(),
            runs: BTreeSet::new(),
            bytes,
            position: 0,
            bins: Vec::new(),
        }
    }

    fn step(&mut self, direction: Direction, event: Event) {
        match (event, direction) {
            (Event::Load { ctx, model }, _) => self.contexts[ctx.get()] = model,
            (_, Direction::Encoder) => self.encode(event),
            (_, Direction::Decoder) => {
                let bin = self.decode(event);
                self.bins.extend(bin.map(u8::from));
            }
        }
    }

    fn encode(&mut self, event: Event) {
        match event {
            Event::Context { ctx, bin } => {
                let model = self.contexts[ctx.get()];
                let lps = self.lps(model);
                self.range = self.range.saturating_sub(lps).max(1);
                if bin != model.val_mps() {
                    (self.low, self.range) = (self.low + self.range, lps);
                }
                self.contexts[ctx.get()] = self.next(model, bin);
                self.renorm_encoder();
            }
            Event::Bypass { bin } => {
                self.low = (self.low << 1) + if bin { self.range } else { 0 };
                if self.low >= 1024 {
                    self.put(true);
                    self.low -= 1024;
                } else if self.low < 512 {
                    self.put(false);
                } else {
                    self.low -= 512;
                    self.outstanding += 1;
                }
            }
            Event::Terminate { bin } => {
                self.range -= self.of_terminate();
                if bin {
                    self.flush();
                } else {
                    self.renorm_encoder();
                }
            }
            Event::Align if self.slip == Some(Slip::NoAlign) => {}
            Event::Align => self.range = 256,
            Event::Raw(byte) => self.bits.extend((0..8).rev().map(|i| byte >> i & 1 != 0)),
            Event::Start | Event::Load { .. } => {}
        }
    }

    fn decode(&mut self, event: Event) -> Option<bool> {
        Some(match event {
            Event::Context { ctx, .. } => {
                let model = self.contexts[ctx.get()];
                let lps = self.lps(model);
                self.range = self.range.saturating_sub(lps).max(1);
                let is_lps = self.offset >= self.range;
                if is_lps {
                    (self.offset, self.range) = (self.offset - self.range, lps);
                }
                let bin = is_lps != model.val_mps();
                self.contexts[ctx.get()] = self.next(model, bin);
                self.renorm_decoder();
                bin
            }
            Event::Bypass { .. } => {
                self.offset = self.offset << 1 | self.read();
                let bin = self.offset >= self.range;
                self.offset -= if bin { self.range } else { 0 };
                bin
            }
            Event::Terminate { .. } => {
                self.range -= self.of_terminate();
                let bin = self.offset >= self.range;
                if bin {
                    (self.range, self.offset) = (256, 0);
                } else {
                    self.renorm_decoder();
                }
                bin
            }
            Event::Align if self.slip == Some(Slip::NoAlign) => return None,
            Event::Align => {
                (self.range, self.offset) = (256, if self.offset < 256 { self.offset } else { 0 });
                return None;
            }
            Event::Raw(_) => {
                self.position = self.position.next_multiple_of(8) + 8;
                return None;
            }
            Event::Start => {
                self.start_reading();
                return None;
            }
            Event::Load { .. } => return None,
        })
    }

    /// What a terminate bin takes of codIRange.
    fn of_terminate(&self) -> u32 {
        if let Some(Slip::Terminate { takes }) = self.slip { takes.into() } else { 2 }
    }

    fn lps(&self, model: ContextModel) -> u32 {
        let (of_state, of_quarter) = (model.p_state_idx(), (self.range >> 6 & 3) as u8);
        match self.slip {
            Some(Slip::Range { state, quarter, is }) if (state, quarter) == (of_state, of_quarter) => {
                is.into()
            }
            _ => RANGE_TAB_LPS[usize::from(of_state)][usize::from(of_quarter)].into(),
        }
    }

    fn next(&self, model: ContextModel, bin: bool) -> ContextModel {
        let (of_state, mps) = (model.p_state_idx(), model.val_mps());
        let changed = match self.slip {
            Some(Slip::AfterLps { state, is }) if state == of_state && bin != mps => {
                ContextModel::new(is, mps ^ (state == 0))
            }
            Some(Slip::AfterMps { state, is }) if state == of_state && bin == mps => {
                ContextModel::new(is, mps)
            }
            Some(Slip::NoSwap) if of_state == 0 && bin != mps => Some(model),
            _ => None,
        };
        changed.unwrap_or_else(|| model.next(bin))
    }

    fn renorm_decoder(&mut self) {
        while self.range < 256 {
            self.range <<= 1;
            // A slip can make it larger than any register is.
            self.offset = (self.offset << 1 | self.read()) & 0xffff;
        }
    }

    fn renorm_encoder(&mut self) {
        while self.range < 256 {
            if self.low < 256 {
                self.put(false);
            } else if self.low >= 512 {
                self.low -= 512;
                self.put(true);
            } else {
                self.low -= 256;
                self.outstanding += 1;
            }
            self.range <<= 1;
            self.low = self.low << 1 & 0xffff;
        }
    }

    fn put(&mut self, bit: bool) {
        let outstanding = std::mem::take(&mut self.outstanding);
        self.runs.insert((outstanding, bit));
        let is_of = |run: u32, or_more: bool| outstanding == run || or_more && outstanding > run;
        let (head, rest, length) = match self.slip {
            Some(Slip::Decided { carry, run, or_more, head, rest })
                if carry == bit && is_of(run, or_more) =>
            {
                (head, rest, outstanding)
            }
            Some(Slip::Run { run, or_more, is }) if is_of(run, or_more) => (bit, !bit, is),
            _ => (bit, !bit, outstanding),
        };
        if !std::mem::take(&mut self.first) {
            self.bits.push(head);
        }
        self.bits.extend((0..length).map(|_| rest));
    }

    fn flush(&mut self) {
        self.low += self.range;
        self.range = 2;
        self.renorm_encoder();
        self.put(self.low >> 9 & 1 != 0);
        self.bits.extend([self.low >> 8 & 1 != 0, true]);
        self.bits.resize(self.bits.len().next_multiple_of(8), false);
        (self.low, self.range, self.first) = (0, 510, true);
    }

    fn start_reading(&mut self) {
        self.position = self.position.next_multiple_of(8);
        (self.range, self.offset) = (510, 0);
        for _ in 0..9 {
            self.offset = self.offset << 1 | self.read();
        }
        if self.offset >= 510 {
            self.offset = 0;
        }
    }

    fn read(&mut self) -> u32 {
        let bit = self.bytes.get(self.position / 8).map_or(0, |byte| byte >> (7 - self.position % 8) & 1);
        self.position += 1;
        bit.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress;

    /// Without a slip this is the oracle, so that what a slip changes is the slip's.
    #[test]
    fn without_a_slip_it_is_the_oracle() {
        for vector in stress::smoke() {
            let encoded = given(Direction::Encoder, &vector, None);
            let bins: Vec<u8> = vector
                .events
                .iter()
                .filter_map(|event| match *event {
                    Event::Context { bin, .. } | Event::Bypass { bin } | Event::Terminate { bin } => {
                        Some(bin.into())
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(given(Direction::Decoder, &vector, None), bins, "{}", vector.id);
            if !vector.decode_only {
                // What stands behind a stop bit no encoder writes.
                let end = encoded.len().saturating_sub(1).min(vector.bytes.len());
                assert_eq!(encoded[..end], vector.bytes[..end], "{}", vector.id);
            }
        }
    }

    /// Every slip is found again from what it does, or another that does just the same.
    #[test]
    fn a_slip_is_found_from_what_it_does() {
        let smoke = stress::smoke();
        let lost = Slip::Decided { carry: true, run: 12, or_more: false, head: false, rest: false };
        let slips = [
            Slip::Range { state: 10, quarter: 2, is: 122 },
            Slip::AfterLps { state: 20, is: 14 },
            Slip::AfterMps { state: 5, is: 5 },
            Slip::NoSwap,
            Slip::NoAlign,
            Slip::Terminate { takes: 1 },
            lost,
            Slip::Run { run: 12, or_more: true, is: 4 },
        ];
        for slip in slips {
            for direction in Direction::ALL {
                let evidence: Vec<Evidence<'_>> = smoke
                    .iter()
                    .filter(|vector| !vector.decode_only)
                    .map(|vector| seen(direction, vector, slip))
                    .collect();
                let failing = evidence.iter().filter(|one| one.failed.is_some()).count();
                let found = super::slips(direction, &evidence);
                if failing > 1 {
                    let Some(best) = found.first() else {
                        panic!("{slip}, {direction:?}: nothing of {failing}")
                    };
                    let is_found = best.slip == slip || best.others.contains(&slip);
                    assert!(is_found, "{slip}, {direction:?}: {best:?}");
                    let explained = evidence.iter().filter(|one| explains(best.slip, direction, one)).count();
                    assert_eq!(explained, failing, "{slip}, {direction:?}: {best:?}");
                }
            }
        }
    }

    /// What a core with a slip gives, as a player would tell it.
    fn seen<'a>(direction: Direction, vector: &'a Vector, slip: Slip) -> Evidence<'a> {
        let (right, wrong) = (given(direction, vector, None), given(direction, vector, Some(slip)));
        let at = right.iter().zip(&wrong).position(|(right, wrong)| right != wrong);
        let failed = at.map(|at| {
            let fault = match direction {
                Direction::Encoder => crate::cosim::Fault::value(
                    Cause::Wrong,
                    format!("byte {at} of the output"),
                    format!("{:#04x}", right[at]),
                    format!("{:#04x}", wrong[at]),
                ),
                Direction::Decoder => {
                    crate::cosim::Fault::value(Cause::Wrong, "the bin", right[at], wrong[at])
                }
            };
            Box::new(Mismatch {
                fault,
                clock: 0,
                vector: vector.id.clone(),
                bin: at as u64,
                given_up: 0,
                before: Vec::new(),
                waves: crate::cosim::Waves::default(),
                plan: None,
            })
        });
        Evidence { class: "", vector, sights: Vec::new(), failed }
    }
}
