//! Proves that a mutant is the same core: where both agree, and the registers hold what `formal/` proves of them, both
//! give the same and agree in the next clock; and they agree behind a reset.
//!
//! What a proof leans on are properties of the right core alone, so nothing is assumed of the mutant.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Machine, MutationError,
    matters::equal_registers,
    netlist::{Mutated, SELECT, SELECT_WIDTH},
};
use crate::cores::CoreSpec;
use crate::cosim::rtl;
use crate::yosys::{self, Yosys};

/// How far a mutant is the same as the right core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// In all that the contract of the core allows.
    Equal,
    /// Unless a run of outstanding bits has 2^19 bits, or a slice 2^21. The suite `limits` has longer ones, so what a shorter one can
    /// show is not taken for proved where a vector shows it.
    EqualIfShort,
}

/// Seconds of the processor that an answer may take; what takes longer is not proved.
const PATIENCE: u32 = 300;

/// From wherever the registers are, one clock: the registers of the right core and of the mutant behind a reset, or
/// behind any clock in which they agreed, legally and, if that is asked for, before anything was long.
const RESET: &str = "(assert (|proof_n rst| s0))\n(assert (not (and (|proof_n agree| s1) (equal s1))))\n";
const STEP: &str = "(assert (and (|proof_n agree| s0) (equal s0)))\n(assert (|proof_n legal| s0))\n\
                    (assert (not (and (|proof_n kept| s1) (equal s1))))\n";
const SHORT: &str = "(assert (|proof_n short| s0))\n";

/// A proof for each of these mutants of a netlist, if there is one.
pub(super) fn prove(
    core: &CoreSpec,
    mutated: &Mutated,
    selects: &[u32],
    dir: &Path,
    machine: &Machine,
) -> Result<Vec<Option<Proof>>, MutationError> {
    let formula = formula(core, mutated, dir, &machine.yosys)?;
    let never = |select: u32, question: &str| {
        let selected = [0, 1]
            .map(|at| format!("(assert (= (|proof_n {SELECT}| s{at}) (_ bv{select} {SELECT_WIDTH})))\n"));
        let asked = format!("{formula}{}{question}(check-sat)\n", selected.concat());
        machine.solver.is_unsatisfiable(dir, &asked, PATIENCE)
    };
    let prove = |&select: &u32| {
        Ok(if !never(select, RESET)? {
            None
        } else if never(select, STEP)? {
            Some(Proof::Equal)
        } else if never(select, &format!("{SHORT}{STEP}"))? {
            Some(Proof::EqualIfShort)
        } else {
            None
        })
    };
    // Were it not so, the proofs would lack something, or what they lean on be wrong.
    if prove(&0)? != Some(Proof::Equal) {
        return Err(MutationError::NotItself { core: core.name });
    }
    selects.iter().map(prove).collect()
}

/// The right core and the mutants in one module, their context memories cut out: its states `s0` and `s1` are a clock
/// apart.
fn formula(core: &CoreSpec, mutated: &Mutated, dir: &Path, yosys: &Yosys) -> Result<String, MutationError> {
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
         async2sync\ndffunmap\nopt_clean\nwrite_smt2 -stbv proof.smt2\n"
    );
    yosys.run(dir, &script)?;
    let module = yosys::read(dir, "proof.smt2")?;
    let equal = equal_registers(core, &module)?;
    Ok(format!(
        "(set-logic QF_BV)\n{module}{equal}(declare-const s0 |proof_s|)\n(declare-const s1 |proof_s|)\n\
         (assert (|proof_t| s0 s1))\n(assert (|proof_u| s0))\n(assert (|proof_u| s1))\n"
    ))
}
