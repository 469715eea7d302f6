//! Mutants that no vector can kill and that Yosys cannot prove equal, each with the reason why it is.

/// Why a mutant that survives is no gap in the vectors.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// The mutant, as it is displayed.
    pub mutant: &'static str,
    /// Why no vector can notice it.
    pub reason: &'static str,
}

/// All that were looked at by hand.
pub const EXPLAINED: &[Explanation] = &[];

pub(super) fn reason(mutant: &str) -> Option<&'static str> {
    EXPLAINED.iter().find(|explained| explained.mutant == mutant).map(|explained| explained.reason)
}
