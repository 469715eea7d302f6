//! What the standard expects of the encoder core: after each request, and of each byte.

use std::collections::VecDeque;

use crate::bin::{BinCoder, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::cores::encoder::{Passed, Registers};
use crate::spec;

/// The steps of the core, by which a register tells its bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Fetch,
    Range,
    Low,
    Pack,
}

impl Step {
    /// The step that wrote what a register or port shows.
    pub(super) fn of(name: &str) -> Step {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        if begins(&["cod_i_range", "low_"]) {
            Step::Range
        } else if begins(&["cod_i_low", "bits_outstanding", "first_bit_flag", "emit_"]) {
            Step::Low
        } else if begins(&["pack_", "out_"]) {
            Step::Pack
        } else {
            Step::Fetch
        }
    }
}

/// Something is wrong with what a step did; in words.
pub(super) struct Wrong {
    pub(super) step: Step,
    pub(super) what: String,
}

impl Wrong {
    pub(super) fn new(step: Step, what: String) -> Wrong {
        Wrong { step, what }
    }
}

/// The oracle runs ahead of the core: it codes a request when the core takes it, and keeps what is to be seen
/// until the core has come that far.
#[derive(Default)]
pub(super) struct Oracle {
    coder: spec::Encoder,
    /// Requests that have not passed the low step, the oldest first.
    expected: VecDeque<Expected>,
    /// How many of those have passed the range step.
    ranged: usize,
    /// Bytes that the core has given.
    given: usize,
    /// How many bytes there are when each life that is not all given has ended.
    ends: VecDeque<usize>,
}

struct Expected {
    cod_i_range: u32,
    cod_i_low: u32,
    bits_outstanding: u32,
    first_bit_flag: u32,
    /// The update of a context variable: which, from what, to what. What a load replaces is not said: after a
    /// slice was given up, the core may not have come as far as the oracle.
    write: Option<(CtxIdx, Option<ContextModel>, ContextModel)>,
}

impl Oracle {
    /// The core takes a request; how many bits are outstanding after it.
    pub(super) fn take(&mut self, event: Event) -> u32 {
        let written = match event {
            Event::Context { ctx, .. } => Some((ctx, Some(self.coder.save(ctx)))),
            Event::Load { ctx, .. } => Some((ctx, None)),
            _ => None,
        };
        // An encoder returns what it is given, so playing to it cannot fail.
        let _ = self.coder.play(&[event]);
        if event.ends_life() {
            self.ends.push_back(self.coder.bytes().len());
        }
        self.expected.push_back(Expected {
            cod_i_range: self.coder.cod_i_range(),
            cod_i_low: self.coder.cod_i_low_10(),
            bits_outstanding: self.coder.bits_outstanding(),
            first_bit_flag: self.coder.first_bit_flag().into(),
            write: written.map(|(ctx, old)| (ctx, old, self.coder.save(ctx))),
        });
        self.coder.bits_outstanding()
    }

    /// Checks the requests that passed a step in one clock, given what the core showed in it and its registers
    /// after it.
    pub(super) fn check_steps(
        &mut self,
        before: Passed,
        after: Passed,
        shown: &Registers,
        registers: &Registers,
    ) -> Result<(), Wrong> {
        if after.range > before.range {
            let Some(expected) = self.expected.get(self.ranged) else {
                return Err(Wrong::new(
                    Step::Range,
                    "the range step codes a request that was never taken".into(),
                ));
            };
            equal(Step::Range, "codIRange", expected.cod_i_range, registers.cod_i_range)?;
            let write = expected.write.map(|(ctx, old, new)| {
                (ctx.get() as u32, old.map_or(shown.write_old, |old| old.bits().into()), new.bits().into())
            });
            let shown =
                (shown.write_valid == 1).then_some((shown.write_ctx_idx, shown.write_old, shown.write_new));
            equal(Step::Range, "the update (ctxIdx, old, new) of a context variable", write, shown)?;
            self.ranged += 1;
        }
        if after.low > before.low
            && let Some(expected) = self.expected.pop_front()
        {
            self.ranged -= 1;
            equal(Step::Low, "codILow", expected.cod_i_low, registers.cod_i_low)?;
            equal(Step::Low, "bitsOutstanding", expected.bits_outstanding, registers.bits_outstanding)?;
            equal(Step::Low, "firstBitFlag", expected.first_bit_flag, registers.first_bit_flag)?;
        }
        Ok(())
    }

    /// The core gives a byte.
    pub(super) fn check_byte(&mut self, byte: u8, last: bool) -> Result<(), Wrong> {
        let what = format!("byte {} of the output", self.given);
        let Some(&expected) = self.coder.bytes().get(self.given) else {
            return Err(Wrong::new(Step::Pack, format!("{what} is given before any bin decides it")));
        };
        equal(Step::Pack, &what, format!("{expected:#04x}"), format!("{byte:#04x}"))?;
        self.given += 1;
        let ends = self.ends.front() == Some(&self.given);
        if ends {
            self.ends.pop_front();
        }
        equal(Step::Pack, "out_last", ends, last)
    }

    /// A reset drops the life that is under way, and bytes of the one before it that were still to come.
    pub(super) fn forget_life(&mut self) {
        let mut coder = spec::Encoder::new();
        for ctx in (0..).map_while(CtxIdx::new) {
            coder.load(ctx, self.coder.save(ctx));
        }
        *self = Oracle { coder, ..Oracle::default() };
    }

    /// Whether the core has given all bytes of all lives that ended.
    pub(super) fn is_done(&self) -> bool {
        self.ends.is_empty() && self.expected.is_empty()
    }
}

fn equal<T: PartialEq + core::fmt::Debug>(step: Step, what: &str, oracle: T, core: T) -> Result<(), Wrong> {
    if oracle == core {
        return Ok(());
    }
    let what: String = format!("{what}: the oracle has {oracle:?}, the core {core:?}");
    Err(Wrong::new(step, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Passed = Passed { fetch: 0, range: 0, low: 0, pack: 0 };
    const BOTH: Passed = Passed { fetch: 1, range: 1, low: 1, pack: 1 };

    /// An oracle that has taken one bin, and what a right core shows then.
    fn one_bin() -> (Oracle, Registers) {
        let mut oracle = Oracle::default();
        oracle.take(Event::Context { ctx: CtxIdx::default(), bin: true });
        let registers = Registers {
            cod_i_range: 480,
            cod_i_low: 28,
            bits_outstanding: 1,
            first_bit_flag: 1,
            write_valid: 1,
            write_new: ContextModel::default().next(true).bits().into(),
            ..Registers::default()
        };
        (oracle, registers)
    }

    fn check(change: impl Fn(&mut Registers)) -> Result<(), String> {
        let (mut oracle, mut registers) = one_bin();
        change(&mut registers);
        oracle.check_steps(BEFORE, BOTH, &registers, &registers).map_err(|wrong| wrong.what)
    }

    #[test]
    fn a_right_core_passes() {
        assert_eq!(check(|_| ()), Ok(()));
    }

    #[test]
    fn every_wrong_register_is_named() {
        let wrong = |name: &str, change: fn(&mut Registers)| {
            let what = check(change).unwrap_err();
            assert!(what.contains(name), "{name}: {what}");
        };
        wrong("codIRange", |r| r.cod_i_range += 1);
        wrong("codILow", |r| r.cod_i_low ^= 512);
        wrong("bitsOutstanding", |r| r.bits_outstanding += 1);
        wrong("firstBitFlag", |r| r.first_bit_flag ^= 1);
        wrong("context variable", |r| r.write_valid = 0);
        wrong("context variable", |r| r.write_ctx_idx = 1);
        wrong("context variable", |r| r.write_old = 1);
        wrong("context variable", |r| r.write_new ^= 64);
    }

    #[test]
    fn a_request_that_was_never_taken_is_noticed() {
        let fault = Oracle::default().check_steps(BEFORE, BOTH, &Registers::default(), &Registers::default());
        assert!(fault.is_err_and(|wrong| wrong.what.contains("never taken")));
    }

    #[test]
    fn bytes_must_be_right_and_decided_and_end_where_the_life_ends() {
        let ended = || {
            let mut oracle = Oracle::default();
            oracle.take(Event::Terminate { bin: true });
            oracle
        };
        let wrong = |words: &str, result: Result<(), Wrong>| {
            assert!(result.is_err_and(|wrong| wrong.what.contains(words)), "{words}");
        };
        let mut right = ended();
        assert!(right.check_byte(0xfe, false).is_ok() && right.check_byte(0x80, true).is_ok());
        wrong("before any bin decides it", right.check_byte(0, false));
        wrong("byte 0 of the output", ended().check_byte(0xff, false));
        wrong("out_last", ended().check_byte(0xfe, true));
    }
}
