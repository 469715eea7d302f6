//! Mutants that no vector can kill and that no solver proves equal, each with the reason why no vector can.

/// Why a mutant that survives is not a gap in the vectors.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// The mutant as it is displayed, up to the semicolon.
    pub mutant: &'static str,
    /// Why no vector can notice it.
    pub reason: &'static str,
}
