//! The decoder's step at every point: each context variable, codIRange and codIOffset below it.
//!
//! The bits shifted in are nine random ones, new at every point, and then their complement. A step that looks at a bit
//! that it should not, or takes one from the wrong place, cannot be right with both. Besides, for each context
//! variable, codIRange and bin, all patterns of the bits that the step takes are shifted in.

use silicabac_sim::{Direction, Instance, Library, SimError};

use crate::bin::{BinCoder, Decode};
use crate::context::{ContextModel, CtxIdx};
use crate::cores::CoreSpec;
use crate::cosim::sweep::{self, Kind, Swept, Tally, Varying, Wrong, columns, model, reachable, word_of};
use crate::cycle::{Fields, fields::fields, kind};
use crate::spec;
use crate::tables::RANGE_TAB_LPS;

fields! {
    /// A request, the registers before it, and the bits that may be shifted in.
    Point {
        /// One of `cycle::kind`.
        kind: 3,
        /// valMPS of the context variable.
        val_mps: 1,
        /// pStateIdx of the context variable.
        p_state_idx: 6,
        /// codIRange.
        cod_i_range: 9,
        /// codIOffset.
        cod_i_offset: 9,
        /// The next bits of the slice.
        next_bits: 9,
    }
}

fields! {
    /// What comes out of it.
    After {
        /// The bin.
        bin: 1,
        /// codIRange.
        cod_i_range: 9,
        /// codIOffset.
        cod_i_offset: 9,
        /// How many of the next bits are taken.
        taken: 4,
        /// Whether this is an error.
        refused: 1,
        /// valMPS of the context variable.
        val_mps: 1,
        /// pStateIdx of the context variable.
        p_state_idx: 6,
    }
}

/// How many bits the step sees of the slice.
const NEXT_BITS: u32 = 9;

const KINDS: [Kind<Judge>; 6] = [
    ("context", Judge::contexts),
    ("shift", Judge::shifts),
    ("bypass", |judge, tally| judge.without_context(kind::BYPASS, tally)),
    ("terminate", |judge, tally| judge.without_context(kind::TERMINATE, tally)),
    ("align", |judge, tally| judge.without_context(kind::ALIGN, tally)),
    ("start", Judge::starts),
];

/// Every pattern of `NEXT_BITS` bits, each in two bytes of its own, from the highest bit on.
static PATTERNS: [u8; 2 << NEXT_BITS] = {
    let mut bytes = [0; 2 << NEXT_BITS];
    let mut pattern = 0;
    while pattern < 1 << NEXT_BITS {
        bytes[2 * pattern] = (pattern >> 1) as u8;
        bytes[2 * pattern + 1] = (pattern << 7) as u8;
        pattern += 1;
    }
    bytes
};

/// What the registers before a step can be: codIOffset and codIRange.
pub(super) fn registers() -> Vec<(u16, u16)> {
    reachable::offset_and_range()
}

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
    /// Where the answers lie: with the next bits as they are, and with their complement.
    after_at: [usize; 2],
    oracle: spec::Decoder<'static>,
    /// codIOffset and codIRange.
    registers: Vec<(u16, u16)>,
    varying: Varying,
}

impl Judge {
    fn new(library: &Library, registers: Vec<(u16, u16)>) -> Result<Judge, SimError> {
        word_of::<Point>(library, "point", Direction::Input)?;
        let after_at = |name| word_of::<After>(library, name, Direction::Output);
        Ok(Judge {
            after_at: [after_at("after_0")?, after_at("after_1")?],
            step: library.instance(1),
            oracle: spec::Decoder::new(&PATTERNS),
            registers,
            varying: Varying::default(),
        })
    }

    fn contexts(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        for at in 0..self.registers.len() {
            for model in reachable::models() {
                let point = Point { kind: kind::CONTEXT, ..self.point(at, model) };
                self.check(point)?;
                tally.add(1, 2);
            }
            tally.tell();
        }
        Ok(())
    }

    /// A bin or an alignment that uses no context variable. The one that the point holds changes each time, and must not matter.
    fn without_context(&mut self, kind: u32, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        for (at, model) in (0..self.registers.len()).zip(reachable::models().cycle()) {
            let point = Point { kind, ..self.point(at, model) };
            self.check(point)?;
            tally.add(1, 2);
        }
        Ok(())
    }

    /// All patterns of the bits that a context bin takes.
    fn shifts(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        let with_models = |range| reachable::models().map(move |model| (range, model));
        for (range, model) in reachable::ranges().into_iter().flat_map(with_models) {
            let row = RANGE_TAB_LPS[usize::from(model.p_state_idx())];
            let range_lps = u16::from(row[usize::from(range >> 6 & 3)]);
            for (lowest, offsets) in [(0, range - range_lps), (range - range_lps, range_lps)] {
                let cod_i_offset = u32::from(lowest) + self.varying.below(offsets.into());
                let point = Point {
                    kind: kind::CONTEXT,
                    cod_i_offset,
                    cod_i_range: range.into(),
                    ..self.with_model(model)
                };
                let taken = self.expect(&point).taken;
                // Half of the patterns are enough, since `check` evaluates the complement of each, too.
                let patterns = 1 << taken.saturating_sub(1);
                for pattern in 0..patterns {
                    let rest = point.next_bits & ((1 << (NEXT_BITS - taken)) - 1);
                    self.check(Point { next_bits: pattern << (NEXT_BITS - taken) | rest, ..point })?;
                }
                tally.add(1, 2 * u64::from(patterns));
            }
        }
        Ok(())
    }

    /// All values of the nine bits that START reads. What the registers held must not matter.
    fn starts(&mut self, tally: &mut Tally<'_>) -> Result<(), Wrong> {
        for next_bits in 0..1 << (NEXT_BITS - 1) {
            let at = self.varying.below(self.registers.len() as u32) as usize;
            let point = self.point(at, ContextModel::default());
            self.check(Point { kind: kind::START, next_bits, ..point })?;
            tally.add(2, 2);
        }
        Ok(())
    }

    fn point(&mut self, at: usize, model: ContextModel) -> Point {
        let (offset, range) = self.registers[at];
        Point { cod_i_offset: offset.into(), cod_i_range: range.into(), ..self.with_model(model) }
    }

    fn with_model(&mut self, model: ContextModel) -> Point {
        Point {
            val_mps: model.val_mps().into(),
            p_state_idx: model.p_state_idx().into(),
            next_bits: self.varying.below(1 << NEXT_BITS),
            ..Point::default()
        }
    }

    #[inline(always)]
    fn check(&mut self, point: Point) -> Result<(), Wrong> {
        let (mut before, mut after) = ([0; 2], [0; 2]);
        point.pack(&mut before);
        self.step.eval(&before, &mut after)?;
        let complement = Point { next_bits: !point.next_bits & ((1 << NEXT_BITS) - 1), ..point };
        for (point, at) in [point, complement].iter().zip(self.after_at) {
            let oracle = self.expect(point);
            let core = After::unpack(&after[at..]);
            if oracle != core {
                return Err(Wrong::differs(describe(point), columns(&oracle), columns(&core)));
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn expect(&mut self, point: &Point) -> After {
        let (oracle, ctx) = (&mut self.oracle, CtxIdx::default());
        let position = u64::from(point.next_bits) * 16;
        oracle.preset(point.cod_i_range as u16, point.cod_i_offset as u16, position);
        oracle.load(ctx, model(point.val_mps, point.p_state_idx));
        let bin = match point.kind {
            kind::CONTEXT => oracle.context(ctx, false),
            kind::BYPASS => oracle.bypass(false),
            kind::TERMINATE => oracle.terminate(false),
            kind::ALIGN => {
                oracle.align();
                false
            }
            _ => {
                oracle.start();
                false
            }
        };
        let model = oracle.save(ctx);
        After {
            bin: bin.into(),
            cod_i_range: oracle.cod_i_range(),
            cod_i_offset: oracle.cod_i_offset(),
            taken: (oracle.position() - position) as u32,
            refused: oracle.error().is_some().into(),
            val_mps: model.val_mps().into(),
            p_state_idx: model.p_state_idx().into(),
        }
    }
}

fn describe(point: &Point) -> String {
    let Point { val_mps, p_state_idx, cod_i_range, cod_i_offset, next_bits, .. } = point;
    format!(
        "{}, val_mps {val_mps}, p_state_idx {p_state_idx}, cod_i_range {cod_i_range}, cod_i_offset {cod_i_offset}, \
         next_bits {next_bits:09b}",
        kind::name(point.kind)
    )
}
