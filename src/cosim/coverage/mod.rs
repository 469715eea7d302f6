//! What the suites make the Verilog of the cores do: which of its lines ran, and which of its signals toggled.
//!
//! Verilator counts (`--coverage-line --coverage-toggle`); what it counted is read from its file, and the instances of a
//! module are added up, those in the other core too. What is left must be waived, each point with its reason
//! ([`Waivers`]); a waiver for what is not missed at all is as wrong as a point that is.

mod points;
mod waivers;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac_sim::SimError;

use super::{Mismatch, Model, Plan, Play, Stalls, Ways};
use crate::suites::Suite;
use crate::vectors::Vector;
pub use points::{Kind, Point, Points};
pub use waivers::{Judgement, WaiverError, Waivers};

/// Why coverage cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The machine or the design is at fault.
    #[error("{0}")]
    Sim(#[from] SimError),
    /// The core is wrong, so that what it covers means nothing.
    #[error("{core}, stalls: {stalls}: {mismatch}")]
    Mismatch {
        /// The top module.
        core: String,
        /// The stalls under which it was played.
        stalls: &'static str,
        /// Where it is wrong.
        mismatch: Box<Mismatch>,
    },
}

/// The suites that are played unless others are named: they reach everything, and recorded slices nothing more.
pub const SUITES: [&str; 3] = ["smoke", "directed", "invalid"];

/// The output is hardly ever ready, so that all buffers in front of it are full.
const STUCK: Stalls = Stalls { name: "stuck", bytes: 252, ..Stalls::NONE };

/// How so many bins are played: without stalls, and if they are few, with all kinds of them.
fn stalls(bins: usize) -> impl ExactSizeIterator<Item = Stalls> {
    let stalls = if bins < 50_000 { [&Stalls::ALL[..], &[STUCK]].concat() } else { vec![Stalls::NONE] };
    stalls.into_iter()
}

/// How many events [`measure`] tells its progress in all.
pub fn work(model: &Model, suite: &Suite) -> u64 {
    let fitted = model.fitter().fit_all(&suite.vectors);
    let bins = fitted.vectors.iter().map(|vector| vector.bins()).sum();
    super::work(model, suite, &Ways::Stalls(1)) * stalls(bins).len() as u64
}

/// Plays a suite to a core that was built to count ([`Source::coverage`](super::Source)), and adds what that covers.
///
/// # Errors
/// [`Failure`].
pub fn measure(
    model: &Model,
    suite: &Suite,
    seed: u64,
    points: &mut Points,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let fitted = model.fitter().fit_all(&suite.vectors);
    measure_vectors(model, &fitted.played(), seed, points, progress)
}

/// The same, of vectors that fit the core.
///
/// # Errors
/// [`Failure`].
pub fn measure_vectors(
    model: &Model,
    vectors: &[&Vector],
    seed: u64,
    points: &mut Points,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for stalls in stalls(vectors.iter().map(|vector| vector.bins()).sum()) {
        let plan = Plan { noise: rng.next_u64(), power_on: rng.next_u32(), ..Plan::default() };
        let play = Play { plan, stalls, seed: rng.next_u64(), ..model.flowing(vectors) };
        let (_, mut wires) = model.play_and_keep(&play, progress).map_err(|mismatch| Failure::Mismatch {
            core: model.top().into(),
            stalls: stalls.name,
            mismatch,
        })?;
        points.add(&wires.coverage()?);
    }
    Ok(())
}
