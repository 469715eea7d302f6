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
pub const EXPLAINED: &[Explanation] = &[
    Explanation {
        mutant: "core.eq#2.A[1] const0; cabac_encoder.sv:69.84-69.119",
        reason: "a SLICE is taken for a LOAD too and writes a context variable; but every slice of the vectors loads what \
                 it uses behind its SLICE, as vectors promise, so that none depends on another",
    },
    Explanation {
        mutant: "core.emit_stage.procmux#16.B[0] const1; cabac_encoder_emit.sv:41.9-41.12, cabac_encoder_emit.sv:41.5-50.8",
        reason: "behind a reset the emit stage holds a piece of no bits, which the empty packer takes in the next clock",
    },
];

pub(super) fn reason(mutant: &str) -> Option<&'static str> {
    EXPLAINED.iter().find(|explained| explained.mutant == mutant).map(|explained| explained.reason)
}
