//! The coverage of a core's Verilog by the suites: which lines ran, and which signals toggled.
//!
//! Verilator counts (`--coverage-line --coverage-toggle`). Its file is read, and the counts of all instances of a module are added up, also
//! over both cores. Every point that was missed must be waived with a reason ([`Waivers`]); a waiver for a point that was hit is an error
//! too.

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

/// Why coverage cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The simulation cannot be built or run.
    #[error("{0}")]
    Sim(#[from] SimError),
    /// The core gives wrong results, so that its coverage means nothing.
    #[error("{core}, stalls: {stalls}: {mismatch}")]
    Mismatch {
        /// The top module.
        core: String,
        /// The stalls under which it was played.
        stalls: &'static str,
        /// What is wrong.
        mismatch: Box<Mismatch>,
    },
}

/// The suites that are played by default. Together they reach everything; recorded slices reach nothing more.
pub const SUITES: [&str; 3] = ["smoke", "directed", "invalid"];

/// The output is ready so rarely that all buffers in front of it fill up.
const STUCK: Stalls = Stalls { name: "stuck", bytes: 252, ..Stalls::NONE };

/// The stalls under which this many bins are played: all kinds for few bins, none for many.
fn stalls(bins: usize) -> impl ExactSizeIterator<Item = Stalls> {
    let stalls = if bins < 50_000 { [&Stalls::ALL[..], &[STUCK]].concat() } else { vec![Stalls::NONE] };
    stalls.into_iter()
}

/// The total number of events that [`measure`] reports as progress.
pub fn work(model: &Model, suite: &Suite) -> u64 {
    let fitted = model.fitter().fit_all(&suite.vectors);
    let bins = fitted.vectors.iter().map(|vector| vector.bins()).sum();
    super::work(model, suite, &Ways::FirstStalls(1)) * stalls(bins).len() as u64
}

/// Plays a suite to a core that was built with [`Source::coverage`](super::Source), and adds the coverage to `points`.
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

/// Like [`measure`], for vectors that are already fitted to the core.
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
