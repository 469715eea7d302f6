//! The judge of the vectors: changes a core in one place, plays all published vectors to it, and asks whether any of
//! them notices (`docs/mutation.md`).
//!
//! A [`Mutant`] is a bit of a cell of the netlist, changed as Yosys changes it, or a bit of a table, flipped. Each is
//! killed by a vector, proved to be the same core, or explained by hand; otherwise the vectors miss something. Many
//! live in one Verilated build, in which an input selects one. What is compared are transactions, as for a core of
//! somebody else: the registers are not looked at.

mod explained;
mod mutant;
mod netlist;
mod proof;
mod report;
mod tables;
mod trial;

use std::{
    io,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use silicabac_sim::{Cache, SimError, Tools};

use crate::cores::{CoreSpec, Sources as Files};
use crate::cosim::{Model, Source};
use crate::files;
use crate::prove::Sources;
use crate::solver::Solver;
use crate::suites::Suite;
use crate::yosys::{Yosys, YosysError};
pub use explained::Explanation;
pub use mutant::{Cell, Mutant, Table, TableBit};
use netlist::{Mutated, Netlist};
pub use proof::Proof;
pub use report::{Report, Tally};
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
}

impl Campaign<'_> {
    /// How many mutants there will be.
    pub fn mutants(&self) -> usize {
        let most = self.sample.unwrap_or(usize::MAX);
        self.count.min(most) + TableBit::all().len().min(most)
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A vector notices.
    Killed(Kill),
    /// It is the same core.
    Proved(Proof),
    /// No vector is answered wrongly, but all together in another number of clocks.
    Paced(Pace),
    /// No vector notices, and its [`Explanation`] says why none can.
    Explained(&'static str),
    /// No vector notices, and nobody knows why.
    Survived,
}

/// A mutant and what became of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The mutant.
    pub mutant: Mutant,
    /// What became of it.
    pub fate: Fate,
}

/// So many mutants of the netlist are in one build: with more, the compiler takes longer than what is saved.
const PER_BUILD: usize = 250;
/// So many bits of tables are played in a row by one thread; they share their build.
const PER_TURN: usize = 600;

/// Plays the campaign, and tells `progress` how many more mutants are done.
///
/// # Errors
/// [`MutationError`].
pub fn run(
    campaign: &Campaign<'_>,
    machine: &Machine,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Outcome>, MutationError> {
    let Campaign { core, sources, count, seed, .. } = *campaign;
    let (netlist, cells) = Netlist::new(core, sources, count, seed, &machine.yosys)?;
    let (cells, bits) = (evenly(cells, campaign.sample), evenly(TableBit::all(), campaign.sample));
    let trials: Vec<Trial<'_>> =
        campaign.suites.iter().map(|suite| Trial::new(core, suite, seed.into())).collect();
    let bits = bits.chunks(PER_TURN).map(Job::Table);
    let jobs: Vec<Job<'_>> = cells.chunks(PER_BUILD).map(Job::Cells).chain(bits).collect();
    let bench = Bench { sources, netlist: &netlist, trials: &trials, machine };

    let next = AtomicUsize::new(0);
    let worker = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let numbers = numbers.take_while(|&number| number < jobs.len());
        let run = |number: usize| {
            let result = bench.run(&jobs[number], progress);
            if result.is_err() {
                // Nothing else needs to be begun.
                next.store(jobs.len(), Ordering::Relaxed);
            }
            (number, result)
        };
        numbers.map(run).collect::<Vec<_>>()
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..campaign.threads.max(1)).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|done| done.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    results.sort_by_key(|(number, _)| *number);
    let outcomes = results.into_iter().map(|(_, result)| result).collect::<Result<Vec<_>, _>>()?;
    Ok(outcomes.concat())
}

/// So many items, from the first on at equal distances; all if no number is given.
fn evenly<T>(items: Vec<T>, count: Option<usize>) -> Vec<T> {
    let (len, count) = (items.len(), count.unwrap_or(items.len()).min(items.len()));
    let is_picked = |i: usize| (i * count).div_ceil(len.max(1)) < ((i + 1) * count).div_ceil(len.max(1));
    items.into_iter().enumerate().filter(|&(i, _)| is_picked(i)).map(|(_, item)| item).collect()
}

/// Mutants that one thread plays, in one build.
enum Job<'a> {
    Cells(&'a [Cell]),
    Table(&'a [TableBit]),
}

/// What all jobs of a campaign share.
struct Bench<'a> {
    sources: &'a Sources,
    netlist: &'a Netlist,
    trials: &'a [Trial<'a>],
    machine: &'a Machine,
}

/// A mutant that is being tried.
struct Tried {
    mutant: Mutant,
    select: u32,
    fate: Option<Fate>,
    pace: Option<Pace>,
}

impl Bench<'_> {
    fn run(&self, job: &Job<'_>, progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Outcome>, MutationError> {
        let dir = tempfile::tempdir().map_err(MutationError::dir)?;
        let (model, mutated, mut mutants) = match job {
            Job::Cells(cells) => {
                let (model, mutated) = self.build_cells(cells, dir.path())?;
                let mutants = (1..).zip(*cells).map(|(select, cell)| (Mutant::Cell(cell.clone()), select));
                (model, Some(mutated), mutants.map(Tried::new).collect::<Vec<_>>())
            }
            Job::Table(bits) => {
                let mutants = bits.iter().map(|&bit| (Mutant::Table(bit), tables::select(bit)));
                (self.build_table(dir.path())?, None, mutants.map(Tried::new).collect())
            }
        };
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
            if let Some(mutated) = mutated.as_ref().filter(|_| number == 0) {
                self.prove(&mut mutants, mutated, dir.path(), progress)?;
            }
        }
        let left = mutants.iter().filter(|tried| tried.fate.is_none()).count();
        progress(left);
        Ok(mutants.into_iter().map(|tried| tried.done(self.netlist.core())).collect())
    }

    fn build_cells(&self, cells: &[Cell], dir: &Path) -> Result<(Model, Mutated), MutationError> {
        let cells: Vec<&Cell> = cells.iter().collect();
        let mutated = self.netlist.mutate(&cells, dir, &self.machine.yosys)?;
        Ok((self.build(vec![mutated.verilog.clone()])?, mutated))
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
        let core = self.netlist.core();
        let source = Source {
            arguments: vec!["-Werror-UNOPTFLAT".to_owned()],
            constants: vec![netlist::SELECT.to_owned()],
            ..Source::new(core.direction, core.top, files)
        };
        Ok(Model::build(&source, &self.machine.cache, &self.machine.tools)?)
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

    fn prove(
        &self,
        mutants: &mut [Tried],
        mutated: &Mutated,
        dir: &Path,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), MutationError> {
        let alive: Vec<&mut Tried> = mutants.iter_mut().filter(|tried| tried.fate.is_none()).collect();
        let selects: Vec<u32> = alive.iter().map(|tried| tried.select).collect();
        let proofs = proof::prove(self.netlist.core(), mutated, &selects, dir, self.machine)?;
        for (tried, proof) in alive.into_iter().zip(proofs) {
            tried.fate = proof.map(Fate::Proved);
            progress(usize::from(tried.fate.is_some()));
        }
        Ok(())
    }
}

impl Tried {
    fn new((mutant, select): (Mutant, u32)) -> Tried {
        Tried { mutant, select, fate: None, pace: None }
    }

    fn done(self, core: &CoreSpec) -> Outcome {
        let Tried { mutant, fate, pace, .. } = self;
        let unnoticed = || {
            let name = mutant.to_string();
            let explained = core.mutants.explained.iter().find(|explained| explained.mutant == name);
            explained.map_or(Fate::Survived, |explained| Fate::Explained(explained.reason))
        };
        let fate = fate.or(pace.map(Fate::Paced)).unwrap_or_else(unnoticed);
        Outcome { mutant, fate }
    }
}
