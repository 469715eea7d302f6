//! Registers of a core that a proof of mutants does not see by the port `debug`, and when they matter.

use super::MutationError;
use crate::cores::CoreSpec;

/// When registers of a core and a mutant of it have to be the same, so that the two agree.
#[derive(Clone, Copy, Debug)]
pub struct Matters {
    /// Those whose names in the netlist begin so, where no longer beginning is named.
    pub registers: &'static [&'static str],
    /// When.
    pub when: When,
}

/// When a register matters.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// In each clock.
    Always,
    /// In none: another register says all that matters of it.
    Never,
    /// Where this bit of this output of `proof` is 1.
    Bit(&'static str, u32),
    /// Where a bit of this output is 1: the one with the number in brackets at the end of the register's name.
    Indexed(&'static str),
}

impl When {
    /// As a formula of the state `s`, of register `name`; nothing if it has no number where it has to have one.
    fn formula(self, name: &str) -> Option<String> {
        let bit = |output, bit| format!("(= ((_ extract {bit} {bit}) (|proof_n {output}| s)) #b1)");
        match self {
            When::Always => Some("true".into()),
            When::Never => Some("false".into()),
            When::Bit(output, number) => Some(bit(output, number)),
            When::Indexed(output) => {
                let number = name.strip_suffix(']')?.rsplit('[').next()?.parse().ok()?;
                Some(bit(output, number))
            }
        }
    }
}

/// Defines the function `equal` of a state of `module`, the formula of `proof`: whether all registers are the same that matter.
pub(super) fn equal_registers(core: &CoreSpec, module: &str) -> Result<String, MutationError> {
    let matters = core.mutants.matters;
    let mut all = vec!["true".to_owned()];
    for name in registers(module).filter(|_| !matters.is_empty()) {
        let begins = |matters: &Matters| {
            matters.registers.iter().filter(|start| name.starts_with(**start)).map(|start| start.len()).max()
        };
        let nearest = matters
            .iter()
            .filter_map(|matters| Some((begins(matters)?, matters.when)))
            .max_by_key(|&(length, _)| length);
        let when = nearest.and_then(|(_, when)| when.formula(name));
        let when =
            when.ok_or_else(|| MutationError::Register { core: core.name, register: name.to_owned() })?;
        all.push(format!("(=> {when} (= (|proof_n right_core.{name}| s) (|proof_n mutant_core.{name}| s)))"));
    }
    Ok(format!("(define-fun equal ((s |proof_s|)) Bool (and {}))\n", all.join("\n  ")))
}

/// The registers of the core that stands in the module `proof` as `right_core`.
fn registers(module: &str) -> impl Iterator<Item = &str> {
    let named = module.lines().filter_map(|line| line.strip_prefix("; yosys-smt2-register right_core."));
    named.filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name)
}
