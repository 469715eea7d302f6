//! The judge of cores. It plays vectors to a simulated core and compares everything that the core gives with the oracle; a core of ours is
//! also compared with its twin, every output and register in every clock.
//!
//! There is one player ([`Model::play`]). [`run`] plays a suite until the first mismatch; [`judge`] plays a class of vectors and gives a
//! verdict on it.

mod cause;
pub mod coverage;
mod feed;
mod hunt;
mod lockstep;
mod mismatch;
mod model;
mod player;
mod report;
pub mod rtl;
mod script;
mod shrink;
mod simulated;
mod stalls;
pub mod sweep;
mod testbench;
mod throughput;
mod verdict;
mod waits;
mod waves;
mod ways;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cores::CoreSpec;
use crate::suites::{Origin, Suite};
use crate::vectors::{self, Flag, Vector};
pub use cause::{
    Evidence, Explanation, Rule, RuleError, Slip, causes, evidence, explain, is_waived, unexplained, waiting,
};
pub use hunt::{Caught, Hunt, Slowest, Within, hunt};
pub use lockstep::Lockstep;
pub use mismatch::{Difference, Mismatch, MismatchKind};
pub use model::{Model, Source};
pub use player::Play;
pub use report::Report;
pub use script::Phase;
pub use shrink::{Shrunk, shrink};
pub use simulated::Simulated;
pub use stalls::Stalls;
pub use testbench::{TestbenchError, TestbenchFor, testbench};
pub use throughput::{Latency, LongestWait, OfKind, STRETCH, Slow, Stretch, Throughput};
pub use verdict::{Class, Failed, Rules, Verdict, classes, judge};
pub use waits::{GiveUp, Plan, Port, Wait, Way, When};
pub use waves::Waves;
use ways::{Plays, play_recorded};
pub(crate) use ways::{clocks, play_all};

/// Counts of one play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bins coded.
    pub bins: u64,
    /// Clocks, without those in which a context load was taken.
    pub clocks: u64,
    /// Clocks in which a context load was taken.
    pub load_clocks: u64,
    /// Clocks before the first request other than SLICE, START and LOAD.
    pub beginning: u64,
    /// Clocks before the last request.
    pub asked: u64,
    /// The longest run of outstanding bits, of an encoder.
    pub longest_run: Option<u32>,
    /// The numbers of requests, bytes and answers that were transferred, indexed by [`Port`].
    pub transfers: [u64; 3],
}

impl Stats {
    /// Bins per clock, without the clocks of context loads.
    pub fn bins_per_clock(&self) -> f64 {
        self.bins as f64 / self.clocks.max(1) as f64
    }
}

/// The result of a suite on a core.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The suite.
    pub suite: String,
    /// Where the suite comes from.
    pub origin: Origin,
    /// The built-in core whose sources these are, perhaps edited; its twin is compared. `None` for a user's core.
    pub copy_of: Option<&'static CoreSpec>,
    /// The top module of the core.
    pub core: String,
    /// How many vectors of the suite fit the core; if there are none, nothing was played.
    pub vectors: usize,
    /// The counts of the play without stalls, or of that by a plan. A play that ends with a mismatch is not counted.
    pub stats: Stats,
    /// The throughput when nothing waits, if it was [measured](throughput()).
    pub throughput: Option<Throughput>,
    /// The time that the suite took.
    pub time: Duration,
    /// Bins in all plays.
    pub total_bins: u64,
    /// Clocks in all plays.
    pub total_clocks: u64,
    /// What went wrong, and in which play: the name of the stalls or of another way (`ways.rs`), `planned`, or `no clock`.
    pub failure: Option<(&'static str, Failure)>,
    /// The file to which the shrunk failure was written as vectors.
    pub shrunk: Option<PathBuf>,
    /// The command that shows the failure again, if one is known.
    pub replay: Option<String>,
}

impl Outcome {
    /// The outcome of a suite of which nothing has been played yet.
    fn of(model: &Model, suite: &Suite) -> Outcome {
        Outcome {
            suite: suite.name.clone(),
            origin: suite.origin.clone(),
            copy_of: model.copy_of(),
            core: model.top().to_owned(),
            vectors: model.fitter().fit_all(&suite.vectors).fitted_count,
            stats: Stats::default(),
            throughput: None,
            time: Duration::ZERO,
            total_bins: 0,
            total_clocks: 0,
            failure: None,
            shrunk: None,
            replay: None,
        }
    }
}

/// What can go wrong with a suite.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The coders without a clock disagree with the vector.
    #[error("vector {vector}: {what}")]
    Coders {
        /// The id of the vector.
        vector: String,
        /// In which way they disagree.
        what: String,
    },
    /// The core is wrong.
    #[error("{0}")]
    Core(#[from] Box<Mismatch>),
}

/// How a suite is played.
#[derive(Clone, Debug)]
pub enum Ways {
    /// Under each kind of [`Stalls`], then the last vector before the first, then in the ways that the vectors' flags ask for: given up in
    /// each clock, made to wait at each transfer, thousands of times. Long vectors are given up in some clocks only, and wait at some
    /// transfers only.
    All,
    /// Only under the first kinds of [`Stalls`]; this is their number.
    FirstStalls(usize),
    /// By a plan.
    Planned(Plan),
}

/// The name of a play by a plan, in place of the name of stalls.
const PLANNED_WAY: &str = "planned";

/// The total number of events that [`run`] reports as progress.
pub fn work(model: &Model, suite: &Suite, ways: &Ways) -> u64 {
    let fitted = model.fitter().fit_all(&suite.vectors);
    let kinds = match ways {
        Ways::All => Stalls::ALL.len(),
        Ways::FirstStalls(kinds) => (*kinds).min(Stalls::ALL.len()),
        Ways::Planned(_) => 1,
    };
    // Large vectors are played under one kind of stalls.
    let plays = |vector: &Vector| if vector.flags.contains(&Flag::Large) { kinds.min(1) } else { kinds };
    fitted.played().iter().map(|vector| (vector.events.len() * plays(vector)) as u64).sum()
}

/// Checks the vectors of a suite with the coders without a clock, then plays them to a core until the first mismatch.
pub fn run(model: &Model, suite: &Suite, seed: u64, ways: &Ways, progress: &mut dyn FnMut(u64)) -> Outcome {
    run_ways(model, suite, seed, ways, true, progress)
}

/// The throughput of a core on the vectors of a suite when nothing outside it waits. `None` if it fails, or if no vector fits it.
pub fn throughput(model: &Model, suite: &Suite) -> Option<Throughput> {
    let fitted = model.fitter().fit_all(&suite.vectors);
    let played = fitted.played();
    let measured = (!played.is_empty()).then(|| model.measure(&model.flowing(&played), STRETCH).ok());
    measured.flatten().map(|(_, throughput)| throughput)
}

/// Like [`run`]; `records` says whether a mismatch comes with the waits up to it.
fn run_ways(
    model: &Model,
    suite: &Suite,
    seed: u64,
    ways: &Ways,
    records: bool,
    progress: &mut dyn FnMut(u64),
) -> Outcome {
    let began = Instant::now();
    let mut run = Run { model, seed, records, outcome: Outcome::of(model, suite) };
    run.outcome.failure = run.all(&suite.vectors, ways, progress).err();
    run.outcome.time = began.elapsed();
    run.outcome
}

struct Run<'a> {
    model: &'a Model,
    seed: u64,
    records: bool,
    outcome: Outcome,
}

/// What went wrong, and in which play.
type Wrong = (&'static str, Failure);

impl Run<'_> {
    fn all(&mut self, vectors: &[Vector], ways: &Ways, progress: &mut dyn FnMut(u64)) -> Result<(), Wrong> {
        for vector in vectors {
            let failure = |what| Failure::Coders { vector: vector.id.clone(), what };
            vectors::check(vector).map_err(|what| ("no clock", failure(what.to_string())))?;
        }
        let fitted = self.model.fitter().fit_all(vectors);
        let played = fitted.played();
        let kinds = match ways {
            Ways::All => None,
            Ways::FirstStalls(kinds) => Some(*kinds),
            Ways::Planned(plan) => {
                let play = Play { plan: plan.clone(), ..self.model.flowing(&played) };
                self.outcome.stats = self.play(PLANNED_WAY, play, progress)?;
                return Ok(());
            }
        };
        let (model, seed) = (self.model, self.seed);
        let play = |name, play: Play<'_>| {
            // Only plays under stalls are counted as work.
            let is_work = Stalls::ALL.iter().any(|stalls| stalls.name == name);
            let stats = self.play(name, play, &mut |events| progress(if is_work { events } else { 0 }))?;
            if name == Stalls::NONE.name {
                self.outcome.stats = stats;
            }
            Ok(stats)
        };
        let mut plays = Plays::new(model, &played, seed, play);
        match kinds {
            None => plays.all(),
            Some(kinds) => plays.under_stalls(kinds),
        }
    }

    fn play(
        &mut self,
        name: &'static str,
        play: Play<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Wrong> {
        let stats = play_recorded(self.model, &play, self.records, progress);
        let stats = stats.map_err(|mismatch| (name, mismatch.into()))?;
        self.outcome.total_bins += stats.bins;
        self.outcome.total_clocks += stats.clocks + stats.load_clocks;
        Ok(stats)
    }
}
