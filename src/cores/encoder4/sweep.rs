//! The step of the encoder of four slots at every point: two slots at each codIRange, of whatever kind, state and symbol, and one slot
//! with any bypass bins.
//!
//! A group is two pairs, one after the other in the same clock, so what holds for a pair at every codIRange holds for a group. A pair is
//! right if its result is what the oracle makes of its slots one by one.

use silicabac_sim::{Direction, Instance, Library, SimError};

use crate::bin::{BinCoder, Encode};
use crate::context::{ContextModel, CtxIdx};
use crate::cores::CoreSpec;
use crate::cosim::sweep::{self, Kind, Swept, Tally, Wrong, columns, reachable, word_of};
use crate::cycle::{Fields, fields::fields, kind};
use crate::spec;
use crate::tables::RANGE_TAB_LPS;

fields! {
    /// Two slots, codIRange, and the bypass bins of the first.
    Point {
        /// One of `cycle::kind`.
        kind_first: 3,
        /// Whether it is the less probable symbol; a terminate bin; 1 for an alignment.
        lps_first: 1,
        /// pStateIdx.
        state_first: 6,
        /// The same of the second slot.
        kind_second: 3,
        /// Its symbol.
        lps_second: 1,
        /// Its pStateIdx.
        state_second: 6,
        /// codIRange without its top bit.
        cod_i_range: 8,
        /// How many bypass bins the first slot has.
        count: 4,
        /// Those.
        data: 8,
    }
}

fields! {
    /// What the step makes of them.
    Answer {
        /// codIRange after both.
        after_pair: 8,
        /// codIRange after the first.
        after_first: 8,
        /// What its bin adds to codILow.
        addend: 9,
        /// By how much it shifts then.
        shift: 4,
        /// What the slot adds, after it has shifted.
        sum: 17,
        /// By how much it shifts.
        total: 4,
    }
}

/// A slot without its bypass bins.
#[derive(Clone, Copy)]
struct Slot {
    kind: u32,
    lps: bool,
    state: u8,
}

/// codIRange after it, what it adds to codILow, and the shift.
#[derive(Clone, Copy, Default)]
struct After {
    range: u32,
    addend: u32,
    shift: u32,
}

const KINDS: [Kind<Judge>; 2] = [("pair", Judge::pairs), ("bypass", Judge::bypass)];

/// Each codIRange.
pub(super) fn registers() -> Vec<(u16, u16)> {
    reachable::ranges().into_iter().map(|range| (0, range)).collect()
}

/// How many pairs there are for each context variable: only to say how much work there is.
pub(super) const BINS: usize = 132 * 132 / 126;

/// Sweeps all kinds of points.
pub(super) fn sweep(
    core: &'static CoreSpec,
    library: &Library,
    registers: Vec<(u16, u16)>,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Swept>, SimError> {
    Ok(sweep::run(core, &KINDS, &mut Judge::new(library, registers)?, progress))
}

struct Judge {
    step: Instance,
    point_at: usize,
    answer_at: usize,
    ranges: Vec<u32>,
    slots: Vec<Slot>,
    /// What each slot makes of each codIRange.
    alone: Vec<[After; 512]>,
}

impl Judge {
    fn new(library: &Library, registers: Vec<(u16, u16)>) -> Result<Judge, SimError> {
        let mut oracle = spec::Encoder::new();
        let slots = slots();
        let mut alone = vec![[After::default(); 512]; slots.len()];
        for (after, &slot) in alone.iter_mut().zip(&slots) {
            (256..=510).for_each(|range| after[range] = code(&mut oracle, slot, range as u32));
        }
        Ok(Judge {
            point_at: word_of::<Point>(library, "point", Direction::Input)?,
            answer_at: word_of::<Answer>(library, "answer", Direction::Output)?,
            step: library.instance(1),
            ranges: registers.into_iter().map(|(_, range)| range.into()).collect(),
            slots,
            alone,
        })
    }

    fn pairs(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        for first in 0..self.slots.len() {
            for second in 0..self.slots.len() {
                for at in 0..self.ranges.len() {
                    self.check(first, second, self.ranges[at], (0, 0), tally)?;
                }
            }
            tally.tell();
        }
        Ok(())
    }

    fn bypass(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        for first in 0..self.slots.len() {
            let most = match self.slots[first].kind {
                kind::CONTEXT | kind::ALIGN => 2,
                kind::TERMINATE if !self.slots[first].lps => 2,
                kind::BYPASS => 8,
                _ => 0,
            };
            for at in 0..self.ranges.len() {
                for count in 0..=most {
                    for data in 0..1 << count {
                        self.check(first, 0, self.ranges[at], (count, data), tally)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check(
        &mut self,
        first: usize,
        second: usize,
        range: u32,
        (count, data): (u32, u32),
        tally: &mut Tally<'_>,
    ) -> Result<(), Wrong> {
        let (one, two) = (self.slots[first], self.slots[second]);
        let raw = one.kind == kind::RAW;
        let point = Point {
            kind_first: one.kind,
            lps_first: one.lps.into(),
            state_first: one.state.into(),
            kind_second: two.kind,
            lps_second: two.lps.into(),
            state_second: two.state.into(),
            cod_i_range: range & 255,
            count,
            // A byte that varies.
            data: if raw { (range * 7) & 255 } else { data },
        };
        let (mut before, mut after) = ([0; 2], [0; 2]);
        point.pack(&mut before[self.point_at..]);
        self.step.eval(&before, &mut after)?;
        let core = Answer::unpack(&after[self.answer_at..]);

        let alone = self.alone[first][range as usize];
        // A bypass bin doubles codILow and then adds codIRange (clause 9.3.4.4).
        let add = |sum, bin| 2 * sum + (data >> bin & 1) * alone.range;
        let sum = (0..count).rev().fold(alone.addend << alone.shift, add);
        let oracle = Answer {
            after_pair: self.alone[second][alone.range as usize].range & 255,
            after_first: alone.range & 255,
            addend: alone.addend,
            shift: alone.shift,
            sum: if raw { point.data << 9 } else { sum },
            total: if raw { 8 } else { alone.shift + count },
        };
        if core != oracle {
            let point = columns(&point).into_iter().map(|(name, value)| format!("{name} {value}"));
            let point = point.collect::<Vec<_>>().join(", ");
            return Err(Wrong::differs(point, columns(&oracle), columns(&core)));
        }
        tally.add(1, 1);
        Ok(())
    }
}

/// Context bins of both symbols in each state, terminate bins, an alignment, and slots that leave codIRange.
fn slots() -> Vec<Slot> {
    let contexts =
        (0..63).flat_map(|state| [false, true].map(|lps| Slot { kind: kind::CONTEXT, lps, state }));
    let terminates = [false, true].map(|lps| Slot { kind: kind::TERMINATE, lps, state: 5 });
    let others = [(kind::ALIGN, true), (kind::BYPASS, false), (kind::RAW, false), (kind::LOAD, false)];
    contexts.chain(terminates).chain(others.map(|(kind, lps)| Slot { kind, lps, state: 9 })).collect()
}

/// What the flowcharts make of a slot. codILow is 0 before, so that nothing but zeros is shifted out: they are counted.
fn code(oracle: &mut spec::Encoder, slot: Slot, range: u32) -> After {
    let ctx = CtxIdx::default();
    oracle.preset(0, range, 0, false);
    oracle.load(ctx, ContextModel::new(slot.state, false).unwrap_or_default());
    let upper = match slot.kind {
        kind::CONTEXT => {
            oracle.context(ctx, slot.lps);
            RANGE_TAB_LPS[usize::from(slot.state)][range as usize >> 6 & 3].into()
        }
        kind::TERMINATE if slot.lps => return After { range: 510, addend: range - 2, shift: 8 },
        kind::TERMINATE => {
            oracle.terminate(false);
            2
        }
        kind::ALIGN => {
            oracle.align();
            0
        }
        _ => 0,
    };
    let shift = oracle.bits().1 as u32 + oracle.bits_outstanding();
    After {
        range: oracle.cod_i_range(),
        addend: if slot.lps && upper > 0 { range - upper } else { 0 },
        shift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So slots and pairs can be added without losing a bit, as `tests/encoder4/steps.rs` proves.
    #[test]
    fn no_slot_adds_more_than_it_leaves_of_the_interval() {
        let mut oracle = spec::Encoder::new();
        for (_, range) in registers() {
            for slot in slots() {
                let After { range: after, addend, shift } = code(&mut oracle, slot, range.into());
                assert!((addend << shift) + after <= u32::from(range) << shift);
            }
        }
    }
}
