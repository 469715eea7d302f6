//! Proves that a mutant is the same core: where both agree, and the registers hold what `formal/` proves of them, both
//! give the same and agree in the next clock; and they agree behind a reset.
//!
//! What a proof leans on are properties of the right core alone, so nothing is assumed of the mutant.

use std::path::Path;

use super::{MutationError, netlist::Mutated, netlist::SELECT, netlist::top};
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
const PATIENCE: usize = 60;

/// A proof for each of these mutants of a netlist, if there is one.
pub(super) fn prove(
    core: CoreKind,
    mutated: &Mutated,
    selects: &[u32],
    dir: &Path,
    yosys: &Yosys,
) -> Result<Vec<Option<Proof>>, MutationError> {
    let prepared = prepare(core, mutated, dir)?;
    let ask = |selects: &[u32], questions: &[&str]| ask(&prepared, selects, questions, dir, yosys);
    let step = "-set-at 1 agree 1 -set-at 1 legal 1 -prove kept 1";
    let mut proofs: Vec<Option<Proof>> = ask(selects, &["-set-at 1 rst 1 -prove agree 1", step])?
        .into_iter()
        .map(|equal| equal.then_some(Proof::Equal))
        .collect();
    let open = |(proof, &select): (&Option<Proof>, &u32)| proof.is_none().then_some(select);
    let open: Vec<u32> = proofs.iter().zip(selects).filter_map(open).collect();
    let short = format!("{step} -set-at 1 short 1");
    let answers = ask(&open, &["-set-at 1 rst 1 -prove agree 1", &short])?;
    for (proof, equal) in proofs.iter_mut().filter(|proof| proof.is_none()).zip(answers) {
        *proof = equal.then_some(Proof::EqualIfShort);
    }
    Ok(proofs)
}

/// Whether the answer is yes to all these questions, for each of these mutants.
fn ask(
    prepared: &str,
    selects: &[u32],
    questions: &[&str],
    dir: &Path,
    yosys: &Yosys,
) -> Result<Vec<bool>, MutationError> {
    let mut script = prepared.to_owned();
    for select in selects {
        for (number, question) in questions.iter().enumerate() {
            script += &format!(
                "tee -q -o answer-{select}-{number} sat -timeout {PATIENCE} -seq 2 -prove-skip 1 -set {SELECT} {select} \
                 {question} proof\n"
            );
        }
    }
    yosys.run(dir, &script)?;
    let is_yes = |select: &u32, number: usize| -> Result<bool, MutationError> {
        Ok(yosys::read(dir, &format!("answer-{select}-{number}"))?.contains("no model found: SUCCESS!"))
    };
    selects
        .iter()
        .map(|select| (0..questions.len()).try_fold(true, |all, number| Ok(all & is_yes(select, number)?)))
        .collect()
}

/// The right core and the mutants in one module, their context memories cut out.
fn prepare(core: CoreKind, mutated: &Mutated, dir: &Path) -> Result<String, MutationError> {
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
    Ok(format!(
        "read_rtlil mutated.il\nread_verilog cut.v\nchtype -set cut_read t:$memrd\nchtype -set cut_write t:$memwr_v2\n\
         select -module {top}\nrename -enumerate -pattern read_% t:cut_read\n\
         rename -enumerate -pattern write_% t:cut_write\nexpose {registers}\nselect -clear\n\
         expose -evert {top}/t:cut_*\nopt_clean\n\
         read_verilog -sv {package} proof.sv\nhierarchy -top proof\nproc\nflatten\nopt_clean\n"
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
