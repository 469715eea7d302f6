//! Proves that a mutant is the same core: where both agree, and the registers hold what `formal/` proves of them, both
//! give the same and agree in the next clock; and they agree behind a reset.
//!
//! What a proof leans on are properties of the right core alone, so nothing is assumed of the mutant.

use std::path::Path;

use super::{
    Machine, MutationError,
    netlist::{Mutated, SELECT, SELECT_WIDTH, top},
};
use crate::cosim::{CoreKind, rtl};
use crate::yosys::{self, Yosys};

/// How far a mutant is the same as the right core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// In all that the contract of the core allows.
    Equal,
    /// Unless a run of outstanding bits, or a slice, has 2^18 bits, as the longest vectors have.
    EqualIfShort,
}

/// Seconds that an answer may take; what takes longer is not proved.
const PATIENCE: u32 = 300;

/// From wherever the registers are, one clock: the registers of the right core and of the mutant behind a reset, or
/// behind any clock in which they agreed, legally and, if that is asked for, before anything was long.
const RESET: &str = "(assert (|proof_n rst| s0))\n(assert (not (|proof_n agree| s1)))\n";
const STEP: &str = "(assert (|proof_n agree| s0))\n(assert (|proof_n legal| s0))\n\
                    (assert (not (|proof_n kept| s1)))\n";
const SHORT: &str = "(assert (|proof_n short| s0))\n";

/// A proof for each of these mutants of a netlist, if there is one.
pub(super) fn prove(
    core: CoreKind,
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
        return Err(MutationError::NotItself { core: core.name() });
    }
    selects.iter().map(prove).collect()
}

/// The right core and the mutants in one module, their context memories cut out: its states `s0` and `s1` are a clock
/// apart.
fn formula(core: CoreKind, mutated: &Mutated, dir: &Path, yosys: &Yosys) -> Result<String, MutationError> {
    let (package, package_text) = rtl::SOURCES[0];
    let (proof, registers) = match core {
        CoreKind::Encoder => (include_str!("proof_encoder.sv"), "w:debug"),
        CoreKind::Decoder => (include_str!("proof_decoder.sv"), "w:debug w:asked"),
    };
    for (name, text) in [
        ("mutated.il", &*mutated.rtlil),
        ("cut.v", include_str!("cut.v")),
        ("proof.sv", proof),
        (package, package_text),
    ] {
        yosys::write(dir, name, text)?;
    }
    let top = top(core);
    let script = format!(
        "read_rtlil mutated.il\nread_verilog cut.v\nchtype -set cut_read t:$memrd\nchtype -set cut_write t:$memwr_v2\n\
         select -module {top}\nrename -enumerate -pattern read_% t:cut_read\n\
         rename -enumerate -pattern write_% t:cut_write\nexpose {registers}\nselect -clear\n\
         expose -evert {top}/t:cut_*\nopt_clean\n\
         read_verilog -sv {package} proof.sv\nhierarchy -top proof\nproc\nflatten\nopt_clean\n\
         async2sync\ndffunmap\nopt_clean\nwrite_smt2 -stbv proof.smt2\n"
    );
    yosys.run(dir, &script)?;
    let module = yosys::read(dir, "proof.smt2")?;
    Ok(format!(
        "(set-logic QF_BV)\n{module}(declare-const s0 |proof_s|)\n(declare-const s1 |proof_s|)\n\
         (assert (|proof_t| s0 s1))\n(assert (|proof_u| s0))\n(assert (|proof_u| s1))\n"
    ))
}

#[cfg(test)]
mod tests {
    use crate::prove::{BENCHES, Property};

    #[test]
    fn what_a_proof_leans_on_is_proved() {
        let proved: Vec<&str> =
            BENCHES.iter().flat_map(|bench| bench.properties).map(Property::name).collect();
        for text in [include_str!("proof_encoder.sv"), include_str!("proof_decoder.sv")] {
            // A comment with an underscore in each word is a list of properties.
            let lists = text.lines().filter_map(|line| line.trim().strip_prefix("// "));
            let lists = lists.filter(|line| line.split(", ").all(|word| word.contains('_')));
            let words = lists.flat_map(|line| line.split([',', ' ']));
            let named: Vec<&str> = words.filter(|word| word.contains('_')).collect();
            assert!(named.len() >= 6, "{named:?}");
            named.iter().for_each(|name| assert!(proved.contains(name), "{name} is not proved"));
        }
    }
}
