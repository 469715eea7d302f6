//! Plays the published vectors to a mutant until one of them kills it.

use std::{borrow::Cow, collections::HashMap};

use serde::{Deserialize, Serialize};

use super::digest::digest;
use crate::cores::CoreSpec;
use crate::cosim::{self, Mismatch, Model, Stalls};
use crate::fit::Fitted;
use crate::suites::Suite;
use crate::vectors::Vector;

/// The vector that kills a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Kill {
    /// The first suite, in the given order, that kills it.
    pub suite: String,
    /// The first kind of stalls, or other way, in which it is killed.
    pub stalls: String,
    /// The vector that was played when the mismatch occurred.
    pub vector: String,
    /// The digest of that vector and of the seed of the stalls.
    pub played: String,
}

/// All answers of a mutant are right, but they take another number of clocks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pace {
    /// The first suite that shows it.
    pub suite: String,
    /// The first kind of stalls under which it shows.
    pub stalls: String,
    /// How many clocks the mutant takes.
    pub clocks: u64,
    /// How many the core without a mutant takes.
    pub right: u64,
}

/// A right core has no longer time without a transfer, in clocks, under any stalls; the core without a mutant is played first and shows
/// this.
pub(super) const PATIENCE: u32 = 400;

/// A suite, fitted to a core.
pub(super) struct Trial<'a> {
    pub(super) suite: &'a str,
    fitted: Fitted<'a>,
    seed: u64,
    /// The digest of each vector together with the seed.
    digests: HashMap<String, String>,
}

/// How many clocks a suite takes under each kind of stalls.
pub(super) type Clocks = [u64; Stalls::ALL.len()];

/// What is played of a vector, and how, as a text.
pub(super) fn text(vector: &Vector) -> String {
    let Vector { flags, init, events, bytes, error, .. } = vector;
    format!("{flags:?} {init:?} {events:?} {bytes:?} {error:?}")
}

impl<'a> Trial<'a> {
    pub(super) fn new(core: &CoreSpec, suite: &'a Suite, seed: u64) -> Trial<'a> {
        let fitted = core.fitter().fit_all(&suite.vectors);
        let digest = |vector: &Cow<'_, Vector>| {
            let text = format!("{seed} {}", text(vector));
            (vector.id.clone(), digest([text.as_bytes()]))
        };
        let digests = fitted.vectors.iter().map(digest).collect();
        Trial { suite: &suite.name, fitted, seed, digests }
    }

    /// The digest of a vector of this suite as it is played; `None` if there is no vector of this name.
    pub(super) fn digest(&self, vector: &str) -> Option<&str> {
        self.digests.get(vector).map(String::as_str)
    }

    /// The digests of all vectors, in the order of the suite.
    pub(super) fn all_digests(&self) -> impl Iterator<Item = &str> {
        self.fitted.vectors.iter().filter_map(|vector| self.digest(&vector.id))
    }

    /// Plays the suite in all ways. Returns the first mismatch with its way, or else the clocks under each kind of stalls.
    pub(super) fn play(&self, model: &Model) -> Result<Clocks, (&'static str, Box<Mismatch>)> {
        let mut clocks = Clocks::default();
        cosim::play_all(model, &self.fitted.played(), self.seed, false, &mut |name, stats| {
            let kind = Stalls::ALL.iter().position(|stalls| stalls.name == name);
            if let Some(kind) = kind {
                clocks[kind] = stats.clocks + stats.load_clocks;
            }
        })?;
        Ok(clocks)
    }

    pub(super) fn kill(&self, (stalls, mismatch): (&'static str, Box<Mismatch>)) -> Kill {
        let played = self.digest(&mismatch.vector).unwrap_or_default().to_owned();
        Kill { suite: self.suite.to_owned(), stalls: stalls.to_owned(), vector: mismatch.vector, played }
    }

    /// The first difference from the pace of the core without a mutant.
    pub(super) fn pace(&self, clocks: Clocks, right: Clocks) -> Option<Pace> {
        let both = Stalls::ALL.into_iter().zip(clocks.into_iter().zip(right));
        let (stalls, (clocks, right)) = both.into_iter().find(|(_, (clocks, right))| clocks != right)?;
        Some(Pace { suite: self.suite.to_owned(), stalls: stalls.name.to_owned(), clocks, right })
    }
}
