//! The judge of the vectors: changes a core in one place, plays all published vectors to it, and asks whether any of
//! them notices (`docs/mutation.md`).
//!
//! A [`Mutant`] is a bit of a cell of the netlist, changed as Yosys changes it, or a bit of a table, flipped. Each is
//! killed by a vector, proved to be the same core, or explained by hand; otherwise the vectors miss something. Many
//! live in one Verilated build, in which an input selects one. What is compared are transactions, as for a core of
//! somebody else: the registers are not looked at.

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

/// Why a campaign cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum MutationError {
    /// Yosys is missing or fails.
    #[error("{0}")]
    Yosys(#[from] YosysError),
    /// Verilator, the compiler or the cache.
    #[error("{0}")]
    Sim(#[from] SimError),
    /// The core fails without being changed, so that whatever fails says nothing of a mutant.
    #[error("the {core} without a mutant fails in suite {suite}, stalls: {stalls}, vector {vector}: {what}")]
    NotClean {
        /// Which core.
        core: &'static str,
        /// The suite.
        suite: String,
        /// The kind of stalls.
        stalls: &'static str,
        /// The vector.
        vector: String,
        /// What is wrong.
        what: String,
    },
    /// The proof fails for the core without a mutant, so that it would fail for every mutant.
    #[error(
        "the {core} cannot be proved equal to itself: src/cores/{core}/mutants.sv, or the one it shares, has to follow its registers"
    )]
    NotItself {
        /// Which core.
        core: &'static str,
    },
    /// Yosys lists mutants in another form.
    #[error("Yosys lists a mutant as {0:?}, which is not understood")]
    List(String),
    /// A table is not as it is expected to be where its bits are to be flipped.
    #[error("{from:?} is {count} times in {file}, not {times} times: the tables of its spec have to follow")]
    Edit {
        /// The file.
        file: String,
        /// What was looked for.
        from: String,
        /// How often it is there.
        count: usize,
        /// How often it should be.
        times: usize,
    },
    /// The top module does not begin as it is expected to where it gets the port that selects a bit of a table.
    #[error(
        "no source has a line {begin:?}: the top module has to begin so, since the mutants of its tables get a port on the next line"
    )]
    Top {
        /// The line.
        begin: String,
    },
    /// Nobody says whether a register of a core matters where a mutant is compared with it.
    #[error("{core}: its spec does not say when the register {register} matters")]
    Register {
        /// The core.
        core: &'static str,
        /// The register.
        register: String,
    },
    /// A directory for the work cannot be made.
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

/// What it takes to tell a mutant from the core, and to make all of them.
#[derive(Clone, Copy, Debug)]
pub struct Mutable {
    /// A module `proof`, in which the core and a mutant of it stand side by side: where they agree in a clock, do they
    /// give the same and agree in the next one?
    pub proof: &'static str,
    /// Macros that it is read with: which core it is, if several share it.
    pub defines: Files,
    /// Registers that `proof` does not see, where there are such.
    pub registers: Option<&'static Registers>,
    /// The tables of which each bit is flipped.
    pub tables: &'static [TableText],
    /// The mutants that were looked at by hand.
    pub explained: &'static [Explanation],
}

/// Which mutants to make, and what to play to them.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The core.
    pub core: &'static CoreSpec,
    /// Its Verilog.
    pub sources: &'a Sources,
    /// So many mutants of its netlist, besides every bit of its tables.
    pub count: usize,
    /// What they, and the stalls, are picked by.
    pub seed: u32,
    /// Only so many of the one and of the other, evenly.
    pub sample: Option<usize>,
    /// What is played, one suite after the other; what the first leaves alive is tried to be proved equal.
    pub suites: &'a [Suite],
    /// So many builds are made and played side by side; nothing else depends on it.
    pub threads: usize,
    /// Which of the mutants are played, those of the netlist before those of the tables.
    pub shard: Shard,
}

impl Campaign<'_> {
    /// How many mutants there will be.
    pub fn mutants(&self) -> usize {
        let most = self.sample.unwrap_or(usize::MAX);
        let all = self.count.min(most) + TableBit::all().len().min(most);
        self.shard.of(all).count()
    }
}

/// The programs that it takes.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Makes mutants, and formulas of them.
    pub yosys: Yosys,
    /// Answers these.
    pub solver: Solver,
    /// Simulates.
    pub tools: Tools,
    /// Keeps what is built.
    pub cache: Cache,
}

impl Machine {
    /// What the programs say of their versions.
    pub fn versions(&self) -> String {
        format!("{}, {}, {}", self.yosys.version(), self.solver.name(), self.tools.versions())
    }
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// A vector notices.
    Killed(Kill),
    /// It is the same core.
    Proved {
        /// How far.
        proof: Proof,
    },
    /// No vector is answered wrongly, but all together in another number of clocks.
    Paced(Pace),
    /// No vector notices, and its [`Explanation`] says why none can.
    Explained {
        /// Why.
        reason: String,
    },
    /// No vector notices, and nobody knows why.
    Survived,
}

/// What a mutant is a mutant of.
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

/// A mutant and what became of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The mutant, as it is displayed.
    pub mutant: String,
    /// What it is a mutant of.
    pub of: Of,
    /// What became of it.
    pub fate: Fate,
}

/// So many mutants of the netlist are in one build: with more, the compiler takes longer than what is saved.
const PER_BUILD: usize = 250;
/// So many bits of tables are played in a row by one thread; they share their build.
const PER_TURN: usize = 600;

/// How far a campaign is.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// So many more mutants are done.
    Done(usize),
    /// What has been found out so far, in any order: after each build, so that it can be kept.
    Known(&'a CoreReport),
}

/// What the verdicts of a campaign hang on, without playing it: a report with others is of another core or of other vectors.
///
/// # Errors
/// [`MutationError`].
pub fn digests(campaign: &Campaign<'_>, machine: &Machine) -> Result<Digests, MutationError> {
    let Campaign { core, sources, count, seed, suites, .. } = *campaign;
    let (netlist, _) = Netlist::new(core, sources, count, seed, &machine.yosys)?;
    let trials: Vec<Trial<'_>> = suites.iter().map(|suite| Trial::new(core, suite, seed.into())).collect();
    Ok(memory::digests(&netlist, &trials, seed))
}

/// Plays the campaign, but for what an earlier report of the core knows already.
///
/// # Errors
/// [`MutationError`].
pub fn run(
    campaign: &Campaign<'_>,
    machine: &Machine,
    earlier: Option<&CoreReport>,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<CoreReport, MutationError> {
    let Campaign { core, sources, count, seed, .. } = *campaign;
    let (netlist, cells) = Netlist::new(core, sources, count, seed, &machine.yosys)?;
    let trials: Vec<Trial<'_>> =
        campaign.suites.iter().map(|suite| Trial::new(core, suite, seed.into())).collect();
    let digests = memory::digests(&netlist, &trials, seed);
    let memory = Memory::new(earlier, &digests);

    let cells = evenly(cells, campaign.sample).into_iter().map(Mutant::Cell);
    let bits = evenly(TableBit::all(), campaign.sample).into_iter().map(Mutant::Table);
    let here = cells.chain(bits).enumerate().filter(|(place, _)| campaign.shard.has(*place));
    let mut mutants: Vec<Tried> = here.map(|(_, mutant)| Tried::new(mutant, core)).collect();
    for tried in &mut mutants {
        tried.fate = memory.fate(&tried.mutant, &trials);
    }
    let (known, unknown): (Vec<_>, Vec<_>) = mutants.into_iter().partition(|tried| tried.fate.is_some());
    progress(Progress::Done(known.len()));
    let jobs = jobs(unknown);
    let bench = Bench { sources, netlist: &netlist, trials: &trials, machine };

    let report = |done: &[Tried]| {
        let mut outcomes: Vec<Outcome> = done.iter().map(Tried::outcome).collect();
        report::in_order(&mut outcomes);
        CoreReport { core: core.name.to_owned(), digests: digests.clone(), outcomes }
    };
    let (done, next) = (Mutex::new(known), AtomicUsize::new(0));
    let worker = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let played = bench.run(job, &|more| progress(Progress::Done(more))).inspect_err(|_| {
                // Nothing else needs to be begun.
                next.store(jobs.len(), Ordering::Relaxed);
            })?;
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.extend(played);
            progress(Progress::Known(&report(&done)));
        }
        Ok::<(), MutationError>(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..campaign.threads.max(1)).map(|_| scope.spawn(worker)).collect();
        let mut joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.try_for_each(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok(report(&done.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// The mutants in turns of one thread: those of a netlist share a build, and so do all bits of tables.
fn jobs(mutants: Vec<Tried>) -> Vec<Vec<Tried>> {
    let is_cell = |tried: &Tried| matches!(tried.mutant, Mutant::Cell(_));
    let (cells, bits): (Vec<_>, Vec<_>) = mutants.into_iter().partition(is_cell);
    [cells.chunks(PER_BUILD), bits.chunks(PER_TURN)].into_iter().flatten().map(<[Tried]>::to_vec).collect()
}

/// So many items, from the first on at equal distances; all if no number is given.
fn evenly<T>(items: Vec<T>, count: Option<usize>) -> Vec<T> {
    let (len, count) = (items.len(), count.unwrap_or(items.len()).min(items.len()));
    let is_picked = |i: usize| (i * count).div_ceil(len.max(1)) < ((i + 1) * count).div_ceil(len.max(1));
    items.into_iter().enumerate().filter(|&(i, _)| is_picked(i)).map(|(_, item)| item).collect()
}

/// What all jobs of a campaign share.
struct Bench<'a> {
    sources: &'a Sources,
    netlist: &'a Netlist,
    trials: &'a [Trial<'a>],
    machine: &'a Machine,
}

/// A mutant that is being tried.
#[derive(Clone)]
struct Tried {
    mutant: Mutant,
    /// What somebody who looked at it says.
    explained: Option<&'static str>,
    /// The value of the select input of its build.
    select: u32,
    fate: Option<Fate>,
    pace: Option<Pace>,
}

impl Bench<'_> {
    /// What becomes of mutants that are all of the netlist, or all of the tables.
    fn run(&self, job: &[Tried], progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Tried>, MutationError> {
        let dir = tempfile::tempdir().map_err(MutationError::dir)?;
        let mut mutants = job.to_vec();
        let cells: Vec<&Cell> = job.iter().filter_map(|tried| tried.mutant.cell()).collect();
        let model = if cells.is_empty() {
            self.build_table(dir.path())?
        } else {
            self.build(vec![self.netlist.mutate(&cells, dir.path(), &self.machine.yosys)?.verilog])?
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
            if number == 0 && !cells.is_empty() {
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
        Ok(Model::build(&source(self.netlist.core(), files), &self.machine.cache, &self.machine.tools)?)
    }

    /// What the core as it is does not pass kills no mutant.
    fn play_clean(&self, trial: &Trial<'_>, model: &Model) -> Result<Clocks, MutationError> {
        trial.play(model).map_err(|(stalls, mismatch)| MutationError::NotClean {
            core: self.netlist.core().name,
            suite: trial.suite.to_owned(),
            stalls,
            what: mismatch.what(),
            vector: mismatch.vector,
        })
    }

    /// Tries to prove those that are alive. They have a netlist of their own, since each switch makes a formula harder.
    fn prove(
        &self,
        mutants: &mut [Tried],
        dir: &Path,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), MutationError> {
        let alive: Vec<&mut Tried> = mutants.iter_mut().filter(|tried| tried.fate.is_none()).collect();
        let cells: Vec<&Cell> = alive.iter().filter_map(|tried| tried.mutant.cell()).collect();
        let mutated = self.netlist.mutate(&cells, dir, &self.machine.yosys)?;
        let proofs = proof::prove(self.netlist.core(), &mutated, cells.len(), dir, self.machine)?;
        for (tried, proof) in alive.into_iter().zip(proofs) {
            tried.fate = proof.map(|proof| Fate::Proved { proof });
            progress(usize::from(tried.fate.is_some()));
        }
        Ok(())
    }
}

/// Mutants are held to all that the core is held to.
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
        Tried { mutant, explained, select: 0, fate: None, pace: None }
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

    /// Two decoders that say which error it is would pass for each other if it only counted that there is one.
    #[test]
    fn a_mutant_is_held_to_what_the_core_can() {
        for core in cores::ALL {
            assert_eq!(source(core, Vec::new()).can, core.can, "{}", core.name);
        }
    }
}
