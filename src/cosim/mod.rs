//! The judge of the cores: plays vectors to a simulated core, and compares all that comes of it with the oracle; and where
//! the core is one of ours, every output and register in every clock with its twin.
//!
//! There is one player ([`Model::play`]). [`run`] goes through a suite until something is wrong, [`judge`] through classes of
//! vectors, each with a verdict of its own.

pub mod coverage;
mod feed;
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
mod verdict;
mod waits;
mod waves;

use std::path::PathBuf;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::cores::{CoreSpec, Direction};
use crate::suites::{Origin, Suite};
use crate::vectors::{self, Flag, Vector};
pub use lockstep::Lockstep;
pub use mismatch::{Cause, Fault, Mismatch};
pub use model::{Model, Source};
pub use player::Play;
pub use report::Report;
pub use script::Phase;
pub use shrink::{Shrunk, shrink};
pub use simulated::Simulated;
pub use stalls::Stalls;
pub use testbench::{TestbenchError, testbench};
pub use verdict::{Class, Failed, Rules, Verdict, classes, judge};
pub use waits::{GiveUp, Plan, Port, Wait, Way, When};
pub use waves::Waves;

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

/// How a suite went on a core.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The suite.
    pub suite: String,
    /// Where the suite comes from.
    pub origin: Origin,
    /// Of which core of ours it is a copy.
    pub copy_of: Option<&'static CoreSpec>,
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

/// How a suite is played.
#[derive(Clone, Debug)]
pub enum Ways {
    /// In the first so many ways, from the simplest on: under each kind of [`Stalls`], then with every vector that is
    /// flagged for it given up in each of its clocks.
    First(usize),
    /// By a plan.
    Planned(Plan),
}

impl Ways {
    /// All ways.
    pub const ALL: Ways = Ways::First(Stalls::ALL.len() + 1);
}

/// What a suite is called that is played by a plan, in place of stalls.
const PLANNED: &str = "planned";

/// How many events [`run`] tells its progress in all.
pub fn work(model: &Model, suite: &Suite, ways: &Ways) -> u64 {
    let fitted = model.fitter().fit_all(&suite.vectors);
    let events: usize = fitted.vectors.iter().map(|vector| vector.events.len()).sum();
    let plays = match ways {
        Ways::First(ways) => (*ways).min(Stalls::ALL.len()),
        Ways::Planned(_) => 1,
    };
    (events * plays) as u64
}

/// Has the coders without a clock agree on the vectors of a suite, then plays them to a core until something is wrong.
pub fn run(model: &Model, suite: &Suite, seed: u64, ways: &Ways, progress: &mut dyn FnMut(u64)) -> Outcome {
    run_ways(model, suite, seed, ways, true, progress)
}

/// [`run`]; whether a mismatch is to have the waits up to it.
fn run_ways(
    model: &Model,
    suite: &Suite,
    seed: u64,
    ways: &Ways,
    records: bool,
    progress: &mut dyn FnMut(u64),
) -> Outcome {
    let outcome = Outcome {
        suite: suite.name.clone(),
        origin: suite.origin.clone(),
        copy_of: model.copy_of(),
        core: model.top().to_owned(),
        vectors: model.fitter().fit_all(&suite.vectors).fitting,
        stats: Stats::default(),
        lockstep_bins: 0,
        lockstep_clocks: 0,
        failure: None,
        shrunk: None,
    };
    // Nothing but the seed decides what is random, so that fewer vectors meet the same.
    let mut run = Run { model, rng: ChaCha8Rng::seed_from_u64(seed), records, outcome };
    run.outcome.failure = run.all(&suite.vectors, ways, progress).err();
    run.outcome
}

struct Run<'a> {
    model: &'a Model,
    rng: ChaCha8Rng,
    records: bool,
    outcome: Outcome,
}

/// What went wrong, and under which stalls.
type Wrong = (&'static str, Failure);

impl Run<'_> {
    fn all(&mut self, vectors: &[Vector], ways: &Ways, progress: &mut dyn FnMut(u64)) -> Result<(), Wrong> {
        for vector in vectors {
            let failure = |what| Failure::Coders { vector: vector.id.clone(), what };
            vectors::check(vector).map_err(|what| ("no clock", failure(what)))?;
        }
        let fitted = self.model.fitter().fit_all(vectors);
        let played = fitted.played();
        let ways = match ways {
            Ways::First(ways) => *ways,
            Ways::Planned(plan) => {
                let play = Play { plan: plan.clone(), ..Play::flowing(&played) };
                self.outcome.stats = self.play(PLANNED, play, progress)?;
                return Ok(());
            }
        };
        for stalls in Stalls::ALL.into_iter().take(ways) {
            let (plan, seed) = (self.new_plan(), self.rng.next_u64());
            let play = Play { plan, stalls, seed, ..Play::flowing(&played) };
            let stats = self.play(stalls.name, play, progress)?;
            if stalls == Stalls::NONE {
                self.outcome.stats = stats;
            }
        }
        // Each of its clocks takes a play, so a long vector would take for ever.
        let is_short = |vector: &&&Vector| vector.events.len() <= 300;
        let is_flagged = |vector: &&&Vector| ways > Stalls::ALL.len() && vector.flags.contains(&Flag::GiveUp);
        let mut to_give_up = played.iter().filter(is_flagged).filter(is_short);
        to_give_up.try_for_each(|vector| self.give_up_everywhere(vector))
    }

    /// No two plays begin with the same uninitialised bits.
    fn new_plan(&mut self) -> Plan {
        Plan { noise: self.rng.next_u64(), power_on: self.rng.next_u32(), ..Plan::default() }
    }

    fn play(
        &mut self,
        name: &'static str,
        play: Play<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Wrong> {
        let stats = self.model.play(&play, progress).map_err(|wrong| {
            // The same again, since what was waited for is only written down where it matters.
            let again = || self.model.play(&Play { records: true, ..play.clone() }, &mut |_| ()).err();
            (name, self.records.then(again).flatten().unwrap_or(wrong).into())
        })?;
        self.outcome.lockstep_bins += stats.bins;
        self.outcome.lockstep_clocks += stats.clocks + stats.load_clocks;
        Ok(stats)
    }

    /// Gives a vector up in every clock of it, in every way, and plays it twice after that; without other waits, then
    /// with some.
    fn give_up_everywhere(&mut self, vector: &Vector) -> Result<(), Wrong> {
        const NAME: &str = "given up";
        let twice = [vector, vector];
        let plan = self.new_plan();
        let stats = self.play(NAME, Play { plan, ..Play::flowing(&[vector]) }, &mut |_| ())?;
        for clock in 0..stats.clocks + stats.load_clocks {
            let reset = Way::Reset(1 + clock as u32 % 3);
            let ways: &[Way] = match self.model.direction() {
                Direction::Encoder => &[reset],
                Direction::Decoder => &[reset, Way::Cut],
            };
            for &way in ways {
                for stalls in [Stalls::NONE, Stalls { give_ups: 0, ..Stalls::UNEVEN }] {
                    let give_ups = vec![GiveUp { when: When::Clock(clock), after: 0, way }];
                    let (plan, seed) = (Plan { give_ups, ..self.new_plan() }, self.rng.next_u64());
                    let play = Play { plan, stalls, seed, ..Play::flowing(&twice) };
                    self.play(NAME, play, &mut |_| ())?;
                }
            }
        }
        Ok(())
    }
}
