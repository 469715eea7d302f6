//! Solves a bench in a directory of its own: Yosys writes formulas of it there, and a solver answers them.

use std::{fmt::Write, path::Path, process::Command};

use super::{Bench, Property, ProveError, Sources, Tools};
use crate::cosim::rtl;
use crate::files;

/// The most clocks of an induction.
const STEP: usize = 4;
/// The clocks after a reset in which all properties are checked together: as many as an induction assumes them in.
const BASE: usize = STEP + 1;
/// The seconds that a solver may take for an answer.
const PATIENCE: usize = 120;

/// The solver's answer about a property.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Holds {
        depth: usize,
    },
    /// These assertions fail first in this clock, in this run as VCD.
    Fails {
        cells: Vec<String>,
        clocks: usize,
        trace: String,
    },
    Unknown(String),
}

pub(super) struct Workshop<'a> {
    pub(super) bench: &'static Bench,
    pub(super) tools: &'a Tools,
    dir: tempfile::TempDir,
}

impl<'a> Workshop<'a> {
    /// Prepares the proofs of a bench with these sources.
    pub(super) fn new(
        bench: &'static Bench,
        sources: &Sources,
        tools: &'a Tools,
    ) -> Result<Workshop<'a>, ProveError> {
        Workshop::elaborate(bench, sources, tools, "write_rtlil all.il\nwrite_smt2 -wires all.smt2\n")
    }

    /// Searches for a run from a reset in which one property of a bench with these sources fails, whatever becomes of the others.
    pub(super) fn refute_with(
        bench: &'static Bench,
        sources: &Sources,
        tools: &'a Tools,
        property: &Property,
    ) -> Result<Answer, ProveError> {
        Workshop::elaborate(bench, sources, tools, &alone(property))?.run()
    }

    fn elaborate(
        bench: &'static Bench,
        sources: &Sources,
        tools: &'a Tools,
        then: &str,
    ) -> Result<Workshop<'a>, ProveError> {
        let failed = |source| ProveError::Work { path: tempfile::env::temp_dir(), source };
        let workshop = Workshop { bench, tools, dir: tempfile::tempdir().map_err(failed)? };
        let mut script = String::new();
        let defines =
            bench.defines.iter().map(|(name, value)| format!(" -D{name}={value}")).collect::<String>();
        let checkers = bench.files.iter().map(|&(name, text)| (rtl::file_name(name), text));
        for (name, text) in sources.iter().map(|(name, text)| (&**name, &**text)).chain(checkers) {
            workshop.write(name, text)?;
            let _ = writeln!(script, "read_verilog -sv -formal{defines} {name}");
        }
        let cut = if bench.keeps_memory { "" } else { "cutpoint t:$memrd_v2\ndelete t:$memwr_v2\n" };
        // A case statement must not become a ROM, whose contents would be unknown in an induction.
        let _ = write!(
            script,
            "hierarchy -check -top {}\nproc -norom\nflatten\nopt_clean\n{cut}opt -noff -keepdc\nwreduce\n\
             memory_collect\nopt_clean\nasync2sync\ndffunmap\nchformal -lower\nchformal -early\nopt_clean\n{then}",
            bench.top
        );
        workshop.yosys(&script)?;
        Ok(workshop)
    }

    /// Checks all properties together after a reset, and that the assumptions of the contract can be met.
    pub(super) fn base(&self) -> Result<Answer, ProveError> {
        self.solve(&["--presat", "--keep-going", "-t", &BASE.to_string()], "all")
    }

    /// The number of situations that are reached from a reset, and the names of those that are not.
    pub(super) fn reach(&self) -> Result<(usize, Vec<String>), ProveError> {
        let said = self.smtbmc(&["-c", "--keep-going", "-t", &self.bench.clocks.to_string()], "all")?;
        let mut unreached = names(&said, "Unreached cover");
        let reached = said.matches("Reached cover").count();
        if unreached.is_empty() && !said.contains("Status: PASSED") {
            unreached.push(no_answer(&said));
        }
        Ok((reached, unreached))
    }

    /// Writes the formulas for [`Workshop::step`]: one property is asserted, all others are assumed up to the clock before.
    pub(super) fn prepare_steps(&self) -> Result<(), ProveError> {
        self.yosys(&self.bench.properties.iter().fold(String::new(), |mut script, Property { cell, .. }| {
            let _ = write!(
                script,
                "read_rtlil all.il\n{}chformal -delay 1 @others\n\
                 chformal -assert2assume @others\nopt_clean\nwrite_smt2 -wires {cell}.smt2\ndesign -reset\n",
                select_others(cell)
            );
            script
        }))
    }

    /// Whether a property follows from what held in the clocks before.
    pub(super) fn step(&self, property: &Property) -> Result<Answer, ProveError> {
        self.solve(&["-i", "-t", &STEP.to_string()], property.cell)
    }

    /// Searches for a run from a reset in which a property fails, whatever becomes of the others.
    pub(super) fn refute(&self, property: &Property) -> Result<Answer, ProveError> {
        self.yosys(&format!("read_rtlil all.il\n{}", alone(property)))?;
        self.run()
    }

    fn run(&self) -> Result<Answer, ProveError> {
        self.solve(&["-t", &self.bench.clocks.to_string()], "alone")
    }

    fn solve(&self, arguments: &[&str], formula: &str) -> Result<Answer, ProveError> {
        let trace = self.dir.path().join("trace.vcd");
        let said = self.smtbmc(&[arguments, &["--dump-vcd", "trace.vcd"]].concat(), formula)?;
        let steps = || said.lines().filter(|line| line.contains(" in step "));
        if said.contains("Status: PASSED") {
            return Ok(Answer::Holds { depth: steps().count().saturating_sub(1) });
        }
        let cells = names(&said, "Assert failed");
        if cells.is_empty() {
            return Ok(Answer::Unknown(no_answer(&said)));
        }
        let trace =
            files::read_to_string(&trace).map_err(|source| ProveError::Work { path: trace, source })?;
        Ok(Answer::Fails { cells, clocks: steps().count(), trace })
    }

    fn smtbmc(&self, arguments: &[&str], formula: &str) -> Result<String, ProveError> {
        let mut command = self.command(&self.tools.smtbmc);
        command.args(["--noprogress", "--timeout", &PATIENCE.to_string(), "-s", self.tools.solver_name()]);
        command.args(arguments).arg(format!("{formula}.smt2"));
        let output = command
            .output()
            .map_err(|source| ProveError::Work { path: self.tools.smtbmc.clone(), source })?;
        Ok([&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat())
    }

    fn yosys(&self, script: &str) -> Result<(), ProveError> {
        self.tools.yosys.run(self.dir.path(), script)?;
        Ok(())
    }

    /// A command for one of the tools, in this directory and with the solver on its PATH.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).env("PATH", self.tools.path());
        command
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ProveError> {
        let path = self.dir.path().join(name);
        files::write_scratch(&path, text).map_err(|source| ProveError::Work { path, source })
    }
}

/// The assertions or covers that such lines name: `Assert failed in formal_encoder: ports.byte_is_stable`.
fn names(said: &str, what: &str) -> Vec<String> {
    let lines = said.lines().filter(|line| line.contains(what));
    lines.filter_map(|line| line.rsplit(": ").next()).map(str::to_owned).collect()
}

/// Selects all assertions but one, which has to exist.
fn select_others(cell: &str) -> String {
    format!("select -assert-count 1 t:$assert c:{cell} %i\nselect -set others t:$assert c:{cell} %d\n")
}

/// Deletes all properties but one.
fn alone(property: &Property) -> String {
    select_others(property.cell) + "delete @others\nopt_clean\nwrite_smt2 -wires alone.smt2\n"
}

/// Why there is no answer: the last line that smtbmc printed, unless the solver ran out of time.
fn no_answer(said: &str) -> String {
    if said.contains("Unexpected response from solver") {
        return format!("the solver has no answer in {PATIENCE} s");
    }
    let line = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("smtbmc says nothing");
    line.trim_start_matches("##").trim().to_owned()
}
