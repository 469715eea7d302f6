//! The published vectors, played to a mutant until one of them kills it.

use crate::cores::CoreSpec;
use crate::cosim::{
    Stalls,
    socket::{self, Fault, FaultKind, Script, Socket},
};
use crate::suites::Suite;

/// The vector that kills a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// The first suite, in the order in which they were given, that does.
    pub suite: String,
    /// The first kind of stalls under which it does.
    pub stalls: &'static str,
    /// The vector that was played when it showed.
    pub vector: String,
    /// How it showed.
    pub kind: FaultKind,
}

/// All answers of a mutant are right, but they take it another number of clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The first suite that shows it.
    pub suite: String,
    /// The first kind of stalls under which it shows.
    pub stalls: &'static str,
    /// How many clocks the mutant takes.
    pub clocks: u64,
    /// How many the core as it is takes.
    pub right: u64,
}

/// In so many clocks something moves in every core that is right, under all stalls; a clean run shows that.
const PATIENCE: u32 = 400;

/// A suite as what is asked of a core.
pub(super) struct Trial<'a> {
    pub(super) suite: &'a str,
    script: Script<'a>,
    seed: u64,
}

/// How many clocks a suite takes under each kind of stalls.
pub(super) type Clocks = [u64; Stalls::ALL.len()];

impl<'a> Trial<'a> {
    pub(super) fn new(core: &CoreSpec, suite: &'a Suite, seed: u64) -> Trial<'a> {
        let vectors: Vec<_> = suite.vectors.iter().filter(|vector| core.plays(vector)).collect();
        Trial { suite: &suite.name, script: Script::new(core.direction, &vectors, false), seed }
    }

    /// Plays the suite under all stalls: the first thing that is wrong, and under which; or how long it takes.
    pub(super) fn play(&self, socket: &Socket) -> Result<Clocks, (&'static str, Fault)> {
        let mut clocks = Clocks::default();
        for (stalls, clocks) in Stalls::ALL.into_iter().zip(&mut clocks) {
            let played = socket::play(socket, &self.script, stalls, self.seed, PATIENCE);
            *clocks = played.map_err(|fault| (stalls.name, fault))?;
        }
        Ok(clocks)
    }

    pub(super) fn kill(&self, (stalls, fault): (&'static str, Fault)) -> Kill {
        Kill { suite: self.suite.to_owned(), stalls, vector: fault.vector, kind: fault.kind }
    }

    /// Where the pace is not that of the core as it is.
    pub(super) fn pace(&self, clocks: Clocks, right: Clocks) -> Option<Pace> {
        let both = Stalls::ALL.into_iter().zip(clocks.into_iter().zip(right));
        let (stalls, (clocks, right)) = both.into_iter().find(|(_, (clocks, right))| clocks != right)?;
        Some(Pace { suite: self.suite.to_owned(), stalls: stalls.name, clocks, right })
    }
}
