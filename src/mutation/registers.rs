//! The registers of a core in a formula of the core and a mutant: those that a proof does not see through the port `debug`, and when each
//! matters.
//!
//! Registers that have to be equal are one constant in the formula, and not two constants that are asserted to be equal. If the mutant uses
//! them as the core does, the result is then the same term, and the solver has nothing to show. So for a core with many registers there is
//! one question for each clock after a reset, because different registers matter in each.

use std::collections::HashMap;

use super::MutationError;
use crate::cores::CoreSpec;

/// The registers of a core that has more of them than `debug` shows.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// The register that counts down after a reset, and its width in bits. It always matters.
    pub countdown: (&'static str, u32),
    /// When registers have to be equal for the core and a mutant to agree. A register is looked up by the longest matching beginning of its
    /// name, and every register has to be found.
    pub matter: &'static [(When, &'static [&'static str])],
}

/// When a register matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In each clock.
    Always,
    /// In no clock: another register contains all that matters of it.
    Never,
    /// Once the countdown has reached this value or less.
    UpTo(u32),
    /// Where a bit of this output of `proof` is 1: the one with the number in brackets at the end of the register's name.
    Bit(&'static str),
}

impl Registers {
    fn when(&self, name: &str) -> Option<When> {
        let begins = |starts: &[&str]| {
            starts.iter().filter(|start| name.starts_with(**start)).map(|start| start.len()).max()
        };
        let all = self.matter.iter().filter_map(|&(when, starts)| Some((begins(starts)?, when)));
        all.max_by_key(|&(length, _)| length).map(|(_, when)| when)
    }
}

/// A formula of the module `proof`, as Yosys writes it, in which registers and inputs are constants in each of several states.
pub(super) struct Formula<'a> {
    core: &'static CoreSpec,
    module: &'a str,
    functions: Vec<Function<'a>>,
}

/// A function of the state, as Yosys declares it.
struct Function<'a> {
    symbol: &'a str,
    sort: &'a str,
    /// Its name in the module, with its bits.
    name: &'a str,
}

impl<'a> Function<'a> {
    /// `(declare-fun |proof#7| (|proof_s|) (_ BitVec 4)) ; \right_core.clearing`
    fn parse(line: &'a str) -> Option<Function<'a>> {
        let (symbol, rest) = line.strip_prefix("(declare-fun |")?.split_once("| (|proof_s|) ")?;
        let (sort, name) = rest.split_once(") ; ").or_else(|| Some((rest.strip_suffix(')')?, "")))?;
        // A signal with a mutant at its output has a name of several parts or no name, and belongs to no register.
        Some(Function { symbol, sort, name: name.strip_prefix('\\').unwrap_or_default() })
    }

    /// The register that it belongs to, of the core or of its mutant.
    fn register(&self, of: &str) -> Option<&'a str> {
        let name = self.name.strip_prefix(of)?;
        Some(name.split_once(" [").map_or(name, |(name, _)| name))
    }
}

const RIGHT: &str = "right_core.";
const MUTANT: &str = "mutant_core.";

impl<'a> Formula<'a> {
    pub(super) fn new(core: &'static CoreSpec, module: &'a str) -> Result<Formula<'a>, MutationError> {
        let formula =
            Formula { core, module, functions: module.lines().filter_map(Function::parse).collect() };
        for name in formula.registers() {
            if let Some(registers) = core.mutants.registers
                && registers.when(name).is_none()
            {
                return Err(MutationError::Register { core: core.name, register: name.to_owned() });
            }
        }
        Ok(formula)
    }

    /// The registers of the core.
    fn registers(&self) -> impl Iterator<Item = &'a str> {
        let named =
            self.module.lines().filter_map(|line| line.strip_prefix("; yosys-smt2-register right_core."));
        named.filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name)
    }

    /// The values that the countdown can have in this many successive clocks, in each of which a reset may come. For a core without a
    /// countdown there is one case without values.
    pub(super) fn cases(&self, states: usize) -> Vec<Vec<Option<u32>>> {
        let Some(Registers { countdown: (_, width), .. }) = self.core.mutants.registers else {
            return vec![vec![None; states]];
        };
        let most = (1 << width) - 1;
        let mut cases: Vec<Vec<u32>> = (0..=most).map(|first| vec![first]).collect();
        for _ in 1..states {
            let after = |case: Vec<u32>| {
                let last = case.last().copied().unwrap_or_default();
                [last.saturating_sub(1), most].map(|next| [&case[..], &[next]].concat())
            };
            cases = cases.into_iter().flat_map(after).collect();
        }
        cases.into_iter().map(|case| case.into_iter().map(Some).collect()).collect()
    }

    /// The formula of successive states. If a state's countdown is given, the registers that matter there are the same constants. In any
    /// case, `equal` of a state says whether all registers that matter there are equal.
    pub(super) fn text(&self, countdowns: &[Option<u32>]) -> String {
        let right: HashMap<&str, &str> = self
            .functions
            .iter()
            .filter_map(|function| Some((function.name.strip_prefix(RIGHT)?, function.symbol)))
            .collect();
        let constant = |function: &Function<'a>, at: usize| {
            let same = || {
                let matters = match self.core.mutants.registers?.when(function.register(MUTANT)?)? {
                    When::Always => countdowns[at].is_some(),
                    When::UpTo(most) => countdowns[at]? <= most,
                    When::Never | When::Bit(_) => false,
                };
                right.get(function.name.strip_prefix(MUTANT)?).copied().filter(|_| matters)
            };
            format!("|{}@{at}|", same().unwrap_or(function.symbol))
        };
        let states = countdowns.len();
        let mut text = String::from("(set-logic QF_BV)\n(define-sort |proof_s| () (_ BitVec 2))\n");
        for Function { symbol, sort, .. } in &self.functions {
            (0..states).for_each(|at| text += &format!("(declare-fun |{symbol}@{at}| () {sort})\n"));
        }
        for line in self.module.lines().filter(|line| !line.starts_with("(declare-sort |proof_s|")) {
            match Function::parse(line) {
                Some(function) => {
                    let value = (1..states).fold(constant(&function, 0), |value, at| {
                        format!("(ite (= state {}) {} {value})", state(at), constant(&function, at))
                    });
                    let Function { symbol, sort, .. } = function;
                    text += &format!("(define-fun |{symbol}| ((state |proof_s|)) {sort} {value})");
                }
                None => text += line,
            }
            text.push('\n');
        }
        let mut same = vec!["true".to_owned()];
        if let Some(registers) = self.core.mutants.registers {
            same.extend(self.registers().filter_map(|name| registers.equal(name)));
            let (name, width) = registers.countdown;
            for (at, countdown) in (0..).zip(countdowns) {
                if let Some(value) = countdown {
                    text += &format!(
                        "(assert (= (|proof_n {RIGHT}{name}| {}) (_ bv{value} {width})))\n",
                        state(at)
                    );
                }
            }
        }
        text += &format!("(define-fun equal ((s |proof_s|)) Bool (and {}))\n", same.join("\n  "));
        (0..states).for_each(|at| text += &format!("(assert (|proof_u| {}))\n", state(at)));
        (1..states).for_each(|at| text += &format!("(assert (|proof_t| {} {}))\n", state(at - 1), state(at)));
        text
    }
}

/// The name of a state.
pub(super) fn state(number: usize) -> String {
    format!("#b{number:02b}")
}

impl Registers {
    /// Asserts that a register is the same in a state `s` if it matters there. `None` if it never matters.
    fn equal(&self, name: &str) -> Option<String> {
        let same = format!("(= (|proof_n {RIGHT}{name}| s) (|proof_n {MUTANT}{name}| s))");
        let (countdown, width) = self.countdown;
        let if_it = match self.when(name)? {
            When::Never => return None,
            When::Always => return Some(same),
            When::UpTo(most) => format!("(bvule (|proof_n {RIGHT}{countdown}| s) (_ bv{most} {width}))"),
            When::Bit(output) => {
                let bit = name.strip_suffix(']')?.rsplit('[').next()?;
                format!("(= ((_ extract {bit} {bit}) (|proof_n {output}| s)) #b1)")
            }
        };
        Some(format!("(=> {if_it} {same})"))
    }
}
