//! The verdicts of an earlier run that are still valid. Each depends on the netlist; besides, a kill depends on the vector that killed, a
//! proof on what it is proved by, and a survival on all vectors.

use std::collections::HashMap;

use super::{
    CoreReport, Digests, Fate, Mutant,
    digest::{code, digest},
    netlist::Netlist,
    proofs_follow,
    trial::Trial,
};

/// The digests of what the verdicts of a run depend on.
pub(super) fn digests(netlist: &Netlist, trials: &[Trial<'_>], seed: u32) -> Digests {
    let core = netlist.core();
    let properties = code(core.mutants.proof);
    let defines = core.mutants.defines.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let registers = core.mutants.registers.map(|registers| format!("{registers:?}"));
    let proof = [properties.as_bytes(), include_bytes!("cut.v")].into_iter().chain(defines);
    let proof = proof.chain(registers.iter().map(String::as_bytes));
    let seed = seed.to_le_bytes();
    let how = [include_str!("../cosim/ways.rs"), include_str!("../cosim/stalls.rs")].map(code);
    let can = format!("{:?}", core.can);
    let vectors = trials.iter().flat_map(Trial::all_digests).map(str::as_bytes);
    Digests {
        netlist: digest([netlist.without_places().as_bytes(), include_bytes!("first.v")]),
        proof: digest(proof),
        played: digest(
            [&seed[..], can.as_bytes()].into_iter().chain(how.iter().map(String::as_bytes)).chain(vectors),
        ),
    }
}

/// The verdicts of an earlier report, by the mutant's name without its place in the sources.
pub(super) struct Memory<'a> {
    fates: HashMap<&'a str, &'a Fate>,
    is_proof: bool,
    is_played: bool,
}

impl<'a> Memory<'a> {
    /// The verdicts of a core's report that may still be valid.
    pub(super) fn new(report: Option<&'a CoreReport>, now: &Digests) -> Memory<'a> {
        let report = report.filter(|report| report.digests.netlist == now.netlist);
        let outcomes = report.iter().flat_map(|report| &report.outcomes);
        Memory {
            fates: outcomes.map(|outcome| (short(&outcome.mutant), &outcome.fate)).collect(),
            is_proof: report.is_some_and(|report| report.digests.proof == now.proof),
            is_played: report.is_some_and(|report| report.digests.played == now.played),
        }
    }

    /// The fate of a mutant, if it would be the same again.
    pub(super) fn fate(&self, mutant: &Mutant, trials: &[Trial<'_>]) -> Option<Fate> {
        let fate = *self.fates.get(short(&mutant.to_string()))?;
        let is_true = match fate {
            Fate::Killed(kill) => trials
                .iter()
                .any(|trial| trial.suite == kill.suite && trial.digest(&kill.vector) == Some(&kill.played)),
            Fate::Proved { .. } => self.is_proof,
            Fate::Paced(_) | Fate::Explained { .. } | Fate::Survived => self.is_proof && self.is_played,
        };
        is_true.then(|| fate.clone())
    }

    /// Whether it was tried in vain to prove that the mutant is the same core: whatever was found out after the proofs was found out of a
    /// mutant without one.
    pub(super) fn has_no_proof(&self, mutant: &Mutant, trials: &[Trial<'_>]) -> bool {
        let mut after = trials.iter().skip(proofs_follow(trials) + 1);
        self.is_proof
            && match self.fates.get(short(&mutant.to_string())) {
                Some(Fate::Killed(kill)) => after.any(|trial| trial.suite == kill.suite),
                Some(Fate::Paced(_) | Fate::Explained { .. } | Fate::Survived) => true,
                Some(Fate::Proved { .. }) | None => false,
            }
    }
}

/// A mutant's name without the lines of Verilog at its end, which change whenever a comment does.
pub(super) fn short(mutant: &str) -> &str {
    mutant.split_once("; ").map_or(mutant, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores::encoder;
    use crate::mutation::{Kill, Of, Outcome, Proof, TableBit};
    use crate::suites::Suite;

    #[test]
    fn what_came_after_the_proofs_of_the_same_netlist_has_no_proof() {
        let suites = ["smoke", "invalid", "real"].map(|name| Suite::built_in(name, 1).unwrap());
        let trials = suites.each_ref().map(|suite| Trial::new(&encoder::SPEC, suite, 1));
        let killed = |suite: &str| {
            let [stalls, vector, played] = [(); 3].map(|()| String::new());
            Fate::Killed(Kill { suite: suite.to_owned(), stalls, vector, played })
        };
        let fates = [
            (killed("smoke"), false),
            (killed("invalid"), false),
            (killed("real"), true),
            (Fate::Proved { proof: Proof::Equal }, false),
            (Fate::Survived, true),
        ];
        for (fate, has_no_proof) in fates {
            let mutant = Mutant::Table(TableBit::all()[0]);
            let outcomes = vec![Outcome { mutant: mutant.to_string(), of: Of::Tables, fate }];
            let now = Digests::default();
            let report = CoreReport { core: "encoder".to_owned(), digests: now.clone(), outcomes };
            assert_eq!(Memory::new(Some(&report), &now).has_no_proof(&mutant, &trials), has_no_proof);
            let other = Digests { proof: "of other properties".to_owned(), ..Digests::default() };
            assert!(!Memory::new(Some(&report), &other).has_no_proof(&mutant, &trials));
        }
    }
}
