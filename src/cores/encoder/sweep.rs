//! The encoder's step at every point: each codILow and codIRange that can be, each context variable, both bins.
//!
//! Every point is evaluated twice, without firstBitFlag and with it. Each time bitsOutstanding is 0, 1 or a few more,
//! at random from point to point; each of the three comes about as often. The registers are compared, and what PutBit
//! writes.
//!
//! The counter of outstanding bits has a sweep of its own, at a few registers: values around every power of two, so
//! that every carry of it is met, held, and written out.
//!
//! The oracle codes a point once, with one outstanding bit and without firstBitFlag. The two change only
//! the first PutBit of a request: with firstBitFlag its bit is not written, and bitsOutstanding is the length of the run
//! after it. So the answer for any other values of the two follows ([`Answer::with`]), and the oracle never has to write
//! a run of 2^31 bits.

use silicabac_sim::{Direction, Instance, Library, SimError};

use crate::bin::{BinCoder, Encode};
use crate::context::{ContextModel, CtxIdx};
use crate::cores::CoreSpec;
use crate::cosim::sweep::{self, Kind, Swept, Tally, Varying, Wrong, columns, model, reachable, word_of};
use crate::cycle::{Fields, fields::fields, kind};
use crate::spec;

fields! {
    /// A request and the registers before it.
    Point {
        /// One of `cycle::kind`.
        kind: 3,
        /// The bin.
        bin: 1,
        /// valMPS of the context variable.
        val_mps: 1,
        /// pStateIdx of the context variable.
        p_state_idx: 6,
        /// codIRange.
        cod_i_range: 9,
        /// codILow.
        cod_i_low: 10,
    }
}

fields! {
    /// The registers after it.
    Registers {
        /// codIRange.
        cod_i_range: 9,
        /// codILow.
        cod_i_low: 10,
        /// bitsOutstanding.
        bits_outstanding: 32,
        /// firstBitFlag.
        first_bit_flag: 1,
        /// valMPS of the context variable.
        val_mps: 1,
        /// pStateIdx of the context variable.
        p_state_idx: 6,
    }
}

fields! {
    /// The bits that the core decides: `cabac_pkg::bits_t`.
    Decided {
        /// Whether there are any.
        put: 1,
        /// Whether the first of them is written.
        head_valid: 1,
        /// The first of them.
        head: 1,
        /// How many of its complement follow.
        run: 32,
        /// What follows those.
        rest: 9,
        /// How much of that there is.
        len: 4,
        /// Whether zeros follow to the end of the byte.
        last: 1,
    }
}

/// What a step makes of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    registers: Registers,
    written: Written,
}

/// Bits as PutBit and the flush write them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Written {
    /// The first 64, from the highest bit on; zeros after the last.
    bits: u64,
    len: u64,
    /// Whether they end an engine run.
    last: bool,
}

const KINDS: [Kind<Judge>; 5] = [
    ("context", Judge::contexts),
    ("bypass", |judge, tally| judge.without_context(kind::BYPASS, tally)),
    ("terminate", |judge, tally| judge.without_context(kind::TERMINATE, tally)),
    ("align", |judge, tally| judge.without_context(kind::ALIGN, tally)),
    ("counter", Judge::counters),
];

/// How many registers the counter is swept at with each of its values.
const COUNTED_AT: u32 = 24;

/// What the registers before a step can be: codILow and codIRange.
pub(in crate::cores) fn registers() -> Vec<(u16, u16)> {
    reachable::low_and_range(true)
}

/// Sweeps all kinds of points.
pub(in crate::cores) fn sweep(
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
    /// Where bitsOutstanding, the registers and the decided bits lie: without firstBitFlag, and with it.
    outstanding_at: [usize; 2],
    registers_at: [usize; 2],
    decided_at: [usize; 2],
    oracle: spec::Encoder,
    /// codILow and codIRange.
    registers: Vec<(u16, u16)>,
    varying: Varying,
}

impl Judge {
    fn new(library: &Library, registers: Vec<(u16, u16)>) -> Result<Judge, SimError> {
        let outstanding_at = |name| library.word_of(name, Direction::Input, 32);
        let registers_at = |name| word_of::<Registers>(library, name, Direction::Output);
        let decided_at = |name| word_of::<Decided>(library, name, Direction::Output);
        Ok(Judge {
            point_at: word_of::<Point>(library, "point", Direction::Input)?,
            outstanding_at: [outstanding_at("bits_outstanding_0")?, outstanding_at("bits_outstanding_1")?],
            registers_at: [registers_at("registers_0")?, registers_at("registers_1")?],
            decided_at: [decided_at("decided_0")?, decided_at("decided_1")?],
            step: library.instance(1),
            oracle: spec::Encoder::new(),
            registers,
            varying: Varying::default(),
        })
    }

    fn contexts(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        for at in 0..self.registers.len() {
            for bin in 0..2 {
                for model in reachable::models() {
                    let counts = self.counts();
                    self.check(self.point(kind::CONTEXT, bin, model, at), counts, tally)?;
                }
            }
            tally.tell();
        }
        Ok(())
    }

    /// A bin or an alignment that uses no context variable. The one that the point holds changes each time, and must not matter.
    fn without_context(&mut self, kind: u32, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        let bins = if kind == kind::ALIGN { 1 } else { 2 };
        for (at, model) in (0..self.registers.len()).zip(reachable::models().cycle()) {
            for bin in 0..bins {
                let counts = self.counts();
                self.check(self.point(kind, bin, model, at), counts, tally)?;
            }
        }
        Ok(())
    }

    /// Every carry of the counter of outstanding bits, to which a step adds up to six.
    fn counters(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        let around = |power: u32| power - 6..=power + 1;
        let values = (3..32).flat_map(|k| around(1 << k)).chain([0x5555_5555, 0xaaaa_aaaa, u32::MAX - 6]);
        for bits_outstanding in values {
            for _ in 0..COUNTED_AT {
                let at = self.varying.below(self.registers.len() as u32) as usize;
                for bin in 0..2 {
                    for model in reachable::models() {
                        let point = self.point(kind::CONTEXT, bin, model, at);
                        self.check(point, [bits_outstanding; 2], tally)?;
                    }
                    for kind in [kind::BYPASS, kind::TERMINATE, kind::ALIGN] {
                        let point = self.point(kind, bin, ContextModel::default(), at);
                        self.check(point, [bits_outstanding; 2], tally)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn point(&self, kind: u32, bin: u32, model: ContextModel, at: usize) -> Point {
        let (low, range) = self.registers[at];
        Point {
            kind,
            bin,
            val_mps: model.val_mps().into(),
            p_state_idx: model.p_state_idx().into(),
            cod_i_low: low.into(),
            cod_i_range: range.into(),
        }
    }

    /// Counts of outstanding bits: 0, 1 or a few more.
    #[inline(always)]
    fn counts(&mut self) -> [u32; 2] {
        const COUNTS: [u32; 24] = [0, 1, 2, 0, 1, 3, 0, 1, 4, 0, 1, 5, 0, 1, 6, 0, 1, 7, 0, 1, 17, 0, 1, 40];
        [(); 2].map(|()| COUNTS[self.varying.below(COUNTS.len() as u32) as usize])
    }

    #[inline(always)]
    fn check(&mut self, point: Point, counts: [u32; 2], tally: &mut Tally<'_>) -> Result<(), Wrong> {
        let (mut before, mut after) = ([0; 3], [0; 8]);
        point.pack(&mut before[self.point_at..]);
        self.outstanding_at.into_iter().zip(counts).for_each(|(at, count)| before[at] = count);
        self.step.eval(&before, &mut after)?;
        let answer = self.expect(&point);
        for (first_bit_flag, bits_outstanding) in [false, true].into_iter().zip(counts) {
            let oracle = answer.with(bits_outstanding, first_bit_flag);
            let lane = usize::from(first_bit_flag);
            let core = Answer {
                registers: Registers::unpack(&after[self.registers_at[lane]..]),
                written: Written::of_core(&Decided::unpack(&after[self.decided_at[lane]..])),
            };
            if oracle != core {
                let point = describe(&point, bits_outstanding, first_bit_flag);
                return Err(Wrong::differs(point, oracle.columns(), core.columns()));
            }
        }
        tally.add(1, 2);
        Ok(())
    }

    /// What the oracle makes of a point with one outstanding bit and without firstBitFlag.
    #[inline(always)]
    fn expect(&mut self, point: &Point) -> Answer {
        preset_and_code(&mut self.oracle, point, 1, false)
    }
}

#[inline(always)]
fn preset_and_code(
    oracle: &mut spec::Encoder,
    point: &Point,
    bits_outstanding: u32,
    first_bit_flag: bool,
) -> Answer {
    let (ctx, bin) = (CtxIdx::default(), point.bin != 0);
    oracle.preset(point.cod_i_low, point.cod_i_range, bits_outstanding, first_bit_flag);
    oracle.load(ctx, model(point.val_mps, point.p_state_idx));
    match point.kind {
        kind::CONTEXT => {
            oracle.context(ctx, bin);
        }
        kind::BYPASS => {
            oracle.bypass(bin);
        }
        kind::TERMINATE => {
            oracle.terminate(bin);
        }
        _ => oracle.align(),
    }
    let model = oracle.save(ctx);
    let registers = Registers {
        cod_i_range: oracle.cod_i_range(),
        cod_i_low: oracle.cod_i_low_10(),
        bits_outstanding: oracle.bits_outstanding(),
        first_bit_flag: oracle.first_bit_flag().into(),
        val_mps: model.val_mps().into(),
        p_state_idx: model.p_state_idx().into(),
    };
    let (bytes, len) = oracle.bits();
    let bits = bytes.iter().zip((0..64).step_by(8)).map(|(&byte, at)| u64::from(byte) << (56 - at));
    let bits = bits.sum::<u64>() & !ones_from(len as u64);
    Answer {
        registers,
        written: Written { bits, len: len as u64, last: point.kind == kind::TERMINATE && bin },
    }
}

impl Answer {
    /// The answer for other counts, if this is the one for one outstanding bit and no firstBitFlag.
    #[inline(always)]
    fn with(mut self, bits_outstanding: u32, first_bit_flag: bool) -> Answer {
        let Written { bits, len, last } = self.written;
        if len == 0 {
            self.registers.bits_outstanding = self.registers.bits_outstanding - 1 + bits_outstanding;
            self.registers.first_bit_flag = first_bit_flag.into();
            return self;
        }
        // After the last bit of a flush, which is a 1, there are zeros.
        let len = if last { 64 - u64::from(bits.trailing_zeros()) } else { len };
        let (run, rest) = (bits_outstanding.into(), bits << 2);
        self.written = Written::new(!first_bit_flag, bits >> 63 != 0, run, rest, len - 2, last);
        self
    }

    fn columns(&self) -> Vec<(&'static str, String)> {
        let Written { bits, len, last } = self.written;
        let shown = format!("{bits:064b}");
        let more = if len > 64 { "..." } else { "" };
        let shown = format!("{}{more}", &shown[..len.min(64) as usize]);
        let written = [("written", shown), ("bits", len.to_string()), ("last", u8::from(last).to_string())];
        columns(&self.registers).into_iter().chain(written).collect()
    }
}

impl Written {
    /// The bit `head`, if it is written, `run` times its complement, the top `len` bits of `rest`, and, if they
    /// are the last, zeros to the end of the byte.
    #[inline(always)]
    fn new(head_valid: bool, head: bool, run: u64, rest: u64, len: u64, last: bool) -> Written {
        let run_at = u64::from(head_valid);
        let rest_at = run_at + run;
        let first = u64::from(head_valid && head) << 63;
        let run = if head { 0 } else { ones_from(run_at) & !ones_from(rest_at) };
        let rest = if rest_at < 64 { rest >> rest_at } else { 0 };
        let len = rest_at + len;
        Written { bits: first | run | rest, len: if last { len.next_multiple_of(8) } else { len }, last }
    }

    /// As the later stages of the core write them, which rely on zeros after the rest.
    #[inline(always)]
    fn of_core(decided: &Decided) -> Written {
        let Decided { put, head_valid, head, run, rest, len, last } = *decided;
        if put == 0 {
            return Written::default();
        }
        let rest = u64::from(rest) << 55;
        Written::new(head_valid != 0, head != 0, run.into(), rest, len.into(), last != 0)
    }
}

/// Ones after the first `at` of 64 bits.
#[inline(always)]
fn ones_from(at: u64) -> u64 {
    if at < 64 { u64::MAX >> at } else { 0 }
}

fn describe(point: &Point, bits_outstanding: u32, first_bit_flag: bool) -> String {
    let Point { kind, bin, val_mps, p_state_idx, cod_i_range, cod_i_low } = point;
    format!(
        "{} = {bin}, val_mps {val_mps}, p_state_idx {p_state_idx}, cod_i_range {cod_i_range}, \
         cod_i_low {cod_i_low}, bits_outstanding {bits_outstanding}, first_bit_flag {}",
        kind::name(*kind),
        u8::from(first_bit_flag)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_says_the_same_of_any_counts() {
        let mut oracle = spec::Encoder::new();
        let requests = reachable::models().map(|model| (kind::CONTEXT, model));
        let others = [kind::BYPASS, kind::TERMINATE, kind::ALIGN].map(|kind| (kind, ContextModel::default()));
        let requests: Vec<_> = requests.chain(others).collect();
        for (cod_i_low, cod_i_range) in reachable::low_and_range(true).into_iter().step_by(97) {
            for (&(kind, model), bin) in requests.iter().flat_map(|request| [(request, 0), (request, 1)]) {
                let point = Point {
                    kind,
                    bin,
                    val_mps: model.val_mps().into(),
                    p_state_idx: model.p_state_idx().into(),
                    cod_i_range: cod_i_range.into(),
                    cod_i_low: cod_i_low.into(),
                };
                let answer = preset_and_code(&mut oracle, &point, 1, false);
                for bits_outstanding in [0, 1, 2, 5, 17, 40, 100] {
                    for first_bit_flag in [false, true] {
                        let said = preset_and_code(&mut oracle, &point, bits_outstanding, first_bit_flag);
                        assert_eq!(answer.with(bits_outstanding, first_bit_flag), said, "{point:?}");
                    }
                }
            }
        }
    }
}
