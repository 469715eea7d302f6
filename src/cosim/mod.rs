//! The judge of the cores: plays the same bins to a simulated core, its twin and the oracle, and compares
//! every output and register in every clock.
//!
//! [`run`] does all of it: for each suite it first has the clockless coders agree, then plays the slices to
//! the core under every kind of stalls.

pub mod encoder;
pub mod lockstep;
mod report;
pub mod rtl;
mod stalls;
mod suite;
mod waves;

use std::path::{Path, PathBuf};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac_sim::{Cache, SimError, Tools};

use crate::bin::{BinCoder, Encode, Event};
use crate::cycle::encoder::Encoder;
use crate::{engine, spec};
pub use encoder::Stats;
pub use report::{Report, describe};
pub use stalls::Stalls;
pub use suite::{BUILT_IN, Suite, SuiteError};
pub use waves::Waves;

/// Where a core first went wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[error("clock {clock}, slice {slice}, bin {bin}: {what}")]
pub struct Mismatch {
    /// What is wrong, in words.
    pub what: String,
    /// The clock, from 0.
    pub clock: u64,
    /// The slice of the suite.
    pub slice: usize,
    /// The bin of the slice.
    pub bin: u64,
    /// That bin and up to eight before it, with their numbers.
    pub before: Vec<(u64, Event)>,
    /// The clocks around it.
    pub waves: Waves,
}

/// How a suite went on a core.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The suite.
    pub suite: String,
    /// The trace it comes from, unless it is built in.
    pub file: Option<PathBuf>,
    /// The top module.
    pub core: String,
    /// Figures of the run without stalls; of what was played before a mismatch, nothing.
    pub stats: Stats,
    /// Bins in all runs.
    pub lockstep_bins: u64,
    /// Clocks in all runs.
    pub lockstep_clocks: u64,
    /// What went wrong, and under which stalls.
    pub failure: Option<(&'static str, Failure)>,
}

/// What can go wrong with a suite.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The coders without a clock do not agree.
    #[error("slice {slice}: {what}")]
    Coders {
        /// The slice of the suite.
        slice: usize,
        /// In what.
        what: String,
    },
    /// The core is wrong.
    #[error("{0}")]
    Core(#[from] Box<Mismatch>),
}

/// Builds the encoder core, module `top`, from the built-in Verilog or from a directory of other sources.
///
/// # Errors
/// [`SimError`].
pub fn build_encoder(
    top: &str,
    rtl_dir: Option<&Path>,
    cache: &Cache,
    tools: &Tools,
) -> Result<rtl::Model<Encoder>, SimError> {
    let sources = match rtl_dir {
        Some(dir) => rtl::in_dir(dir)?,
        None => rtl::built_in(cache)?,
    };
    rtl::Model::build(top, sources, cache, tools)
}

/// How many events [`run`] tells its progress in all.
pub fn work(suite: &Suite) -> u64 {
    let events: usize = suite.slices.iter().map(Vec::len).sum();
    (events * Stalls::ALL.len()) as u64
}

/// Plays a suite to the encoder core under every kind of stalls, until something is wrong.
pub fn run(model: &rtl::Model<Encoder>, suite: &Suite, seed: u64, progress: &mut dyn FnMut(u64)) -> Outcome {
    let mut outcome = Outcome {
        suite: suite.name.clone(),
        file: suite.file.clone(),
        core: model.top().to_owned(),
        stats: Stats::default(),
        lockstep_bins: 0,
        lockstep_clocks: 0,
        failure: None,
    };
    if let Some((slice, what)) = coders_differ(suite) {
        outcome.failure = Some(("no clock", Failure::Coders { slice, what }));
        return outcome;
    }
    // No two runs begin with the same uninitialised bits.
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ u64::from(crc32fast::hash(suite.name.as_bytes())) << 32);
    for stalls in Stalls::ALL {
        let (rtl, seed) = (model.instance(rng.next_u32()), rng.next_u64());
        match encoder::play(rtl, &suite.slices, stalls, seed, progress) {
            Ok(stats) => {
                if stalls == Stalls::NONE {
                    outcome.stats = stats;
                }
                outcome.lockstep_bins += stats.bins;
                outcome.lockstep_clocks += stats.clocks + stats.load_clocks;
            }
            Err(mismatch) => {
                outcome.failure = Some((stalls.name, mismatch.into()));
                break;
            }
        }
    }
    outcome
}

/// The first slice of which oracle and engine make different bytes, or that they do not decode again.
fn coders_differ(suite: &Suite) -> Option<(usize, String)> {
    suite.slices.iter().enumerate().find_map(|(i, events)| {
        let (mut spec, mut engine) = (spec::Encoder::new(), engine::Encoder::new());
        let _ = (spec.play(events), engine.play(events));
        let (bytes, same) = (spec.finish(), engine.finish());
        if bytes != same {
            return Some((i, "oracle and engine encode different bytes".into()));
        }
        let decoded = [
            ("oracle", spec::Decoder::new(&bytes).play(events)),
            ("engine", engine::Decoder::new(&bytes).play(events)),
        ];
        let wrong = decoded.into_iter().find_map(|(name, played)| Some((name, played.err()?)));
        wrong.map(|(name, event)| (i, format!("the {name} decodes event {event} as something else")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coders_that_differ_are_noticed() {
        // Without an end, how much of the stream is written yet is each coder's own business.
        let unfinished = vec![Event::Bypass { bin: true }; 100];
        let suite = Suite {
            name: "unfinished".into(),
            file: None,
            slices: vec![vec![Event::Terminate { bin: true }], unfinished],
        };
        let (slice, what) = coders_differ(&suite).expect("a difference");
        assert_eq!((slice, what.as_str()), (1, "oracle and engine encode different bytes"));
    }
}
