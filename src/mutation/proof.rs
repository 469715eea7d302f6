//! Proves that a mutant is the same core. The proof is an induction: if core and mutant agree, and the registers have the properties that
//! `formal/` proves, both give the same and agree in the next clock; and they agree after a reset.
//!
//! A proof depends only on properties of the core without a mutant, so nothing is assumed of the mutant.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    MutationError, Toolchain,
    netlist::{Mutated, SELECT, SELECT_WIDTH},
    registers::{Formula, state},
};
use crate::cores::CoreSpec;
use crate::cosim::rtl;
use crate::solver::Solver;
use crate::yosys::{self, Yosys};

/// In which sense a mutant is the same as the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// In everything that the contract of the core allows.
    Equal,
    /// Unless a run of outstanding bits has 2^19 bits, or a slice 2^21. The suite `limits` has longer ones; if a vector notices the mutant
    /// with one of these, it is not counted as proved.
    EqualIfShort,
}

/// The limit for an answer, in seconds of the processor; what takes longer is not proved.
const PATIENCE: u32 = 300;

/// The number of preceding clocks in which a proof assumes agreement. If one is not enough, two may be: what two registers hold together
/// can depend on the clock before.
const DEPTHS: [usize; 2] = [1, 2];

/// The proof, if there is one, for each of the `count` mutants of a netlist.
pub(super) fn prove(
    core: &'static CoreSpec,
    mutated: &Mutated,
    count: usize,
    dir: &Path,
    toolchain: &Toolchain,
) -> Result<Vec<Option<Proof>>, MutationError> {
    let module = module(core, mutated, dir, &toolchain.yosys)?;
    let prover = Prover { formula: Formula::new(core, &module)?, dir, solver: &toolchain.solver };
    // Otherwise the proofs would lack an assumption, or one of their assumptions would be wrong.
    if prover.prove(0)? != Some(Proof::Equal) {
        return Err(MutationError::NotItself { core: core.name });
    }
    (1..=count).map(|select| prover.prove(select)).collect()
}

/// Asks the solver about a netlist with mutants.
struct Prover<'a> {
    formula: Formula<'a>,
    dir: &'a Path,
    solver: &'a Solver,
}

impl Prover<'_> {
    fn prove(&self, select: usize) -> Result<Option<Proof>, MutationError> {
        for depth in DEPTHS {
            if !self.agree_after_a_reset(select, depth)? {
                return Ok(None);
            }
            for (proof, assumed) in [(Proof::Equal, None), (Proof::EqualIfShort, Some("short"))] {
                if self.go_on_to_agree(select, depth, assumed)? {
                    return Ok(Some(proof));
                }
            }
        }
        Ok(None)
    }

    /// Whether core and mutant agree this many clocks after a reset, whatever their registers held before.
    fn agree_after_a_reset(&self, select: usize, clocks: usize) -> Result<bool, MutationError> {
        let mut question = assert("rst", 0);
        (1..clocks).for_each(|at| question += &assert("legal", at));
        // In the clock of the reset their outputs may differ.
        let agree = if clocks == 1 { "agree" } else { "kept" };
        question += &differ(agree, clocks);
        self.never(select, &vec![None; clocks + 1], &question)
    }

    /// Whether they agree after this many legal clocks in which they agreed.
    fn go_on_to_agree(
        &self,
        select: usize,
        clocks: usize,
        assumed: Option<&str>,
    ) -> Result<bool, MutationError> {
        let mut question = String::new();
        for at in 0..clocks {
            question += &assert("agree", at);
            question += &format!("(assert (equal {}))\n", state(at));
            question += &assert("legal", at);
            question += &assumed.map(|assumed| assert(assumed, at)).unwrap_or_default();
        }
        question += &differ("kept", clocks);
        for mut countdowns in self.formula.cases(clocks) {
            // The state at the end is what is asked about.
            countdowns.push(None);
            if !self.never(select, &countdowns, &question)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn never(
        &self,
        select: usize,
        countdowns: &[Option<u32>],
        question: &str,
    ) -> Result<bool, MutationError> {
        let mut asked = self.formula.text(countdowns);
        for at in 0..countdowns.len() {
            asked +=
                &format!("(assert (= (|proof_n {SELECT}| {}) (_ bv{select} {SELECT_WIDTH})))\n", state(at));
        }
        asked += question;
        asked += "(check-sat)\n";
        Ok(self.solver.is_unsatisfiable(self.dir, &asked, PATIENCE)?)
    }
}

/// Asserts that an output of `proof` is 1.
fn assert(output: &str, at: usize) -> String {
    format!("(assert (|proof_n {output}| {}))\n", state(at))
}

/// Asserts that they do not agree.
fn differ(agree: &str, at: usize) -> String {
    let at = state(at);
    format!("(assert (not (and (|proof_n {agree}| {at}) (equal {at}))))\n")
}

/// The formula, as Yosys writes it, of the core and its mutants in one module with the context memories cut out.
fn module(core: &CoreSpec, mutated: &Mutated, dir: &Path, yosys: &Yosys) -> Result<String, MutationError> {
    let packages = core.sources.iter().filter(|(name, _)| name.ends_with("_pkg.sv"));
    let packages: Vec<_> = packages.map(|(name, text)| (rtl::file_name(name), *text)).collect();
    let own =
        [("mutated.il", &*mutated.rtlil), ("cut.v", include_str!("cut.v")), ("proof.sv", core.mutants.proof)];
    for (name, text) in own.into_iter().chain(packages.iter().copied()) {
        yosys::write(dir, name, text)?;
    }
    let top = core.top;
    let defines =
        core.mutants.defines.iter().map(|(name, value)| format!("-D{name}={value} ")).collect::<String>();
    let packages = packages.iter().map(|(name, _)| format!("{name} ")).collect::<String>();
    let script = format!(
        "read_rtlil mutated.il\nread_verilog cut.v\nchtype -set cut_read t:$memrd\nchtype -set cut_write t:$memwr_v2\n\
         select -module {top}\nrename -enumerate -pattern read_% t:cut_read\n\
         rename -enumerate -pattern write_% t:cut_write\nselect -clear\n\
         expose -evert {top}/t:cut_*\nsetundef -undriven -zero {top}\nopt_clean\n\
         read_verilog -sv {defines}{packages}proof.sv\nhierarchy -top proof\nproc\nflatten\nopt_clean\n\
         async2sync\ndffunmap\nopt_clean\nwrite_smt2 proof.smt2\n"
    );
    yosys.run(dir, &script)?;
    Ok(yosys::read(dir, "proof.smt2")?)
}
