//! The judge of the cores: plays the same vectors to a simulated core, its twin and the oracle, and compares
//! every output and register in every clock.
//!
//! [`AnyModel::run`] does all of it: for each suite it first has the clockless coders agree, then plays the vectors to
//! the core under every kind of stalls.

pub mod coverage;
pub mod decoder;
pub mod encoder;
pub mod lockstep;
mod player;
mod recent;
mod report;
pub mod rtl;
mod shrink;
pub mod socket;
mod stalls;
pub mod sweep;
mod waves;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac_sim::{Cache, SimError, Tools};

use self::lockstep::Lockstep;
use crate::cores::CoreSpec;
use crate::cycle::{Core, Request, Stopped};
use crate::suites::{Origin, Suite};
use crate::vectors::{self, Flag, Vector};
pub use player::LikeTwin;
pub use report::Report;
pub use shrink::{Shrunk, shrink};
pub use stalls::{GiveUp, Stalls};
pub use waves::Waves;

/// A core that can be judged; its twin implements this.
pub trait Judged: Core + Default {
    /// The registers after the last clock.
    fn registers(&self) -> &Self::Registers;

    /// The ways to give a vector up in a clock.
    fn give_ups(clock: u64) -> Vec<GiveUp>;

    /// Resets both cores and fills the context memory, which holds what it was switched on with and no reset
    /// clears; then resets them again. From there on everything must be equal.
    ///
    /// # Errors
    /// [`Stopped`].
    fn switch_on<R: LikeTwin<Self>>(lockstep: &mut Lockstep<Self, R>) -> Result<(), Stopped>;

    /// Plays vectors, back to back, to a core and its twin, and tells `progress` how many events are done.
    ///
    /// # Errors
    /// The first [`Mismatch`]: between core and twin in any output or register, between them and the oracle,
    /// or a core that no longer moves.
    fn play<R: LikeTwin<Self>>(
        rtl: R,
        vectors: &[&Vector],
        stalls: Stalls,
        seed: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Box<Mismatch>>;
}

/// What a run was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bins coded.
    pub bins: u64,
    /// Clocks, but for those that took a context load.
    pub clocks: u64,
    /// Clocks that took a context load.
    pub load_clocks: u64,
    /// The longest run of outstanding bits; only an encoder has any.
    pub longest_run: Option<u32>,
}

impl Stats {
    /// Bins a clock, context loads aside.
    pub fn bins_per_clock(&self) -> f64 {
        self.bins as f64 / self.clocks.max(1) as f64
    }
}

/// Where a core first went wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[error("clock {clock}, vector {vector}, bin {bin}: {what}")]
pub struct Mismatch {
    /// What is wrong, in words.
    pub what: String,
    /// The clock, from 0.
    pub clock: u64,
    /// The id of the vector.
    pub vector: String,
    /// The bin of the vector.
    pub bin: u64,
    /// That request and up to eight before it, each with the number of its bin or the next one.
    pub before: Vec<(u64, Request)>,
    /// The clocks around it.
    pub waves: Waves,
}

/// How a suite went on a core.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The suite.
    pub suite: String,
    /// Where the suite comes from.
    pub origin: Origin,
    /// Which core it was played to.
    pub spec: &'static CoreSpec,
    /// Its top module.
    pub core: String,
    /// How many vectors of the suite are for such a core; without any, nothing was played.
    pub vectors: usize,
    /// Figures of the run without stalls; of what was played before a mismatch, nothing.
    pub stats: Stats,
    /// Bins in all runs.
    pub lockstep_bins: u64,
    /// Clocks in all runs.
    pub lockstep_clocks: u64,
    /// What went wrong, and under which stalls.
    pub failure: Option<(&'static str, Failure)>,
    /// Where what is left of the failure was written as vectors.
    pub shrunk: Option<PathBuf>,
}

/// What can go wrong with a suite.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The coders without a clock do not make of a vector what it says.
    #[error("vector {vector}: {what}")]
    Coders {
        /// The id of the vector.
        vector: String,
        /// In what.
        what: String,
    },
    /// The core is wrong.
    #[error("{0}")]
    Core(#[from] Box<Mismatch>),
}

/// How many events [`AnyModel::run`] tells its progress in all.
pub fn work(core: &CoreSpec, suite: &Suite) -> u64 {
    let played = suite.vectors.iter().filter(|vector| core.plays(vector));
    let events: usize = played.map(|vector| vector.events.len()).sum();
    (events * Stalls::ALL.len()) as u64
}

/// The twin of a core, whatever its type: how the core is built to be set beside it.
#[derive(Clone, Copy, Debug)]
pub struct Twin(fn(Build<'_>) -> Result<Box<dyn Played>, SimError>);

impl Twin {
    /// The twin of this type.
    pub const fn of<C: Judged + fmt::Debug + 'static>() -> Twin {
        Twin(build_beside::<C>)
    }
}

/// What a core is built of.
struct Build<'a> {
    top: &'a str,
    sources: Vec<PathBuf>,
    coverage: bool,
    cache: &'a Cache,
    tools: &'a Tools,
}

fn build_beside<C: Judged + fmt::Debug + 'static>(build: Build<'_>) -> Result<Box<dyn Played>, SimError> {
    let Build { top, sources, coverage, cache, tools } = build;
    Ok(Box::new(rtl::Model::<C>::build(top, sources, coverage, cache, tools)?))
}

/// A built core whose twin is known to itself alone.
trait Played: fmt::Debug {
    fn run_ways(
        &self,
        spec: &'static CoreSpec,
        suite: &Suite,
        seed: u64,
        ways: usize,
        progress: &mut dyn FnMut(u64),
    ) -> Outcome;

    fn measure(
        &self,
        spec: &'static CoreSpec,
        suite: &Suite,
        seed: u64,
        points: &mut coverage::Points,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), coverage::Failure>;
}

impl<C: Judged + fmt::Debug> Played for rtl::Model<C> {
    fn run_ways(
        &self,
        spec: &'static CoreSpec,
        suite: &Suite,
        seed: u64,
        ways: usize,
        progress: &mut dyn FnMut(u64),
    ) -> Outcome {
        run_ways(spec, self, suite, seed, ways, progress)
    }

    fn measure(
        &self,
        spec: &'static CoreSpec,
        suite: &Suite,
        seed: u64,
        points: &mut coverage::Points,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), coverage::Failure> {
        coverage::measure_core(spec, self, suite, seed, points, progress)
    }
}

/// A built core.
#[derive(Debug)]
pub struct AnyModel {
    spec: &'static CoreSpec,
    model: Box<dyn Played>,
}

impl AnyModel {
    /// Builds a core, as module `top`, from the built-in Verilog or from a directory of other sources.
    ///
    /// # Errors
    /// [`SimError`].
    pub fn build(
        spec: &'static CoreSpec,
        top: &str,
        rtl_dir: Option<&Path>,
        cache: &Cache,
        tools: &Tools,
    ) -> Result<AnyModel, SimError> {
        Self::build_with(spec, top, rtl_dir, false, cache, tools)
    }

    fn build_with(
        spec: &'static CoreSpec,
        top: &str,
        rtl_dir: Option<&Path>,
        coverage: bool,
        cache: &Cache,
        tools: &Tools,
    ) -> Result<AnyModel, SimError> {
        let sources = rtl::sources(spec, rtl_dir, cache)?;
        Ok(AnyModel { spec, model: (spec.twin.0)(Build { top, sources, coverage, cache, tools })? })
    }

    /// Plays a suite to the core under every kind of stalls, until something is wrong.
    pub fn run(&self, suite: &Suite, seed: u64, progress: &mut dyn FnMut(u64)) -> Outcome {
        self.run_ways(suite, seed, WAYS, progress)
    }

    fn run_ways(&self, suite: &Suite, seed: u64, ways: usize, progress: &mut dyn FnMut(u64)) -> Outcome {
        self.model.run_ways(self.spec, suite, seed, ways, progress)
    }
}

/// The ways in which a suite is played, from the simplest on: all stalls, and giving up everywhere.
const WAYS: usize = Stalls::ALL.len() + 1;

/// [`AnyModel::run`], but only the first ways.
fn run_ways<C: Judged>(
    spec: &'static CoreSpec,
    model: &rtl::Model<C>,
    suite: &Suite,
    seed: u64,
    ways: usize,
    progress: &mut dyn FnMut(u64),
) -> Outcome {
    let outcome = Outcome {
        suite: suite.name.clone(),
        origin: suite.origin.clone(),
        spec,
        core: model.top().to_owned(),
        vectors: suite.vectors.iter().filter(|vector| spec.plays(vector)).count(),
        stats: Stats::default(),
        lockstep_bins: 0,
        lockstep_clocks: 0,
        failure: None,
        shrunk: None,
    };
    // Nothing but the seed bears on what is random, so that fewer vectors meet the same.
    let mut run = Run { model, rng: ChaCha8Rng::seed_from_u64(seed), outcome };
    run.outcome.failure = run.all(&suite.vectors, ways, progress).err();
    run.outcome
}

struct Run<'a, C: Core> {
    model: &'a rtl::Model<C>,
    rng: ChaCha8Rng,
    outcome: Outcome,
}

/// What went wrong, and under which stalls.
type Failed = (&'static str, Failure);

impl<C: Judged> Run<'_, C> {
    fn all(&mut self, vectors: &[Vector], ways: usize, progress: &mut dyn FnMut(u64)) -> Result<(), Failed> {
        for vector in vectors {
            let failure = |what| Failure::Coders { vector: vector.id.clone(), what };
            vectors::check(vector).map_err(|what| ("no clock", failure(what)))?;
        }
        let spec = self.outcome.spec;
        let played: Vec<&Vector> = vectors.iter().filter(|vector| spec.plays(vector)).collect();
        for stalls in Stalls::ALL.into_iter().take(ways) {
            let stats = self.play(&played, stalls, progress)?;
            if stalls == Stalls::NONE {
                self.outcome.stats = stats;
            }
        }
        // Each of its clocks takes a play, so a long vector would take for ever.
        let is_short = |vector: &&&Vector| vector.events.len() <= 300;
        let is_flagged = |vector: &&&Vector| ways == WAYS && vector.flags.contains(&Flag::GiveUp);
        let mut to_give_up = played.iter().filter(is_flagged).filter(is_short);
        to_give_up.try_for_each(|vector| self.give_up_everywhere(vector))
    }

    fn play(
        &mut self,
        vectors: &[&Vector],
        stalls: Stalls,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Failed> {
        // No two plays begin with the same uninitialised bits.
        let (rtl, seed) = (self.model.instance(self.rng.next_u32()), self.rng.next_u64());
        let stats =
            C::play(rtl, vectors, stalls, seed, progress).map_err(|wrong| (stalls.name, wrong.into()))?;
        self.outcome.lockstep_bins += stats.bins;
        self.outcome.lockstep_clocks += stats.clocks + stats.load_clocks;
        Ok(stats)
    }

    /// Gives a vector up in every clock of it, in every way, and plays it twice behind that.
    fn give_up_everywhere(&mut self, vector: &Vector) -> Result<(), Failed> {
        let stats = self.play(&[vector], Stalls::NONE, &mut |_| ())?;
        for clock in 0..stats.clocks + stats.load_clocks {
            for stalls in C::give_ups(clock).into_iter().flat_map(Stalls::giving_up) {
                self.play(&[vector, vector], stalls, &mut |_| ())?;
            }
        }
        Ok(())
    }
}
