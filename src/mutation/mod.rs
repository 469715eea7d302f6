//! The judge of the vectors. It changes a core in one place, plays all published vectors to it, and asks whether any of them notices the
//! change (`docs/mutation.md`).
//!
//! A [`Mutant`] is a changed bit of a cell of the netlist, as Yosys changes it, or a flipped bit of a table. Each mutant is killed by a
//! vector, proved to be the same core, right but slower or faster, or explained by hand; otherwise the vectors miss something. One Verilated
//! build contains many mutants, and an input selects one. Only transactions are compared, as for a core of a user: registers are not looked
//! at.

mod design_report;
mod designs;
mod digest;
mod explained;
mod memory;
mod mutant;
mod netlist;
mod proof;
mod registers;
mod report;
mod tables;
mod trial;

use std::{
    io,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde::{Deserialize, Serialize};
use silicabac_sim::{Cache, SimError, Tools};

use crate::cores::{CoreSpec, Sources as Files};
use crate::cosim::{Model, Source};
use crate::files;
use crate::prove::Sources;
use crate::shard::Shard;
use crate::solver::Solver;
use crate::suites::Suite;
use crate::yosys::{Yosys, YosysError};
pub use design_report::{DesignReport, DesignRow};
pub use designs::{Conviction, Design, DesignError, DesignFate, DesignJudge, Designs};
pub use explained::Explanation;
use memory::Memory;
pub use mutant::{Cell, Mutant, Table, TableBit};
use netlist::Netlist;
pub use proof::Proof;
pub use registers::{Registers, When};
pub use report::{CoreReport, Digests, MergeError, Report, Tally};
pub use tables::TableText;
use trial::{Clocks, Trial};
pub use trial::{Kill, Pace};

/// Why mutants cannot be tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutationError {
    /// Yosys is missing or fails.
    #[error("{0}")]
    Yosys(#[from] YosysError),
    /// Verilator, the compiler or the cache fails.
    #[error("{0}")]
    Sim(#[from] SimError),
    /// The core fails without a mutant, so that failures say nothing about mutants.
    #[error("the {core} without a mutant fails in suite {suite}, way: {stalls}, vector {vector}: {what}")]
    NotClean {
        /// The core.
        core: &'static str,
        /// The suite.
        suite: String,
        /// The kind of stalls, or the other way in which it was played.
        stalls: &'static str,
        /// The vector.
        vector: String,
        /// What is wrong.
        what: String,
    },
    /// The proof fails for the core without a mutant, and so would fail for every mutant.
    #[error(
        "the {core} cannot be proved equal to itself: src/cores/{core}/mutants.sv, or the one it shares, has to follow its registers"
    )]
    NotItself {
        /// The core.
        core: &'static str,
    },
    /// The form of Yosys' list of mutants is not understood.
    #[error("Yosys lists a mutant as {0:?}, which is not understood")]
    List(String),
    /// A table does not have the expected text where its bits are to be flipped.
    #[error("{from:?} is {count} times in {file}, not {times} times: the tables of its spec have to follow")]
    Edit {
        /// The file.
        file: String,
        /// The text that was searched for.
        from: String,
        /// How often it occurs.
        count: usize,
        /// How often it should occur.
        times: usize,
    },
    /// The top module does not have the expected text where it gets the port that selects a bit of a table.
    #[error(
        "no source has a line {begin:?}: the top module has to begin so, since the mutants of its tables get a port on the next line"
    )]
    Top {
        /// The line.
        begin: String,
    },
    /// A core's `CoreSpec` does not say whether a register matters when a mutant is compared with the core.
    #[error("{core}: its spec does not say when the register {register} matters")]
    Register {
        /// The core.
        core: &'static str,
        /// The register.
        register: String,
    },
    /// A directory for temporary files cannot be made.
    #[error("cannot use {}: {source}", .path.display())]
    Work {
        /// The directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl MutationError {
    fn dir(source: io::Error) -> MutationError {
        MutationError::Work { path: tempfile::env::temp_dir(), source }
    }
}

/// What is needed to make the mutants of a core and to tell them from it.
#[derive(Clone, Copy, Debug)]
pub struct Mutable {
    /// A module `proof` with the core and a mutant of it side by side. Its question: if both agree in a clock, do they give the same, and
    /// do they agree in the next clock?
    pub proof: &'static str,
    /// Macros that it is read with: they say which core it is, if several share it.
    pub defines: Files,
    /// Registers that `proof` does not see, if there are any.
    pub registers: Option<&'static Registers>,
    /// The tables of which each bit is flipped.
    pub tables: &'static [TableText],
    /// The mutants that were explained by hand.
    pub explained: &'static [Explanation],
}

/// Which mutants are made, and what is played to them.
#[derive(Clone, Copy, Debug)]
pub struct MutationRun<'a> {
    /// The core.
    pub core: &'static CoreSpec,
    /// Its Verilog.
    pub sources: &'a Sources,
    /// The number of mutants of its netlist, in addition to every bit of its tables.
    pub count: usize,
    /// The seed by which mutants and stalls are picked.
    pub seed: u32,
    /// Only this many of each of the two kinds, at equal distances.
    pub sample: Option<usize>,
    /// The suites, which are played in turn. Before the last one, which should be the longest, the solver tries to prove the survivors
    /// equal; if there is only one, after it.
    pub suites: &'a [Suite],
    /// The number of builds that are made and played in parallel. Nothing else depends on it.
    pub threads: usize,
    /// Which of the mutants are played; those of the netlist come before those of the tables.
    pub shard: Shard,
}

impl MutationRun<'_> {
    /// The number of mutants in the run.
    pub fn mutants(&self) -> usize {
        let most = self.sample.unwrap_or(usize::MAX);
        let all = self.count.min(most) + TableBit::all().len().min(most);
        self.shard.of(all).count()
    }
}

/// The programs that are needed, and where builds are cached.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Makes the mutants, and formulas of them.
    pub yosys: Yosys,
    /// Solves the formulas.
    pub solver: Solver,
    /// The tools for simulation.
    pub tools: Tools,
    /// The cache for what is built.
    pub cache: Cache,
}

impl Toolchain {
    /// The versions that the programs print.
    pub fn versions(&self) -> String {
        format!("{}, {}, {}", self.yosys.version(), self.solver.name(), self.tools.versions())
    }
}

/// The fate of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// A vector notices it.
    Killed(Kill),
    /// It is proved to be the same core.
    Proved {
        /// In which sense.
        proof: Proof,
    },
    /// All answers are right, but one of the suites takes another number of clocks.
    Paced(Pace),
    /// No vector notices it, and its [`Explanation`] says why none can.
    Explained {
        /// The reason.
        reason: String,
    },
    /// No vector notices it, and the reason is unknown.
    Survived,
}

/// What a mutant changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// The netlist of the core.
    Netlist,
    /// Its tables.
    Tables,
}

impl Of {
    /// Both.
    pub const ALL: [Of; 2] = [Of::Netlist, Of::Tables];

    /// `netlist` or `tables`.
    pub fn name(self) -> &'static str {
        match self {
            Of::Netlist => "netlist",
            Of::Tables => "tables",
        }
    }
}

/// A mutant and its fate.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The mutant as it is displayed.
    pub mutant: String,
    /// What it changes.
    pub of: Of,
    /// Its fate.
    pub fate: Fate,
}

/// The most mutants of the netlist in one build: with more, compiling takes longer than is saved.
const PER_BUILD: usize = 250;
/// The number of bits of tables that one thread plays in a row. They share a build.
const PER_TURN: usize = 600;

/// The progress of a run.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// This many more mutants are done.
    Done(usize),
    /// All results so far, in any order. It comes after each build, so that results can be saved.
    Known(&'a CoreReport),
}

/// The digests of what the verdicts of a run depend on, without playing anything. A report with other digests is about another core or
/// other vectors.
///
/// # Errors
/// [`MutationError`].
pub fn digests(mutation_run: &MutationRun<'_>, toolchain: &Toolchain) -> Result<Digests, MutationError> {
    let MutationRun { core, sources, count, seed, suites, .. } = *mutation_run;
    let (netlist, _) = Netlist::new(core, sources, count, seed, &toolchain.yosys)?;
    let trials: Vec<Trial<'_>> = suites.iter().map(|suite| Trial::new(core, suite, seed.into())).collect();
    Ok(memory::digests(&netlist, &trials, seed))
}

/// Tries the mutants of the run, except for those whose fate an earlier report of the core already has.
///
/// # Errors
/// [`MutationError`].
pub fn run(
    mutation_run: &MutationRun<'_>,
    toolchain: &Toolchain,
    earlier: Option<&CoreReport>,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<CoreReport, MutationError> {
    let MutationRun { core, sources, count, seed, .. } = *mutation_run;
    let (netlist, cells) = Netlist::new(core, sources, count, seed, &toolchain.yosys)?;
    let trials: Vec<Trial<'_>> =
        mutation_run.suites.iter().map(|suite| Trial::new(core, suite, seed.into())).collect();
    let digests = memory::digests(&netlist, &trials, seed);
    let memory = Memory::new(earlier, &digests);

    let cells = evenly(cells, mutation_run.sample).into_iter().map(Mutant::Cell);
    let bits = evenly(TableBit::all(), mutation_run.sample).into_iter().map(Mutant::Table);
    let here = cells.chain(bits).enumerate().filter(|(place, _)| mutation_run.shard.has(*place));
    let mut mutants: Vec<Tried> = here.map(|(_, mutant)| Tried::new(mutant, core)).collect();
    for tried in &mut mutants {
        tried.fate = memory.fate(&tried.mutant, &trials);
        tried.has_no_proof = memory.has_no_proof(&tried.mutant, &trials);
    }
    let (known, unknown): (Vec<_>, Vec<_>) = mutants.into_iter().partition(|tried| tried.fate.is_some());
    progress(Progress::Done(known.len()));
    let jobs = jobs(unknown);
    let bench = Bench { sources, netlist: &netlist, trials: &trials, toolchain };

    let report = |done: &[Tried]| {
        let mut outcomes: Vec<Outcome> = done.iter().map(Tried::outcome).collect();
        report::in_order(&mut outcomes);
        CoreReport { core: core.name.to_owned(), digests: digests.clone(), outcomes }
    };
    let (done, next) = (Mutex::new(known), AtomicUsize::new(0));
    let worker = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let played = bench.run(job, &|more| progress(Progress::Done(more))).inspect_err(|_| {
                // No other job is begun.
                next.store(jobs.len(), Ordering::Relaxed);
            })?;
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.extend(played);
            progress(Progress::Known(&report(&done)));
        }
        Ok::<(), MutationError>(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..mutation_run.threads.max(1)).map(|_| scope.spawn(worker)).collect();
        let mut joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.try_for_each(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok(report(&done.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// The mutants as jobs of one thread: a number of mutants of the netlist share a build, and so do all bits of tables.
fn jobs(mutants: Vec<Tried>) -> Vec<Vec<Tried>> {
    let is_cell = |tried: &Tried| matches!(tried.mutant, Mutant::Cell(_));
    let (cells, bits): (Vec<_>, Vec<_>) = mutants.into_iter().partition(is_cell);
    [cells.chunks(PER_BUILD), bits.chunks(PER_TURN)].into_iter().flatten().map(<[Tried]>::to_vec).collect()
}

/// The place of the suite after which proofs are tried. A proof takes longer than any suite but `limits`, which comes last, and one that
/// does not exist longest of all.
fn proofs_follow(trials: &[Trial<'_>]) -> usize {
    trials.len().saturating_sub(2)
}

/// This many items, beginning with the first, at equal distances; all if no number is given.
fn evenly<T>(items: Vec<T>, count: Option<usize>) -> Vec<T> {
    let (len, count) = (items.len(), count.unwrap_or(items.len()).min(items.len()));
    let is_picked = |i: usize| (i * count).div_ceil(len.max(1)) < ((i + 1) * count).div_ceil(len.max(1));
    items.into_iter().enumerate().filter(|&(i, _)| is_picked(i)).map(|(_, item)| item).collect()
}

/// What all jobs of a run share.
struct Bench<'a> {
    sources: &'a Sources,
    netlist: &'a Netlist,
    trials: &'a [Trial<'a>],
    toolchain: &'a Toolchain,
}

/// A mutant that is being tried.
#[derive(Clone)]
struct Tried {
    mutant: Mutant,
    /// Its explanation, if there is one.
    explained: Option<&'static str>,
    /// The value of the select input of its build.
    select: u32,
    /// Whether it is known that there is no proof of it.
    has_no_proof: bool,
    fate: Option<Fate>,
    pace: Option<Pace>,
}

impl Bench<'_> {
    /// The fates of mutants that are either all of the netlist or all of the tables.
    fn run(&self, job: &[Tried], progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Tried>, MutationError> {
        let dir = tempfile::tempdir().map_err(MutationError::dir)?;
        let mut mutants = job.to_vec();
        let cells: Vec<&Cell> = job.iter().filter_map(|tried| tried.mutant.cell()).collect();
        let model = if cells.is_empty() {
            self.build_table(dir.path())?
        } else {
            self.build(vec![self.netlist.mutate(&cells, dir.path(), &self.toolchain.yosys)?.verilog])?
        };
        for (number, tried) in (1..).zip(&mut mutants) {
            tried.select = match tried.mutant {
                Mutant::Cell(_) => number,
                Mutant::Table(bit) => tables::select(bit),
            };
        }
        for (number, trial) in self.trials.iter().enumerate() {
            if mutants.iter().all(|tried| tried.fate.is_some()) {
                break;
            }
            let right = self.play_clean(trial, &model)?;
            for tried in mutants.iter_mut().filter(|tried| tried.fate.is_none()) {
                match trial.play(&model.with_constants(&[tried.select])) {
                    Ok(clocks) => tried.pace = tried.pace.take().or_else(|| trial.pace(clocks, right)),
                    Err(fault) => tried.fate = Some(Fate::Killed(trial.kill(fault))),
                }
                progress(usize::from(tried.fate.is_some()));
            }
            if number == proofs_follow(self.trials) && !cells.is_empty() {
                self.prove(&mut mutants, dir.path(), progress)?;
            }
        }
        let left = mutants.iter().filter(|tried| tried.fate.is_none()).count();
        progress(left);
        Ok(mutants)
    }

    fn build_table(&self, dir: &Path) -> Result<Model, MutationError> {
        let sources = tables::sources(self.sources, self.netlist.core())?;
        let files = sources.into_iter().map(|(name, text)| {
            let path = dir.join(name);
            match files::write_scratch(&path, &text) {
                Ok(()) => Ok(path),
                Err(source) => Err(MutationError::Work { path, source }),
            }
        });
        self.build(files.collect::<Result<_, _>>()?)
    }

    fn build(&self, files: Vec<PathBuf>) -> Result<Model, MutationError> {
        Ok(Model::build(&source(self.netlist.core(), files), &self.toolchain.cache, &self.toolchain.tools)?)
    }

    /// Plays a suite to the core without a mutant, which must pass it.
    fn play_clean(&self, trial: &Trial<'_>, model: &Model) -> Result<Clocks, MutationError> {
        trial.play(model).map_err(|(stalls, mismatch)| MutationError::NotClean {
            core: self.netlist.core().name,
            suite: trial.suite.to_owned(),
            stalls,
            what: mismatch.what(),
            vector: mismatch.vector,
        })
    }

    /// Tries to prove the survivors equal. They get a netlist of their own, since each switch makes a formula harder.
    fn prove(
        &self,
        mutants: &mut [Tried],
        dir: &Path,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), MutationError> {
        let is_open = |tried: &&mut Tried| tried.fate.is_none() && !tried.has_no_proof;
        let alive: Vec<&mut Tried> = mutants.iter_mut().filter(is_open).collect();
        let cells: Vec<&Cell> = alive.iter().filter_map(|tried| tried.mutant.cell()).collect();
        if cells.is_empty() {
            return Ok(());
        }
        let mutated = self.netlist.mutate(&cells, dir, &self.toolchain.yosys)?;
        let proofs = proof::prove(self.netlist.core(), &mutated, cells.len(), dir, self.toolchain)?;
        for (tried, proof) in alive.into_iter().zip(proofs) {
            tried.fate = proof.map(|proof| Fate::Proved { proof });
            progress(usize::from(tried.fate.is_some()));
        }
        Ok(())
    }
}

/// A mutant is judged by everything that the core is judged by.
fn source(core: &CoreSpec, files: Vec<PathBuf>) -> Source {
    Source {
        arguments: vec!["-Werror-UNOPTFLAT".to_owned()],
        constants: vec![netlist::SELECT.to_owned()],
        can: core.can,
        patience: trial::PATIENCE,
        ..Source::new(core.direction, core.top, files)
    }
}

impl Tried {
    fn new(mutant: Mutant, core: &CoreSpec) -> Tried {
        let name = mutant.to_string();
        let is_it = |explained: &&Explanation| explained.mutant == memory::short(&name);
        let explained = core.mutants.explained.iter().find(is_it).map(|explained| explained.reason);
        Tried { mutant, explained, select: 0, has_no_proof: false, fate: None, pace: None }
    }

    fn outcome(&self) -> Outcome {
        let Tried { mutant, fate, pace, explained, .. } = self;
        let is_noticed = |fate: &&Fate| !matches!(fate, Fate::Survived | Fate::Explained { .. });
        let unnoticed =
            || explained.map_or(Fate::Survived, |reason| Fate::Explained { reason: reason.to_owned() });
        let noticed = fate.as_ref().filter(is_noticed).cloned().or(pace.clone().map(Fate::Paced));
        let of = if mutant.cell().is_some() { Of::Netlist } else { Of::Tables };
        Outcome { mutant: mutant.to_string(), of, fate: noticed.unwrap_or_else(unnoticed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores;

    /// Two decoders that report different errors would count as equal if only the presence of an error counted.
    #[test]
    fn a_mutant_is_held_to_what_the_core_can() {
        for core in cores::ALL {
            assert_eq!(source(core, Vec::new()).can, core.can, "{}", core.name);
        }
    }
}
